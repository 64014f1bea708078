import type { Clock } from '../../ports/clock.js';

/** What `orAborted` resolves with where the signal was first. */
export const ABORTED: unique symbol = Symbol('aborted');

/**
 * `work`, or ABORTED at once when the signal fires, whatever `work` is stuck in.
 * Shape: rejects only as `work` does, and only if `work` is first; the loser is not waited for and its rejection is
 * swallowed. Leaves no listener behind, so a long stream may call it for every chunk.
 */
export const orAborted = <T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T | typeof ABORTED> =>
  new Promise((resolve, reject) => {
    const leave = (): void => resolve(ABORTED);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', leave);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', leave);
        reject(error);
      },
    );
  });

/** Lets `ms` pass; ABORTED where the signal is first. */
export const pause = async (clock: Clock, ms: number, signal: AbortSignal): Promise<unknown> => {
  let timer: unknown;
  const passed = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
  });
  try {
    return await orAborted(passed, signal);
  } finally {
    clock.clearTimeout(timer);
  }
};
