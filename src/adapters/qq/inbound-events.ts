import { conversationIdOf, sharedConversationOf, type Target } from '../../domain/conversation.js';
import type { Sender } from '../../domain/inbound.js';
import type { PlatformEvent } from '../../domain/platform-event.js';
import { idOf, type Json, objectOf } from '../json.js';
import { type Bare, type EventReader, given, guildPlace } from './inbound-fields.js';
import { GUILD_READERS } from './inbound-guild-events.js';
import { readInteraction } from './inbound-interactions.js';
import { RELATION_READERS } from './inbound-relations.js';
import { timeOf } from './inbound-time.js';

export type RawEvent = { readonly t: string; readonly id?: string; readonly d: unknown };

const madeAt = (d: Json): number | undefined => {
  const ms = timeOf(d['create_time'], Number.NaN);
  return Number.isNaN(ms) ? undefined : ms;
};

const audit =
  (kind: 'audit.passed' | 'audit.rejected'): EventReader =>
  (d) => {
    const id = idOf(d['audit_id']);
    if (id === undefined) return undefined;
    const openid = idOf(d['user_openid']);
    const groupOpenid = idOf(d['group_openid']);
    const place = guildPlace(d);
    const elsewhere: Target | undefined =
      groupOpenid !== undefined
        ? { scene: 'group', groupOpenid }
        : openid !== undefined
          ? { scene: 'c2c', openid }
          : undefined;
    return {
      kind,
      ...place,
      ...given('target', place.target ?? elsewhere),
      audit: id,
      ...given('createdAtMs', madeAt(d)),
      ...(kind === 'audit.passed' ? given('messageId', idOf(d['message_id'])) : {}),
    };
  };

const READERS: ReadonlyMap<string, EventReader> = new Map<string, EventReader>([
  ...RELATION_READERS,
  ...GUILD_READERS,
  ['INTERACTION_CREATE', readInteraction],
  ['MESSAGE_AUDIT_PASS', audit('audit.passed')],
  ['MESSAGE_AUDIT_REJECT', audit('audit.rejected')],
]);

/** The names this version has a reader for. */
export const KNOWN_EVENTS: readonly string[] = [...READERS.keys()];

/** Events whose id a passive message may name; of presses on buttons not those in guilds. Source: qq-bot-api §6.2, §6.5. */
const ANSWERABLE = new RegExp(
  '^(?:INTERACTION_CREATE|C2C_MSG_RECEIVE|FRIEND_ADD|GROUP_ADD_ROBOT|GROUP_MSG_RECEIVE|GROUP_MEMBER_ADD|' +
    'GUILD_MEMBER_(?:ADD|UPDATE|REMOVE)|MESSAGE_REACTION_(?:ADD|REMOVE)|' +
    'FORUM_(?:THREAD|POST|REPLY)_(?:CREATE|UPDATE|DELETE))$',
);

const isAnswerable = (name: string, { target }: Bare<PlatformEvent>): boolean =>
  ANSWERABLE.test(name) && !(name === 'INTERACTION_CREATE' && target?.scene === 'guild');

const timeIn = (d: Json | undefined, nowMs: number): number =>
  timeOf(d?.['timestamp'] ?? d?.['audit_time'] ?? d?.['apply_at'], nowMs);

/** Of whoever did it; of all where nobody is named. */
const conversationFor = (appId: string, target: Target, actor: Sender | undefined): string =>
  actor === undefined && target.scene !== 'c2c'
    ? sharedConversationOf(conversationIdOf(appId, target, ''))
    : conversationIdOf(appId, target, actor?.id ?? '');

/**
 * Makes an event that is no message one of the domain.
 * Shape: total, whatever `d` holds; one without a reader, or without the ids it is about, is `unknown` and keeps all it
 * came with. `id` is empty where the envelope has none.
 * Source: qq-bot-api §5.6–5.11.
 */
export const platformEventOf = (
  event: RawEvent,
  { appId, nowMs }: { readonly appId: string; readonly nowMs: number },
): PlatformEvent => {
  const d = objectOf(event.d);
  const bare = d && READERS.get(event.t)?.(d);
  const id = event.id ?? '';
  const atMs = timeIn(d, nowMs);
  const envelope = { name: event.t, id, atMs, raw: event.d };
  if (bare === undefined) return { kind: 'unknown', ...envelope };
  const author = bare.kind === 'message.recalled' ? bare.author : bare.actor;
  return {
    ...envelope,
    ...bare,
    ...(bare.target === undefined ? {} : { conversation: conversationFor(appId, bare.target, author) }),
    ...(id !== '' && isAnswerable(event.t, bare) ? { anchor: { kind: 'event', id, atMs } } : {}),
  };
};
