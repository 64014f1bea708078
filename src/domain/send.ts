import type { ConversationId, Target } from './conversation.js';
import type { OutgoingMedia, OutgoingMessage } from './message.js';

/**
 * How a message goes out. `passive`: in answer to a message or event that still takes one, or not at all; `proactive`:
 * without; `auto`: as an answer where one is possible, else without.
 */
export type SendMode = 'auto' | 'passive' | 'proactive';

/** To whom. `channel`: the configured bot; needed with a `target` where there are several. */
export type SendPlace =
  | { readonly conversation: ConversationId }
  | { readonly target: Target; readonly channel?: string };

/** Something to be said outside of a turn: where, what, and how. */
export type SendRequest = SendPlace & {
  readonly message: string | OutgoingMessage;
  /** @default 'auto' */
  readonly mode?: SendMode;
  /** The id of the user's message (or of the event) that is answered; it makes the mode `passive`. */
  readonly replyTo?: string;
  /** The same key says the same thing once, within 24 h or 10,000 keys of a bot, also after a restart. */
  readonly key?: string;
  /** Not begun by then, it is not sent at all. Units: ms from now. @default 300_000 */
  readonly ttlMs?: number;
  /** Calls a user back who has not written for a while; private chats only, without an anchor. Source: qq-bot-api §6.3. */
  readonly wakeUp?: boolean;
};

/**
 * What became of a send. `delivered`: the platform has it; `rejected`: it will never be seen; `uncertain`: nobody knows,
 * or it waits for a review (`platform.auditPending`); `expired`: its time ran out before it was begun. A message that took
 * several platform messages is as good as the worst of them.
 */
export type SendReport = {
  readonly status: 'delivered' | 'rejected' | 'uncertain' | 'expired';
  /** Of the first platform message. */
  readonly messageId?: string;
  /** Of every platform message, in order. */
  readonly messageIds?: readonly string[];
  /** What `quote` takes, where the platform told it. */
  readonly refIndex?: string;
  /** Of the error table: why it was not delivered. */
  readonly code?: string;
  readonly platformCode?: number;
  /** What the platform's support asks for. */
  readonly traceId?: string;
  readonly remedy?: string;
  /** Its key was known: nothing was sent now, and this is what became of it then. */
  readonly duplicate?: boolean;
};

/** A message to be taken back. `hideTip`: in guilds, without the grey notice. */
export type RecallRequest = SendPlace & { readonly messageId: string; readonly hideTip?: boolean };

/** A system face by its number (type 1), or an emoji by its code point (type 2). Source: qq-bot-api §6.7. */
export type Emoji = { readonly type: 1 | 2; readonly id: string };

/** A reaction to a message of a guild channel; elsewhere the platform has none. */
export type ReactRequest = {
  readonly channelId: string;
  readonly messageId: string;
  readonly emoji: Emoji;
  /** The configured bot; needed where there are several. */
  readonly channel?: string;
};

/** A private chat with a user of a guild. */
export type OpenDmRequest = { readonly userId: string; readonly guildId: string; readonly channel?: string };

/** A file to be uploaded ahead of its message, to the private chat or group it is meant for. */
export type UploadRequest = SendPlace & {
  readonly media: OutgoingMedia;
  /** Told from 0 to `totalBytes`, never less than before. Not for a URL, which the platform fetches itself. */
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  /** Lets it go between two calls. */
  readonly signal?: AbortSignal;
};

/** `uploaded` is a source of media for the same target. `untilMs`: how long, epoch ms; absent without an end. */
export type UploadedFile = { readonly uploaded: string; readonly untilMs?: number };
