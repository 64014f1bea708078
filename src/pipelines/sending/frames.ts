import { type Outcome, type Piece, saidBy } from '../../domain/reply.js';
import { asRouterError, type RouterError } from '../../errors/router-error.js';
import type { WrittenFrame } from '../../ports/store.js';
import { type Attempted, type AttemptOptions, attempt, isUnknown } from './attempts.js';
import { type Leave, readiness } from './readiness.js';
import type { SendingDeps, Slot } from './sending-deps.js';

export type StreamPiece = Piece & { readonly content: { readonly kind: 'stream' } };

/** What a bubble began with, and is written down under. */
export type Opening = { readonly piece: StreamPiece; readonly slot: Slot };

/** A frame of a bubble; `text` is all that it shows then. `streamId`: null in the one that opens it. */
export type Frame = {
  readonly opening: Opening;
  readonly slot: Slot;
  readonly streamId: string | null;
  readonly index: number;
  readonly text: string;
  readonly sentChars: number;
  readonly isLast: boolean;
};

export type Tried = Attempted<{ readonly streamId: string }>;
export type Failed = Extract<Tried, { is: 'failed' }>;

/** A closing frame may be sent although its turn is over; it waits for the gateway, but not for long. */
const CLOSING_WAIT_MS = 60_000;

export const isPassing = ({ next, more }: RouterError): boolean => next === 'retry' && more.action !== 'endStream';

/** The platform said no, to this frame or to an earlier try of it. */
export const isRefusal = ({ error }: Failed): boolean => !isUnknown(error) && !isPassing(error);

/** The frame's place is taken: it is there already. `drop` is how a complaint about the index reads. */
export const isPlaceTaken = ({ more }: RouterError, streamId: string | null): boolean =>
  more.action === 'arrived' || (more.action === 'drop' && streamId !== null);

/** A frame of its own has ended the bubble, rather than its time or another bubble. Source: qq-bot-api §6.4. */
const STREAM_ENDED = 40034018;

export const isEndedByFrame = ({ more }: RouterError): boolean => more.platformCode === STREAM_ENDED;

/** The frames of one conversation's bubbles: each is written down before it is tried. */
export class FrameSender {
  readonly #deps: SendingDeps;
  readonly #options: AttemptOptions;
  /** The leave of frames that carry nothing new. */
  readonly closing: Leave;

  constructor(deps: SendingDeps, options: AttemptOptions, closing: Leave) {
    this.#deps = deps;
    this.#options = options;
    this.closing = closing;
  }

  /** The frame that opens a bubble is written down by whoever reserved its reply. Never rejects. */
  async try(frame: Frame, leave: Leave): Promise<Tried> {
    try {
      if (frame.streamId !== null) await this.#deps.log?.frame(...writtenOf(frame, frame.streamId));
    } catch (error) {
      // An end that adds nothing is worth more than a record of it.
      const failed = { error: asRouterError(error, 'store.failed'), mayHaveArrived: false, tries: 0 };
      if (leave !== this.closing) return { is: 'failed', ...failed };
    }
    return this.#send(frame, leave);
  }

  /** The last frame, which adds nothing; once more where nobody knows whether it arrived. */
  async end(frame: Frame): Promise<void> {
    const tried = await this.try(frame, this.closing);
    if (tried.is === 'failed' && isUnknown(tried.error)) await this.#send(frame, this.closing);
  }

  /** Ends the bubble behind a frame that has arrived. */
  endBehind(frame: Frame): Promise<void> {
    const { index, text, slot } = frame;
    return this.end({ ...frame, index: index + 1, sentChars: text.length, isLast: true, slot: this.nextSlot(slot) });
  }

  noteShown(frame: Frame, streamId: string): void {
    this.#deps.log?.shown(...writtenOf(frame, streamId));
  }

  /** The bubble takes no more. `outcome`: its last frame's. */
  over(frame: Frame, outcome: Outcome): void {
    this.#deps.log?.end(frame.opening.slot, ofBubble(frame, outcome));
  }

  nextSlot({ anchor, msgSeq }: Slot): Slot {
    const { streams, ledger } = this.#deps;
    return { anchor, msgSeq: streams.seqPerFrame ? ledger.nextSeq('c2c', anchor) : msgSeq };
  }

  #send({ opening, slot, ...frame }: Frame, leave: Leave): Promise<Tried> {
    const { clock, ledger, rights, streams, framePace } = this.#deps;
    const { target } = opening.piece;
    if (target.scene !== 'c2c') throw new Error('native streams exist in private chats only');
    const untilMs = clock.now() + CLOSING_WAIT_MS;
    const leftMs = (): number =>
      leave === this.closing
        ? Math.max(0, untilMs - clock.now())
        : ledger.leftMs(target.scene, slot.anchor, clock.now());
    return attempt(
      () => readiness(target, leave, leftMs, this.#deps),
      async () => {
        const format = rights.mayMarkdown(target) ? ('markdown' as const) : ('text' as const);
        const result = await streams.sendFrame({ target, format, ...frame, ...slot }, leave.isLive);
        if ('fenced' in result) return 'fenced';
        framePace.noteTaken();
        return result;
      },
      leave,
      this.#deps,
      this.#options,
      (error) => {
        if (error.more.action === 'backOff') framePace.noteRate();
        return !isUnknown(error) && isPassing(error);
      },
    );
  }
}

const writtenOf = (frame: Frame, streamId: string): [Piece, Slot, WrittenFrame] => {
  const { opening, slot, index, text, sentChars, isLast } = frame;
  const piece: Piece = { ...opening.piece, content: { kind: 'stream', text, isLast } };
  return [piece, opening.slot, { streamId, index, msgSeq: slot.msgSeq, sentChars }];
};

/** What became of a bubble as a whole: what its earlier frames have shown was said, whatever became of the last. */
const ofBubble = ({ opening: { piece }, text, sentChars }: Frame, outcome: Outcome): Outcome => {
  // It has become a message, which is written down as one.
  if (outcome.piece.content.kind !== 'stream') return { piece, status: 'deferred' };
  if (outcome.status !== 'unknown') return { ...outcome, piece, ...(saidBy(outcome) !== null && { said: text }) };
  return { ...outcome, piece, ...(sentChars > 0 && { said: text.slice(0, sentChars) }) };
};
