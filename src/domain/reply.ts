import type { ConversationId, Target } from './conversation.js';

/** What a passive reply refers to: a user's message or an event. Source: qq-bot-api §6.2. */
export type Anchor =
  | { readonly kind: 'message'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'event'; readonly id: string; readonly atMs: number };

/** A part of an answer that is ready to be sent. */
export type Piece = {
  readonly conversation: ConversationId;
  readonly turn: string;
  readonly epoch: number;
  /** 0, 1, 2 … within its turn. */
  readonly index: number;
  readonly target: Target;
  readonly anchor: Anchor;
  readonly content: PieceContent;
};

/** `typing` shows the platform's indication for that long; it carries no text. */
export type PieceContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'typing'; readonly seconds: number };

/**
 * What became of a piece.
 * `arrived`: the platform knew it already (40054005). `pending`: it waits for a review. `unknown`: it may or may not have
 * arrived. `fenced`: its turn was over before it was handed to the transport. `full`: the outbox had no place.
 */
export type Outcome = { readonly piece: Piece } & (
  | { readonly status: 'sent'; readonly sentId: string }
  | { readonly status: 'arrived' }
  | { readonly status: 'pending'; readonly auditId: string }
  | { readonly status: 'refused'; readonly code: string; readonly platformCode?: number }
  | { readonly status: 'unknown'; readonly code: string }
  | { readonly status: 'fenced' }
  | { readonly status: 'full' }
);

/** True where the user has, or will have, the piece before their eyes. */
export const wasDelivered = (outcome: Outcome): boolean =>
  outcome.status === 'sent' || outcome.status === 'arrived' || outcome.status === 'pending';
