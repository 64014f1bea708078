import assert from 'node:assert/strict';
import type { Target } from '../../domain/conversation.js';
import type { Emoji } from '../../domain/send.js';
import { RouterError } from '../../errors/router-error.js';
import type { MessageActions, MessageApi, OutgoingText, SendResult } from '../../ports/message-api.js';
import { idOf, type Json, objectOf, textOf } from '../json.js';
import { guildMessageOf } from './guild-message.js';
import { escaped } from './inbound-text.js';
import { partBody } from './message-body.js';
import { multipart } from './multipart.js';
import type { Rest, RestAnswer } from './rest.js';
import { anchorFields, SEND_TIMEOUT_MS } from './send-fields.js';

const CALL_TIMEOUT_MS = 5_000;
/** A picture's bytes may take their time. */
const UPLOAD_TIMEOUT_MS = 60_000;
const MSG_TYPE_TEXT = 0;
const MSG_TYPE_MARKDOWN = 2;
const MSG_TYPE_TYPING = 6;

const messagesPath = (target: Target): string => {
  switch (target.scene) {
    case 'c2c':
      return `/v2/users/${encodeURIComponent(target.openid)}/messages`;
    case 'group':
      return `/v2/groups/${encodeURIComponent(target.groupOpenid)}/messages`;
    case 'guild':
      return `/channels/${encodeURIComponent(target.channelId)}/messages`;
    case 'dm':
      return `/dms/${encodeURIComponent(target.guildId)}/messages`;
  }
};

/**
 * Plain guild text is escaped, so that what an agent writes is read literally; in markdown that would break quotes and
 * links. Guilds know neither `msg_type` nor `msg_seq`. Source: qq-bot-api §6.2, §6.5, §7.3.
 */
const textBody = ({ target, anchor, msgSeq, text, format }: OutgoingText): Json => {
  const isMarkdown = format === 'markdown';
  if (target.scene === 'guild' || target.scene === 'dm') {
    return { ...(isMarkdown ? { markdown: { content: text } } : { content: escaped(text) }), ...anchorFields(anchor) };
  }
  const content = isMarkdown
    ? { msg_type: MSG_TYPE_MARKDOWN, markdown: { content: text } }
    : { msg_type: MSG_TYPE_TEXT, content: text };
  return { msg_seq: msgSeq, ...content, ...anchorFields(anchor) };
};

/** What is so already, 620003 and 620004, is what was asked for. */
const reaction = async (
  rest: Rest,
  method: 'PUT' | 'DELETE',
  channelId: string,
  messageId: string,
  { type, id }: Emoji,
): Promise<void> => {
  const path = ['channels', channelId, 'messages', messageId, 'reactions', String(type), id];
  try {
    await rest.call({
      what: method === 'PUT' ? 'react' : 'take a reaction back',
      method,
      path: `/${path.map(encodeURIComponent).join('/')}`,
      timeoutMs: CALL_TIMEOUT_MS,
      expects: 'nothing',
    });
  } catch (error) {
    if (!(error instanceof RouterError) || error.code !== 'platform.arrived') throw error;
  }
};

/** `unnamed` is the id of a message whose answer names none; without it, such an answer means "unknown". */
const sendResultOf = (what: string, answer: RestAnswer, unnamed?: string, target?: Target): SendResult => {
  if (answer.kind === 'fenced') return { fenced: true };
  if (answer.kind === 'audit') return { auditId: answer.auditId };
  const sentId = idOf(answer.body['id']) ?? unnamed;
  if (sentId === undefined) throw new RouterError('transport.lost', `${what}: the answer names no message`);
  const refIndex = textOf(objectOf(answer.body['ext_info'])?.['ref_idx']);
  const isGuild = target?.scene === 'guild' || target?.scene === 'dm';
  const message = isGuild ? guildMessageOf(answer.body) : undefined;
  return { sentId, ...(refIndex !== undefined && { refIndex }), ...(message && { message }) };
};

/** The bot's own calls, over `rest`. */
export const createMessageApi = (rest: Rest): MessageApi & MessageActions => ({
  sendText: async (message, mayStart) => {
    const what = `send to ${message.target.scene}`;
    const answer = await rest.call({
      what,
      method: 'POST',
      path: messagesPath(message.target),
      body: textBody(message),
      timeoutMs: SEND_TIMEOUT_MS,
      expects: 'object',
      mayStart,
    });
    return sendResultOf(what, answer);
  },

  sendTyping: async ({ target, anchor, msgSeq, seconds }, mayStart) => {
    assert(target.scene === 'c2c', 'typing exists in private chats only');
    const what = 'show typing';
    const answer = await rest.call({
      what,
      method: 'POST',
      path: messagesPath(target),
      body: {
        msg_type: MSG_TYPE_TYPING,
        input_notify: { input_type: 1, input_second: Math.min(60, Math.max(1, Math.round(seconds))) },
        ...anchorFields(anchor),
        msg_seq: msgSeq,
      },
      timeoutMs: CALL_TIMEOUT_MS,
      expects: 'nothing',
      mayStart,
    });
    return sendResultOf(what, answer, '');
  },

  sendPart: async (message, mayStart) => {
    const what = `send to ${message.target.scene}`;
    const { body, file } = partBody(message);
    const answer = await rest.call({
      what,
      method: 'POST',
      path: messagesPath(message.target),
      ...(file ? { multipart: multipart(body, { field: 'file_image', ...file }) } : { body }),
      timeoutMs: file ? UPLOAD_TIMEOUT_MS : SEND_TIMEOUT_MS,
      expects: 'object',
      mayStart,
    });
    return sendResultOf(what, answer, undefined, message.target);
  },

  recall: async (target, messageId, hideTip = false) => {
    const isGuild = target.scene === 'guild' || target.scene === 'dm';
    await rest.call({
      what: `recall in ${target.scene}`,
      method: 'DELETE',
      path: `${messagesPath(target)}/${encodeURIComponent(messageId)}${isGuild ? `?hidetip=${hideTip}` : ''}`,
      timeoutMs: CALL_TIMEOUT_MS,
      expects: 'nothing',
    });
  },

  react: (channelId, messageId, emoji) => reaction(rest, 'PUT', channelId, messageId, emoji),
  unreact: (channelId, messageId, emoji) => reaction(rest, 'DELETE', channelId, messageId, emoji),

  openDm: async (userId, sourceGuildId) => {
    const what = 'open a guild’s private chat';
    const answer = await rest.call({
      what,
      method: 'POST',
      path: '/users/@me/dms',
      body: { recipient_id: userId, source_guild_id: sourceGuildId },
      timeoutMs: CALL_TIMEOUT_MS,
      expects: 'object',
    });
    const guildId = answer.kind === 'done' ? idOf(answer.body['guild_id']) : undefined;
    if (answer.kind !== 'done' || guildId === undefined) {
      throw new RouterError('transport.lost', `${what}: the answer names no chat`);
    }
    return { guildId, channelId: idOf(answer.body['channel_id']) ?? '' };
  },

  me: async () => {
    const what = 'read the bot’s profile';
    const answer = await rest.call({
      what,
      method: 'GET',
      path: '/users/@me',
      timeoutMs: CALL_TIMEOUT_MS,
      expects: 'object',
    });
    const id = answer.kind === 'done' ? idOf(answer.body['id']) : undefined;
    if (answer.kind !== 'done' || id === undefined) {
      throw new RouterError('transport.lost', `${what}: the answer names no bot`);
    }
    return { id, username: textOf(answer.body['username']) ?? '' };
  },
});
