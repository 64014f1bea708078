import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { findTarget } from './sends.js';
import { showEntry } from './transcript.js';

type Reaction = { readonly method: string; readonly channel: string; readonly message: string; readonly emoji: string };

/**
 * §6.7: a bot's reaction to a guild message; there is none in C2C and groups.
 * Errors: 12001 message unknown, 620002 too many kinds, 620003 set already, 620004 not set.
 */
export const react = (context: Context, bot: Bot, { method, channel, message, emoji }: Reaction): Reply => {
  const conversation = findTarget(context, bot, 'guild', channel);
  if (isRefusal(conversation)) return conversation;
  const known = bot.messages.get(message);
  if (known?.conversation !== conversation) return refuse(12001);
  known.entry.reactions ??= new Set();
  const { reactions } = known.entry;
  if (method === 'GET') {
    const users = reactions.has(emoji) ? [{ id: bot.userId, username: bot.username, avatar: '' }] : [];
    return ok({ users, cookie: '', is_end: true });
  }
  if (method === 'PUT') {
    if (reactions.has(emoji)) return refuse(620003);
    if (reactions.size >= context.limits.reactionKinds) return refuse(620002);
    reactions.add(emoji);
  } else if (!reactions.delete(emoji)) return refuse(620004);
  showEntry(context, bot, conversation, known.entry);
  return { status: 204, body: undefined };
};
