import { Subject, type Subscription } from 'rxjs';
import { anchorsOf, type Inbound } from '../domain/inbound.js';
import type { Outcome, Piece } from '../domain/reply.js';
import type { Budget } from '../domain/reply-plan.js';
import { type Carried, type Order, type OutboundOptions, outbound, type SendingDeps } from '../pipelines/outbound.js';
import type { Reserved } from '../pipelines/sending/send-text.js';
import { reserveFor, type Slot } from '../pipelines/sending/sending-deps.js';
import type { OutboxEntry } from '../ports/store.js';

export type LineDeps = {
  readonly sending: SendingDeps;
  readonly outbound: OutboundOptions;
  readonly isLive: (epoch: number) => boolean;
  readonly mayWrite: () => boolean;
  /** `tookMs`: since the piece was handed on. */
  readonly onOutcome: (outcome: Outcome, tookMs: number) => void;
  /** Something has come back: a piece's outcome, or a bubble's end. */
  readonly onChange: () => void;
};

/** One conversation's line to the platform: what it has handed on, and what has not come back. */
export class ConversationLine {
  readonly #deps: LineDeps;
  readonly #orders = new Subject<Order>();
  readonly #cancelled = new Subject<number>();
  readonly #sending: Subscription;
  #underWay = 0;
  /** When each piece under way was handed on; as many as the line holds. Units: epoch ms. */
  readonly #sinceMs = new Map<Piece, number>();
  /** The turn whose bubble was handed on and not ended yet. */
  #growing: number | null = null;

  constructor(deps: LineDeps) {
    this.#deps = deps;
    this.#sending = outbound(
      this.#orders,
      { isLive: deps.isLive, mayWrite: deps.mayWrite, cancelled$: this.#cancelled, ...deps.sending },
      deps.outbound,
    ).subscribe((carried) => this.#onCarried(carried));
  }

  /** Orders that have not come back, also those that have outlived their turn. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Its reply is reserved and written down at once, so that a restart knows of all that was to be said. */
  send(piece: Piece): void {
    this.#enter(piece);
    const reserved = this.#reserve(piece);
    const opening = this.#reserveBubble(piece);
    this.#orders.next({ do: 'send', piece, ...(reserved && { reserved }), ...(opening && { opening }) });
  }

  /** A send of an earlier life, with the pair it had; an active one has none. */
  resend({ piece, anchor, msgSeq, key, isTried, frame }: OutboxEntry): void {
    this.#enter(piece);
    if (!anchor) {
      this.#orders.next({ do: 'resend', piece, active: { key, isTried: isTried ?? false } });
      return;
    }
    this.#deps.sending.ledger.noteSeq(piece.target.scene, anchor, Math.max(msgSeq, frame?.msgSeq ?? 0));
    const reserved = { slot: { anchor, msgSeq }, written: Promise.resolve(), isRepeat: true };
    this.#orders.next({ do: 'resend', piece, reserved, ...(frame && { frame }) });
  }

  /** The turn is over: what waits of it is let go, and a bubble it left open is ended. */
  cancel(epoch: number): void {
    this.#cancelled.next(epoch);
    this.close(epoch);
  }

  close(epoch: number): void {
    this.#underWay += 1;
    this.#orders.next({ do: 'close', epoch });
  }

  /** What may still be said in answer to these messages, beyond what has been handed on. */
  budgetFor(inputs: readonly Inbound[]): Budget {
    const { ledger, active, clock } = this.#deps.sending;
    const newest = inputs[inputs.length - 1];
    if (!newest) return { replies: 0, active: false };
    const nowMs = clock.now();
    return {
      replies: ledger.repliesLeft(newest.target.scene, anchorsOf(inputs), nowMs),
      active: active.isAllowed(newest.target, nowMs),
    };
  }

  /** Lets go of everything. */
  end(): void {
    this.#sending.unsubscribe();
  }

  #reserve(piece: Piece): Reserved | null {
    const { ledger, log, clock } = this.#deps.sending;
    const { content } = piece;
    if ((content.kind !== 'text' && content.kind !== 'message') || content.via !== 'reply') return null;
    const slot = reserveFor(piece, ledger, clock.now());
    if (!slot) return null;
    const isHeld = content.kind === 'message' && content.part.media && 'held' in content.part.media.source;
    if (isHeld) return { slot };
    const written = log?.begin(piece, slot, content.text) ?? Promise.resolve();
    // Whoever sends it waits for this, and says what went wrong.
    written.catch(() => undefined);
    return { slot, written };
  }

  /** A bubble's reply is spoken for as soon as it is handed on, and written down when its turn on the line has come. */
  #reserveBubble({ content, target, anchors, epoch }: Piece): Slot | null {
    if (content.kind !== 'stream') return null;
    const isOpening = this.#growing !== epoch;
    this.#growing = content.isLast ? null : epoch;
    const { ledger, clock } = this.#deps.sending;
    return isOpening ? ledger.reserveFirst(target.scene, anchors, clock.now()) : null;
  }

  #release({ content }: Piece): void {
    if (content.kind === 'message' && content.part.media) this.#deps.sending.files?.release(content.part.media);
  }

  #onCarried(carried: Carried): void {
    this.#underWay -= 1;
    if (carried.status !== 'closed') this.#release(carried.piece);
    if (carried.status !== 'closed') this.#deps.onOutcome(carried, this.#tookMs(carried.piece));
    this.#deps.onChange();
  }

  #enter(piece: Piece): void {
    this.#underWay += 1;
    this.#sinceMs.set(piece, this.#deps.sending.clock.now());
  }

  #tookMs(piece: Piece): number {
    const nowMs = this.#deps.sending.clock.now();
    const sinceMs = this.#sinceMs.get(piece) ?? nowMs;
    this.#sinceMs.delete(piece);
    return nowMs - sinceMs;
  }
}
