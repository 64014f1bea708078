import type { AgentSettings } from '../../config/resolved.js';
import type { TurnInput } from '../../ports/agent-driver.js';

export type OpenAiSettings = Extract<AgentSettings, { readonly driver: 'openai' }>;

/** Units: characters of a server's own words that are passed on. */
const QUOTE_MAX = 300;

/** `{{conv}}` and `{{user}}` in every string of `value`: how a server that keeps sessions is told whose turn it is. */
const fill = (value: unknown, turn: TurnInput): unknown => {
  if (typeof value === 'string') {
    return value
      .replaceAll('{{conv}}', () => turn.conversation.id)
      .replaceAll('{{user}}', () => turn.conversation.sender.id);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, turn));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, turn)]));
  }
  return value;
};

/** The configured headers win; names are lower case, so that none is sent twice. */
export const headersFor = (settings: OpenAiSettings, turn?: TurnInput): Record<string, string> => ({
  accept: 'text/event-stream, application/json',
  'content-type': 'application/json',
  ...(settings.apiKey && { authorization: `Bearer ${settings.apiKey.reveal()}` }),
  ...Object.fromEntries(
    Object.entries(settings.headers).map(([name, value]) => [
      name.toLowerCase(),
      turn ? String(fill(value, turn)) : value,
    ]),
  ),
});

/** The configured body wins over everything but the messages. */
export const bodyFor = (settings: OpenAiSettings, turn: TurnInput): string => {
  const system = settings.system ? [{ role: 'system', content: settings.system }] : [];
  return JSON.stringify({
    model: settings.model,
    stream: true,
    ...(fill(settings.body, turn) as Readonly<Record<string, unknown>>),
    messages: [...system, ...turn.messages()],
  });
};

/**
 * What may be passed on of a server's words: one line, bounded, without what the settings hold in confidence. Servers
 * quote the key they refuse and the header they did not expect.
 */
export const scrubFor = (settings: OpenAiSettings): ((text: string) => string) => {
  const { username, password, search } = URL.canParse(settings.baseUrl) ? new URL(settings.baseUrl) : EMPTY_URL;
  const secrets = [settings.apiKey?.reveal() ?? '', ...Object.values(settings.headers), username, password, search]
    .flatMap((value) => [value, value.replace(/^\w+ /, '')])
    .filter((value) => value.length >= 4)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
    return hidden
      .replace(/\b(?:sk|pk|ak|key|token|fastgpt|app)-[\w*.-]{4,}/gi, '[secret]')
      .replace(/\bBearer\s+\S+/gi, 'Bearer [secret]')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, QUOTE_MAX);
  };
};

const EMPTY_URL = { username: '', password: '', search: '' };
