import { BoundedMap } from '../domain/bounded-map.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Clock } from '../ports/clock.js';
import type { AgentSession } from './agent-session.js';
import type { NativeTurn } from './native-turn.js';
import { isWanted } from './wire-form.js';

const WAITING_MAX = 10_000;
/** Conversations whose last agent is remembered, so that it gets the next turn too. */
const AFFINITIES_MAX = 10_000;

/**
 * Which agent a turn is offered to, and the turns that no agent has taken yet.
 * Shape: agents are found by their filter, their free slots, and by who had the conversation before; whoever waits the
 * longest is offered first, and fails after its `waitMs`.
 */
export class TurnLine {
  readonly #clock: Clock;
  readonly #agents: () => Iterable<AgentSession>;
  /** Each with the timer of its end. */
  readonly #waiting = new Map<NativeTurn, unknown>();
  readonly #lastAgent = new BoundedMap<ConversationId, string>(AFFINITIES_MAX);
  #isPlacing = false;
  #retry: unknown = null;

  constructor(clock: Clock, agents: () => Iterable<AgentSession>) {
    this.#clock = clock;
    this.#agents = agents;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** The `sid` of the agent that had the conversation last. */
  lastAgentOf(conversation: ConversationId): string | undefined {
    return this.#lastAgent.get(conversation);
  }

  place(turn: NativeTurn, waitMs: number): void {
    if (this.#offer(turn)) return;
    if (this.#waiting.size >= WAITING_MAX) {
      turn.fail('capacity.full', 'too many turns wait for an agent', true);
      return;
    }
    const timer = this.#clock.setTimeout(() => {
      this.#waiting.delete(turn);
      turn.fail('agent.detached', `no agent took the turn within ${waitMs} ms`, true);
    }, waitMs);
    this.#waiting.set(turn, timer);
    this.#retryLater();
  }

  withdraw(turn: NativeTurn): void {
    if (!this.#waiting.has(turn)) return;
    this.#clock.clearTimeout(this.#waiting.get(turn));
    this.#waiting.delete(turn);
  }

  /** An agent has room. */
  placeWaiting(): void {
    if (this.#isPlacing || this.#waiting.size === 0) return;
    this.#isPlacing = true;
    for (const turn of [...this.#waiting.keys()]) {
      if (!this.#hasRoom()) break;
      if (this.#waiting.has(turn) && this.#offer(turn)) this.withdraw(turn);
    }
    this.#isPlacing = false;
  }

  close(): void {
    this.#clock.clearTimeout(this.#retry);
  }

  /** Agents that declined may be asked again after a while. */
  #retryLater(): void {
    const nextMs = Math.min(...[...this.#waiting.keys()].map((turn) => turn.nextAskMs ?? Number.POSITIVE_INFINITY));
    this.#clock.clearTimeout(this.#retry);
    if (!Number.isFinite(nextMs)) return;
    this.#retry = this.#clock.setTimeout(() => {
      this.placeWaiting();
      this.#retryLater();
    }, nextMs - this.#clock.now());
  }

  #hasRoom(): boolean {
    for (const agent of this.#agents()) {
      if (agent.isAttached && agent.working < agent.slots) return true;
    }
    return false;
  }

  #offer(turn: NativeTurn): boolean {
    const { conversation } = turn.input;
    const last = this.#lastAgent.get(conversation.id);
    let best: AgentSession | null = null;
    for (const agent of this.#agents()) {
      if (!agent.isAttached || agent.working >= agent.slots || !turn.mayAsk(agent.sid)) continue;
      if (!isWanted(agent.profile.filter, conversation)) continue;
      if (agent.sid === last) {
        best = agent;
        break;
      }
      if (!best || loadOf(agent) < loadOf(best)) best = agent;
    }
    if (!best) return false;
    this.#lastAgent.set(conversation.id, best.sid);
    turn.offerTo(best);
    return true;
  }
}

const loadOf = ({ working, slots }: AgentSession): number => working / Math.max(1, slots);
