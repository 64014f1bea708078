import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { editMessage } from './edits.js';
import { ok, type Refusal, type Reply, refuse } from './errors.js';
import { decideJoinRequest, listGroupMembers, readBotState, readGroupInfo } from './groups.js';
import { openDm, sendGuildMessage } from './guild-sends.js';
import {
  listChannels,
  listGuilds,
  listMembers,
  readChannel,
  readGuild,
  readMember,
  readMessageSetting,
} from './guilds.js';
import { answerInteraction } from './interactions.js';
import { uploadFile } from './media.js';
import { react } from './reactions.js';
import { recall } from './recalls.js';
import type { PlatformRequest } from './request.js';
import { sendMessage } from './sends.js';
import { streamMessage } from './streams.js';
import { finishPart, prepareUpload } from './uploads.js';

type Handler = (
  context: Context,
  bot: Bot,
  ids: readonly string[],
  request: PlatformRequest & { readonly query: URLSearchParams },
) => Reply;

// §6.1. A `*` stands for one path id, handed to the handler in order.
const ROUTES: readonly (readonly [methods: string, path: string, handler: Handler])[] = [
  ['GET', '/gateway', (context, bot) => gateway(context, bot, { url: context.gatewayUrl })],
  ['GET', '/gateway/bot', (context, bot) => gateway(context, bot, gatewayForBot(context, bot))],
  ['POST', '/v2/users/*/messages', (context, bot, [id = ''], { body }) => sendMessage(context, bot, 'c2c', id, body)],
  ['POST', '/v2/users/*/stream_messages', (context, bot, [id = ''], { body }) => streamMessage(context, bot, id, body)],
  ['POST', '/v2/users/*/files', (context, bot, [id = ''], request) => uploadFile(context, bot, 'c2c', id, request)],
  [
    'POST',
    '/v2/users/*/upload_prepare',
    (context, bot, [id = ''], { body }) => prepareUpload(context, bot, 'c2c', id, body),
  ],
  [
    'POST',
    '/v2/users/*/upload_part_finish',
    (context, bot, [id = ''], { body }) => finishPart(context, bot, 'c2c', id, body),
  ],
  [
    'POST',
    '/v2/groups/*/messages',
    (context, bot, [id = ''], { body }) => sendMessage(context, bot, 'group', id, body),
  ],
  ['POST', '/v2/groups/*/files', (context, bot, [id = ''], request) => uploadFile(context, bot, 'group', id, request)],
  [
    'POST',
    '/v2/groups/*/upload_prepare',
    (context, bot, [id = ''], { body }) => prepareUpload(context, bot, 'group', id, body),
  ],
  [
    'POST',
    '/v2/groups/*/upload_part_finish',
    (context, bot, [id = ''], { body }) => finishPart(context, bot, 'group', id, body),
  ],
  ['DELETE', '/v2/users/*/messages/*', (context, bot, [id = '', mid = '']) => recall(context, bot, 'c2c', id, mid)],
  ['DELETE', '/v2/groups/*/messages/*', (context, bot, [id = '', mid = '']) => recall(context, bot, 'group', id, mid)],
  [
    'POST',
    '/channels/*/messages',
    (context, bot, [id = ''], request) => sendGuildMessage(context, bot, 'guild', id, request),
  ],
  ['GET', '/channels/*/messages/*', (context, bot, ids) => readGuildMessage(context, bot, ids)],
  ['DELETE', '/channels/*/messages/*', (context, bot, [id = '', mid = '']) => recall(context, bot, 'guild', id, mid)],
  [
    'PUT DELETE GET',
    '/channels/*/messages/*/reactions/*/*',
    (context, bot, [channel = '', message = '', type, id], { method, query }) =>
      react(context, bot, { method, channel, message, emoji: `${type}:${id}`, query }),
  ],
  [
    'PATCH',
    '/channels/*/messages/*',
    (context, bot, [channel = '', mid = ''], { body }) => editMessage(context, bot, channel, mid, body),
  ],
  ['GET', '/channels/*', (_, bot, [id = '']) => readChannel(bot, id)],
  ['GET', '/users/@me/guilds', (_, bot, __, { query }) => listGuilds(bot, query)],
  ['GET', '/guilds/*', (_, bot, [id = '']) => readGuild(bot, id)],
  ['GET', '/guilds/*/channels', (_, bot, [id = '']) => listChannels(bot, id)],
  ['GET', '/guilds/*/members', (_, bot, [id = ''], { query }) => listMembers(bot, id, query)],
  ['GET', '/guilds/*/members/*', (_, bot, [id = '', user = '']) => readMember(bot, id, user)],
  ['GET', '/guilds/*/message/setting', (context, bot, [id = '']) => readMessageSetting(context, bot, id)],
  ['GET', '/v2/groups/*/info', (context, bot, [id = '']) => readGroupInfo(context, bot, id)],
  ['GET', '/v2/groups/*/bot_state', (context, bot, [id = '']) => readBotState(context, bot, id)],
  ['GET', '/v2/groups/*/members', (context, bot, [id = ''], { query }) => listGroupMembers(context, bot, id, query)],
  [
    'POST',
    '/v2/groups/*/approval_join_request/*',
    (context, bot, ids, { body }) => decideJoinRequest(context, bot, ids, body),
  ],
  ['POST', '/dms/*/messages', (context, bot, [id = ''], request) => sendGuildMessage(context, bot, 'dm', id, request)],
  ['DELETE', '/dms/*/messages/*', (context, bot, [id = '', mid = '']) => recall(context, bot, 'dm', id, mid)],
  ['POST', '/users/@me/dms', (context, bot, _, { body }) => openDm(context, bot, body)],
  ['GET', '/users/@me', (_, bot) => ok(profile(bot))],
  ['PUT', '/interactions/*', (context, bot, [id = ''], { body }) => answerInteraction(context, bot, id, body)],
];

type Node = { readonly next: Map<string, Node>; readonly handlers: Map<string, Handler> };
const node = (): Node => ({ next: new Map(), handlers: new Map() });

const ROOT: Node = node();
for (const [methods, path, handler] of ROUTES) {
  let at = ROOT;
  for (const part of path.split('/').slice(1)) {
    const below = at.next.get(part) ?? node();
    at.next.set(part, below);
    at = below;
  }
  for (const method of methods.split(' ')) at.handlers.set(method, handler);
}

/** Answers one authorized call. Errors: 404/11255 no such API, 405/11255 wrong method. */
export const route = (context: Context, bot: Bot, request: PlatformRequest): Reply => {
  const [path = '', query = ''] = request.path.split('?', 2);
  const ids: string[] = [];
  let at: Node | undefined = ROOT;
  for (const part of path.split('/').slice(1).map(decoded)) {
    const literal: Node | undefined = at.next.get(part);
    if (!literal) ids.push(part);
    at = literal ?? (part === '' ? undefined : at.next.get('*'));
    if (!at) break;
  }
  const handler = at?.handlers.get(request.method);
  if (handler) return handler(context, bot, ids, { ...request, query: new URLSearchParams(query) });
  return {
    code: 11255,
    status: at && at.handlers.size > 0 ? 405 : 404,
    message: 'no such interface',
  } satisfies Refusal;
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

// §2: both gateway calls share one tight limit where it is switched on.
const gateway = (context: Context, bot: Bot, body: unknown): Reply => {
  const fits = !context.switches.strictGateway || bot.gatewayCalls.tryTake(context.timers.now());
  return fits ? ok(body) : refuse(100017);
};

const gatewayForBot = (context: Context, bot: Bot) => ({
  url: context.gatewayUrl,
  shards: bot.shards,
  session_start_limit: bot.startLimit(context.timers.now()),
});

// §6.1: the bot's profile.
const profile = (bot: Bot) => ({
  id: bot.userId,
  username: bot.username,
  avatar: '',
  bot: true,
  union_openid: '',
  union_user_account: '',
  share_url: '',
  welcome_msg: '',
});

const readGuildMessage = (
  { switches }: Context,
  bot: Bot,
  [channel = '', messageId = '']: readonly string[],
): Reply => {
  const message = bot.messages.get(messageId);
  if (!message || message.conversation !== bot.find('guild', channel) || message.entry.recalled) return refuse(12001);
  // §6.1: the answer may come wrapped.
  return ok(switches.messageAnswer === 'wrapped' ? { message: message.wire } : message.wire);
};
