import type { ReactionEvent } from '../../domain/platform-event.js';
import type { Emoji } from '../../domain/send.js';
import { idOf, numberOf, objectOf, textOf } from '../json.js';
import { channelTarget, type EventReader, given, guildPlace, personOf } from './inbound-fields.js';

const guildMember =
  (kind: 'member.joined' | 'member.updated' | 'member.left'): EventReader =>
  (d) => {
    const user = objectOf(d['user']);
    const member = personOf(idOf(user?.['id']), user);
    const guildId = idOf(d['guild_id']);
    if (member === undefined || guildId === undefined) return undefined;
    const nick = textOf(d['nick']);
    return {
      kind,
      guildId,
      actor: personOf(idOf(d['op_user_id'])) ?? member,
      member: nick === undefined ? member : { ...member, name: nick },
    };
  };

const guild =
  (kind: 'guild.created' | 'guild.updated' | 'guild.deleted'): EventReader =>
  (d) => {
    const id = idOf(d['id']);
    if (id === undefined) return undefined;
    return {
      kind,
      guildId: id,
      ...given('actor', personOf(idOf(d['op_user_id']))),
      guild: {
        id,
        ...given('name', textOf(d['name'])),
        ...given('ownerId', idOf(d['owner_id'])),
        ...given('members', numberOf(d['member_count'])),
      },
    };
  };

const channel =
  (kind: 'channel.created' | 'channel.updated' | 'channel.deleted'): EventReader =>
  (d) => {
    const id = idOf(d['id']);
    if (id === undefined) return undefined;
    const type = numberOf(d['type']);
    return {
      kind,
      // Only into a text channel can be written.
      ...(type === 0 ? channelTarget(id) : {}),
      ...given('guildId', idOf(d['guild_id'])),
      ...given('actor', personOf(idOf(d['op_user_id']))),
      place: { id, ...given('name', textOf(d['name'])), ...given('type', type) },
    };
  };

/** Numbers by the pages, words by what was observed, the misspelt one included. */
const REACTED_TO: ReadonlyMap<unknown, ReactionEvent['on']['kind']> = new Map<unknown, ReactionEvent['on']['kind']>([
  [0, 'message'],
  [1, 'thread'],
  [2, 'post'],
  [3, 'reply'],
  ['ReactionTargetType_MSG', 'message'],
  ['ReactionTargetType_FEED', 'thread'],
  ['ReactionTargetType_COMMNENT', 'post'],
  ['ReactionTargetType_COMMENT', 'post'],
  ['ReactionTargetType_REPLY', 'reply'],
]);

const emojiOf = (value: unknown): Emoji | undefined => {
  const emoji = objectOf(value);
  const id = idOf(emoji?.['id']);
  return id === undefined ? undefined : { type: numberOf(emoji?.['type']) === 2 ? 2 : 1, id };
};

const reaction =
  (kind: 'reaction.added' | 'reaction.removed'): EventReader =>
  (d) => {
    const on = objectOf(d['target']);
    const id = idOf(on?.['id']);
    const emoji = emojiOf(d['emoji']);
    if (id === undefined || emoji === undefined) return undefined;
    const type = on?.['type'];
    return {
      kind,
      ...guildPlace(d),
      ...given('actor', personOf(idOf(d['user_id']))),
      emoji,
      on: { kind: REACTED_TO.get(type) ?? REACTED_TO.get(numberOf(type)) ?? 'message', id },
    };
  };

const recall =
  (scene: 'guild' | 'dm'): EventReader =>
  (d) => {
    const message = objectOf(d['message']);
    const messageId = idOf(message?.['id']);
    const written = objectOf(message?.['author']);
    const author = personOf(idOf(written?.['id']), written);
    const channelId = idOf(message?.['channel_id']);
    const guildId = idOf(message?.['guild_id']);
    if (messageId === undefined || author === undefined) return undefined;
    const dm = guildId === undefined ? undefined : ({ scene: 'dm', guildId } as const);
    const place = scene === 'dm' ? given('target', dm) : channelTarget(channelId);
    if (place.target === undefined) return undefined;
    return {
      kind: 'message.recalled',
      ...place,
      ...given('guildId', guildId),
      actor: personOf(idOf(objectOf(d['op_user'])?.['id'])) ?? author,
      messageId,
      author,
    };
  };

const forum =
  (
    kind: 'forum.created' | 'forum.updated' | 'forum.deleted' | 'forum.audited',
    subject: 'thread' | 'post' | 'reply',
  ): EventReader =>
  (d) => {
    const info = objectOf(d[`${subject}_info`]) ?? d;
    return {
      kind,
      ...guildPlace(d),
      ...given('actor', personOf(idOf(d['author_id']) ?? idOf(objectOf(d['author'])?.['id']))),
      subject,
      // A 64-bit number here has lost its last digits already; such an id would name another thread.
      ...given('subjectId', idOf(info[`${subject}_id`]) ?? idOf(d[`${subject}_id`])),
    };
  };

const audio =
  (
    kind: 'audio.started' | 'audio.finished' | 'audio.onMic' | 'audio.offMic' | 'audio.entered' | 'audio.left',
  ): EventReader =>
  (d) => ({ kind, ...guildPlace(d), ...given('actor', personOf(idOf(d['user_id']))) });

const FORUM_READERS = (['thread', 'post', 'reply'] as const).flatMap((subject) =>
  (['FORUM', 'OPEN_FORUM'] as const).flatMap((family): [string, EventReader][] => {
    const name = `${family}_${subject.toUpperCase()}`;
    return [
      [`${name}_CREATE`, forum('forum.created', subject)],
      [`${name}_UPDATE`, forum('forum.updated', subject)],
      [`${name}_DELETE`, forum('forum.deleted', subject)],
    ];
  }),
);

/** What happens in guilds beside the talk. Source: qq-bot-api §5.6, §5.7, §5.10. */
export const GUILD_READERS: readonly (readonly [name: string, read: EventReader])[] = [
  ['GUILD_CREATE', guild('guild.created')],
  ['GUILD_UPDATE', guild('guild.updated')],
  ['GUILD_DELETE', guild('guild.deleted')],
  ['CHANNEL_CREATE', channel('channel.created')],
  ['CHANNEL_UPDATE', channel('channel.updated')],
  ['CHANNEL_DELETE', channel('channel.deleted')],
  ['GUILD_MEMBER_ADD', guildMember('member.joined')],
  ['GUILD_MEMBER_UPDATE', guildMember('member.updated')],
  ['GUILD_MEMBER_REMOVE', guildMember('member.left')],
  ['MESSAGE_REACTION_ADD', reaction('reaction.added')],
  ['MESSAGE_REACTION_REMOVE', reaction('reaction.removed')],
  ['MESSAGE_DELETE', recall('guild')],
  ['PUBLIC_MESSAGE_DELETE', recall('guild')],
  ['DIRECT_MESSAGE_DELETE', recall('dm')],
  ['FORUM_PUBLISH_AUDIT_RESULT', forum('forum.audited', 'thread')],
  ['AUDIO_START', audio('audio.started')],
  ['AUDIO_FINISH', audio('audio.finished')],
  ['AUDIO_ON_MIC', audio('audio.onMic')],
  ['AUDIO_OFF_MIC', audio('audio.offMic')],
  ['AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER', audio('audio.entered')],
  ['AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT', audio('audio.left')],
  ...FORUM_READERS,
];
