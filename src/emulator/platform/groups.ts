import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation, GroupMember } from './conversation.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { isObject, type JsonObject, textOf } from './json.js';
import { memberOf, publishEvent } from './people.js';
import { findTarget } from './sends.js';
import { rfc3339 } from './wire-text.js';

/** Somebody who wants to come in, §5.9 GROUP_JOIN_REQUEST. */
export type JoinRequest = {
  readonly id: string;
  readonly group: Conversation;
  readonly memberOpenid: string;
  readonly username: string;
  decided: 'approve' | 'decline' | undefined;
  reason: string | undefined;
};

const PAGE_MAX = 400;

/** §6.1 `GET /v2/groups/{id}/info`; its fields are not written anywhere. */
export const readGroupInfo = (context: Context, bot: Bot, id: string): Reply => {
  const group = findTarget(context, bot, 'group', id);
  if (isRefusal(group)) return group;
  return ok({ group_openid: id, group_name: `group ${id}`, member_count: group.members.size + 1 });
};

/** §6.1 `GET /v2/groups/{id}/bot_state`. */
export const readBotState = (context: Context, bot: Bot, id: string): Reply => {
  const group = findTarget(context, bot, 'group', id);
  if (isRefusal(group)) return group;
  return ok({
    member_openid: memberOf(bot, id).member_openid,
    joined_at: rfc3339(group.metAtMs),
    allow_proactive_msg: !group.refuses && (group.active ?? bot.rights.active.group),
    recv_msg_setting: group.hearsAll ? 'all' : 'only_mention',
    member_role: group.botRole,
  });
};

/** §6.1 `GET /v2/groups/{id}/members?limit=&start_index=`: those the bot has met. */
export const listGroupMembers = (context: Context, bot: Bot, id: string, query: URLSearchParams): Reply => {
  const group = findTarget(context, bot, 'group', id);
  if (isRefusal(group)) return group;
  const [limit, start] = [numberIn(query, 'limit', PAGE_MAX), numberIn(query, 'start_index', 0)];
  if (limit === undefined || start === undefined || limit < 1 || limit > PAGE_MAX) return refuse(50035);
  const members = [...group.members.values()];
  const next = start + limit;
  return ok({
    members: members.slice(start, next).map(memberObject),
    ...(next < members.length && { next_index: next }),
  });
};

/**
 * §6.1 `POST /v2/groups/{id}/approval_join_request/{member_openid}`, once for each request.
 * Errors: 11253 the bot is no admin there, 50035 no such request, or one that was decided.
 */
export const decideJoinRequest = (
  context: Context,
  bot: Bot,
  [id = '', memberOpenid = '']: readonly string[],
  given: unknown,
): Reply => {
  if (!context.sandbox && !bot.rates.approval.tryTake(context.timers.now())) return refuse(22009);
  const group = findTarget(context, bot, 'group', id);
  if (isRefusal(group)) return group;
  if (!isObject(given)) return refuse(12002);
  if (group.botRole === 'member') return refuse(11253);
  const request = bot.joinRequests.get(textOf(given, 'join_request_id') ?? '');
  const op = given['op'];
  if (op !== 'approve' && op !== 'decline') return refuse(50035, 'op');
  if (request?.group !== group || request.memberOpenid !== memberOpenid) return refuse(50035, 'join_request_id');
  if (request.decided !== undefined) return refuse(50035, 'decided already');
  request.decided = op;
  request.reason = textOf(given, 'reject_reason');
  if (op === 'approve') enterGroup(context, bot, group, { openid: memberOpenid, username: request.username });
  context.records.changed();
  return ok({});
};

/** §5.9 GROUP_MEMBER_ADD: somebody is in the group now. */
export const enterGroup = (
  context: Context,
  bot: Bot,
  group: Conversation,
  who: Pick<GroupMember, 'openid'> & { readonly username?: string },
) => {
  meetGroupMember(group, { ...who, username: who.username ?? who.openid }, context.timers.now());
  return publishEvent(context, bot, 'GROUP_MEMBER_ADD', memberEvent(context, group, who.openid), group);
};

/** §5.9 GROUP_MEMBER_REMOVE: somebody has left, or was put out. */
export const leaveGroup = (context: Context, bot: Bot, group: Conversation, openid: string) => {
  group.members.delete(openid);
  return publishEvent(context, bot, 'GROUP_MEMBER_REMOVE', memberEvent(context, group, openid), group);
};

export const meetGroupMember = (
  group: Conversation,
  { openid, username, role }: Pick<GroupMember, 'openid' | 'username'> & Partial<GroupMember>,
  nowMs: number,
): void => {
  const known = group.members.get(openid);
  group.members.set(openid, { openid, username, role: role ?? known?.role ?? 'member', atMs: known?.atMs ?? nowMs });
};

const memberEvent = (context: Context, group: Conversation, openid: string): JsonObject => ({
  timestamp: Math.floor(context.timers.now() / 1000),
  group_openid: group.id,
  member_openid: openid,
  user_openid: '',
});

const memberObject = ({ openid, username, role, atMs }: GroupMember): JsonObject => ({
  member_openid: openid,
  username,
  member_role: role,
  join_timestamp: Math.floor(atMs / 1000),
});

const numberIn = (query: URLSearchParams, key: string, usual: number): number | undefined => {
  const text = query.get(key) ?? String(usual);
  return /^\d{1,6}$/u.test(text) ? Number(text) : undefined;
};
