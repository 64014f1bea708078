import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import { ABORTED, orAborted } from './or-aborted.js';

export type ExchangeWatch = {
  /** Fires when the turn is aborted, when a wait took too long, and at `end`; the request hangs on it. */
  readonly signal: AbortSignal;
  /** One step of the exchange. Errors: what the step rejects with, `agent.timeout` after `ms`. */
  readonly wait: <T>(step: Promise<T>, ms: number) => Promise<T>;
  readonly end: () => void;
};

/**
 * Ends an exchange at once for whichever comes first: the turn's abort, silence, or the end of the reading.
 * Shape: the time between two waits is the reader's own and does not count as silence.
 */
export const watchExchange = (turn: AbortSignal, clock: Clock): ExchangeWatch => {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  turn.addEventListener('abort', abort, { once: true });
  if (turn.aborted) abort();

  const wait = async <T>(step: Promise<T>, ms: number): Promise<T> => {
    let isLate = false;
    const timer = clock.setTimeout(() => {
      isLate = true;
      abort();
    }, ms);
    try {
      const result = await orAborted(step, stop.signal);
      if (result !== ABORTED) return result;
      throw isLate ? new RouterError('agent.timeout', `the agent was silent for ${ms} ms`) : new Error('aborted');
    } finally {
      clock.clearTimeout(timer);
    }
  };

  const end = (): void => {
    turn.removeEventListener('abort', abort);
    abort();
  };
  return { signal: stop.signal, wait, end };
};
