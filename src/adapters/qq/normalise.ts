import { conversationIdOf, type Target } from '../../domain/conversation.js';
import type { Inbound, Sender } from '../../domain/inbound.js';
import type { PlatformEvent } from '../../domain/platform-event.js';
import { arrayOf, idOf, type Json, objectOf, textOf } from '../json.js';
import { attachmentsOf } from './inbound-attachments.js';
import { platformEventOf, type RawEvent } from './inbound-events.js';
import { cleanGuildText, cleanText, hasMention, sceneExtOf } from './inbound-text.js';
import { timeOf } from './inbound-time.js';

export type NormaliseContext = {
  readonly appId: string;
  /** READY's `user.id`; guild texts and mentions name the bot by it. */
  readonly botId: string;
  /** When the event came in; stands in for a time that cannot be read. */
  readonly nowMs: number;
};

export type Normalised =
  | { readonly kind: 'message'; readonly eventName: string; readonly message: Inbound }
  | { readonly kind: 'event'; readonly event: PlatformEvent }
  /** `reason` is constant per cause, so that it can be counted. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** What the scenes tell apart; the rest of a message reads alike everywhere. */
type Parts = {
  readonly target: Target | undefined;
  readonly sender: Sender | undefined;
  readonly text: string;
  readonly mention: boolean;
  readonly quote: Inbound['quote'];
};

type Reader = (d: Json, context: NormaliseContext) => Parts;

const ignored = (reason: string): Normalised => ({ kind: 'ignored', reason });

const senderOf = (id: string | undefined, author: Json | undefined, more: Partial<Sender>): Sender | undefined => {
  if (id === undefined) return undefined;
  const name = textOf(author?.['username']);
  return { id, ...(name === undefined ? {} : { name }), ...(author?.['bot'] === true ? { bot: true } : {}), ...more };
};

/** A quote of C2C and groups: the index stands in the scene's `ext`, what is quoted in the first element. */
const sceneQuoteOf = (d: Json): Inbound['quote'] => {
  const quoted = objectOf(arrayOf(d['msg_elements'])[0]);
  const inElement = d['message_type'] === 103 ? textOf(quoted?.['msg_idx']) : undefined;
  const id = sceneExtOf(d['message_scene'], 'ref_msg_idx') ?? inElement;
  if (id === undefined) return undefined;
  const text = cleanText(quoted?.['content'], []);
  const attachments = attachmentsOf(quoted?.['attachments']);
  return { id, ...(text !== '' && { text }), ...(attachments.length > 0 && { attachments }) };
};

const readC2c: Reader = (d) => {
  const author = objectOf(d['author']);
  const openid = idOf(author?.['user_openid']) ?? idOf(author?.['id']);
  return {
    target: openid === undefined ? undefined : { scene: 'c2c', openid },
    sender: senderOf(openid, author, {}),
    text: cleanText(d['content'], []),
    mention: true,
    quote: sceneQuoteOf(d),
  };
};

const groupRoleOf = (role: unknown): Sender['role'] =>
  role === 'member' || role === 'admin' || role === 'owner' ? role : undefined;

const readGroup =
  (always: boolean): Reader =>
  (d) => {
    const author = objectOf(d['author']);
    const groupOpenid = idOf(d['group_openid']) ?? idOf(d['group_id']);
    const role = groupRoleOf(author?.['member_role']);
    const mine = arrayOf(d['mentions'])
      .map(objectOf)
      .filter((one) => one?.['is_you'] === true);
    const botIds = mine.flatMap((one) => [one?.['id'], one?.['member_openid']]).map(idOf);
    return {
      target: groupOpenid === undefined ? undefined : { scene: 'group', groupOpenid },
      sender: senderOf(
        idOf(author?.['member_openid']) ?? idOf(author?.['id']),
        author,
        role === undefined ? {} : { role },
      ),
      text: cleanText(
        d['content'],
        botIds.filter((id) => id !== undefined),
      ),
      mention: always || mine.length > 0,
      quote: sceneQuoteOf(d),
    };
  };

/** Roles of a guild: 4 owner, 2 admin, 5 admin of the channel, 1 everyone. */
const guildRoleOf = (roles: unknown): Sender['role'] => {
  const held = arrayOf(roles);
  if (held.includes('4')) return 'owner';
  if (held.includes('2') || held.includes('5')) return 'admin';
  return held.length > 0 ? 'member' : undefined;
};

/** After a restart the bot may not have learnt its own id yet; the one bot that is addressed is it. */
const botNamedIn = (d: Json): string => {
  const bots = arrayOf(d['mentions'])
    .map(objectOf)
    .filter((one) => one?.['bot'] === true);
  return bots.length === 1 ? (idOf(bots[0]?.['id']) ?? '') : '';
};

/** The parts a guild's channel and its private chat have in common. */
const guildParts = (d: Json, context: NormaliseContext) => {
  const author = objectOf(d['author']);
  const member = objectOf(d['member']);
  const nick = textOf(member?.['nick']);
  const role = guildRoleOf(member?.['roles']);
  const quoted = idOf(objectOf(d['message_reference'])?.['message_id']);
  return {
    sender: senderOf(idOf(author?.['id']), author, {
      ...(nick === undefined ? {} : { name: nick }),
      ...(role === undefined ? {} : { role }),
    }),
    text: cleanGuildText(d['content'], context.botId === '' ? botNamedIn(d) : context.botId),
    quote: quoted === undefined ? undefined : { id: quoted },
  };
};

const readGuild =
  (always: boolean): Reader =>
  (d, context) => {
    const channelId = idOf(d['channel_id']);
    // `mentions` may be null; a bare `<@` in a guild is the platform's own, what users type is escaped.
    const named =
      arrayOf(d['mentions']).some((one) => idOf(objectOf(one)?.['id']) === context.botId) ||
      hasMention(textOf(d['content']) ?? '', context.botId);
    return {
      target: channelId === undefined ? undefined : { scene: 'guild', channelId },
      mention: always || named,
      ...guildParts(d, context),
    };
  };

const readDm: Reader = (d, context) => {
  const guildId = idOf(d['guild_id']);
  return {
    target: guildId === undefined ? undefined : { scene: 'dm', guildId },
    mention: true,
    ...guildParts(d, context),
  };
};

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['C2C_MESSAGE_CREATE', readC2c],
  ['GROUP_AT_MESSAGE_CREATE', readGroup(true)],
  ['GROUP_MESSAGE_CREATE', readGroup(false)],
  ['AT_MESSAGE_CREATE', readGuild(true)],
  ['MESSAGE_CREATE', readGuild(false)],
  ['DIRECT_MESSAGE_CREATE', readDm],
]);

/**
 * Makes what the platform pushes a message of the domain, or an event.
 * Shape: total, whatever `d` holds; a message that lacks an id to answer to is `ignored`. A voice message without words of
 * its own has the platform's speech recognition as its text.
 * Source: qq-bot-api §5.
 */
export const normalise = (event: RawEvent, context: NormaliseContext): Normalised => {
  const read = READERS.get(event.t);
  if (read === undefined) return { kind: 'event', event: platformEventOf(event, context) };
  const d = objectOf(event.d);
  const id = idOf(d?.['id']);
  if (d === undefined || id === undefined) return ignored('a message without an id');
  const { target, sender, text, mention, quote } = read(d, context);
  if (target === undefined) return ignored('a message without a place');
  if (sender === undefined) return ignored('a message without a sender');
  const attachments = attachmentsOf(d['attachments']);
  const spoken = text === '' ? attachments.find((one) => one.text !== undefined)?.text : undefined;
  const guildId = target.scene === 'guild' ? idOf(d['guild_id']) : undefined;
  const message: Inbound = {
    id,
    conversation: conversationIdOf(context.appId, target, sender.id),
    target,
    sender,
    text: spoken ?? text,
    mention,
    atMs: timeOf(d['timestamp'], context.nowMs),
    attachments,
    ...(guildId !== undefined && { guildId }),
    ...(quote === undefined ? {} : { quote }),
  };
  return { kind: 'message', eventName: event.t, message };
};
