import { RouterError } from '../../errors/router-error.js';
import { parseObject } from '../json.js';
import { saidOf } from './openai-stream.js';

/** A request that got no answer. The system's code says enough; a message may hold the address with its credentials. */
export const unreachable = (cause: unknown): RouterError => {
  const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : 'unknown';
  return new RouterError('agent.unreachable', `no answer from the agent (${code})`, { cause });
};

/**
 * An answer that is none: 429 and 5xx pass, what the agent says of the request itself does not.
 * `scrub` takes the secrets out of what is quoted; a refused key is not quoted at all.
 */
export const refusal = (status: number, body: string, scrub: (text: string) => string): RouterError => {
  const isPassing = status === 408 || status === 429 || status >= 500;
  const isAboutKey = status === 401 || status === 403;
  const said = isAboutKey ? '' : scrub(saidOf(parseObject(body)));
  const detail = `the agent answered HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  return new RouterError(isPassing ? 'agent.unreachable' : 'agent.refused', detail, { status });
};
