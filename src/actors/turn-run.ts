import type { ConversationEvent } from '../../machines/conversation/conversation.setup.js';
import type { TurnInfo } from '../domain/turn.js';
import type { Gathered, ReplyGatherer } from '../pipelines/reply-pieces.js';
import type { AgentDriver, TurnInput } from '../ports/agent-driver.js';

export type TurnRunDeps = {
  readonly driver: AgentDriver;
  readonly gatherer: ReplyGatherer;
  /** Resolves once the outbox has room again, so that a fast agent is slowed instead of cut. */
  readonly room: () => Promise<void> | null;
  readonly onError: (error: unknown) => void;
};

/**
 * One agent at work on one turn.
 * Shape: reports at most one `agent.spoke`, then pieces in order, then one `agent.ended`; nothing after `stop`. The source
 * is raced, never awaited: an agent that ignores its signal holds nothing up.
 */
export class TurnRun {
  readonly #controller = new AbortController();
  readonly #turn: TurnInfo;
  readonly #deps: TurnRunDeps;
  #iterator: AsyncIterator<unknown> | null = null;
  #isOver = false;
  /** Resolves when the agent has stopped; a rude one may never. */
  readonly ended: Promise<void>;

  constructor(turn: TurnInfo, input: TurnInput, deps: TurnRunDeps, report: (event: ConversationEvent) => void) {
    this.#turn = turn;
    this.#deps = deps;
    this.ended = this.#consume(input, report).finally(() => {
      this.#isOver = true;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get generatedChars(): number {
    return this.#deps.gatherer.generatedChars;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The cancel: the agent's signal fires now, in this call. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** The agent had its grace; its source is asked to finish and is listened to no more. */
  detach(): void {
    this.#iterator?.return?.().catch(() => undefined);
  }

  async #consume(input: TurnInput, report: (event: ConversationEvent) => void): Promise<void> {
    const { driver, gatherer, room } = this.#deps;
    const { epoch } = this.#turn;
    const { signal } = this.#controller;
    let hasSpoken = false;

    const hand = ({ pieces, end }: Gathered): boolean => {
      for (const text of pieces) report({ type: 'reply.piece', epoch, text });
      if (end === null) return false;
      const failure = end === 'failed' || end === 'timed_out' ? end : null;
      report({ type: 'agent.ended', epoch, generatedChars: gatherer.generatedChars, failure });
      return true;
    };

    try {
      // One turn of the event loop first: the chart is still inside the step that started this run.
      await Promise.resolve();
      if (signal.aborted) return;
      const iterator = driver.run(input, signal)[Symbol.asyncIterator]();
      this.#iterator = iterator;
      for (;;) {
        const step = await iterator.next();
        if (signal.aborted) break;
        if (step.done) {
          hand(gatherer.end());
          return;
        }
        if (!hasSpoken && gatherer.generatedChars === 0 && step.value.type === 'text') {
          hasSpoken = true;
          report({ type: 'agent.spoke', epoch });
        }
        if (step.value.type === 'error') this.#deps.onError(step.value);
        if (hand(gatherer.take(step.value))) break;
        const wait = room();
        if (wait) await wait;
        if (signal.aborted) break;
      }
      await iterator.return?.();
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.onError(error);
      hand(gatherer.take({ type: 'error', code: 'agent.failed', message: String(error), retryable: false }));
    }
  }
}
