import type { SettingsOf } from '../../config/agent-settings.js';
import type { TurnInput } from '../../ports/agent-driver.js';
import { fill, fillHeaders, fillText } from './template.js';

export type OpenAiSettings = SettingsOf<'openai'>;

/** Whoever is told whose session it is, remembers it, unless told otherwise. */
export const historyOf = ({ history, sessionHeader, sessionField }: OpenAiSettings): 'router' | 'agent' =>
  history ?? (sessionHeader || sessionField ? 'agent' : 'router');

const sessionOf = ({ sessionKey = '{{conv}}' }: OpenAiSettings, turn: TurnInput): string => fillText(sessionKey, turn);

/** The configured headers win; names are lower case, so that none is sent twice. */
export const headersFor = (settings: OpenAiSettings, turn?: TurnInput): Record<string, string> => ({
  accept: 'text/event-stream, application/json',
  'content-type': 'application/json',
  ...(settings.apiKey && { authorization: `Bearer ${settings.apiKey.reveal()}` }),
  ...(settings.sessionHeader && turn && fillHeaders({ [settings.sessionHeader]: sessionOf(settings, turn) })),
  ...fillHeaders(settings.headers, turn),
});

/** The configured body wins over everything but the messages. An agent with a history is sent what is new only. */
export const bodyFor = (settings: OpenAiSettings, turn: TurnInput): string => {
  const system = settings.system ? [{ role: 'system', content: settings.system }] : [];
  const said = historyOf(settings) === 'agent' ? [{ role: 'user', content: turn.text }] : turn.messages();
  return JSON.stringify({
    model: settings.model,
    stream: true,
    ...(settings.sessionField && { [settings.sessionField]: sessionOf(settings, turn) }),
    ...(fill(settings.body, turn) as Readonly<Record<string, unknown>>),
    messages: [...system, ...said],
  });
};
