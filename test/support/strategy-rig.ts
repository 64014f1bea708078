import type { PieceContent } from '../../src/domain/reply.js';
import type { Budget, MessageLimits } from '../../src/domain/reply-plan.js';
import type { PieceStrategy, StrategyPort } from '../../src/pipelines/pieces/strategy.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { START_MS } from './samples.js';

/** How a piece reads in a test: `text` of a reply, with its way or its end where there is another. */
export const shown = (content: PieceContent): string => {
  if (content.kind === 'typing') return '(typing)';
  if (content.kind === 'stream') return content.isLast ? `${content.text}|` : content.text;
  return content.via === 'reply' ? content.text : `${content.via}: ${content.text}`;
};

/** A strategy with its agent, its budget and its time in the test's hands. */
export class StrategyRig {
  readonly clock = new VirtualClock(START_MS);
  /** All that was handed on, in order. */
  readonly pieces: PieceContent[] = [];
  budget: Budget = { replies: Number.POSITIVE_INFINITY, active: false };
  isClear = true;
  outlookChars = 0;
  slowness = 1;
  readonly strategy: PieceStrategy;

  constructor(
    strategy: (port: StrategyPort) => PieceStrategy,
    limits: MessageLimits = { softMax: 4_500, hardMax: 20_000 },
  ) {
    this.strategy = strategy({
      clock: this.clock,
      limits,
      budget: () => this.budget,
      isClear: () => this.isClear,
      outlookChars: () => this.outlookChars,
      slowness: () => this.slowness,
      say: (pieces) => this.#hand(pieces),
    });
  }

  get shown(): string[] {
    return this.pieces.map(shown);
  }

  push(...deltas: readonly string[]): this {
    for (const delta of deltas) this.#hand(this.strategy.push(delta));
    return this;
  }

  endMessage(): this {
    this.#hand(this.strategy.endMessage());
    return this;
  }

  flush(rest?: string): this {
    this.#hand(this.strategy.flush(rest));
    return this;
  }

  async wait(ms: number): Promise<this> {
    await this.clock.advance(ms);
    return this;
  }

  /** As the line does: each message uses a reply up. */
  #hand(pieces: readonly PieceContent[]): void {
    for (const content of pieces) {
      this.pieces.push(content);
      const { replies, active } = this.budget;
      if (content.kind === 'text' && content.via === 'reply') this.budget = { replies: replies - 1, active };
    }
  }
}
