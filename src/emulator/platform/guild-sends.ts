import { checkActive, spendActive } from './active.js';
import { checkAnchor, readAnchor, spendAnchor } from './anchors.js';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { isObject, type JsonObject, textOf } from './json.js';
import { guildImage } from './media.js';
import { readGuildPayload } from './payload.js';
import { nextInChannel } from './people.js';
import type { PlatformRequest } from './request.js';
import { book, checkContent, findTarget } from './sends.js';
import type { Entry } from './transcript.js';
import { rfc3339 } from './wire-text.js';

/** How an audit goes: it starts with 202 (or 201) and ends in an event, §6.5, §5.11. */
export type Audit = { verdict: 'pass' | 'reject'; afterMs: number; status: 201 | 202; left: number };

/** §6.5 `POST /channels/{id}/messages` and `POST /dms/{guild_id}/messages`, checked in the order of §13.6. */
export const sendGuildMessage = (
  context: Context,
  bot: Bot,
  scene: 'guild' | 'dm',
  id: string,
  request: PlatformRequest,
): Reply => {
  const given = request.body;
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const payload = readGuildPayload(given);
  if (isRefusal(payload)) return payload;
  const anchoring = readAnchor(bot, conversation, given);
  if (isRefusal(anchoring)) return anchoring;
  const nowMs = context.timers.now();
  // §9: five a second in one channel, active or passive.
  const isTooFast = !context.sandbox && scene === 'guild' && !conversation.channelSecond.fits(nowMs);
  const refusal =
    checkAnchor(context, anchoring, scene, false) ??
    (anchoring.anchor ? undefined : checkActive(context, bot, conversation)) ??
    (isTooFast ? refuse(20028) : undefined) ??
    checkContent(context, bot, conversation, payload);
  if (refusal) return refusal;
  const image = guildImage(context, given, request);
  if (image && isRefusal(image)) return image;
  spendAnchor(anchoring, false);
  if (!anchoring.anchor) spendActive(context, bot, conversation);
  conversation.channelSecond.take(nowMs);
  const say = () => book(context, bot, conversation, { payload, anchoring, body: given, media: image ? [image] : [] });
  const audit = context.audits.take();
  if (!audit) return ok(bot.messages.get(say().messageId)?.wire);
  const auditId = context.ids.opaque('a-');
  context.timers.after(audit.afterMs, () => finishAudit(context, bot, conversation, audit, { auditId, nowMs, say }));
  // §6.5: shaped like an error, and none.
  const code = anchoring.anchor ? 304024 : 304023;
  return { code, status: audit.status, data: { message_audit: { audit_id: auditId } } };
};

const finishAudit = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  { verdict }: Audit,
  { auditId, nowMs: madeMs, say }: { readonly auditId: string; readonly nowMs: number; readonly say: () => Entry },
): void => {
  const about: JsonObject = {
    audit_id: auditId,
    guild_id: conversation.guildId ?? conversation.id,
    channel_id: conversation.id,
    audit_time: rfc3339(context.timers.now()),
    create_time: rfc3339(madeMs),
  };
  if (verdict === 'pass') {
    Object.assign(about, { message_id: say().messageId, seq_in_channel: String(conversation.seqInChannel) });
  }
  context.events.publish(bot, `MESSAGE_AUDIT_${verdict.toUpperCase()}`, about, { guildId: conversation.guildId });
};

/** §5.5: the Message object of a bot's own message; `body` is what was sent. */
export const guildMessage = (bot: Bot, conversation: Conversation, entry: Entry, body: JsonObject): JsonObject => {
  const { scene, id, guildId = id } = conversation;
  const member = bot.guilds.get(conversation.sourceGuildId ?? guildId)?.members.get(bot.userId);
  return {
    id: entry.messageId,
    guild_id: guildId,
    channel_id: conversation.channelId ?? id,
    content: entry.text,
    timestamp: rfc3339(entry.atMs),
    edited_timestamp: '',
    mention_everyone: /@everyone|<qqbot-at-everyone\s*\/>/u.test(entry.text),
    author: { id: bot.userId, username: bot.username, avatar: '', bot: true },
    member: {
      nick: bot.username,
      roles: member ? [...member.roles] : ['1'],
      joined_at: rfc3339(member?.joinedAtMs ?? conversation.metAtMs),
    },
    attachments: entry.media.map(({ url }) => ({ url: url?.replace(/^https?:\/\//u, '') ?? '' })),
    embeds: isObject(body['embed']) ? [body['embed']] : [],
    ...(isObject(body['ark']) && { ark: body['ark'] }),
    ...(isObject(body['message_reference']) && { message_reference: body['message_reference'] }),
    seq: conversation.seqInChannel,
    seq_in_channel: String(nextInChannel(conversation)),
    ...(scene === 'dm' && { direct_message: true, src_guild_id: conversation.sourceGuildId }),
  };
};

/** §6.5 `POST /users/@me/dms`. Errors: 50035 without a recipient, 12001 for a user the bot never met. */
export const openDm = (context: Context, bot: Bot, given: unknown): Reply => {
  if (!isObject(given)) return refuse(12002);
  const [userId, sourceGuildId] = [textOf(given, 'recipient_id'), textOf(given, 'source_guild_id')];
  if (!userId || !sourceGuildId) return refuse(50035);
  if (!bot.guildUsers.get(userId)) return refuse(12001);
  const dm = meetDm(context, bot, userId, sourceGuildId);
  const createdS = String(Math.floor(context.timers.now() / 1000));
  return ok({ guild_id: dm.id, channel_id: dm.channelId, create_time: createdS });
};

/** The DM session of a user: one pseudo guild for each, §5.5. */
export const meetDm = (context: Context, bot: Bot, userId: string, sourceGuildId: string): Conversation => {
  const known = bot.dmGuilds.get(userId);
  const id = known ?? context.ids.decimal();
  if (known === undefined) bot.dmGuilds.set(userId, id);
  const dm = bot.meet('dm', id, id);
  dm.userId = userId;
  dm.sourceGuildId = sourceGuildId;
  dm.channelId = `${id.slice(0, -1)}7`;
  return dm;
};
