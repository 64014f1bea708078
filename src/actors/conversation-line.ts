import { Subject, type Subscription } from 'rxjs';
import type { Inbound } from '../domain/inbound.js';
import type { Anchor, Outcome, Piece } from '../domain/reply.js';
import type { Budget } from '../domain/reply-plan.js';
import { type Carried, type Order, type OutboundOptions, outbound, type SendingDeps } from '../pipelines/outbound.js';

export type LineDeps = {
  readonly sending: SendingDeps;
  readonly outbound: OutboundOptions;
  readonly isLive: (epoch: number) => boolean;
  readonly mayWrite: () => boolean;
  readonly onOutcome: (outcome: Outcome) => void;
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
  /** Answer pieces that wait behind the one being sent; their replies are spoken for, though not yet reserved. */
  #queued = 0;

  constructor(deps: LineDeps) {
    this.#deps = deps;
    this.#sending = outbound(
      this.#orders,
      { ...deps.sending, isLive: deps.isLive, mayWrite: deps.mayWrite, cancelled$: this.#cancelled },
      deps.outbound,
    ).subscribe((carried) => this.#onCarried(carried));
  }

  /** Orders that have not come back, also those that have outlived their turn. */
  get underWay(): number {
    return this.#underWay;
  }

  send(piece: Piece): void {
    this.#underWay += 1;
    if (takesReply(piece)) this.#queued += 1;
    this.#orders.next({ do: 'send', piece });
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
    const anchors = inputs.map(({ id, atMs }): Anchor => ({ kind: 'message', id, atMs }));
    // The one being sent has its reply reserved; those behind it have not.
    const spokenFor = Math.max(0, this.#queued - 1);
    return {
      replies: Math.max(0, ledger.repliesLeft(newest.target.scene, anchors, nowMs) - spokenFor),
      active: active.isAllowed(newest.target, nowMs),
    };
  }

  /** Lets go of everything. */
  end(): void {
    this.#sending.unsubscribe();
  }

  #onCarried(carried: Carried): void {
    this.#underWay -= 1;
    if (carried.status !== 'closed') {
      if (takesReply(carried.piece)) this.#queued -= 1;
      this.#deps.onOutcome(carried);
    }
    this.#deps.onChange();
  }
}

/** Frames of a bubble share one reply, which is reserved when it opens. */
const takesReply = ({ content }: Piece): boolean => content.kind === 'text' && content.via === 'reply';
