import type { PieceContent } from '../../domain/reply.js';
import type { Budget, MessageLimits } from '../../domain/reply-plan.js';
import type { Clock } from '../../ports/clock.js';

/** Parts of an answer that are ready to be sent, in order. */
export type Pieces = readonly PieceContent[];

export const NO_PIECES: Pieces = [];

/** What a strategy asks while it gathers. */
export type StrategyPort = {
  readonly clock: Clock;
  readonly limits: MessageLimits;
  /** What may still be said in this turn, beyond what has been handed on. */
  readonly budget: () => Budget;
  /** Nothing that was handed on is without its outcome. */
  readonly isClear: () => boolean;
  /** Characters the answer may still add, at most. */
  readonly outlookChars: () => number;
  /** How much slower than they might bubbles are to grow; 1 and more. */
  readonly slowness: () => number;
  /** Takes pieces that became ready by time rather than by text. */
  readonly say: (pieces: Pieces) => void;
};

/**
 * How a growing answer becomes messages.
 * Shape: what `push`, `flush` and `say` give, in that order in time, is the whole text; nothing is given twice.
 */
export interface PieceStrategy {
  push(delta: string): Pieces;
  /**
   * What follows is a message of its own. Where too few replies would be left for it, what waits is kept instead, and
   * said together with it.
   */
  endMessage(): Pieces;
  /** All that waits, and `rest` behind it: the answer is over. */
  flush(rest?: string): Pieces;
  /** Forgets what waits of the present message. */
  withdraw(): void;
  /** No more will be asked, and nothing more may be said. */
  dispose(): void;
}
