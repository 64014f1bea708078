import assert from 'node:assert/strict';
import type { Target } from '../../domain/conversation.js';
import { RouterError } from '../../errors/router-error.js';
import type { MessageApi, OutgoingText, SendResult } from '../../ports/message-api.js';
import { type Json, textOf } from '../json.js';
import { escaped } from './inbound-text.js';
import type { Rest, RestAnswer } from './rest.js';
import { anchorFields, SEND_TIMEOUT_MS } from './send-fields.js';

const CALL_TIMEOUT_MS = 5_000;
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
  return { ...content, ...anchorFields(anchor), msg_seq: msgSeq };
};

/** `unnamed` is the id of a message whose answer names none; without it, such an answer means "unknown". */
const sendResultOf = (what: string, answer: RestAnswer, unnamed?: string): SendResult => {
  if (answer.kind === 'fenced') return { fenced: true };
  if (answer.kind === 'audit') return { auditId: answer.auditId };
  const sentId = textOf(answer.body['id']) ?? unnamed;
  if (sentId === undefined) throw new RouterError('transport.lost', `${what}: the answer names no message`);
  return { sentId };
};

/** The bot's own calls, over `rest`. */
export const createMessageApi = (rest: Rest): MessageApi => ({
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

  react: async (channelId, messageId, emoji) => {
    const path = ['channels', channelId, 'messages', messageId, 'reactions', String(emoji.type), emoji.id];
    try {
      await rest.call({
        what: 'react',
        method: 'PUT',
        path: `/${path.map(encodeURIComponent).join('/')}`,
        timeoutMs: CALL_TIMEOUT_MS,
        expects: 'nothing',
      });
    } catch (error) {
      // A reaction that is there already (620003) is what was asked for.
      if (!(error instanceof RouterError) || error.code !== 'platform.arrived') throw error;
    }
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
    const id = answer.kind === 'done' ? textOf(answer.body['id']) : undefined;
    if (answer.kind !== 'done' || id === undefined) {
      throw new RouterError('transport.lost', `${what}: the answer names no bot`);
    }
    return { id, username: textOf(answer.body['username']) ?? '' };
  },
});
