import type { Target } from '../domain/conversation.js';
import type { GuildMessage } from '../domain/guild-message.js';
import type { MessagePart } from '../domain/message-parts.js';
import type { Anchor } from '../domain/reply.js';
import type { Emoji } from '../domain/send.js';

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

/** A file as it is sent: an upload's `file_info` in private chats and groups, a link or bytes in guilds. */
export type OutgoingFile =
  | { readonly fileInfo: string }
  | { readonly url: string }
  | { readonly name: string; readonly bytes: Uint8Array };

/** Any message but one of words alone. */
export type OutgoingPart = Omit<OutgoingText, 'text' | 'format'> & {
  readonly part: MessagePart;
  /** The part's file, ready to be sent. */
  readonly media?: OutgoingFile;
  readonly wakeUp?: boolean;
};

/** `fenced`: the gate said no, and nothing was sent. */
export type SendResult = Sent | { readonly auditId: string } | { readonly fenced: true };

/** `refIndex`: what a quote of it names. `message`: a guild's answer. */
export type Sent = { readonly sentId: string; readonly refIndex?: string; readonly message?: GuildMessage };

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
  sendPart(message: OutgoingPart, mayStart: SendGate): Promise<SendResult>;
  /** Guild channels only. A reaction that is there already is what was asked for. */
  react(channelId: string, messageId: string, emoji: Emoji): Promise<void>;
  me(): Promise<BotProfile>;
}

/**
 * What a bot does beside speaking. Source: qq-bot-api §6.5–6.7.
 * Errors: as of `MessageApi`.
 */
export interface MessageActions {
  /** Takes a message back: the bot's own within 2 minutes; in guilds for private bots. `hideTip`: leaves no grey notice there. */
  recall(target: Target, messageId: string, hideTip?: boolean): Promise<void>;
  /** One that is not there is what was asked for. */
  unreact(channelId: string, messageId: string, emoji: Emoji): Promise<void>;
  /** The private chat with a user of a guild: where a `dm` target's messages go. */
  openDm(userId: string, sourceGuildId: string): Promise<{ readonly guildId: string; readonly channelId: string }>;
}
