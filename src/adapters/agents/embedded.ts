import type { AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import type { TurnHandler } from '../../ports/turn-handler.js';
import { systemClock } from '../clock/system-clock.js';
import { IN_PROCESS } from './capabilities.js';
import { errorEvent } from './error-event.js';
import { EventQueue } from './event-queue.js';
import { turnFacade } from './turn-facade.js';

/** How the handler left, as the last event of its turn. */
const endOf = async (work: Promise<void>, signal: AbortSignal): Promise<AgentEvent> => {
  try {
    await work;
    return { type: 'end', reason: signal.aborted ? 'cancelled' : 'stop' };
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) return { type: 'end', reason: 'cancelled' };
    return errorEvent(error, 'agent.failed');
  }
};

/**
 * Libraries rethrow the signal's reason, wrap it, or make an error of their own, whose name may be that of its class only
 * (`APIUserAbortError` of the openai package). Source: agents §2.1.
 */
const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason ||
  (error instanceof Error &&
    (/Abort/.test(`${error.name} ${error.constructor.name}`) || error.cause === signal.reason));

/**
 * A handler of this process as an agent.
 * Shape: the handler starts when the iterator is first asked. Once the signal has aborted, no event is given but the last
 * one, and that one says that the handler has stopped: `end` (cancelled), or `error`.
 */
export const embeddedDriver = (handler: TurnHandler, name = 'embedded', clock: Clock = systemClock): AgentDriver => ({
  name,
  capabilities: IN_PROCESS,
  run: (turn, signal) => ({ [Symbol.asyncIterator]: () => iterate(handler, turn, signal, clock) }),
});

/** Written by hand: a generator's `return` would wait behind a `next` that is stuck in the handler. */
const iterate = (
  handler: TurnHandler,
  input: TurnInput,
  signal: AbortSignal,
  clock: Clock,
): AsyncIterator<AgentEvent> => {
  const queue = new EventQueue();
  /** Fires with the signal, and also when nobody reads any more. */
  const stop = new AbortController();
  let work: Promise<AgentEvent> | null = null;
  let isOver = false;

  const leave = (): void => {
    stop.abort();
    queue.close();
  };
  const handle = async (): Promise<void> => {
    const { turn, said } = turnFacade(input, signal, stop.signal, queue, clock);
    await handler(turn);
    await said();
  };
  const start = (): Promise<AgentEvent> => {
    if (signal.aborted) {
      queue.close();
      return Promise.resolve({ type: 'end', reason: 'cancelled' });
    }
    signal.addEventListener('abort', leave, { once: true });
    return endOf(handle(), signal).finally(() => {
      signal.removeEventListener('abort', leave);
      queue.finish();
    });
  };

  return {
    next: async () => {
      if (isOver) return { done: true, value: undefined };
      work ??= start();
      const event = await queue.next();
      if (event && !signal.aborted) return { done: false, value: event };
      const last = await work;
      isOver = true;
      return { done: false, value: last };
    },
    return: async () => {
      isOver = true;
      leave();
      // Who leaves after an abort waits for the handler's answer to it; without one the handler was asked nothing.
      if (signal.aborted) await work;
      return { done: true, value: undefined };
    },
  };
};
