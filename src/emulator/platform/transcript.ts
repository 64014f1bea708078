import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';

/** A file in a transcript. `fileType`: 1 image, 2 video, 3 voice, 4 any other. Size and bytes are unknown of a link that was not fetched. */
export type EntryMedia = {
  readonly fileType: number;
  readonly fileName: string | undefined;
  readonly sizeBytes: number | undefined;
  /** Where it can be downloaded. */
  readonly url: string | undefined;
};

/** One line of what a user, a group or a channel sees. Bot's streams grow in place; recalled messages stay, marked. */
export type Entry = {
  readonly atMs: number;
  readonly by: 'user' | 'bot';
  readonly kind: 'text' | 'markdown' | 'ark' | 'embed' | 'media' | 'typing' | 'stream';
  readonly messageId: string;
  /** What is read on the screen; of a stream, what the bubble holds now. */
  text: string;
  /** Openid or numeric id of the user who wrote it. */
  readonly author: string | undefined;
  /** What it replies to; undefined for active messages. */
  readonly replyTo: string | undefined;
  readonly msgSeq: number | undefined;
  /** Typing: until when the indication shows. */
  readonly typingUntilMs: number | undefined;
  /** Of a stream: `open` still shows a cursor; `rolledBack` is a §6.4b bubble that was never ended. */
  stream: { state: 'open' | 'finished' | 'superseded' | 'timedOut' | 'rolledBack'; chunks: number } | undefined;
  /** Files that came with it. */
  readonly media: readonly EntryMedia[];
  keyboard: unknown;
  /** The message it quotes, where that is known. */
  readonly quotes: string | undefined;
  /** C2C, group: what it is quoted by, §6.2. */
  readonly refIdx: string | undefined;
  editedAtMs: number | undefined;
  recalled: boolean;
  /** Reactions of the bot, as `type:id`; made with the first. */
  reactions: Set<string> | undefined;
  /** Reactions of users: who, by `type:id`; made with the first. */
  reactionsOfUsers: Map<string, Set<string>> | undefined;
};

/** An entry with what is not said left empty. */
export const entryOf = (given: Partial<Entry> & Pick<Entry, 'atMs' | 'by' | 'kind' | 'messageId' | 'text'>): Entry => ({
  author: undefined,
  replyTo: undefined,
  msgSeq: undefined,
  typingUntilMs: undefined,
  stream: undefined,
  media: [],
  keyboard: undefined,
  recalled: false,
  reactions: undefined,
  reactionsOfUsers: undefined,
  quotes: undefined,
  refIdx: undefined,
  editedAtMs: undefined,
  ...given,
});

/** A line of a transcript, as it stood when it was asked for. */
export type TranscriptEntry = Readonly<Omit<Entry, 'reactions' | 'reactionsOfUsers'>> & {
  readonly reactions: readonly string[];
  readonly reactionsOfUsers: readonly { readonly emoji: string; readonly users: readonly string[] }[];
};

export const snapshot = (entry: Entry): TranscriptEntry => ({
  ...entry,
  stream: entry.stream && { ...entry.stream },
  reactions: [...(entry.reactions ?? [])],
  reactionsOfUsers: [...(entry.reactionsOfUsers ?? [])].map(([emoji, users]) => ({ emoji, users: [...users] })),
});

/** A line has come, or has changed: whoever watches is shown it. */
export const showEntry = (context: Context, bot: Bot, conversation: Conversation, entry: Entry): void => {
  const { records, timers } = context;
  if (!records.isHeard('entry')) {
    records.changed();
    return;
  }
  const { scene, id: target } = conversation;
  records.tell('entry', { atMs: timers.now(), appId: bot.appId, scene, target, entry: snapshot(entry) });
};
