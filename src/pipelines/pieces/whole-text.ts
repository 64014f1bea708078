import { cutAll } from '../../domain/block-cutter.js';
import { type Cut, planEnd } from '../../domain/reply-plan.js';
import { NO_PIECES, type PieceStrategy, type Pieces, type StrategyPort } from './strategy.js';

/** Messages of a complete text: as few as its length and the reader allow. */
export const endPieces = (text: string, port: Pick<StrategyPort, 'budget' | 'limits'>): Pieces => {
  if (text.trim() === '') return NO_PIECES;
  const cut: Cut = (whole, maxChars, minChars) =>
    whole.length <= maxChars ? [whole] : cutAll(whole, { firstChars: minChars, minChars, maxChars });
  const { replies, active, parked } = planEnd(text, port.budget(), port.limits, cut);
  return [
    ...replies.map((part) => ({ kind: 'text' as const, text: part, via: 'reply' as const })),
    ...active.map((part) => ({ kind: 'text' as const, text: part, via: 'active' as const })),
    ...(parked === '' ? [] : [{ kind: 'text' as const, text: parked, via: 'park' as const }]),
  ];
};

/** Gathers the whole answer and says it at its end: modes `final` and `typing`. */
export const wholeText = (port: Pick<StrategyPort, 'budget' | 'limits'>): PieceStrategy => {
  let text = '';
  return {
    push(delta) {
      text += delta;
      return NO_PIECES;
    },
    flush(rest = '') {
      const whole = text + rest;
      text = '';
      return endPieces(whole, port);
    },
    withdraw() {
      text = '';
    },
    dispose: () => undefined,
  };
};
