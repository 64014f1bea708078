import type { Anchor, Outcome, Piece } from '../../domain/reply.js';
import type { RouterError } from '../../errors/router-error.js';
import { type AttemptOptions, attempt, isUnknown } from './attempts.js';
import { type Leave, readiness } from './readiness.js';
import { sendText } from './send-text.js';
import type { SendingDeps } from './sending-deps.js';

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
  readonly slot: { readonly anchor: Anchor; readonly msgSeq: number };
  readonly streamId: string | null;
  readonly index: number;
  readonly text: string;
  readonly sentChars: number;
  readonly isLast: boolean;
};

/** A closing frame may be sent although its turn is over; it waits for the gateway, but not for long. */
const CLOSING_WAIT_MS = 60_000;

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

  async send(piece: StreamPiece, leave: Leave): Promise<Outcome> {
    if (!leave.isLive()) return { piece, status: 'fenced' };
    if (this.#state.is === 'givenUp' && this.#state.epoch === piece.epoch) {
      return this.#sendLater(piece, this.#state.waiting + piece.content.text, leave);
    }
    const open = this.#state.is === 'open' ? this.#state.bubble : null;
    const slot = open ? this.#slotOf(open) : this.#openingSlot(piece);
    if (!slot) return this.#giveUp(piece, leave);
    const frame: Frame = {
      slot,
      streamId: open?.streamId ?? null,
      index: open?.nextIndex ?? 0,
      text: (open?.text ?? '') + piece.content.text,
      sentChars: open?.text.length ?? 0,
      isLast: piece.content.isLast,
    };
    const attempted = await this.#try(piece, frame, leave);
    if (attempted.is === 'done') {
      this.#keep(piece, frame, attempted.value.streamId);
      return { piece, status: 'sent', sentId: attempted.value.streamId, said: piece.content.text };
    }
    if (attempted.mayHaveArrived) return this.#settle(piece, frame);
    if (attempted.is === 'fenced') return { piece, status: 'fenced' };
    if (attempted.is === 'failed' && attempted.error.more.action === 'arrived') {
      this.#state = frame.isLast ? { is: 'none' } : { is: 'givenUp', epoch: piece.epoch, waiting: '' };
      return { piece, status: 'arrived', said: piece.content.text };
    }
    await this.close(piece.epoch);
    return this.#giveUp(piece, leave);
  }

  /** Ends the bubble of a turn, if one is open, with the text it shows. Never rejects. */
  async close(epoch: number): Promise<void> {
    if (this.#state.is !== 'open' || this.#state.piece.epoch !== epoch) return;
    const { bubble, piece } = this.#state;
    this.#state = { is: 'none' };
    const frame: Frame = {
      slot: this.#slotOf(bubble),
      streamId: bubble.streamId,
      index: bubble.nextIndex,
      text: bubble.text,
      sentChars: bubble.text.length,
      isLast: true,
    };
    await this.#try(piece, frame, this.#closing);
  }

  /** Nobody knows whether this frame arrived: it is closed with that very text, and then it is known. */
  async #settle(piece: StreamPiece, frame: Frame): Promise<Outcome> {
    const rest: State = frame.isLast ? { is: 'none' } : { is: 'givenUp', epoch: piece.epoch, waiting: '' };
    this.#state = rest;
    const again = await this.#try(piece, { ...frame, isLast: true }, this.#closing, () => false);
    if (again.is === 'done') return { piece, status: 'sent', sentId: again.value.streamId, said: piece.content.text };
    if (again.is !== 'failed' || isUnknown(again.error)) {
      return { piece, status: 'unknown', code: 'transport.lost', maybe: piece.content.text };
    }
    const { action } = again.error.more;
    if (action !== 'endStream' && frame.streamId !== null) {
      const behind = { ...frame, index: frame.index + 1, sentChars: frame.text.length, isLast: true };
      await this.#try(piece, { ...behind, slot: this.#nextSlot(piece, frame.slot) }, this.#closing, () => false);
    }
    return { piece, status: 'arrived', said: piece.content.text };
  }

  #try(piece: StreamPiece, frame: Frame, leave: Leave, mayRepeat?: (error: RouterError) => boolean) {
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
      mayRepeat ?? ((error) => !isUnknown(error) && error.next === 'retry' && error.more.action !== 'endStream'),
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

  /** A bubble uses one reply, whatever it grows to. */
  #openingSlot({ target, anchors }: Piece): Frame['slot'] | null {
    return this.#deps.ledger.reserveFirst(target.scene, anchors, this.#deps.clock.now());
  }

  #slotOf({ anchor, msgSeq }: Open): Frame['slot'] {
    const { streams, ledger } = this.#deps;
    return { anchor, msgSeq: streams.seqPerFrame ? ledger.nextSeq('c2c', anchor) : msgSeq };
  }

  #nextSlot({ target }: Piece, { anchor, msgSeq }: Frame['slot']): Frame['slot'] {
    const { streams, ledger } = this.#deps;
    return { anchor, msgSeq: streams.seqPerFrame ? ledger.nextSeq(target.scene, anchor) : msgSeq };
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
    return sendText(piece, waiting, leave, this.#deps, this.#options);
  }
}
