import { isLoopback } from '../checks.js';
import { agentOf } from './providers.js';
import type { Source } from './source.js';

/** Keys of a PRX channel that are ours by another spelling. */
const SAME: Readonly<Record<string, string>> = {
  app_id: 'appId',
  sandbox: 'sandbox',
  intents: 'intents',
  mention_only: 'mentionOnly',
};

const channelOf = (source: Source): Readonly<Record<string, unknown>> => {
  const at = (key: string): unknown => source.take('channels_config', 'qq', key);
  const path = 'channels_config.qq';
  const same = Object.entries(SAME).flatMap(([theirs, ours]): [string, unknown][] => {
    const value = at(theirs);
    // TOML reads an unquoted id as a number.
    if (value === undefined) return [];
    return [[ours, ours === 'appId' && typeof value === 'number' ? String(value) : value]];
  });
  const appSecret = source.secret('QQ_BOT_APP_SECRET', 'channels_config', 'qq', 'app_secret');
  const allowed = at('allowed_users');
  if (!Array.isArray(allowed) || allowed.length === 0) source.note({ kind: 'pairing', path: `${path}.allowed_users` });
  const interrupts = at('interrupt_on_new_message') === true;
  if (!interrupts) source.note({ kind: 'collects', path: `${path}.interrupt_on_new_message` });
  const isCalledBack = at('receive_mode') === 'webhook';
  if (isCalledBack) source.note({ kind: 'callback', path: `${path}.receive_mode`, channel: 'qq' });
  const streamMode = at('stream_mode');
  const ackReactions = source.take('channels_config', 'ack_reactions');
  return {
    ...Object.fromEntries(same),
    ...(appSecret !== undefined && { appSecret }),
    allowedUsers: allowed ?? [],
    busy: interrupts ? 'interrupt' : 'collect',
    // PRX shows an answer once it is whole.
    streamMode: streamMode ?? 'final',
    ...(isCalledBack && { transport: 'webhook' }),
    ...(ackReactions !== undefined && { ackReactions }),
  };
};

const agentIn = (source: Source): Readonly<Record<string, unknown>> | undefined => {
  const name = source.text('default_provider');
  const url = source.text('api_url');
  const model = source.text('default_model');
  const temperature = source.take('default_temperature');
  if (name === undefined || model === undefined) {
    source.note({ kind: 'agentMissing', path: name === undefined ? 'default_provider' : 'default_model' });
    return undefined;
  }
  return agentOf(
    {
      name,
      at: 'default_provider',
      url,
      model,
      system: undefined,
      body: temperature === undefined ? {} : { temperature },
      keyFor: (variable) => source.secret(variable, 'api_key'),
    },
    source,
  );
};

const serverOf = (source: Source): Readonly<Record<string, unknown>> | undefined => {
  if (!source.has('gateway')) return undefined;
  const host = source.text('gateway', 'host');
  const port = source.take('gateway', 'port');
  const isGuarded = source.take('gateway', 'require_pairing') === true;
  const isOpen = host !== undefined && !isLoopback(host);
  if (isOpen || isGuarded) source.note({ kind: 'token', path: isOpen ? 'gateway.host' : 'gateway.require_pairing' });
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a configuration writes it.
    ...((isOpen || isGuarded) && { token: '${ROOKERY_TOKEN}' }),
  };
};

/** A PRX `config.toml`, as far as it is about QQ. */
export const fromPrx = (source: Source): Readonly<Record<string, unknown>> => {
  const agent = agentIn(source);
  const server = serverOf(source);
  const config = { channels: { qq: channelOf(source) }, ...(agent && { agent }), ...(server && { server }) };
  source.leftOver((path) => (path[0] === 'channels_config' && path[1] !== 'qq' ? 'otherPlatform' : 'noEquivalent'));
  return config;
};
