import { RouterError } from '../../errors/router-error.js';
import type { AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import type { AcpAgent, PromptEnd } from './acp-agent.js';
import { AcpAsking } from './acp-asking.js';
import type { PermissionPolicy } from './acp-permission.js';
import { askedBy, attachmentsOf } from './asked.js';
import { errorEvent } from './error-event.js';
import { EventQueue } from './event-queue.js';

/** A cancel without an answer: the process is asked to end, and 3 s later ended by force. Source: turns §3.4. */
const TERM_MS = 2_000;

export type PromptParts = {
  readonly agent: AcpAgent;
  readonly session: string;
  readonly turn: TurnInput;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly policy: PermissionPolicy;
  readonly idleMs: number;
};

type Ending = { readonly end: PromptEnd } | { readonly error: unknown };

const blocksOf = (turn: TurnInput): object[] => [
  { type: 'text', text: askedBy(turn) },
  ...attachmentsOf(turn).map(({ url, name, kind }) => ({ type: 'resource_link', uri: url, name: name ?? kind })),
];

const REASON = { max_tokens: 'length', max_turn_requests: 'length', cancelled: 'cancelled' } as const;

const lastOf = (ending: Ending): AgentEvent => {
  if ('error' in ending) {
    const { error } = ending;
    return error instanceof RouterError
      ? errorEvent(error, error.code, error.next === 'retry')
      : errorEvent(error, 'agent.failed');
  }
  const { stopReason, hasSpoken } = ending.end;
  return { type: 'end', reason: REASON[stopReason as keyof typeof REASON] ?? (hasSpoken ? 'stop' : 'silent') };
};

/**
 * One prompt of one session, from the question to the last event.
 * Shape: says nothing once the turn is cancelled; it is over when the agent has answered the prompt, which is its answer to a cancel too, or its process has
 * ended: `session/cancel`, 2 s, SIGTERM, 3 s, SIGKILL.
 */
export async function* promptEvents(parts: PromptParts): AsyncGenerator<AgentEvent> {
  const { agent, session, turn, signal, clock, policy, idleMs } = parts;
  const queue = new EventQueue();
  const asking = new AcpAsking({ policy, turn, queue, clock });
  let term: unknown = null;
  let isWorking = true;

  const work = agent
    .prompt(session, blocksOf(turn), {
      event: (event) => queue.push(event),
      permission: (request) => asking.decide(request),
    })
    .then(
      (end): Ending => ({ end }),
      (error: unknown): Ending => ({ error }),
    )
    .finally(() => {
      isWorking = false;
      clock.clearTimeout(term);
      asking.takeBack();
      queue.finish();
    });

  const cancel = (): void => {
    queue.close();
    if (!isWorking || term !== null) return;
    agent.cancel(session);
    asking.takeBack();
    term = clock.setTimeout(() => agent.end(), TERM_MS);
  };

  /** The next event, null after the last. Errors: `agent.timeout`. */
  const next = async (): Promise<AgentEvent | null> => {
    const event = queue.next();
    for (;;) {
      let timer: unknown;
      const silence = new Promise<'silence'>((resolve) => {
        timer = clock.setTimeout(() => resolve('silence'), idleMs);
      });
      const first = await Promise.race([event, silence]);
      clock.clearTimeout(timer);
      if (first !== 'silence') return first;
      if (!asking.isOpen && isWorking) throw new RouterError('agent.timeout', `the agent was silent for ${idleMs} ms`);
    }
  };

  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    for (let event = await next(); event && !signal.aborted; event = await next()) {
      yield event;
      if (event.type === 'end') return;
    }
    const last = lastOf(await work);
    if (!signal.aborted) yield last;
  } catch (error) {
    if (!signal.aborted) yield errorEvent(error, 'agent.failed');
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
    await work;
  }
}
