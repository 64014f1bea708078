import { RouterError } from '../../errors/router-error.js';
import type { AgentEvent } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { errorEvent } from './error-event.js';
import { type ExchangeWatch, watchExchange } from './exchange-watch.js';
import type { RemoteStop } from './remote-stop.js';

/** What is read out of one answer of a server. */
export interface AnswerState {
  /** How the server has ended the answer; null until it has. */
  readonly finished: 'stop' | 'length' | 'silent' | 'cancelled' | null;
}

export type ExchangeParts = {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly state: AnswerState;
  readonly exchange: (watch: ExchangeWatch) => AsyncIterable<AgentEvent>;
  /** Where the server has a call for it. */
  readonly stop?: RemoteStop;
};

const CANCELLED: AgentEvent = { type: 'end', reason: 'cancelled' };

/** The last event of an exchange that the server has closed. */
const endOf = ({ finished }: AnswerState): AgentEvent =>
  finished
    ? { type: 'end', reason: finished }
    : errorEvent(new RouterError('agent.truncated', 'the stream was closed before its end'), 'agent.truncated');

/** What a thrown thing is as the turn's last event; after the answer's own end nothing can be lost any more. */
const endAfter = (error: unknown, { finished }: AnswerState): AgentEvent => {
  if (finished) return { type: 'end', reason: finished };
  if (error instanceof RouterError) return errorEvent(error, error.code, error.next === 'retry');
  return errorEvent(new RouterError('agent.truncated', 'the connection broke', { cause: error }), 'agent.truncated');
};

/**
 * One turn over one exchange with a server, from the request to the last event.
 * Shape: after the abort, nothing but one `end` (cancelled), once the server was told; whoever leaves before the answer
 * is complete has it stopped too.
 */
export async function* runExchange(parts: ExchangeParts): AsyncGenerator<AgentEvent> {
  const { signal, clock, state, exchange, stop } = parts;
  const watch = watchExchange(stop?.cut ?? signal, clock, signal);
  let hasFailed = false;
  try {
    for await (const event of exchange(watch)) {
      // What is still read is read for the run's name; the watch ends it.
      if (signal.aborted) continue;
      yield event;
      hasFailed = event.type === 'error';
      if (hasFailed) return;
    }
    if (!signal.aborted) yield endOf(state);
  } catch (error) {
    if (!signal.aborted) yield endAfter(error, state);
  } finally {
    // An answer that is too long has been ended here, not there.
    const isThroughThere = hasFailed || (state.finished !== null && state.finished !== 'length');
    if (!isThroughThere && stop?.isNamed) stop.fire();
    if (watch.isIdle()) stop?.disown();
    watch.end();
    await stop?.settled();
  }
  if (signal.aborted) yield CANCELLED;
}
