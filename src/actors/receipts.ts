import type { ConversationContext } from '../../machines/conversation/conversation.types.js';
import { type Progress, receiptOf } from '../../machines/conversation/progress.js';
import type { Receipt } from '../domain/turn.js';
import type { Clock } from '../ports/clock.js';

export type ReceiptsDeps = {
  readonly clock: Clock;
  /** The chart's context; null once it is no more. */
  readonly context: () => ConversationContext | null;
  /** How much the agent has produced, which the chart is told at the end only. */
  readonly generatedChars: () => number;
};

const NOT_KNOWN: Receipt = {
  status: 'cancelled',
  delivered: '',
  generatedChars: 0,
  certainty: 'maybe-more',
  messageIds: [],
};

/** What a conversation's turns have delivered, for agents that ask, and the news that whoever waits looks again at. */
export class Receipts {
  readonly #deps: ReceiptsDeps;
  #last: { readonly epoch: number; readonly receipt: Receipt } | null = null;
  #waiters: (() => void)[] = [];

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
  }

  keep(epoch: number, receipt: Receipt): void {
    this.#last = { epoch, receipt };
  }

  /** The next outcome, cancel or closing. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /**
   * The turn's receipt once what it has said is known, or it is over.
   * After a cancel it does not wait for the closing, which waits for the agent; and not for longer than half of the
   * grace, so that an agent that waits here is not taken for one that does not stop.
   */
  async delivered(epoch: number): Promise<Receipt> {
    const { clock, context } = this.#deps;
    let answerAtMs = Number.POSITIVE_INFINITY;
    for (;;) {
      const now = context();
      const current = now?.current;
      if (!now || current?.turn.epoch !== epoch) break;
      const isCancelled = current.ending?.reason !== undefined;
      if (isCancelled) answerAtMs = Math.min(answerAtMs, clock.now() + now.policy.graceMs / 2);
      const isKnown = current.open.length === 0 && (isCancelled || current.ending === null);
      if (isKnown || clock.now() >= answerAtMs) return this.soFar(current);
      await (isCancelled ? Promise.race([this.change(), this.#pause(answerAtMs - clock.now())]) : this.change());
    }
    return this.#last?.epoch === epoch ? this.#last.receipt : NOT_KNOWN;
  }

  soFar(progress: Progress): Receipt {
    return {
      ...receiptOf(progress),
      generatedChars: Math.max(progress.generatedChars, this.#deps.generatedChars()),
    };
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.setTimeout(resolve, delayMs);
    });
  }
}
