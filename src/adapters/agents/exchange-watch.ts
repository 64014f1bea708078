import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import { ABORTED, orAborted, pause } from './or-aborted.js';

export type ExchangeWatch = {
  /** Fires when the turn is aborted, when a wait took too long, and at `end`; the request hangs on it. */
  readonly signal: AbortSignal;
  /** One step of the exchange. Errors: what the step rejects with, `agent.timeout` after `ms`. */
  readonly wait: <T>(step: Promise<T>, ms: number) => Promise<T>;
  /** Lets `ms` pass while nothing is asked. Errors: where the turn is aborted, or the exchange ends, before. */
  readonly pause: (ms: number) => Promise<void>;
  /** It was aborted in such a pause: the server has begun nothing. */
  readonly isIdle: () => boolean;
  readonly end: () => void;
};

/**
 * Ends an exchange at once for whichever comes first: `cut`, silence, or the end of the reading.
 * Shape: the time between two waits is the reader's own and does not count as silence. `turn` is the turn's own abort,
 * where `cut` comes later.
 */
export const watchExchange = (cut: AbortSignal, clock: Clock, turn: AbortSignal = cut): ExchangeWatch => {
  const stop = new AbortController();
  let isPaused = false;
  const abort = (): void => stop.abort();
  cut.addEventListener('abort', abort, { once: true });
  if (cut.aborted) abort();

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

  const pauseFor = async (ms: number): Promise<void> => {
    isPaused = true;
    const first = await pause(clock, ms, AbortSignal.any([turn, stop.signal]));
    if (first === ABORTED) throw new Error('aborted');
    isPaused = false;
  };

  const end = (): void => {
    cut.removeEventListener('abort', abort);
    abort();
  };
  return { signal: stop.signal, wait, pause: pauseFor, isIdle: () => isPaused, end };
};
