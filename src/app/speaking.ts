import { type ConversationId, placeOf, type Target } from '../domain/conversation.js';
import type { GuildMessage } from '../domain/guild-message.js';
import type { GuildPost } from '../domain/guild-post.js';
import type {
  OpenDmRequest,
  ReactRequest,
  RecallRequest,
  SendPlace,
  SendReport,
  SendRequest,
  UploadedFile,
  UploadRequest,
} from '../domain/send.js';
import { RouterError } from '../errors/router-error.js';
import type { Bot } from './bot.js';
import type { TypingRefusal } from './typing.js';

/**
 * What a program says and does through a router outside of its turns.
 * Errors of all: `channel.notRunning`; of all but `send`: what the platform says, as `platform.*`.
 */
export interface Speaking {
  /**
   * Says a message: in its conversation's line, charged to its quotas, in answer to an open message where there is one.
   * With a `key` it is said once.
   * Shape: resolves once the outcome is known; what the platform refuses is a report, not an error.
   * Errors: `message.invalid` before anything is sent.
   */
  send(request: SendRequest): Promise<SendReport>;
  /**
   * A guild's message with the fields its API has, and the Message object it answers with. Through the channel's line, like
   * everything that is said.
   * Errors: `message.invalid`; `platform.auditPending` where it waits for a review.
   */
  postMessage(channelId: string, post: GuildPost, options?: { readonly channel?: string }): Promise<GuildMessage>;
  /**
   * Uploads a file ahead of its message; what it gives is a source of media for that place.
   * Errors: `message.invalid`, `media.*`; `capacity.full` where `signal` aborts.
   */
  upload(request: UploadRequest): Promise<UploadedFile>;
  /** Takes back a message of the bot: within 2 minutes, in guilds for private bots only. */
  recall(request: RecallRequest): Promise<void>;
  react(request: ReactRequest): Promise<void>;
  unreact(request: ReactRequest): Promise<void>;
  /** The target of a private chat with a user of a guild. */
  openDm(request: OpenDmRequest): Promise<Target>;
}

export const speakingOf = (bots: () => readonly Bot[]): Speaking => ({
  send: async (request) => at(bots(), request).sends.send(request),
  postMessage: async (channelId, post, options = {}) => named(bots(), options).sends.postMessage(channelId, post),
  upload: async (request) => at(bots(), request).sends.upload(request),
  recall: async (request) => at(bots(), request).sends.recall(request),
  react: async (request) => named(bots(), request).sends.react(request),
  unreact: async (request) => named(bots(), request).sends.unreact(request),
  openDm: async (request) => named(bots(), request).sends.openDm(request),
});

/** Shows that somebody is at it. Shape: total; a bot that is not running shows nothing. */
export const showTyping = (bots: readonly Bot[], conversation: ConversationId): TypingRefusal | null => {
  const appId = placeOf(conversation)?.appId;
  const bot = bots.find((one) => one.appId === appId);
  return bot?.isSpeaking ? bot.sends.typing.show(conversation) : 'unsupported';
};

/** The bot that speaks at a place. */
const at = (bots: readonly Bot[], place: SendPlace): Bot => {
  if ('target' in place) return named(bots, place);
  const known = placeOf(place.conversation);
  if (!known) throw new RouterError('message.invalid', 'conversation: is no id of a conversation');
  const bot = bots.find(({ appId }) => appId === known.appId);
  if (!bot) throw new RouterError('channel.notRunning', `no running channel has the app id ${known.appId}`);
  return bot;
};

/** The bot of that name; the only one where none is named. */
const named = (bots: readonly Bot[], { channel }: { readonly channel?: string }): Bot => {
  const fits = channel === undefined ? bots : bots.filter(({ name }) => name === channel);
  const [bot] = fits;
  if (!bot) throw new RouterError('channel.notRunning', `no running channel ${channel ?? ''}`.trim());
  if (fits.length > 1) throw new RouterError('message.invalid', 'channel: name one; several are running');
  return bot;
};
