import type { ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { Inbound } from '../domain/inbound.js';
import type { ToolState, TurnInfo } from '../domain/turn.js';
import type { Pieces } from '../pipelines/pieces/strategy.js';
import type { Gathered, ReplyGatherer } from '../pipelines/reply-pieces.js';
import type { AgentDriver, AgentEvent, TurnInput } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationDeps } from './conversation-deps.js';

export type TurnRunDeps = {
  readonly clock: Clock;
  readonly driver: AgentDriver;
  readonly gatherer: ReplyGatherer;
  /** No sign of life for so long, and the agent is given up. Units: ms. */
  readonly silenceMaxMs: number;
  /** To be awaited before the agent is asked. */
  readonly admit: (signal: AbortSignal) => Promise<void>;
  /** The files of its messages, which it waits for, for a while. */
  readonly received?: ConversationDeps['received'];
  /** Something it said is without its outcome: an agent that waits for that is not silent. */
  readonly isOwed: () => boolean;
  /** Resolves once the outbox has room again, so that a fast agent is slowed instead of cut. */
  readonly room: () => Promise<void> | null;
  readonly onError: (error: unknown) => void;
};

/** Steps of an agent's work that are remembered for the next turn. */
const TOOLS_MAX = 20;

/**
 * One agent at work on one turn.
 * Shape: reports at most one `agent.spoke`, then pieces in order, then one `agent.ended`; nothing after `stop`. The source
 * is raced, never awaited: an agent that ignores its signal holds nothing up.
 */
export class TurnRun {
  readonly #controller = new AbortController();
  readonly #turn: TurnInfo;
  readonly #deps: TurnRunDeps;
  readonly #report: (event: ConversationEvent) => void;
  readonly #tools = new Map<string, ToolState>();
  #iterator: AsyncIterator<unknown> | null = null;
  #isOver = false;
  #hasEnded = false;
  #accept: ((message: Inbound) => boolean | Promise<boolean>) | null = null;
  #lastSignMs: number;
  #silence: unknown = null;
  #spoken: unknown = null;
  /** Resolves when the agent has stopped; a rude one may never. */
  readonly ended: Promise<void>;

  constructor(turn: TurnInfo, input: TurnInput, deps: TurnRunDeps, report: (event: ConversationEvent) => void) {
    this.#turn = turn;
    this.#deps = deps;
    this.#report = report;
    this.#lastSignMs = deps.clock.now();
    this.ended = this.#consume(input).finally(() => {
      this.#isOver = true;
      deps.clock.clearTimeout(this.#silence);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its answer is complete, or has failed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get generatedChars(): number {
    return this.#deps.gatherer.generatedChars;
  }

  get tools(): readonly ToolState[] {
    return [...this.#tools.values()];
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Pieces that became ready by time rather than by text. */
  say(pieces: Pieces): void {
    if (this.signal.aborted) return;
    this.#deps.gatherer.noteSaid();
    for (const content of pieces) this.#report({ type: 'reply.piece', epoch: this.#turn.epoch, content });
  }

  get hasSaid(): boolean {
    return this.#deps.gatherer.hasSaid;
  }

  onSteer(accept: (message: Inbound) => boolean | Promise<boolean>): void {
    this.#accept = accept;
  }

  /** Whether its agent can be asked to take another message. */
  get takesMore(): boolean {
    return this.#accept !== null && !this.#isOver && !this.signal.aborted;
  }

  /**
   * Calls `taken` if the agent takes the message into this turn: in this step where it answers at once. A handler that
   * throws takes nothing, and an answer that comes after the turn's end counts for nothing.
   */
  offer(message: Inbound, taken: () => void): void {
    if (!this.#accept || !this.takesMore) return;
    const hear = (isTaken: boolean): void => {
      if (isTaken && !this.#isOver && !this.signal.aborted) taken();
    };
    try {
      const answer = this.#accept(message);
      if (typeof answer === 'boolean') hear(answer);
      else answer.then(hear, this.#deps.onError);
    } catch (error) {
      this.#deps.onError(error);
    }
  }

  /** The cancel: the agent's signal fires now, in this call. */
  abort(reason: Error): void {
    this.#deps.gatherer.dispose();
    this.#deps.clock.clearTimeout(this.#silence);
    this.#deps.clock.clearTimeout(this.#spoken);
    this.#controller.abort(reason);
  }

  /** The agent had its grace; its source is asked to finish and is listened to no more. */
  detach(): void {
    this.#iterator?.return?.().catch(() => undefined);
  }

  async #consume(input: TurnInput): Promise<void> {
    const { driver, gatherer, room } = this.#deps;
    const { signal } = this.#controller;
    let hasSpoken = false;
    try {
      await this.#deps.admit(signal);
      if (signal.aborted) return;
      this.#lastSignMs = this.#deps.clock.now();
      this.#watchSilence();
      const ready = await this.#withFiles(input);
      if (signal.aborted) return;
      this.#lastSignMs = this.#deps.clock.now();
      const iterator = driver.run(ready, signal)[Symbol.asyncIterator]();
      this.#iterator = iterator;
      for (;;) {
        const step = await iterator.next();
        if (signal.aborted) break;
        if (step.done) {
          this.#hand(gatherer.end());
          return;
        }
        this.#note(step.value);
        if (!hasSpoken && step.value.type === 'text') {
          hasSpoken = true;
          this.#tellSpoken();
        }
        if (this.#take(step.value)) break;
        const wait = room();
        if (wait) await wait;
        if (signal.aborted) break;
      }
      await iterator.return?.();
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.onError(error);
      this.#hand(gatherer.take({ type: 'error', code: 'agent.failed', message: String(error), retryable: false }));
    }
  }

  async #withFiles(input: TurnInput): Promise<TurnInput> {
    const { received } = this.#deps;
    if (!received?.has(input.inputs)) return input;
    return { ...input, inputs: await received.settled(input.inputs, this.signal) };
  }

  /** A message that cannot be sent is told, and costs the answer nothing else. */
  #take(event: AgentEvent): boolean {
    const { gatherer, onError } = this.#deps;
    if (event.type !== 'media' && event.type !== 'message') return this.#hand(gatherer.take(event));
    try {
      return this.#hand(gatherer.take(event));
    } catch (error) {
      onError(error);
      return false;
    }
  }

  #hand({ pieces, end }: Gathered): boolean {
    const { epoch } = this.#turn;
    if (end === null) {
      for (const content of pieces) this.#report({ type: 'reply.piece', epoch, content });
      return false;
    }
    this.#deps.clock.clearTimeout(this.#spoken);
    const failure = end === 'failed' || end === 'timed_out' ? end : null;
    this.#hasEnded = true;
    const { generatedChars, tools } = this;
    this.#report({ type: 'agent.ended', epoch, last: pieces, generatedChars, tools, failure });
    return true;
  }

  /** An answer that comes all at once ends before this is due, and spares the chart a step. */
  #tellSpoken(): void {
    this.#spoken = this.#deps.clock.setTimeout(() => this.#report({ type: 'agent.spoke', epoch: this.#turn.epoch }), 0);
  }

  #note(event: AgentEvent): void {
    this.#lastSignMs = this.#deps.clock.now();
    if (event.type === 'error') this.#deps.onError(event);
    if (event.type === 'progress') this.noteTool(event);
  }

  noteTool({ id, label, state }: ToolState): void {
    if (this.#tools.has(id) || this.#tools.size < TOOLS_MAX) this.#tools.set(id, { id, label, state });
  }

  /** One timer that looks again, rather than one a token. */
  #watchSilence(): void {
    const { clock, silenceMaxMs, isOwed } = this.#deps;
    if (isOwed()) this.#lastSignMs = clock.now();
    const dueMs = this.#lastSignMs + silenceMaxMs - clock.now();
    if (dueMs > 0) {
      this.#silence = clock.setTimeout(() => this.#watchSilence(), dueMs);
      return;
    }
    if (!this.#isOver) this.#report({ type: 'agent.silent', epoch: this.#turn.epoch, atMs: clock.now() });
  }
}
