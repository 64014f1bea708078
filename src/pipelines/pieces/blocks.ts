import { type CutterOptions, createCutter } from '../../domain/block-cutter.js';
import { mayCutBlock } from '../../domain/reply-plan.js';
import { NO_PIECES, type PieceStrategy, type Pieces, type StrategyPort } from './strategy.js';
import { endPieces, messagePieces, SEPARATOR } from './whole-text.js';

export type BlockOptions = CutterOptions & {
  /** What waits is said after this long without a new word, if it is long enough to be a first block. */
  readonly idleFlushMs: number;
  /** Blocks that are cut while the answer goes on say so. */
  readonly tellsMore?: boolean;
};

/**
 * Says an answer block by block while it is written, as long as the reply budget lasts: the last reply is kept for the
 * end, and from then on the rest is gathered.
 * Source: turns §4.3.
 */
export const blocks = (options: BlockOptions, port: StrategyPort): PieceStrategy => {
  const { clock } = port;
  let cutter = createCutter(options);
  /** Set once no block may be cut any more: all that came since, uncut. */
  let held: string | null = null;
  /** How much of that belongs to messages that were complete. */
  let keptChars = 0;
  let timer: unknown = null;

  const disarm = (): void => {
    clock.clearTimeout(timer);
    timer = null;
  };
  /** `cut`: blocks that are ready and not yet handed on; the port's budget does not know of them. */
  const mayCut = (comingChars: number, cut: number): boolean => {
    const { replies, active } = port.budget();
    return mayCutBlock({
      budget: { replies: replies - cut, active },
      waitingChars: cutter.waiting.length + comingChars,
      blockChars: Math.min(options.firstChars, options.minChars),
      outlookChars: port.outlookChars(),
      hardMax: port.limits.hardMax,
    });
  };
  const said = (texts: readonly string[]): Pieces =>
    texts.map((text) => ({
      kind: 'text' as const,
      text,
      via: 'reply' as const,
      ...(options.tellsMore && { more: true as const }),
    }));

  const flushIdle = (): void => {
    timer = null;
    if (held !== null || !mayCut(0, 0)) return;
    const pieces = said(cutter.flushSafely());
    if (pieces.length > 0) port.say(pieces);
  };

  return {
    push(delta) {
      disarm();
      const pieces: Pieces[number][] = [];
      // In steps no longer than a block, so that the budget is asked before each.
      for (let at = 0; at < delta.length; at += options.firstChars) {
        const step = delta.slice(at, at + options.firstChars);
        if (held === null && !mayCut(delta.length - at, pieces.length)) {
          held = cutter.waiting;
          cutter.withdraw();
        }
        if (held === null) pieces.push(...said(cutter.push(step)));
        else held += step;
      }
      if (held === null) timer = clock.setTimeout(flushIdle, options.idleFlushMs);
      return pieces;
    },
    endMessage() {
      disarm();
      const whole = held ?? cutter.waiting;
      const pieces = messagePieces(whole, port);
      held = pieces === null ? whole + SEPARATOR : null;
      keptChars = held?.length ?? 0;
      cutter = createCutter(options);
      return pieces ?? NO_PIECES;
    },
    flush(rest = '') {
      disarm();
      const whole = (held ?? cutter.waiting) + rest;
      [held, keptChars] = [null, 0];
      cutter = createCutter(options);
      return endPieces(whole, port);
    },
    withdraw() {
      disarm();
      held = keptChars === 0 ? null : (held as string).slice(0, keptChars);
      cutter = createCutter(options);
    },
    dispose: disarm,
  };
};
