import { RouterError } from '../../errors/router-error.js';
import { type Json, objectOf, parseObject, textOf } from '../json.js';
import type { Scrub } from './scrub.js';

/** What a server says of an error, in whatever shape it says it; empty where it says nothing. */
export const saidOf = (error: unknown): string => said(error, 4);

const said = (error: unknown, depthMax: number): string => {
  const fields = objectOf(error);
  if (!fields || depthMax === 0) return textOf(error) ?? '';
  return (
    WORDS.map((name) => textOf(fields[name])).find((text) => text !== undefined) ?? said(inner(fields), depthMax - 1)
  );
};

const WORDS = ['message', 'msg', 'detail'] as const;
const inner = (fields: Json): unknown => fields['error'] ?? '';

/** A request that got no answer. The system's code says enough; a message may hold the address with its credentials. */
export const unreachable = (cause: unknown): RouterError => {
  if (cause instanceof RouterError) return cause;
  const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : 'unknown';
  return new RouterError('agent.unreachable', `no answer from the agent (${code})`, { cause });
};

/** What an answer that is none says beside its body. */
export type Refused = {
  /** What was asked. */
  readonly url: string;
  readonly location: string;
  /** When it may be asked again; null where it does not say. */
  readonly retryAfterMs: number | null;
};

/**
 * An answer that is none: 429 and 5xx pass, what the agent says of the request itself does not.
 * `scrub` takes the secrets out of what is quoted; a refused key is not quoted at all.
 */
export const refusal = (status: number, body: string, scrub: Scrub, refused: Refused): RouterError => {
  const isPassing = status === 408 || status === 429 || status >= 500;
  const isAboutKey = status === 401 || status === 403;
  const quote = isAboutKey ? '' : scrub(saidOf(parseObject(body)));
  const { retryAfterMs } = refused;
  const isAgain = isPassing && retryAfterMs !== null;
  const words = [
    `the agent answered HTTP ${status}`,
    status >= 300 && status <= 399 ? `, which leads ${elsewhere(refused)}: set the address itself` : '',
    isAgain ? `, to be asked again in ${Math.ceil(retryAfterMs / 1_000)} s` : '',
    quote === '' ? '' : `: ${quote}`,
  ];
  const more = { status, ...(isAgain && { retryAfterMs }) };
  return new RouterError(isPassing ? 'agent.unreachable' : 'agent.refused', words.join(''), more);
};

/** Where a redirect leads, as far as it can be said without a word of its path. */
const elsewhere = ({ url, location }: Refused): string => {
  if (!URL.canParse(location, url)) return 'elsewhere';
  const { origin } = new URL(location, url);
  return origin === new URL(url).origin || origin === 'null' ? 'elsewhere' : `to ${origin.slice(0, 200)}`;
};
