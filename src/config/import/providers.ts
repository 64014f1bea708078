import type { Source } from './source.js';

/** Where providers take Chat Completions, by the names both programs use, and the variable their key is usually in. */
const PROVIDERS: Readonly<Record<string, { readonly baseUrl: string; readonly variable?: string }>> = {
  openai: { baseUrl: 'https://api.openai.com/v1', variable: 'OPENAI_API_KEY' },
  anthropic: { baseUrl: 'https://api.anthropic.com/v1', variable: 'ANTHROPIC_API_KEY' },
  openrouter: { baseUrl: 'https://openrouter.ai/api/v1', variable: 'OPENROUTER_API_KEY' },
  deepseek: { baseUrl: 'https://api.deepseek.com/v1', variable: 'DEEPSEEK_API_KEY' },
  moonshot: { baseUrl: 'https://api.moonshot.cn/v1', variable: 'MOONSHOT_API_KEY' },
  qwen: { baseUrl: 'https://dashscope.aliyuncs.com/compatible-mode/v1', variable: 'DASHSCOPE_API_KEY' },
  groq: { baseUrl: 'https://api.groq.com/openai/v1', variable: 'GROQ_API_KEY' },
  ollama: { baseUrl: 'http://127.0.0.1:11434/v1' },
};

export type Provider = {
  readonly name: string;
  readonly at: string;
  /** What the file says instead of the provider's own address. */
  readonly url: string | undefined;
  readonly model: string;
  readonly system: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  /** The key as a reference; the variable it should be in is told. */
  readonly keyFor: (variable: string) => string | undefined;
};

/** A server's own address, given without the part that Chat Completions lie under. */
const withVersion = (url: string): string =>
  /\/v\d+\/?$/.test(url) ? url.replace(/\/$/, '') : `${url.replace(/\/+$/, '')}/v1`;

const holdsPassword = (url: string): boolean =>
  URL.canParse(url) && (new URL(url).username !== '' || new URL(url).password !== '');

/** The agent that asks a provider. Shape: undefined, with a note, for one that is asked another way. */
export const agentOf = (provider: Provider, source: Source): Readonly<Record<string, unknown>> | undefined => {
  const { name, at, url, model, system, body, keyFor } = provider;
  const known = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  const custom = name.startsWith('custom:') ? name.slice('custom:'.length) : url;
  if (!known && (custom === undefined || !/^https?:\/\//.test(custom))) {
    source.note({ kind: 'agentProtocol', path: at });
    return undefined;
  }
  const given = custom ?? known?.baseUrl ?? '';
  const baseUrl = holdsPassword(given)
    ? source.hide('OPENAI_BASE_URL', at)
    : name === 'ollama' || !known
      ? withVersion(given)
      : given.replace(/\/+$/, '');
  const apiKey = keyFor(known?.variable ?? 'OPENAI_API_KEY');
  if (!known || name === 'anthropic') source.note({ kind: 'agentGuessed', path: at, baseUrl });
  return {
    driver: 'openai',
    baseUrl,
    ...(apiKey !== undefined && { apiKey }),
    model,
    ...(system !== undefined && { system }),
    ...(Object.keys(body).length > 0 && { body }),
  };
};
