import { checkActive, readWakeUp, spendActive } from './active.js';
import { type Anchoring, checkAnchor, readAnchor, spendAnchor } from './anchors.js';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import { isRefusal, ok, type Refusal, type Reply, refuse } from './errors.js';
import { guildMessage } from './guild-sends.js';
import { isObject, type JsonObject, objectOf, textOf } from './json.js';
import { type FileInfo, findFile } from './media.js';
import { isKeyboardTooLarge, isV2, type Payload, readPayload } from './payload.js';
import type { Scene, Sent } from './records.js';
import { sendStreamed } from './streams.js';
import { type Entry, type EntryMedia, entryOf, showEntry } from './transcript.js';
import { hasForbiddenUrl, rfc3339 } from './wire-text.js';

/** §6.2 `POST /v2/users|groups/{id}/messages`, checked in the order of §13.6. */
export const sendMessage = (context: Context, bot: Bot, scene: 'c2c' | 'group', id: string, given: unknown): Reply => {
  const nowMs = context.timers.now();
  if (!context.sandbox && !bot.rates[scene].tryTake(nowMs)) return refuse(22009);
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const payload = readPayload(scene, given);
  if (isRefusal(payload)) return payload;
  if (isObject(given['stream'])) return sendStreamed(context, bot, conversation, payload, given);
  if (given['is_wakeup'] === true) return sendWakeUp(context, bot, conversation, payload, given);
  const anchoring = readAnchor(bot, conversation, given);
  if (isRefusal(anchoring)) return anchoring;
  // §6.3: whether typing uses up a reply is not written anywhere.
  const counts = payload.kind !== 'typing' || context.switches.typingCounts;
  const refusal =
    checkAnchor(context, anchoring, scene, counts) ??
    (anchoring.anchor ? undefined : checkActive(context, bot, conversation)) ??
    checkContent(context, bot, conversation, payload);
  if (refusal) return refusal;
  spendAnchor(anchoring, counts);
  if (!anchoring.anchor) spendActive(context, bot, conversation);
  return answerSent(context, book(context, bot, conversation, { payload, anchoring, body: given }));
};

/**
 * §13.6, "target known".
 * Errors: 11255 another bot's id, 12001 another scene's, 40054004 no friend, 40034101 not in the group, 40054002 muted.
 */
export const findTarget = (context: Context, bot: Bot, scene: Scene, id: string): Conversation | Refusal => {
  const conversation = bot.find(scene, id);
  if (!conversation) {
    const scenes: readonly Scene[] = ['c2c', 'group', 'guild', 'dm'];
    if (scenes.some((other) => other !== scene && bot.find(other, id))) return refuse(12001);
    for (const other of context.bots.values()) if (other !== bot && other.find(scene, id)) return refuse(11255);
    if (scene === 'c2c') return refuse(40054004);
    return refuse(scene === 'group' ? 40034101 : 12001);
  }
  if (!conversation.member) return refuse({ c2c: 40054004, group: 40034101, guild: 12001, dm: 12001 }[scene]);
  return conversation.muted ? refuse(scene === 'group' ? 850018 : 40054002) : conversation;
};

/** §13.6, "URL filter, length", then what that list leaves open: rights of content, files, moderation. */
export const checkContent = (
  context: Context,
  bot: Bot,
  { scene }: Conversation,
  payload: Payload,
): Refusal | undefined => {
  const { limits, switches } = context;
  const v2 = isV2(scene);
  const fileNames = switches.urlFilter === 'urlsAndFileNames';
  if (switches.urlFilter !== 'off' && hasForbiddenUrl(payload.text, context.domains, fileNames)) {
    return refuse(v2 ? 40054010 : 304003);
  }
  if (payload.text.length > limits.textChars) return refuse(v2 ? 40054007 : 304005);
  if (payload.kind === 'markdown' && !bot.rights.markdown[scene]) return refuse(v2 ? 40034012 : 304041);
  if (payload.kind === 'ark' && !bot.rights.ark) return refuse(304004);
  const { keyboard, fileInfo } = payload;
  if (keyboard && !bot.rights.keyboard[scene]) return refuse(isObject(keyboard['content']) ? 304057 : 304037);
  if (keyboard && isKeyboardTooLarge(keyboard, limits.keyboardSide)) return refuse(40034029);
  if (fileInfo !== undefined && !findFile(context, bot, scene, fileInfo)) return refuse(304080);
  const blocked = context.blockedWords.some((word) => payload.text.includes(word));
  return blocked ? refuse(v2 ? 40034006 : 304025) : undefined;
};

type Accepted = {
  readonly payload: Payload;
  readonly anchoring: Anchoring;
  readonly body: JsonObject;
  readonly messageId?: string;
  /** @default the file that the payload names */
  readonly media?: readonly EntryMedia[];
};

/** Puts an accepted message where users see it, and into the records. */
export const book = (context: Context, bot: Bot, conversation: Conversation, accepted: Accepted): Entry => {
  const { payload, anchoring } = accepted;
  const nowMs = context.timers.now();
  const v2 = isV2(conversation.scene);
  const messageId = accepted.messageId ?? (v2 ? context.ids.message() : context.ids.guildMessage());
  const file = payload.fileInfo === undefined ? undefined : bot.files.get(payload.fileInfo);
  const entry = entryOf({
    atMs: nowMs,
    by: 'bot',
    kind: payload.kind,
    messageId,
    text: payload.text,
    replyTo: anchoring.anchor?.id,
    msgSeq: anchoring.anchor && v2 ? anchoring.msgSeq : undefined,
    typingUntilMs: payload.typingS === undefined ? undefined : nowMs + payload.typingS * 1000,
    media: accepted.media ?? (file ? [mediaOf(file)] : []),
    keyboard: payload.keyboard,
    quotes: quotedBy(bot, accepted.body),
    refIdx: v2 ? context.ids.reference() : undefined,
  });
  conversation.transcript.push(entry);
  if (payload.kind !== 'typing') remember(bot, conversation, entry, accepted.body);
  recordSent(context, bot, conversation, { ...accepted, messageId });
  showEntry(context, bot, conversation, entry);
  return entry;
};

/** Keeps a bot's own message for recalls, quotes and look-ups. */
export const remember = (bot: Bot, conversation: Conversation, entry: Entry, body: JsonObject = {}): void => {
  const { messageId, refIdx, atMs } = entry;
  const wire = isV2(conversation.scene) ? {} : guildMessage(bot, conversation, entry, body);
  bot.messages.set(messageId, { id: messageId, conversation, entry, sentMs: atMs, own: true, wire });
  if (refIdx !== undefined) bot.references.set(refIdx, messageId);
};

// §6.2: a quote names a `REFIDX_…`; one official example, and the guilds, name a message's id.
const quotedBy = (bot: Bot, body: JsonObject): string | undefined => {
  const named = textOf(objectOf(body, 'message_reference') ?? {}, 'message_id');
  return named === undefined ? undefined : (bot.references.get(named) ?? bot.messages.get(named)?.id);
};

const mediaOf = ({ fileType, fileName, sizeBytes, url }: FileInfo): EntryMedia => ({
  fileType,
  fileName,
  sizeBytes,
  url,
});

/** The record of one accepted call. */
export const recordSent = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  sent: Omit<Accepted, 'messageId'> & { readonly messageId: string; readonly stream?: Sent['stream'] },
): void => {
  const { anchoring, body, payload } = sent;
  const byEvent = anchoring.anchor !== undefined && typeof body['event_id'] === 'string' && body['event_id'] !== '';
  context.records.add('sent', {
    atMs: context.timers.now(),
    appId: bot.appId,
    scene: conversation.scene,
    target: conversation.id,
    messageId: sent.messageId,
    msgId: byEvent ? undefined : anchoring.anchor?.id,
    eventId: byEvent ? (body['event_id'] as string) : undefined,
    msgSeq: anchoring.msgSeq,
    kind: sent.stream ? 'stream' : payload.kind,
    text: payload.text,
    active: anchoring.anchor === undefined,
    stream: sent.stream,
    body,
  });
};

/** §6.2: `{ id, timestamp, ext_info }`. */
export const answerSent = (context: Context, { messageId, refIdx }: Entry, more: JsonObject = {}): Reply => {
  const nowMs = context.timers.now();
  const timestamp = context.switches.timestamps === 'rfc3339' ? rfc3339(nowMs) : Math.floor(nowMs / 1000);
  return ok({ id: messageId, timestamp, ext_info: { ref_idx: refIdx }, ...more });
};

// §6.3: a wake-up stands outside the passive count and the active quota.
const sendWakeUp = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  payload: Payload,
  body: JsonObject,
): Reply => {
  if (conversation.scene !== 'c2c') return refuse(40034123);
  const stretch = readWakeUp(context, conversation, body);
  if (typeof stretch !== 'number') return stretch;
  const refusal = checkContent(context, bot, conversation, payload);
  if (refusal) return refusal;
  conversation.wakeUps.add(stretch);
  const anchoring = { anchor: undefined, msgSeq: 1 };
  return answerSent(context, book(context, bot, conversation, { payload, anchoring, body }));
};
