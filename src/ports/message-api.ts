import type { Target } from '../domain/conversation.js';
import type { Anchor } from '../domain/reply.js';

export type OutgoingText = {
  readonly target: Target;
  /** Without an anchor the message is an active one. */
  readonly anchor?: Anchor;
  /** With the anchor it makes the send idempotent: a repeat carries the same number. */
  readonly msgSeq: number;
  readonly text: string;
  /** Markdown is refused where the bot has no right to it (`noMarkdown`). @default 'text' */
  readonly format?: 'text' | 'markdown';
};

/** `fenced`: the gate said no, and nothing was sent. */
export type SendResult = { readonly sentId: string } | { readonly auditId: string } | { readonly fenced: true };

/**
 * Asked right before the request is handed to the transport, in the same synchronous step and on every try: whatever the
 * call waited for before that, a cancel in between is seen. Source: turns §3.4, G1.
 */
export type SendGate = () => boolean;

export type BotProfile = { readonly id: string; readonly username: string };

/**
 * What a bot says to the platform. Source: qq-bot-api §6.
 * Errors: a RouterError whose code fixes the next step; `transport.*` and an unreadable answer mean that the result is
 * unknown, not that it failed.
 */
export interface MessageApi {
  sendText(message: OutgoingText, mayStart: SendGate): Promise<SendResult>;
  /** C2C only. `seconds` is 1 to 60. */
  sendTyping(
    message: Omit<OutgoingText, 'text' | 'format'> & { readonly seconds: number },
    mayStart: SendGate,
  ): Promise<SendResult>;
  /** Guild channels only. `emoji` is a system face number (type 1) or an emoji's code point (type 2). */
  react(channelId: string, messageId: string, emoji: { readonly type: 1 | 2; readonly id: string }): Promise<void>;
  me(): Promise<BotProfile>;
}
