import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { isObject } from './json.js';
import { readGuildPayload } from './payload.js';
import { checkContent, findTarget } from './sends.js';
import { showEntry } from './transcript.js';
import { rfc3339 } from './wire-text.js';

/**
 * §6.1 `PATCH /channels/{id}/messages/{id}`: a bot's own message gets another content, buttons included.
 * Errors: 12001 message unknown or recalled, 306004 somebody else's, and those of a send.
 */
export const editMessage = (context: Context, bot: Bot, channel: string, messageId: string, given: unknown): Reply => {
  const conversation = findTarget(context, bot, 'guild', channel);
  if (isRefusal(conversation)) return conversation;
  const message = bot.messages.get(messageId);
  if (message?.conversation !== conversation || message.entry.recalled) return refuse(12001);
  if (!message.own) return refuse(306004);
  if (!isObject(given)) return refuse(12002);
  const payload = readGuildPayload(given);
  if (isRefusal(payload)) return payload;
  const refusal = checkContent(context, bot, conversation, payload);
  if (refusal) return refusal;
  const { entry, wire } = message;
  entry.text = payload.text;
  entry.keyboard = payload.keyboard;
  entry.editedAtMs = context.timers.now();
  Object.assign(wire, { content: payload.text, edited_timestamp: rfc3339(entry.editedAtMs) });
  showEntry(context, bot, conversation, entry);
  return ok(wire);
};
