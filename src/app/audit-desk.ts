import type { AuditEvent } from '../domain/platform-event.js';
import type { Outcome } from '../domain/reply.js';
import type { RouterEvent } from './events.js';

export type AuditDeskDeps = {
  readonly channel: string;
  readonly emit: (event: RouterEvent) => void;
  /** These words, taken for said, will not be seen after all. */
  readonly unsay: (conversation: string, said: string) => void;
};

type Pending = Extract<Outcome, { status: 'pending' }>;
type Verdict = Pick<AuditEvent, 'kind' | 'messageId'>;
type Review = { readonly outcome: Pending; verdict: Verdict | null };

/** Messages under review that are remembered; a review takes minutes, and a bot has few. */
const REVIEWS_MAX = 1_000;
/** Verdicts that came before the answer which names their review. */
const EARLY_MAX = 100;

/**
 * What became of messages that wait for the platform's review: each is told as its turn's late outcome, once the turn is
 * closed. Of messages of an earlier life nothing is known.
 * Source: qq-bot-api §5.11, §6.5, trap 36.
 */
export class AuditDesk {
  readonly #deps: AuditDeskDeps;
  readonly #reviews = new Map<string, Review>();
  readonly #early = new Map<string, Verdict>();
  /** Turns with a message under review that are not closed yet. */
  readonly #open = new Map<string, string[]>();

  constructor(deps: AuditDeskDeps) {
    this.#deps = deps;
  }

  /** Sees everything the router says. */
  watch(event: RouterEvent): void {
    if (event.type === 'piece' && event.outcome.status === 'pending') this.#begin(event.outcome);
    else if (event.type === 'turn.closed') this.#closed(event.turn.id);
  }

  hear({ kind, audit, messageId }: AuditEvent): void {
    const verdict: Verdict = messageId === undefined ? { kind } : { kind, messageId };
    const review = this.#reviews.get(audit);
    if (!review) {
      this.#early.set(audit, verdict);
      if (this.#early.size > EARLY_MAX) this.#early.delete(this.#early.keys().next().value as string);
      return;
    }
    review.verdict = verdict;
    if (!this.#open.has(review.outcome.piece.turn)) this.#tell(audit, review.outcome, verdict);
  }

  #begin(outcome: Pending): void {
    const { auditId, piece } = outcome;
    const verdict = this.#early.get(auditId) ?? null;
    this.#early.delete(auditId);
    this.#reviews.set(auditId, { outcome, verdict });
    if (piece.role === 'answer') this.#open.set(piece.turn, [...(this.#open.get(piece.turn) ?? []), auditId]);
    else if (verdict) this.#tell(auditId, outcome, verdict);
    if (this.#reviews.size > REVIEWS_MAX) this.#forget(this.#reviews.keys().next().value as string);
  }

  #closed(turn: string): void {
    const audits = this.#open.get(turn);
    if (!audits) return;
    this.#open.delete(turn);
    // The closing is told to others too, and written down, in this same step; what comes of the review comes after it.
    queueMicrotask(() => {
      for (const audit of audits) {
        const review = this.#reviews.get(audit);
        if (review?.verdict) this.#tell(audit, review.outcome, review.verdict);
      }
    });
  }

  #tell(audit: string, { piece, said }: Pending, { kind, messageId }: Verdict): void {
    this.#forget(audit);
    const { channel, emit, unsay } = this.#deps;
    const outcome: Outcome =
      kind === 'audit.passed'
        ? { piece, status: 'sent', sentId: messageId ?? '', said }
        : { piece, status: 'refused', code: 'platform.contentRefused' };
    if (outcome.status === 'refused' && piece.role !== 'notice') unsay(piece.conversation, said);
    emit({ type: 'turn.settled', channel, turn: piece.turn, outcome });
  }

  #forget(audit: string): void {
    const turn = this.#reviews.get(audit)?.outcome.piece.turn;
    this.#reviews.delete(audit);
    const left = turn === undefined ? [] : (this.#open.get(turn) ?? []).filter((one) => one !== audit);
    if (turn !== undefined && left.length === 0) this.#open.delete(turn);
    else if (turn !== undefined) this.#open.set(turn, left);
  }
}
