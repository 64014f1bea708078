import { asRouterError, type RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import { timerOn } from '../operators/timer-on.js';
import type { Lanes } from './lanes.js';
import { type Leave, unlessRevoked } from './readiness.js';

export type AttemptOptions = {
  /** Tries of one send, all with the same `msg_seq`. */
  readonly attemptsMax: number;
  /** Wait after the first failed try, in ms; doubles. */
  readonly retryFloorMs: number;
};

/** `isUrgent`: it goes before all that waits with it for a lane. */
export type SendAttempt = AttemptOptions & { readonly isUrgent?: boolean };

export type Attempted<T> =
  | { readonly is: 'done'; readonly value: T }
  | { readonly is: 'fenced' | 'closed'; readonly mayHaveArrived: boolean }
  /** `mayHaveArrived`: this try or an earlier one left it open. `tries`: how many there were. */
  | { readonly is: 'failed'; readonly error: RouterError; readonly mayHaveArrived: boolean; readonly tries: number };

/** Errors after which nobody knows whether the message arrived. */
export const isUnknown = (error: RouterError): boolean =>
  error.code === 'transport.timeout' || error.code === 'transport.lost';

/** A gateway's 5xx says nothing of what is behind it; a final refusal may carry the same status, but says no. */
export const leavesOpen = (error: RouterError): boolean =>
  isUnknown(error) || (error.next === 'retry' && (error.more.status ?? 0) >= 500);

export const isWorthAnotherTry = (error: RouterError): boolean => error.next === 'retry' || error.next === 'reconnect';

/**
 * The same call again and again until it has an answer that counts, with growing waits in between.
 * `call` gives `fenced` where its gate said no. Never rejects.
 */
export const attempt = async <T>(
  ready: () => Promise<'now' | 'fenced' | 'closed'>,
  call: () => Promise<T | 'fenced'>,
  leave: Leave,
  deps: { readonly clock: Clock; readonly random: () => number; readonly lanes: Lanes },
  options: SendAttempt,
  mayRepeat: (error: RouterError) => boolean = isWorthAnotherTry,
): Promise<Attempted<T>> => {
  let mayHaveArrived = false;
  for (let tries = 1; ; tries += 1) {
    const start = await ready();
    if (start !== 'now') return { is: start, mayHaveArrived };
    let error: RouterError;
    const turn = deps.lanes.enter(options.isUrgent);
    if (turn) await turn;
    try {
      const value = await call();
      return value === 'fenced' ? { is: 'fenced', mayHaveArrived } : { is: 'done', value };
    } catch (thrown) {
      error = asRouterError(thrown, 'platform.refused');
    } finally {
      deps.lanes.leave();
    }
    mayHaveArrived ||= leavesOpen(error);
    if (!mayRepeat(error) || tries >= options.attemptsMax) return { is: 'failed', error, mayHaveArrived, tries };
    const waitMs = options.retryFloorMs * 2 ** (tries - 1) * (0.5 + deps.random() / 2);
    await unlessRevoked(leave, timerOn(deps.clock, Math.max(waitMs, error.more.retryAfterMs ?? 0)));
  }
};
