import type { Anchor, Outcome, Piece } from '../../domain/reply.js';
import { asRouterError, type RouterError } from '../../errors/router-error.js';
import { type Attempted, type AttemptOptions, attempt, isUnknown } from './attempts.js';
import { type Leave, readiness } from './readiness.js';
import { sendText } from './send-text.js';
import type { SendingDeps, Slot } from './sending-deps.js';

type StreamPiece = Piece & { readonly content: { readonly kind: 'stream' } };

/** A bubble that takes more. `text` is what it shows. */
type Open = {
  readonly anchor: Anchor;
  readonly msgSeq: number;
  readonly streamId: string;
  readonly nextIndex: number;
  readonly text: string;
};

type State =
  | { readonly is: 'none' }
  | { readonly is: 'open'; readonly bubble: Open; readonly piece: StreamPiece }
  /** No bubble can be had any more in this answer; what came since waits for its end and goes out as messages. */
  | { readonly is: 'givenUp'; readonly epoch: number; readonly waiting: string };

type Frame = {
  readonly slot: Slot;
  readonly streamId: string | null;
  readonly index: number;
  readonly text: string;
  readonly sentChars: number;
  readonly isLast: boolean;
};

type Tried = Attempted<{ readonly streamId: string }>;
type Failed = Extract<Tried, { is: 'failed' }>;

/** A closing frame may be sent although its turn is over; it waits for the gateway, but not for long. */
const CLOSING_WAIT_MS = 60_000;

const isPassing = ({ next, more }: RouterError): boolean => next === 'retry' && more.action !== 'endStream';

/** The frame's place is taken: it is there already. `drop` is how a complaint about the index reads. */
const isPlaceTaken = ({ more }: RouterError, streamId: string | null): boolean =>
  more.action === 'arrived' || (more.action === 'drop' && streamId !== null);

/** What stands in the frame's way may be an earlier try of the same. */
const isAboutEarlierTry = ({ error, mayHaveArrived, tries }: Failed, streamId: string | null): boolean => {
  if (isUnknown(error) || isPassing(error)) return false;
  return mayHaveArrived || error.more.action === 'arrived' || (tries > 1 && isPlaceTaken(error, streamId));
};

/**
 * The growing bubble of one conversation, frame by frame.
 * Shape: what a bubble shows never changes; a bubble that was opened is closed, once; nothing is said in a bubble and
 * again in a message. What to do after each refusal is written at `StreamApi`.
 * Source: turns §3.4 (G3), §4.3; qq-bot-api §6.4.
 */
export class BubbleSender {
  readonly #deps: SendingDeps;
  readonly #options: AttemptOptions;
  readonly #closing: Leave;
  #state: State = { is: 'none' };

  /** `closing` is the leave of frames that carry nothing new. */
  constructor(deps: SendingDeps, options: AttemptOptions, closing: Leave) {
    this.#deps = deps;
    this.#options = options;
    this.#closing = closing;
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
      slot: this.#nextSlot(bubble),
      streamId: bubble.streamId,
      index: bubble.nextIndex,
      text: bubble.text + piece.content.text,
      sentChars: bubble.text.length,
      isLast: piece.content.isLast,
    });
  }

  /** That an answer has begun is written down first: after a restart it is not begun again. */
  async #open(piece: StreamPiece, leave: Leave, reserved?: Slot): Promise<Outcome> {
    const { log } = this.#deps;
    const slot = reserved ?? this.#openingSlot(piece);
    if (!slot) return this.#giveUp(piece, leave);
    const { text, isLast } = piece.content;
    try {
      await log?.begin(piece, slot, text);
    } catch (error) {
      return { piece, status: 'refused', code: asRouterError(error, 'store.failed').code };
    }
    const outcome = await this.#sendFrame(piece, leave, { slot, streamId: null, index: 0, text, sentChars: 0, isLast });
    log?.end(slot, outcome);
    return outcome;
  }

  /**
   * The opening of an earlier life, with the pair it had: what that frame was to show is said, and nothing follows it.
   * One that had arrived ends by itself, for its id died with that life.
   */
  async resend(piece: StreamPiece, slot: Frame['slot']): Promise<Outcome> {
    const last = asLast(piece);
    const { text } = piece.content;
    const tried = await this.#try(
      last,
      { slot, streamId: null, index: 0, text, sentChars: 0, isLast: true },
      this.#closing,
    );
    const outcome = this.#readResent(last, tried);
    this.#deps.log?.end(slot, outcome);
    return outcome;
  }

  #readResent(piece: StreamPiece, tried: Tried): Outcome {
    if (tried.is === 'done') return sent(piece, tried.value.streamId);
    if (tried.is !== 'failed' || isUnknown(tried.error) || isPassing(tried.error)) return unknown(piece);
    if (tried.error.more.action === 'arrived') return { piece, status: 'arrived', said: piece.content.text };
    if (tried.mayHaveArrived) return unknown(piece);
    return { piece, status: 'refused', code: tried.error.code };
  }

  async #sendFrame(piece: StreamPiece, leave: Leave, frame: Frame): Promise<Outcome> {
    const tried = await this.#try(piece, frame, leave);
    if (tried.is === 'done') {
      this.#keep(piece, frame, tried.value.streamId);
      return sent(piece, tried.value.streamId);
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
    if (this.#state.is !== 'open' || this.#state.piece.epoch !== epoch) return;
    const { bubble, piece } = this.#state;
    this.#state = { is: 'none' };
    await this.#end(piece, {
      slot: this.#nextSlot(bubble),
      streamId: bubble.streamId,
      index: bubble.nextIndex,
      text: bubble.text,
      sentChars: bubble.text.length,
      isLast: true,
    });
  }

  /** The last frame, which adds nothing; once more where nobody knows whether it arrived. */
  async #end(piece: StreamPiece, frame: Frame): Promise<void> {
    const tried = await this.#try(piece, frame, this.#closing);
    if (tried.is === 'failed' && isUnknown(tried.error)) await this.#try(piece, frame, this.#closing);
  }

  /** Nobody knows whether this frame arrived: it is closed with that very text, and then it is known. */
  async #settle(piece: StreamPiece, frame: Frame): Promise<Outcome> {
    this.#leave(piece);
    const again = await this.#try(piece, { ...frame, isLast: true }, this.#closing);
    if (again.is === 'done') return { ...sent(piece, again.value.streamId), piece: asLast(piece) };
    if (again.is !== 'failed' || isUnknown(again.error) || isPassing(again.error)) return unknown(piece);
    const wasLast = frame.isLast || again.mayHaveArrived;
    return this.#readRefusal(piece, { ...frame, isLast: wasLast }, again);
  }

  /** A frame that was sent before is refused: what that says of the try before, and how the bubble is ended. */
  async #readRefusal(piece: StreamPiece, frame: Frame, { error }: Failed): Promise<Outcome> {
    this.#leave(piece);
    const { streamId, text } = frame;
    const arrived: Outcome = { piece: asLast(piece), status: 'arrived', said: piece.content.text };
    if (error.more.action === 'endStream') return frame.isLast ? arrived : unknown(piece);
    if (isPlaceTaken(error, streamId)) {
      const behind = { ...frame, index: frame.index + 1, sentChars: text.length, isLast: true };
      if (streamId !== null) await this.#end(piece, { ...behind, slot: this.#nextSlot(frame.slot) });
      return arrived;
    }
    // Refused for what it says: it is not there, and the bubble ends with what it shows.
    const shown = { ...frame, text: text.slice(0, frame.sentChars), isLast: true };
    if (streamId !== null) await this.#end(piece, shown);
    return unknown(piece);
  }

  #try(piece: StreamPiece, frame: Frame, leave: Leave): Promise<Tried> {
    const { clock, ledger, rights, streams } = this.#deps;
    const { target } = piece;
    if (target.scene !== 'c2c') throw new Error('native streams exist in private chats only');
    const untilMs = clock.now() + CLOSING_WAIT_MS;
    const leftMs = (): number =>
      leave === this.#closing
        ? Math.max(0, untilMs - clock.now())
        : ledger.leftMs(target.scene, frame.slot.anchor, clock.now());
    const { slot, ...rest } = frame;
    return attempt(
      () => readiness(target, leave, leftMs, this.#deps),
      async () => {
        const format = rights.mayMarkdown(target) ? ('markdown' as const) : ('text' as const);
        const result = await streams.sendFrame({ ...rest, ...slot, target, format }, leave.isLive);
        return 'fenced' in result ? 'fenced' : result;
      },
      leave,
      this.#deps,
      this.#options,
      (error) => !isUnknown(error) && isPassing(error),
    );
  }

  #keep(piece: StreamPiece, frame: Frame, streamId: string): void {
    if (frame.isLast) {
      this.#state = { is: 'none' };
      return;
    }
    const { anchor, msgSeq } = frame.slot;
    this.#state = {
      is: 'open',
      piece,
      bubble: { anchor, msgSeq, streamId, nextIndex: frame.index + 1, text: frame.text },
    };
  }

  /** The bubble takes no more; what follows in this answer goes out as messages. */
  #leave(piece: StreamPiece): void {
    this.#state = piece.content.isLast ? { is: 'none' } : { is: 'givenUp', epoch: piece.epoch, waiting: '' };
  }

  /** A bubble uses one reply, whatever it grows to. */
  #openingSlot({ target, anchors }: Piece): Slot | null {
    return this.#deps.ledger.reserveFirst(target.scene, anchors, this.#deps.clock.now());
  }

  #nextSlot({ anchor, msgSeq }: Slot): Slot {
    const { streams, ledger } = this.#deps;
    return { anchor, msgSeq: streams.seqPerFrame ? ledger.nextSeq('c2c', anchor) : msgSeq };
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
