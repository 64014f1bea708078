import { BoundedMap } from '../domain/bounded-map.js';
import type { AuditEvent } from '../domain/platform-event.js';
import { RecentIds } from '../domain/recent-ids.js';
import type { Outcome, Piece } from '../domain/reply.js';
import type { Review } from '../ports/store.js';
import type { RouterEvent } from './events.js';

export type AuditDeskDeps = {
  readonly channel: string;
  readonly emit: (event: RouterEvent) => void;
  /** Writes a review down as it is now; one that waits was written with its message's outcome. */
  readonly keep: (review: Review) => void;
  /** The review is over: what it means for whoever asked and for what was taken for said; then it is forgotten. */
  readonly end: (review: Review, outcome: Outcome) => void;
  /** The answer this piece belongs to will not be seen as it is: its user is to be told. */
  readonly apologise: (piece: Piece) => void;
};

type Pending = Extract<Outcome, { status: 'pending' }>;
type Verdict = Pick<AuditEvent, 'kind' | 'messageId'>;
type Waiting = { readonly review: Review; readonly verdict: Verdict | null };

/** Messages under review that are remembered; a review takes minutes, and a bot has few. */
const REVIEWS_MAX = 1_000;
/** Verdicts that came before the answer which names their review. */
const EARLY_MAX = 100;

/**
 * What became of messages that wait for the platform's review: each is told as its turn's late outcome, once the turn is
 * closed, also where a restart lies between. The user of an answer that did not pass is told so, once a turn.
 * Shape: what a verdict changes is written down in the step in which it is heard, so that no verdict whose event is
 * settled is lost. A crash may repeat the telling of a rejection, but never the word to the user.
 * Source: qq-bot-api §5.11, §6.5, trap 36.
 */
export class AuditDesk {
  readonly #deps: AuditDeskDeps;
  readonly #waiting = new Map<string, Waiting>();
  readonly #early = new BoundedMap<string, Verdict>(EARLY_MAX);
  /** Turns with a message under review that are not closed yet. */
  readonly #open = new Map<string, string[]>();
  /** Turns whose users were told. */
  readonly #told = new RecentIds(REVIEWS_MAX);

  constructor(deps: AuditDeskDeps) {
    this.#deps = deps;
  }

  /** Reviews of an earlier life. One whose rejection that life did not live to tell is told now. */
  restore(reviews: readonly Review[]): void {
    const isNew = ({ audit }: Review): boolean => !this.#waiting.has(audit);
    for (const review of reviews.filter(isNew)) {
      const verdict = review.isRejected ? ({ kind: 'audit.rejected' } as const) : null;
      this.#remember({ review, verdict });
      if (review.isTold) this.#told.take(review.piece.turn);
    }
    for (const waiting of [...this.#waiting.values()]) this.#tellIfOver(waiting);
  }

  /** Sees everything the router says. */
  watch(event: RouterEvent): void {
    if (event.type === 'piece' && event.outcome.status === 'pending') this.#begin(event.outcome);
    else if (event.type === 'turn.closed') this.#closed(event.turn.id);
  }

  hear({ kind, audit, messageId }: AuditEvent): void {
    const verdict: Verdict = messageId === undefined ? { kind } : { kind, messageId };
    const waiting = this.#waiting.get(audit);
    if (waiting) {
      this.#judge(waiting.review, verdict);
      return;
    }
    this.#early.set(audit, verdict);
  }

  #begin({ auditId: audit, piece, said }: Pending): void {
    const review: Review = { audit, piece, said };
    this.#remember({ review, verdict: null });
    if (piece.role === 'answer') this.#open.set(piece.turn, [...(this.#open.get(piece.turn) ?? []), audit]);
    const early = this.#early.take(audit);
    if (early) this.#judge(review, early);
  }

  #judge(review: Review, verdict: Verdict): void {
    const judged: Review = verdict.kind === 'audit.rejected' ? { ...review, isRejected: true } : review;
    const waiting = { review: judged, verdict };
    this.#waiting.set(review.audit, waiting);
    if (judged.isRejected) this.#deps.keep(judged);
    else this.#deps.end(judged, outcomeOf(judged, verdict));
    this.#tellIfOver(waiting);
  }

  #closed(turn: string): void {
    const audits = this.#open.get(turn);
    if (!audits) return;
    this.#open.delete(turn);
    // The closing is told to others too, and written down, in this same step; what comes of the review comes after it.
    queueMicrotask(() => {
      for (const audit of audits) {
        const waiting = this.#waiting.get(audit);
        if (waiting) this.#tellIfOver(waiting);
      }
    });
  }

  #tellIfOver({ review, verdict }: Waiting): void {
    const { audit, piece } = review;
    if (!verdict || this.#open.has(piece.turn)) return;
    const { channel, emit, end, apologise } = this.#deps;
    const outcome = outcomeOf(review, verdict);
    this.#forget(audit);
    if (outcome.status === 'sent') {
      emit({ type: 'turn.settled', channel, turn: piece.turn, outcome });
      return;
    }
    const isNews = piece.role === 'answer' && this.#told.take(piece.turn);
    if (isNews) this.#noteTold(review);
    end(review, outcome);
    emit({ type: 'turn.settled', channel, turn: piece.turn, outcome });
    if (isNews) apologise(piece);
  }

  /** Written down before it is done: a user is rather told nothing than twice. */
  #noteTold(review: Review): void {
    this.#deps.keep({ ...review, isTold: true });
    for (const [audit, other] of this.#waiting) {
      if (other.review.piece.turn !== review.piece.turn) continue;
      const told: Review = { ...other.review, isTold: true };
      this.#waiting.set(audit, { ...other, review: told });
      this.#deps.keep(told);
    }
  }

  #remember(waiting: Waiting): void {
    this.#waiting.set(waiting.review.audit, waiting);
    if (this.#waiting.size > REVIEWS_MAX) this.#forget(this.#waiting.keys().next().value as string);
  }

  #forget(audit: string): void {
    const turn = this.#waiting.get(audit)?.review.piece.turn;
    this.#waiting.delete(audit);
    if (turn === undefined || !this.#open.has(turn)) return;
    const left = (this.#open.get(turn) ?? []).filter((one) => one !== audit);
    if (left.length === 0) this.#open.delete(turn);
    else this.#open.set(turn, left);
  }
}

const outcomeOf = ({ piece, said }: Review, { kind, messageId }: Verdict): Outcome =>
  kind === 'audit.passed'
    ? { piece, status: 'sent', sentId: messageId ?? '', said }
    : { piece, status: 'refused', code: 'platform.contentRefused' };
