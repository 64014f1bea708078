import type { Outcome, Piece } from '../../domain/reply.js';
import { asRouterError } from '../../errors/router-error.js';
import type { WrittenFrame } from '../../ports/store.js';
import type { AttemptOptions } from './attempts.js';
import { endLeftBubble } from './bubble-after-crash.js';
import {
  type Failed,
  type Frame,
  FrameSender,
  isPlaceTaken,
  isRefusal,
  type Opening,
  type StreamPiece,
  type Tried,
} from './frames.js';
import type { Leave } from './readiness.js';
import { sendText } from './send-text.js';
import type { SendingDeps, Slot } from './sending-deps.js';

/** A bubble that takes more. `text` is what it shows. */
type Open = {
  readonly opening: Opening;
  readonly slot: Slot;
  readonly streamId: string;
  readonly nextIndex: number;
  readonly text: string;
};

type State =
  | { readonly is: 'none' }
  | { readonly is: 'open'; readonly bubble: Open; readonly epoch: number }
  /** No bubble can be had any more in this answer; what came since waits for its end and goes out as messages. */
  | { readonly is: 'givenUp'; readonly epoch: number; readonly waiting: string };

/** What stands in the frame's way may be an earlier try of the same. */
const isAboutEarlierTry = (failed: Failed, streamId: string | null): boolean => {
  const { error, mayHaveArrived, tries } = failed;
  if (!isRefusal(failed)) return false;
  return mayHaveArrived || error.more.action === 'arrived' || (tries > 1 && isPlaceTaken(error, streamId));
};

/**
 * The growing bubble of one conversation, frame by frame.
 * Shape: what a bubble shows never changes; a bubble that was opened is closed, once, by a later life if need be; nothing
 * is said in a bubble and again in a message. What to do after each refusal is written at `StreamApi`.
 * Source: turns §3.4 (G3), §4.3; qq-bot-api §6.4.
 */
export class BubbleSender {
  readonly #deps: SendingDeps;
  readonly #options: AttemptOptions;
  readonly #frames: FrameSender;
  #state: State = { is: 'none' };

  /** `closing` is the leave of frames that carry nothing new. */
  constructor(deps: SendingDeps, options: AttemptOptions, closing: Leave) {
    this.#deps = deps;
    this.#options = options;
    this.#frames = new FrameSender(deps, options, closing);
  }

  /** `reserved`: the reply of a bubble that begins with this piece. */
  async send(piece: StreamPiece, leave: Leave, reserved?: Slot): Promise<Outcome> {
    if (!leave.isLive()) return { piece, status: 'fenced' };
    if (this.#state.is === 'givenUp' && this.#state.epoch === piece.epoch) {
      return this.#sendLater(piece, this.#state.waiting + piece.content.text, leave);
    }
    if (this.#state.is !== 'open') return this.#open(piece, leave, reserved);
    const { bubble } = this.#state;
    return this.#sendFrame(piece, leave, {
      ...this.#nextFrame(bubble),
      text: bubble.text + piece.content.text,
      isLast: piece.content.isLast,
    });
  }

  /** That an answer has begun is written down first: after a restart it is not begun again. */
  async #open(piece: StreamPiece, leave: Leave, reserved?: Slot): Promise<Outcome> {
    const slot = reserved ?? this.#openingSlot(piece);
    if (!slot) return this.#giveUp(piece, leave);
    const { text } = piece.content;
    try {
      await this.#deps.log?.begin(piece, slot, text);
    } catch (error) {
      return { piece, status: 'refused', code: asRouterError(error, 'store.failed').code };
    }
    const frame = firstFrame({ piece, slot });
    const outcome = await this.#sendFrame(piece, leave, frame);
    const isOpen = this.#state.is === 'open' && this.#state.bubble.opening === frame.opening;
    if (!isOpen) this.#frames.over(frame, outcome);
    return outcome;
  }

  /**
   * The opening of an earlier life, with the pair it had: what that frame was to show is said, and nothing follows it.
   * One that had arrived ends by itself, for its id died with that life.
   */
  async resend(piece: StreamPiece, slot: Slot, leave: Leave): Promise<Outcome> {
    const frame = { ...firstFrame({ piece, slot }), isLast: true };
    const outcome = readResent(asLast(piece), await this.#frames.try(frame, leave));
    this.#frames.over(frame, outcome);
    return outcome;
  }

  /** The bubble that an earlier life has left open. `piece`: all that its newest frame was to show. */
  async endLeft(piece: StreamPiece, slot: Slot, written: WrittenFrame, leave: Leave): Promise<Outcome> {
    const outcome = await endLeftBubble({ piece, slot }, written, leave, this.#frames);
    this.#deps.log?.end(slot, outcome);
    return outcome;
  }

  async #sendFrame(piece: StreamPiece, leave: Leave, frame: Frame): Promise<Outcome> {
    const tried = await this.#frames.try(frame, leave);
    if (tried.is === 'done') {
      const outcome = sent(piece, tried.value.streamId);
      this.#keep(frame, tried.value.streamId, outcome);
      return outcome;
    }
    if (tried.is === 'failed' && isAboutEarlierTry(tried, frame.streamId))
      return this.#readRefusal(piece, frame, tried);
    if (tried.mayHaveArrived) return this.#settle(piece, frame);
    if (tried.is === 'fenced') return { piece, status: 'fenced' };
    if (tried.is === 'failed' && tried.error.more.action === 'noMarkdown') this.#deps.rights.loseMarkdown(piece.target);
    await this.close(piece.epoch);
    return this.#giveUp(piece, leave);
  }

  /** Ends the bubble of a turn, if one is open, with the text it shows. Never rejects. */
  async close(epoch: number): Promise<void> {
    if (this.#state.is !== 'open' || this.#state.epoch !== epoch) return;
    const { bubble } = this.#state;
    this.#state = { is: 'none' };
    const frame = { ...this.#nextFrame(bubble), isLast: true };
    await this.#frames.end(frame);
    this.#frames.over(frame, sent(bubble.opening.piece, bubble.streamId));
  }

  /** Nobody knows whether this frame arrived: it is closed with that very text, and then it is known. */
  async #settle(piece: StreamPiece, frame: Frame): Promise<Outcome> {
    this.#leave(piece);
    const again = await this.#frames.try({ ...frame, isLast: true }, this.#frames.closing);
    if (again.is === 'failed' && isRefusal(again)) {
      const wasLast = frame.isLast || again.mayHaveArrived;
      return this.#readRefusal(piece, { ...frame, isLast: wasLast }, again);
    }
    const outcome: Outcome =
      again.is === 'done' ? { ...sent(piece, again.value.streamId), piece: asLast(piece) } : unknown(piece);
    return this.#end(frame, outcome);
  }

  /** A frame that was sent before is refused: what that says of the try before, and how the bubble is ended. */
  async #readRefusal(piece: StreamPiece, frame: Frame, { error }: Failed): Promise<Outcome> {
    this.#leave(piece);
    const { streamId, text } = frame;
    const arrived: Outcome = { piece: asLast(piece), status: 'arrived', said: piece.content.text };
    if (error.more.action === 'endStream') return this.#end(frame, frame.isLast ? arrived : unknown(piece));
    if (isPlaceTaken(error, streamId)) {
      if (streamId !== null) await this.#frames.endBehind(frame);
      return this.#end(frame, arrived);
    }
    // Refused for what it says: it is not there, and the bubble ends with what it shows.
    if (streamId !== null) await this.#frames.end({ ...frame, text: text.slice(0, frame.sentChars), isLast: true });
    return this.#end(frame, unknown(piece));
  }

  #end(frame: Frame, outcome: Outcome): Outcome {
    // Whoever has opened it says so.
    if (frame.streamId !== null) this.#frames.over(frame, outcome);
    return outcome;
  }

  #keep(frame: Frame, streamId: string, outcome: Outcome): void {
    if (frame.isLast) {
      this.#state = { is: 'none' };
      this.#end(frame, outcome);
      return;
    }
    const { opening, slot, index, text } = frame;
    const bubble = { opening, slot, streamId, nextIndex: index + 1, text };
    this.#state = { is: 'open', epoch: opening.piece.epoch, bubble };
    this.#frames.noteShown(frame, streamId);
  }

  /** The bubble takes no more; what follows in this answer goes out as messages. */
  #leave(piece: StreamPiece): void {
    this.#state = piece.content.isLast ? { is: 'none' } : { is: 'givenUp', epoch: piece.epoch, waiting: '' };
  }

  /** A bubble uses one reply, whatever it grows to. */
  #openingSlot({ target, anchors }: Piece): Slot | null {
    return this.#deps.ledger.reserveFirst(target.scene, anchors, this.#deps.clock.now());
  }

  /** The next frame of a bubble, as yet without anything new. */
  #nextFrame({ opening, slot, streamId, nextIndex, text }: Open): Omit<Frame, 'isLast'> {
    return { opening, slot: this.#frames.nextSlot(slot), streamId, index: nextIndex, text, sentChars: text.length };
  }

  #giveUp(piece: StreamPiece, leave: Leave): Promise<Outcome> {
    this.#state = { is: 'givenUp', epoch: piece.epoch, waiting: '' };
    return this.#sendLater(piece, piece.content.text, leave);
  }

  async #sendLater(piece: StreamPiece, waiting: string, leave: Leave): Promise<Outcome> {
    if (!piece.content.isLast) {
      this.#state = { is: 'givenUp', epoch: piece.epoch, waiting };
      return { piece, status: 'deferred' };
    }
    this.#state = { is: 'none' };
    if (waiting.trim() === '') return { piece, status: 'deferred' };
    // It is an ordinary message now, and told as one.
    const message: Piece = { ...piece, content: { kind: 'text', text: waiting, via: 'reply' } };
    return sendText(message, waiting, leave, this.#deps, this.#options);
  }
}

const firstFrame = (opening: Opening): Frame => {
  const { text, isLast } = opening.piece.content;
  return { opening, slot: opening.slot, streamId: null, index: 0, text, sentChars: 0, isLast };
};

const readResent = (piece: StreamPiece, tried: Tried): Outcome => {
  if (tried.is === 'done') return sent(piece, tried.value.streamId);
  if (tried.is !== 'failed' || !isRefusal(tried)) return unknown(piece);
  if (tried.error.more.action === 'arrived') return { piece, status: 'arrived', said: piece.content.text };
  if (tried.mayHaveArrived) return unknown(piece);
  return { piece, status: 'refused', code: tried.error.code };
};

/** The bubble was ended with this frame, whatever was meant to follow. */
const asLast = (piece: StreamPiece): StreamPiece => ({ ...piece, content: { ...piece.content, isLast: true } });

const sent = (piece: StreamPiece, sentId: string): Outcome => ({
  piece,
  status: 'sent',
  sentId,
  said: piece.content.text,
});

const unknown = (piece: StreamPiece): Outcome => ({
  piece: asLast(piece),
  status: 'unknown',
  code: 'transport.lost',
  maybe: piece.content.text,
});
