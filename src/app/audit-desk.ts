import { BoundedMap } from '../domain/bounded-map.js';
import type { AuditEvent } from '../domain/platform-event.js';
import { RecentIds } from '../domain/recent-ids.js';
import type { Outcome, Piece } from '../domain/reply.js';
import { mayBeAbout, unheardName, unheardOf } from '../domain/unheard-review.js';
import type { Review } from '../ports/store.js';
import type { RouterEvent } from './events.js';

export type AuditDeskDeps = {
  readonly channel: string;
  /** Units: epoch ms. */
  readonly now: () => number;
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
type Early = Omit<AuditEvent, 'audit' | 'name' | 'raw'>;
type Waiting = { readonly review: Review; readonly verdict: Verdict | null };

/** Messages under review that are remembered; a review takes minutes, and a bot has few. */
const REVIEWS_MAX = 1_000;
/** Sends whose answers were never heard that are remembered. */
const UNHEARD_MAX = 200;
/** Verdicts that came before the answer which names their review. */
const EARLY_MAX = 100;

/**
 * What became of messages that wait for the platform's review: each is told as its turn's late outcome, once the turn is
 * closed, also where a restart lies between. The user of an answer that did not pass is told so, once a turn.
 * Shape: what a verdict changes is written down in the step in which it is heard, so that no verdict whose event is
 * settled is lost. A crash may repeat the telling of it, but never the word to the user. Where the answer that
 * names a review was lost, by a crash or on the wire, a verdict of no other name is taken for its own if it is the only
 * send of unknown outcome that was made there and then; of several, none is.
 * Source: qq-bot-api §5.11, §6.5, trap 36.
 */
export class AuditDesk {
  readonly #deps: AuditDeskDeps;
  readonly #waiting = new Map<string, Waiting>();
  readonly #unheard = new BoundedMap<string, Review>(UNHEARD_MAX);
  readonly #early = new BoundedMap<string, Early>(EARLY_MAX);
  /** Turns that are under way. */
  readonly #running = new Set<string>();
  /** Those with a message under review. */
  readonly #open = new Map<string, string[]>();
  /** Turns whose users were told. */
  readonly #told = new RecentIds(REVIEWS_MAX);

  constructor(deps: AuditDeskDeps) {
    this.#deps = deps;
  }

  /** Reviews of an earlier life. One whose verdict that life did not live to tell is told now. */
  restore(reviews: readonly Review[]): void {
    const isNew = ({ audit }: Review): boolean => !this.#waiting.has(audit);
    for (const review of reviews.filter(isNew)) {
      if (review.unheard && !verdictIn(review)) {
        this.#unheard.set(review.audit, review);
        continue;
      }
      this.#remember({ review, verdict: verdictIn(review) });
      if (review.isTold) this.#told.take(review.piece.turn);
    }
    for (const waiting of [...this.#waiting.values()]) this.#tellIfOver(waiting);
  }

  /** Sees everything the router says. */
  watch(event: RouterEvent): void {
    if (event.type === 'turn.started') this.#running.add(event.turn.id);
    else if (event.type === 'turn.closed') this.#closed(event.turn.id);
    else if (event.type === 'piece' && event.outcome.status === 'pending') this.#begin(event.outcome);
    else if (event.type === 'piece' && event.outcome.status === 'unknown') this.#lose(event.outcome);
  }

  hear(event: AuditEvent): void {
    const { audit, name: _, raw: __, ...verdict } = event;
    const review = this.#waiting.get(audit)?.review ?? this.#onlyUnheard(verdict);
    if (review) this.#judge(review, verdict);
    else this.#early.set(audit, verdict);
  }

  #begin({ auditId: audit, piece, said }: Pending): void {
    const review: Review = { audit, piece, said };
    this.#remember({ review, verdict: null });
    const early = this.#early.take(audit);
    if (early) this.#judge(review, early);
  }

  /** The answer was not heard, and with it whether there is a review; its verdict may have been. */
  #lose(outcome: Outcome): void {
    const review = unheardReviewOf(outcome, this.#deps.now());
    if (!review) return;
    this.#unheard.set(review.audit, review);
    for (const [audit, early] of this.#early) {
      const only = this.#onlyUnheard(early);
      if (!only) continue;
      this.#early.take(audit);
      this.#judge(only, early);
      return;
    }
  }

  /** Of which send this verdict must be that names none; null where it could be of several, or of none. */
  #onlyUnheard(verdict: Early): Review | null {
    const found = [...this.#unheard].flatMap(([, review]) =>
      review.unheard && mayBeAbout(verdict, review.piece, review.unheard) ? [review] : [],
    );
    return found.length === 1 ? (found[0] ?? null) : null;
  }

  #judge(review: Review, verdict: Verdict): void {
    if (this.#unheard.take(review.audit)) this.#remember({ review, verdict: null });
    const isRejected = verdict.kind === 'audit.rejected';
    const judged: Review = isRejected ? { ...review, isRejected } : { ...review, passedAs: verdict.messageId ?? '' };
    const waiting = { review: judged, verdict };
    this.#waiting.set(review.audit, waiting);
    if (isRejected || this.#open.has(review.piece.turn)) this.#deps.keep(judged);
    this.#tellIfOver(waiting);
  }

  #closed(turn: string): void {
    this.#running.delete(turn);
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
      end(review, outcome);
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
    const { audit, piece } = waiting.review;
    this.#waiting.set(audit, waiting);
    if (piece.role === 'answer' && this.#running.has(piece.turn)) {
      this.#open.set(piece.turn, [...(this.#open.get(piece.turn) ?? []), audit]);
    }
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

/** What there is to remember of a send whose answer nobody heard; null of any other outcome. */
export const unheardReviewOf = (outcome: Outcome, nowMs: number): Review | null => {
  const unheard = unheardOf(outcome, nowMs);
  if (!unheard) return null;
  const { piece } = outcome;
  const { maybe: said, ...when } = unheard;
  return { audit: unheardName(piece), piece, said, unheard: when };
};

const verdictIn = ({ isRejected, passedAs }: Review): Verdict | null => {
  if (isRejected) return { kind: 'audit.rejected' };
  return passedAs === undefined ? null : { kind: 'audit.passed', messageId: passedAs };
};

const outcomeOf = ({ piece, said }: Review, { kind, messageId }: Verdict): Outcome =>
  kind === 'audit.passed'
    ? { piece, status: 'sent', sentId: messageId ?? '', said }
    : { piece, status: 'refused', code: 'platform.contentRefused' };
