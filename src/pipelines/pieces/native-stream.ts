import { committableLength } from '../../domain/committable.js';
import { NO_PIECES, type PieceStrategy, type Pieces, type StrategyPort } from './strategy.js';
import { endPieces, messagePieces, SEPARATOR } from './whole-text.js';

export type NativeStreamOptions = {
  /** Least time between two frames. @default 700 */
  readonly intervalMs: number;
  /** Between two frames where the platform has asked for patience, at most. @default 5_000 */
  readonly intervalMaxMs: number;
  /** Least growth that is worth a frame, in characters. @default 24 */
  readonly growthChars: number;
  /** From here on a bubble is ended at the next paragraph, and another begun. */
  readonly bubbleChars: number;
};

export const NATIVE_STREAM: NativeStreamOptions = {
  intervalMs: 700,
  intervalMaxMs: 5_000,
  growthChars: 24,
  bubbleChars: 4_000,
};

/**
 * Says an answer as a growing bubble.
 * Shape: only what can no longer change its meaning is sent, so a bubble's text never reverts; a frame at a time; a bubble
 * that was begun is always ended. An answer that ends before its first frame goes out as an ordinary message.
 * `committable`: how many characters of a text can no longer change.
 * Source: turns §4.3.
 */
export const nativeStream = (
  options: NativeStreamOptions,
  port: StrategyPort,
  committable: (text: string) => number = committableLength,
): PieceStrategy => {
  const { clock } = port;
  /** The text of the present bubble, and how much of it is said. */
  let text = '';
  let saidChars = 0;
  /** How much of it belongs to messages that were complete and had to wait. */
  let keptChars = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  /** What can be committed was looked for in vain; it is looked for again from here on. */
  let lookAtMs = 0;
  let timer: unknown = null;

  const disarm = (): void => {
    clock.clearTimeout(timer);
    timer = null;
  };
  const reset = (rest: string): void => {
    text = rest;
    saidChars = 0;
    keptChars = 0;
  };
  const frame = (until: number, isLast: boolean): Pieces => {
    const piece = { kind: 'stream' as const, text: text.slice(saidChars, until), isLast };
    saidChars = until;
    saidAtMs = clock.now();
    return [piece];
  };
  /** Asked anew each time: what the platform made of the last frame is known only later. */
  const readyAtMs = (): number => {
    const { intervalMs, intervalMaxMs } = options;
    return Math.max(lookAtMs, saidAtMs + Math.min(intervalMs * port.slowness(), intervalMaxMs));
  };

  const due = (): Pieces => {
    // The cheap questions first: what can be committed is read from the whole text, and a token must not cost that.
    if (text.length - saidChars < options.growthChars) return NO_PIECES;
    const waitMs = readyAtMs() - clock.now();
    if (waitMs > 0 || !port.isClear()) {
      timer ??= clock.setTimeout(
        () => {
          timer = null;
          const pieces = due();
          if (pieces.length > 0) port.say(pieces);
        },
        Math.max(waitMs, options.intervalMs / 2),
      );
      return NO_PIECES;
    }
    const safe = committable(text);
    if (safe - saidChars < options.growthChars) {
      lookAtMs = clock.now() + options.intervalMs / 4;
      return NO_PIECES;
    }
    // A bubble that is not open yet uses one itself.
    const repliesBehind = port.budget().replies - (saidChars === 0 ? 1 : 0);
    if (repliesBehind < 0) return NO_PIECES;
    const end = bubbleEnd(text, saidChars, safe, options.bubbleChars);
    if (end === null || repliesBehind < 1) return frame(safe, false);
    const pieces = frame(end, true);
    reset(text.slice(end).replace(/^\n+/, ''));
    return pieces;
  };

  return {
    push(delta) {
      text += delta;
      return due();
    },
    endMessage() {
      const isBubble = saidChars > 0;
      const mayEnd = !isBubble || port.budget().replies >= 1;
      const pieces = mayEnd ? (isBubble ? frame(text.length, true) : messagePieces(text, port)) : null;
      if (pieces === null) {
        text += SEPARATOR;
        keptChars = text.length;
        return due();
      }
      disarm();
      reset('');
      return pieces;
    },
    flush(rest = '') {
      disarm();
      text += rest;
      const messages = saidChars === 0 ? endPieces(text, port) : null;
      // One bubble holds more than the messages that are left.
      const isTooLong = messages?.some((piece) => piece.kind === 'text' && piece.via !== 'reply') ?? false;
      const isBubble = messages === null || (isTooLong && port.budget().replies >= 1);
      const pieces = isBubble ? frame(text.length, true) : messages;
      reset('');
      return pieces;
    },
    withdraw() {
      disarm();
      text = text.slice(0, keptChars);
    },
    dispose: disarm,
  };
};

/** Where a bubble that has grown long ends: behind a paragraph, outside of code. */
const bubbleEnd = (text: string, from: number, safe: number, bubbleChars: number): number | null => {
  if (safe < bubbleChars) return null;
  const at = text.lastIndexOf('\n\n', safe);
  if (at <= from || at < bubbleChars / 2) return null;
  const fences = text.slice(0, at).match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
  return fences % 2 === 0 ? at : null;
};
