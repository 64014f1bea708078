import { isLoopback } from '../checks.js';
import { agentOf } from './providers.js';
import type { Source } from './source.js';

const MODEL = 'claude-sonnet-4-20250514';
const OLLAMA_MODEL = 'qwen3-coder';

/** Providers that speak a protocol of their own behind an address of their own. */
const FOREIGN: ReadonlySet<string> = new Set(['beelive', 'agentterm']);

const channelOf = (source: Source): Readonly<Record<string, unknown>> => {
  const at = (key: string): unknown => source.take('channels', 'qq', key);
  const appSecret = source.secret('QQ_BOT_APP_SECRET', 'channels', 'qq', 'appSecret');
  source.note({ kind: 'everyone', path: 'channels.qq' });
  const told = { enabled: at('enabled'), appId: at('appId'), sandbox: at('sandbox'), groupPolicy: at('groupPolicy') };
  return {
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    ...(appSecret !== undefined && { appSecret }),
    allowedUsers: ['*'],
  };
};

/** The first that is switched on counts, as there. */
const agentIn = (source: Source): Readonly<Record<string, unknown>> | undefined => {
  const model = source.text('agent', 'model');
  const system = source.text('agent', 'systemPrompt');
  const name = source.keysAt('providers').find((one) => source.take('providers', one, 'enabled') === true);
  if (name === undefined) {
    source.note({ kind: 'agentMissing', path: 'providers' });
    return undefined;
  }
  const own = source.text('providers', name, 'model');
  const url = source.text('providers', name, 'baseUrl');
  return agentOf(
    {
      name,
      at: `providers.${name}`,
      url: FOREIGN.has(name) ? undefined : url,
      model: own ?? (name === 'ollama' ? OLLAMA_MODEL : (model ?? MODEL)),
      system,
      body: {},
      keyFor: (variable) => source.secret(variable, 'providers', name, 'apiKey'),
    },
    source,
  );
};

const serverOf = (source: Source): Readonly<Record<string, unknown>> | undefined => {
  if (!source.has('gateway')) return undefined;
  const host = source.text('gateway', 'host');
  const port = source.take('gateway', 'port');
  const mode = source.take('gateway', 'auth', 'mode');
  const isOpen = host !== undefined && !isLoopback(host);
  const needsToken = isOpen || (mode !== undefined && mode !== 'none');
  if (needsToken) source.note({ kind: 'token', path: isOpen ? 'gateway.host' : 'gateway.auth.mode' });
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a configuration writes it.
    ...(needsToken && { token: '${ROOKERY_TOKEN}' }),
  };
};

/** An `openpollen.json`, as far as it is about QQ. */
export const fromOpenPollen = (source: Source): Readonly<Record<string, unknown>> => {
  const level = source.text('logging', 'level');
  const agent = agentIn(source);
  const server = serverOf(source);
  const config = {
    channels: { qq: channelOf(source) },
    ...(agent && { agent }),
    ...(server && { server }),
    ...(level !== undefined && { log: { level } }),
  };
  source.leftOver((path) => (path[0] === 'channels' && path[1] !== 'qq' ? 'otherPlatform' : 'noEquivalent'));
  return config;
};
