import type { GuildMessage } from '../../domain/guild-message.js';
import { arrayOf, idOf, type Json, numberOf, objectOf, textOf } from '../json.js';

/**
 * The Message object a guild's answer holds, wrapped or not; every field that always has a meaning is there. Undefined for
 * an answer that names no message.
 * Source: qq-bot-api §5.5, §6.1.
 */
export const guildMessageOf = (answer: Json): GuildMessage | undefined => {
  const body = objectOf(answer['message']) ?? answer;
  const id = idOf(body['id']);
  if (id === undefined) return undefined;
  const author = objectOf(body['author']) ?? {};
  const member = objectOf(body['member']) ?? {};
  const avatar = textOf(author['avatar']);
  const nick = textOf(member['nick']);
  const joinedAt = textOf(member['joined_at']);
  const ark = objectOf(body['ark']);
  const seq = numberOf(body['seq']);
  const seqInChannel = textOf(body['seq_in_channel']);
  const quoted = idOf(objectOf(body['message_reference'])?.['message_id']);
  const from = textOf(body['src_guild_id']);
  return {
    id,
    channel_id: idOf(body['channel_id']) ?? '',
    guild_id: idOf(body['guild_id']) ?? '',
    content: textOf(body['content']) ?? '',
    timestamp: textOf(body['timestamp']) ?? '',
    edited_timestamp: textOf(body['edited_timestamp']) ?? '',
    mention_everyone: body['mention_everyone'] === true,
    author: {
      id: idOf(author['id']) ?? '',
      username: textOf(author['username']) ?? '',
      bot: author['bot'] === true,
      ...(avatar !== undefined && { avatar }),
    },
    attachments: objectsOf(body['attachments']),
    embeds: objectsOf(body['embeds']),
    mentions: objectsOf(body['mentions']),
    member: {
      ...(nick !== undefined && { nick }),
      roles: arrayOf(member['roles']).filter((role) => typeof role === 'string'),
      ...(joinedAt !== undefined && { joined_at: joinedAt }),
    },
    ...(ark && { ark }),
    ...(seq !== undefined && { seq }),
    ...(seqInChannel !== undefined && { seq_in_channel: seqInChannel }),
    ...(quoted !== undefined && { message_reference: { message_id: quoted } }),
    ...(body['direct_message'] === true && { direct_message: true }),
    ...(from !== undefined && { src_guild_id: from }),
  };
};

const objectsOf = (value: unknown): readonly Json[] =>
  arrayOf(value)
    .map(objectOf)
    .filter((one) => one !== undefined);
