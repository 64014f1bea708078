import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import { spin } from './interactions.js';
import type { JsonObject } from './json.js';
import { type Act, asTold, publishAct, publishEvent } from './people.js';
import { markUserReaction } from './reactions.js';
import type { Pushed, Scene } from './records.js';
import { showEntry } from './transcript.js';
import { rfc3339 } from './wire-text.js';

/** A user's press on a button (type 11) or in the quick menu (type 12), §5.8. */
export type Click = Act & {
  scene: 'c2c' | 'group' | 'guild';
  /** Openid, group openid or channel id of the conversation. */
  target: string;
  /** Who pressed. @default the target, in C2C */
  from?: string;
  /** @default 11 */
  type?: number;
  buttonId?: string;
  buttonData?: string;
  messageId?: string;
};

const SCENE_NUMBER = { guild: 0, group: 1, c2c: 2 } as const;

/** §5.8 INTERACTION_CREATE: `d.id` is acknowledged, the envelope's id is replied to. */
export const click = (context: Context, bot: Bot, given: Click): Pushed & { readonly interactionId: string } => {
  const conversation = bot.meet(given.scene, given.target);
  const interactionId = context.ids.opaque('i');
  const type = given.type ?? 11;
  const from = given.from ?? given.target;
  const resolved: JsonObject = { button_id: given.buttonId ?? 'b1', button_data: given.buttonData ?? '' };
  if (given.messageId !== undefined) resolved['message_id'] = given.messageId;
  if (given.scene === 'guild') resolved['user_id'] = from;
  const d: JsonObject = {
    id: interactionId,
    type,
    scene: given.scene,
    chat_type: SCENE_NUMBER[given.scene],
    application_id: bot.appId,
    version: 1,
    timestamp: rfc3339(context.timers.now()),
    ...whereOf(conversation, from),
    data: { type, resolved },
  };
  spin(context, bot, interactionId, type);
  const pushed = publishEvent(context, bot, 'INTERACTION_CREATE', asTold(d, given), conversation, {
    id: `INTERACTION_CREATE:${interactionId}`,
  });
  return { ...pushed, interactionId };
};

const whereOf = ({ scene, id, guildId }: Conversation, from: string): JsonObject => {
  if (scene === 'c2c') return { user_openid: id };
  if (scene === 'group') return { group_openid: id, group_member_openid: from };
  return { guild_id: guildId ?? '', channel_id: id };
};

const seconds = (context: Context): number => Math.floor(context.timers.now() / 1000);

/** §5.9 FRIEND_ADD / FRIEND_DEL. */
export const befriend = (context: Context, bot: Bot, openid: string, isFriend: boolean): Pushed => {
  const conversation = bot.meet('c2c', openid);
  conversation.member = isFriend;
  const d: JsonObject = { timestamp: seconds(context), openid, author: { union_openid: '' } };
  if (isFriend) Object.assign(d, { scene: 1000, scene_param: '', short_code: '' });
  return publishEvent(context, bot, isFriend ? 'FRIEND_ADD' : 'FRIEND_DEL', d, conversation);
};

/** §5.9 GROUP_ADD_ROBOT / GROUP_DEL_ROBOT. */
export const joinGroup = (context: Context, bot: Bot, group: string, by: string, isMember: boolean): Pushed => {
  const conversation = bot.meet('group', group);
  conversation.member = isMember;
  const d = { timestamp: seconds(context), group_openid: group, op_member_openid: by };
  return publishEvent(context, bot, isMember ? 'GROUP_ADD_ROBOT' : 'GROUP_DEL_ROBOT', d, conversation);
};

/** §5.9 C2C_MSG_RECEIVE / _REJECT, GROUP_MSG_RECEIVE / _REJECT: active messages switched on or off. */
export const switchMessages = (
  context: Context,
  bot: Bot,
  { scene, target, accepts, by }: { scene: 'c2c' | 'group'; target: string; accepts: boolean; by: string },
): Pushed => {
  const conversation = bot.meet(scene, target);
  conversation.refuses = !accepts;
  const who = scene === 'c2c' ? { openid: target } : { group_openid: target, op_member_openid: by };
  const name = `${scene === 'c2c' ? 'C2C' : 'GROUP'}_MSG_${accepts ? 'RECEIVE' : 'REJECT'}`;
  return publishEvent(context, bot, name, { timestamp: seconds(context), ...who }, conversation);
};

/** §5.7: a user's reaction to a guild message. */
export const userReacts = (
  context: Context,
  bot: Bot,
  given: Act & { from: string; messageId: string; emoji: { type: 1 | 2; id: string }; removed?: boolean },
): Pushed => {
  const { conversation, entry } = knownMessage(bot, given.messageId);
  markUserReaction(entry, given.from, `${given.emoji.type}:${given.emoji.id}`, given.removed ?? false);
  showEntry(context, bot, conversation, entry);
  const isNumber = context.switches.reactionTarget === 'number';
  const d = {
    user_id: given.from,
    guild_id: conversation.guildId ?? '',
    channel_id: conversation.id,
    emoji: given.emoji,
    target: { id: given.messageId, type: isNumber ? 0 : 'ReactionTargetType_MSG' },
  };
  const name = given.removed ? 'MESSAGE_REACTION_REMOVE' : 'MESSAGE_REACTION_ADD';
  return publishAct(context, bot, name, d, conversation, given);
};

const DELETIONS = { guild: 'PUBLIC_MESSAGE_DELETE', dm: 'DIRECT_MESSAGE_DELETE' } as const;

/** §5.6: a guild message is taken back; there is no such event in C2C and groups, where only the transcript changes. */
export const userRecalls = (context: Context, bot: Bot, messageId: string, by?: string): void => {
  const { conversation, entry } = knownMessage(bot, messageId);
  entry.recalled = true;
  showEntry(context, bot, conversation, entry);
  const { scene, id, guildId } = conversation;
  if (scene !== 'guild' && scene !== 'dm') return;
  const author = { id: entry.author ?? bot.userId, username: entry.author ?? bot.username, bot: entry.by === 'bot' };
  const message = { id: messageId, guild_id: guildId ?? id, channel_id: conversation.channelId ?? id, author };
  const d = { message, op_user: { id: by ?? author.id } };
  publishEvent(context, bot, DELETIONS[scene], d, conversation);
  if (scene === 'guild' && bot.private) publishEvent(context, bot, 'MESSAGE_DELETE', d, conversation);
};

const knownMessage = (bot: Bot, messageId: string) => {
  const message = bot.messages.get(messageId);
  if (!message) throw new RangeError(`no message ${messageId}`);
  return message;
};

/** Makes a conversation known to the bot without a word being said. */
export const introduce = (bot: Bot, scene: Scene, id: string, guildId?: string): Conversation => {
  const conversation = bot.meet(scene, id, guildId);
  conversation.member = true;
  return conversation;
};
