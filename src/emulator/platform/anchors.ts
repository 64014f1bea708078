import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Anchor, Conversation } from './conversation.js';
import { type Refusal, refuse } from './errors.js';
import { integerOf, type JsonObject, textOf } from './json.js';
import { isV2 } from './payload.js';
import type { Scene } from './records.js';

// §6.2, §6.5: the events that `event_id` may name.
const REPLYABLE: Readonly<Record<Scene, ReadonlySet<string>>> = {
  c2c: new Set(['INTERACTION_CREATE', 'C2C_MSG_RECEIVE', 'FRIEND_ADD']),
  group: new Set(['INTERACTION_CREATE', 'GROUP_ADD_ROBOT', 'GROUP_MSG_RECEIVE', 'GROUP_MEMBER_ADD']),
  guild: new Set([
    'GUILD_MEMBER_ADD',
    'GUILD_MEMBER_UPDATE',
    'GUILD_MEMBER_REMOVE',
    'MESSAGE_REACTION_ADD',
    'MESSAGE_REACTION_REMOVE',
    'FORUM_THREAD_CREATE',
    'FORUM_THREAD_UPDATE',
    'FORUM_THREAD_DELETE',
    'FORUM_POST_CREATE',
    'FORUM_POST_DELETE',
    'FORUM_REPLY_CREATE',
    'FORUM_REPLY_DELETE',
  ]),
  dm: new Set(),
};

/** What a send names as its reason, if it names one. */
export type Anchoring = { readonly anchor: Anchor | undefined; readonly msgSeq: number };

/** §13.6, "anchor known". Errors: 40034024 / 304026 msg_id, 40034025 event_id, 40034027 / 304028 not replyable. */
export const readAnchor = (
  bot: Bot,
  conversation: Conversation,
  body: JsonObject,
  isStream = false,
): Anchoring | Refusal => {
  const [msgId, eventId] = [textOf(body, 'msg_id'), textOf(body, 'event_id')];
  const msgSeq = body['msg_seq'] === undefined ? 1 : integerOf(body, 'msg_seq');
  const v2 = isV2(conversation.scene);
  if (msgSeq === undefined || msgSeq < 0 || (v2 && msgId && eventId)) return refuse(50035);
  if (msgId) {
    const anchor = bot.anchors.get(msgId);
    return anchor?.conversation === conversation ? { anchor, msgSeq } : refuse(v2 ? 40034024 : 304026);
  }
  if (!eventId) return { anchor: undefined, msgSeq };
  const anchor = bot.eventAnchors.get(eventId);
  if (anchor?.conversation !== conversation) return refuse(v2 ? 40034025 : 304026);
  // §6.4a: the stream example answers a message's own event.
  const replyable = REPLYABLE[conversation.scene].has(anchor.event) || (isStream && anchor.event.startsWith('C2C_'));
  return replyable ? { anchor, msgSeq } : refuse(v2 ? 40034027 : 304028);
};

/** §13.6, "anchor age, (anchor, msg_seq) unique, count", in this order. `counts`: this send uses up a reply. */
export const checkAnchor = (
  context: Context,
  { anchor, msgSeq }: Anchoring,
  scene: Scene,
  counts: boolean,
): Refusal | undefined => {
  if (!anchor) return undefined;
  const { limits, switches } = context;
  const windowMs = { c2c: limits.c2cWindowMs, group: limits.groupWindowMs, guild: limits.guildWindowMs }[
    scene === 'dm' ? 'guild' : scene
  ];
  if (context.timers.now() - anchor.atMs > windowMs) return refuse(isV2(scene) ? switches.expiredAnchor : 304103);
  // §6.5: guild replies have neither a sequence nor a count.
  if (!isV2(scene)) return undefined;
  if (anchor.seqs?.has(msgSeq)) return refuse(40054005);
  const repliesMax = scene === 'c2c' ? limits.c2cReplies : limits.groupReplies;
  return counts && switches.countEnforced && anchor.replies >= repliesMax ? refuse(40034128) : undefined;
};

/** Books an accepted reply. */
export const spendAnchor = ({ anchor, msgSeq }: Anchoring, counts: boolean): void => {
  if (!anchor) return;
  if (counts) anchor.replies += 1;
  if (!isV2(anchor.conversation.scene)) return;
  anchor.seqs ??= new Set();
  anchor.seqs.add(msgSeq);
};
