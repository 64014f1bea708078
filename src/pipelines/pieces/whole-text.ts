import { cutAll } from '../../domain/block-cutter.js';
import { type Budget, type Cut, planEnd, repliesToSpare } from '../../domain/reply-plan.js';
import { NO_PIECES, type PieceStrategy, type Pieces, type StrategyPort } from './strategy.js';

/** Between two messages that are said as one. */
export const SEPARATOR = '\n\n';

/** Models begin with empty lines, a block may end within a paragraph's break, and a kept message with a separator. */
const BLANK_LINES_BEFORE = /^(?:[ \t\r]*\n)+/;
const BLANK_LINES_BEHIND = /\n\s*$/;

const cut: Cut = (whole, maxChars, minChars) =>
  whole.length <= maxChars ? [whole] : cutAll(whole, { firstChars: minChars, minChars, maxChars });

/** Messages of a complete text: as few as its length and the reader allow. */
export const endPieces = (
  text: string,
  { budget, limits }: Pick<StrategyPort, 'budget' | 'limits'>,
  allowed: Budget = budget(),
): Pieces => {
  const visible = text.replace(BLANK_LINES_BEFORE, '').replace(BLANK_LINES_BEHIND, '');
  if (visible.trim() === '') return NO_PIECES;
  const { replies, active, parked } = planEnd(visible, allowed, limits, cut);
  return [
    ...replies.map((part) => ({ kind: 'text' as const, text: part, via: 'reply' as const })),
    ...active.map((part) => ({ kind: 'text' as const, text: part, via: 'active' as const })),
    ...(parked === '' ? [] : [{ kind: 'text' as const, text: parked, via: 'park' as const }]),
  ];
};

/** Messages of a text that others are to follow; `null` where it has to wait for them. */
export const messagePieces = (
  text: string,
  port: Pick<StrategyPort, 'budget' | 'limits' | 'outlookChars'>,
): Pieces | null => {
  const replies = repliesToSpare(port.budget(), port.outlookChars(), port.limits.hardMax);
  if (replies < 1) return text.trim() === '' ? NO_PIECES : null;
  const pieces = endPieces(text, port, { replies, active: false });
  return pieces.some((piece) => piece.kind === 'text' && piece.via === 'park') ? null : pieces;
};

/** Gathers each message and says it at its end: modes `final` and `typing`. */
export const wholeText = (port: Pick<StrategyPort, 'budget' | 'limits' | 'outlookChars'>): PieceStrategy => {
  /** Messages that were complete and had to wait. */
  let kept = '';
  let text = '';
  return {
    push(delta) {
      text += delta;
      return NO_PIECES;
    },
    endMessage() {
      const whole = kept + text;
      const pieces = messagePieces(whole, port);
      kept = pieces === null ? whole + SEPARATOR : '';
      text = '';
      return pieces ?? NO_PIECES;
    },
    flush(rest = '') {
      const whole = kept + text + rest;
      [kept, text] = ['', ''];
      return endPieces(whole, port);
    },
    withdraw() {
      text = '';
    },
    dispose: () => undefined,
  };
};
