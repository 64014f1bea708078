import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { findTarget } from './sends.js';
import { type Entry, showEntry } from './transcript.js';

type Reaction = {
  readonly method: string;
  readonly channel: string;
  readonly message: string;
  readonly emoji: string;
  readonly query: URLSearchParams;
};

const PAGE_MAX = 50;
const USERS_MAX = 10_000;

/**
 * §6.7: a bot's reaction to a guild message; there is none in C2C and groups.
 * Errors: 12001 message unknown, 620002 too many kinds, 620003 set already, 620004 not set.
 */
export const react = (context: Context, bot: Bot, { method, channel, message, emoji, query }: Reaction): Reply => {
  const conversation = findTarget(context, bot, 'guild', channel);
  if (isRefusal(conversation)) return conversation;
  const known = bot.messages.get(message);
  if (known?.conversation !== conversation) return refuse(12001);
  const { entry } = known;
  if (method === 'GET') return listUsers(bot, entry, emoji, query);
  entry.reactions ??= new Set();
  const { reactions } = entry;
  if (method === 'PUT') {
    if (reactions.has(emoji)) return refuse(620003);
    const kinds = new Set([...reactions, ...(entry.reactionsOfUsers?.keys() ?? [])]);
    if (!kinds.has(emoji) && kinds.size >= context.limits.reactionKinds) return refuse(620002);
    reactions.add(emoji);
  } else if (!reactions.delete(emoji)) return refuse(620004);
  showEntry(context, bot, conversation, entry);
  return { status: 204, body: undefined };
};

// §6.7: `?cookie=&limit=`, 20 at a time, 50 at most; here the cookie is the place in the list.
const listUsers = (bot: Bot, entry: Entry, emoji: string, query: URLSearchParams): Reply => {
  const limit = Number(query.get('limit') ?? 20);
  const from = Number(query.get('cookie') || 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX || !Number.isInteger(from) || from < 0) {
    return refuse(50035, 'limit or cookie');
  }
  const users = [
    ...(entry.reactions?.has(emoji) ? [{ id: bot.userId, username: bot.username, avatar: '' }] : []),
    ...[...(entry.reactionsOfUsers?.get(emoji) ?? [])].map((id) => ({ id, username: id, avatar: '' })),
  ];
  const next = from + limit;
  const isEnd = next >= users.length;
  return ok({ users: users.slice(from, next), cookie: isEnd ? '' : String(next), is_end: isEnd });
};

/** A user's own reaction comes to a message, or goes. */
export const markUserReaction = (entry: Entry, user: string, emoji: string, removed: boolean): void => {
  entry.reactionsOfUsers ??= new Map();
  const users = entry.reactionsOfUsers.get(emoji) ?? new Set();
  if (removed) users.delete(user);
  else if (users.size < USERS_MAX) users.add(user);
  if (users.size === 0) entry.reactionsOfUsers.delete(emoji);
  else entry.reactionsOfUsers.set(emoji, users);
};
