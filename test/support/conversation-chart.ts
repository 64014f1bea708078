import { initialTransition, type SnapshotFrom, type StateValueFrom, transition } from 'xstate';
import { conversationMachine } from '../../machines/conversation/conversation.machine.js';
import type { ConversationEmitted, ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { type Outcome, textOfPiece } from '../../src/domain/reply.js';
import type { CancelReason } from '../../src/domain/turn.js';
import { messageOf, policyOf, START_MS } from './samples.js';

type Value = StateValueFrom<typeof conversationMachine>;
type Leaf<V> = V extends string ? V : { [K in keyof V & string]: `${K}.${Leaf<NonNullable<V[K]>>}` }[keyof V & string];
type Cancelled = Required<NonNullable<Extract<Value, { cancelled?: unknown }>['cancelled']> & object>;

/** The states one can rest in: parents have children, `closed` is passed through, both regions at their end leave. */
export type ConversationState =
  | Exclude<Leaf<Exclude<Value, { cancelled?: unknown }>>, 'answering' | 'answering.running' | 'cancelled' | 'closed'>
  | Exclude<
      `cancelled.${Cancelled['agent'] & string}+${Cancelled['outbox'] & string}`,
      `cancelled.${'stopped' | 'detached'}+${'settled' | 'unknown'}`
    >;

const leafOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const regions = Object.entries(value as object);
  return regions.length > 1
    ? regions.map(([, below]) => leafOf(below)).join('+')
    : regions.map(([key, below]) => `${key}.${leafOf(below)}`).join('');
};

/** What timers and invoked actors say to the chart. */
const INTERNAL = {
  quiet: { type: 'xstate.after.quiet.conversation.debouncing' },
  turnMax: { type: 'xstate.after.turnMax.conversation.answering.running' },
  holdMax: { type: 'xstate.after.holdMax.conversation.answering.running.holding' },
  grace: { type: 'xstate.after.grace.conversation.cancelled.agent.stopping' },
  settle: { type: 'xstate.after.settle.conversation.cancelled.outbox.settling' },
  agentStopped: { type: 'xstate.done.actor.0.conversation.cancelled.agent.stopping', output: undefined },
} as const;

export type Step = ConversationEvent | keyof typeof INTERNAL;

/** The chart taken step by step, with nothing run: what it would be, and what it would say. */
export class ConversationWalk {
  snapshot: SnapshotFrom<typeof conversationMachine>;
  /** All that was emitted, and what the last step emitted. */
  readonly emitted: ConversationEmitted[] = [];
  last: ConversationEmitted[] = [];
  #seq = 0;

  constructor(policy: Partial<ConversationPolicy> = {}, epoch = 0, parked = '') {
    const input = { id: 'qq:app:c2c:u1', policy: policyOf(policy), epoch, interrupted: null, parked };
    [this.snapshot] = initialTransition(conversationMachine, input);
  }

  get state(): ConversationState {
    return leafOf(this.snapshot.value) as ConversationState;
  }

  get context() {
    return this.snapshot.context;
  }

  get said(): readonly string[] {
    return this.last.map(({ type }) => type);
  }

  take(...steps: readonly Step[]): this {
    for (const step of steps) {
      const event = typeof step === 'string' ? INTERNAL[step] : step;
      const [snapshot, actions] = transition(conversationMachine, this.snapshot, event as ConversationEvent);
      this.snapshot = snapshot;
      this.last = actions
        .filter(({ type }) => (type as string) === 'xstate.emit')
        .map(({ params }) => (params as unknown as { event: ConversationEmitted }).event);
      this.emitted.push(...this.last);
    }
    return this;
  }

  /** A message `atMs` after the start; m1, m2, m3 … */
  message(atMs = 0, changes: Partial<Inbound> = {}): this {
    this.#seq += 1;
    const message = messageOf(`m${this.#seq}`, changes);
    return this.take({ type: 'message.received', message, atMs: START_MS + atMs });
  }

  recall(id: string, atMs = 0): this {
    return this.take({ type: 'message.recalled', id, atMs: START_MS + atMs });
  }

  stop(all = false, reason: CancelReason = 'user_stop', by: Inbound | null = null): this {
    return this.take({ type: 'stop', reason, atMs: START_MS, all, by });
  }

  hold(): this {
    return this.take({ type: 'agent.held', epoch: this.context.epoch, atMs: START_MS });
  }

  release(): this {
    return this.take({ type: 'agent.released', epoch: this.context.epoch, atMs: START_MS });
  }

  /** The agent has a piece ready; by itself one of the turn that is under way. */
  piece(text: string, epoch = this.context.epoch): this {
    return this.take({ type: 'reply.piece', epoch, content: { kind: 'text', text, via: 'reply' } });
  }

  ended(failure: 'failed' | 'timed_out' | null = null, epoch = this.context.epoch): this {
    return this.take({ type: 'agent.ended', epoch, generatedChars: 9, tools: [], failure });
  }

  /** The n-th piece that was sent has its outcome. */
  outcome(index: number, outcome: { status: Outcome['status']; sentId?: string; code?: string }): this {
    const piece = this.facts('send')[index]?.piece;
    if (!piece) throw new Error(`no piece ${index} was sent`);
    const text = textOfPiece(piece);
    const word = { sent: 'said', arrived: 'said', pending: 'said', unknown: 'maybe', parked: 'text' };
    const whole = { piece, [word[outcome.status as keyof typeof word] ?? 'code']: text, ...outcome } as Outcome;
    return this.take({ type: 'piece.settled', outcome: whole, atMs: START_MS });
  }

  sent(index: number): this {
    return this.outcome(index, { status: 'sent', sentId: `s${index}` });
  }

  facts<Type extends ConversationEmitted['type']>(type: Type): Extract<ConversationEmitted, { type: Type }>[] {
    return this.emitted.filter((fact): fact is Extract<ConversationEmitted, { type: Type }> => fact.type === type);
  }
}
