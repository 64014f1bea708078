import type { ConversationId, Target } from './conversation.js';
import type { GuildMessage } from './guild-message.js';
import type { MessagePart } from './message-parts.js';
import type { SendMode } from './send.js';

/** What a passive reply refers to: a user's message or an event. Source: qq-bot-api §6.2. */
export type Anchor =
  | { readonly kind: 'message'; readonly id: string; readonly atMs: number }
  | { readonly kind: 'event'; readonly id: string; readonly atMs: number };

/** Something that is ready to be sent. */
export type Piece = {
  readonly conversation: ConversationId;
  readonly turn: string;
  readonly epoch: number;
  /**
   * `answer`: a part of the agent's answer, fenced by its epoch. `notice`: the router's own word, which is not. `send`: what
   * a program has asked for outside of a turn, fenced by its deadline.
   */
  readonly role: 'answer' | 'notice' | 'send';
  /** 0, 1, 2 … within its turn. */
  readonly index: number;
  readonly target: Target;
  /** What it may refer to, the first that still takes a reply. */
  readonly anchors: readonly Anchor[];
  readonly content: PieceContent;
  /** It brings the text of an earlier turn, and is no answer to this one's messages. */
  readonly isCarried?: true;
  /** How a `send` goes out. */
  readonly send?: SendTerms;
};

/** `untilMs`: not begun by then, it is not sent; epoch ms. `key`: what is said once under it. */
export type SendTerms = {
  readonly mode: SendMode;
  readonly untilMs: number;
  readonly key?: string;
  readonly wakeUp?: boolean;
};

/**
 * `text`: a message of words alone; `message`: any other, whose words are `text`. `via` says whether it answers, goes out without an anchor, or waits for the user's next message.
 * `more`: the agent was still writing, so a button that stops it may go along.
 * `stream`: what a growing bubble adds; the first opens it, `isLast` ends it. `typing`: the platform's indication.
 */
export type PieceContent =
  | { readonly kind: 'text'; readonly text: string; readonly via: 'reply' | 'active' | 'park'; readonly more?: true }
  | { readonly kind: 'message'; readonly part: MessagePart; readonly text: string; readonly via: 'reply' | 'active' }
  | { readonly kind: 'stream'; readonly text: string; readonly isLast: boolean }
  | { readonly kind: 'typing'; readonly seconds: number };

/**
 * What became of a piece. `said` is what the platform accepted, to the letter; where a piece had to be divided, also of
 * one that has not arrived as a whole.
 * `arrived`: the platform knew it already (40054005). `pending`: it waits for a review. `unknown`: it may or may not have
 * arrived. `traceId`: what the platform's support asks for. `fenced`: its turn was over before it was handed to the
 * transport. `full`: the outbox had no place. `parked`: it waits for the user's next message. `deferred`: it will be said
 * together with a later piece.
 */
export type Outcome = { readonly piece: Piece } & (
  | {
      readonly status: 'sent';
      readonly sentId: string;
      readonly said: string;
      /** What a quote of it names. */
      readonly refIndex?: string;
      /** A guild's own answer; it is not written down. */
      readonly message?: GuildMessage;
    }
  | { readonly status: 'arrived'; readonly said: string }
  | { readonly status: 'pending'; readonly auditId: string; readonly said: string }
  | {
      readonly status: 'refused';
      readonly code: string;
      readonly platformCode?: number;
      readonly traceId?: string;
      readonly said?: string;
    }
  | {
      readonly status: 'unknown';
      readonly code: string;
      readonly traceId?: string;
      readonly maybe: string;
      readonly said?: string;
    }
  | { readonly status: 'parked'; readonly text: string; readonly said?: string }
  | { readonly status: 'deferred' }
  | { readonly status: 'fenced'; readonly said?: string }
  | { readonly status: 'full' }
);

/** The text that the user has, or will have, before their eyes; null where there is none. */
export const saidBy = (outcome: Outcome): string | null => ('said' in outcome ? (outcome.said ?? null) : null);

/** The text of a piece that is said to a user; empty for an indication. */
export const textOfPiece = ({ content }: Piece): string => (content.kind === 'typing' ? '' : content.text);
