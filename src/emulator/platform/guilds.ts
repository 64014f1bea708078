import type { Bot } from './bot.js';
import { BoundedMap } from './bounded-map.js';
import type { Context } from './context.js';
import { ok, type Reply, refuse } from './errors.js';
import type { JsonObject } from './json.js';
import { rfc3339 } from './wire-text.js';

/** A guild as one bot knows it, §5.10. Made on first meeting, with names of its own until somebody tells others. */
export type Guild = {
  readonly id: string;
  name: string;
  icon: string;
  description: string;
  ownerId: string;
  maxMembers: number;
  readonly joinedAtMs: number;
  readonly channels: Map<string, Channel>;
  readonly members: BoundedMap<string, Member>;
};

/** §5.10: type 0 text, 2 voice, 4 category, 10005 live, 10006 app, 10007 forum. */
export type Channel = {
  readonly id: string;
  readonly guildId: string;
  name: string;
  type: number;
  subType: number;
  position: number;
  ownerId: string;
};

export type Member = {
  readonly userId: string;
  username: string;
  nick: string;
  roles: readonly string[];
  readonly joinedAtMs: number;
  readonly isBot: boolean;
};

const CHANNELS_MAX = 1000;
const MEMBERS_MAX = 10_000;
const OWNER = '1';
/** §5.5: everyone. */
const EVERYONE: readonly string[] = ['1'];

/** The guild, made on first meeting; the bot is its first member. */
export const meetGuild = (bot: Bot, id: string, nowMs: number): Guild => {
  const known = bot.guilds.get(id);
  if (known) return known;
  const guild: Guild = {
    id,
    name: `guild ${id}`,
    icon: '',
    description: '',
    ownerId: OWNER,
    maxMembers: 5000,
    joinedAtMs: nowMs,
    channels: new Map(),
    members: new BoundedMap(MEMBERS_MAX),
  };
  bot.guilds.set(id, guild);
  meetMember(guild, { userId: bot.userId, username: bot.username, isBot: true }, nowMs);
  return guild;
};

/** The channel, made on first meeting. Errors: RangeError for more than a guild may have. */
export const meetChannel = (guild: Guild, id: string, about: Partial<Channel> = {}): Channel => {
  const known = guild.channels.get(id);
  if (known) return Object.assign(known, about);
  if (guild.channels.size >= CHANNELS_MAX) throw new RangeError(`more than ${CHANNELS_MAX} channels in ${guild.id}`);
  const position = guild.channels.size + 1;
  const made = { name: `channel ${id}`, type: 0, subType: 0, position, ownerId: guild.ownerId };
  const channel: Channel = { ...made, ...about, id, guildId: guild.id };
  guild.channels.set(id, channel);
  return channel;
};

export const meetMember = (
  guild: Guild,
  { userId, ...about }: Partial<Member> & Pick<Member, 'userId'>,
  nowMs: number,
): Member => {
  const known = guild.members.get(userId);
  if (known) return Object.assign(known, about);
  const username = about.username ?? userId;
  const made = { username, nick: username, roles: EVERYONE, joinedAtMs: nowMs, isBot: false };
  const member: Member = { ...made, ...about, userId };
  guild.members.set(userId, member);
  return member;
};

export const guildObject = (guild: Guild): JsonObject => ({
  id: guild.id,
  name: guild.name,
  icon: guild.icon,
  owner_id: guild.ownerId,
  owner: false,
  member_count: guild.members.size,
  max_members: guild.maxMembers,
  description: guild.description,
  joined_at: rfc3339(guild.joinedAtMs),
});

export const channelObject = (channel: Channel): JsonObject => ({
  id: channel.id,
  guild_id: channel.guildId,
  name: channel.name,
  type: channel.type,
  sub_type: channel.subType,
  position: channel.position,
  owner_id: channel.ownerId,
});

export const memberObject = (member: Member): JsonObject => ({
  user: { id: member.userId, username: member.username, avatar: '', bot: member.isBot },
  nick: member.nick,
  roles: [...member.roles],
  joined_at: rfc3339(member.joinedAtMs),
});

// ── §6.1, the lookups. 12001 for what the bot has never met. ─────────────────────────────────────────────────────────

const PAGE_MAX = 100;

/** `GET /users/@me/guilds?before=&after=&limit=`, in the order of their meeting. */
export const listGuilds = (bot: Bot, query: URLSearchParams): Reply => {
  const limit = pageOf(query, PAGE_MAX, PAGE_MAX);
  if (limit === undefined) return refuse(50035, 'limit');
  const guilds = [...bot.guilds.values()];
  const at = (name: string): number => guilds.findIndex(({ id }) => id === query.get(name));
  const [before, after] = [at('before'), at('after')];
  const page = before === -1 ? guilds.slice(after + 1).slice(0, limit) : guilds.slice(0, before).slice(-limit);
  return ok(page.map(guildObject));
};

export const readGuild = (bot: Bot, id: string): Reply => {
  const guild = bot.guilds.get(id);
  return guild ? ok(guildObject(guild)) : refuse(12001);
};

export const listChannels = (bot: Bot, id: string): Reply => {
  const guild = bot.guilds.get(id);
  return guild ? ok([...guild.channels.values()].map(channelObject)) : refuse(12001);
};

export const readChannel = (bot: Bot, id: string): Reply => {
  const guildId = bot.find('guild', id)?.guildId;
  const channel = guildId === undefined ? undefined : bot.guilds.get(guildId)?.channels.get(id);
  return channel ? ok(channelObject(channel)) : refuse(12001);
};

export const readMember = (bot: Bot, guildId: string, userId: string): Reply => {
  const member = bot.guilds.get(guildId)?.members.get(userId);
  return member ? ok(memberObject(member)) : refuse(12001);
};

/** `GET /guilds/{id}/members?after=&limit=`, for private bots. Errors: 11253 for the others. */
export const listMembers = (bot: Bot, id: string, query: URLSearchParams): Reply => {
  if (!bot.private) return refuse(11253);
  const guild = bot.guilds.get(id);
  const limit = pageOf(query, 1, 400);
  if (!guild) return refuse(12001);
  if (limit === undefined) return refuse(50035, 'limit');
  const members = [...guild.members.values()];
  const after = members.findIndex(({ userId }) => userId === query.get('after'));
  return ok(members.slice(after + 1, after + 1 + limit).map(memberObject));
};

/** `GET /guilds/{id}/message/setting`: how often the bot may speak on its own, §6.3. */
export const readMessageSetting = ({ limits }: Context, bot: Bot, id: string): Reply => {
  const guild = bot.guilds.get(id);
  if (!guild) return refuse(12001);
  return ok({
    disable_create_dm: String(!bot.rights.active.dm),
    disable_push_msg: String(!bot.rights.active.guild),
    channel_ids: [...guild.channels.keys()],
    channel_push_max_num: Math.min(limits.guildActivePerChannelPerDay, 1_000_000_000),
  });
};

const pageOf = (query: URLSearchParams, usual: number, max: number): number | undefined => {
  const given = query.get('limit') ?? String(usual);
  return /^\d{1,4}$/u.test(given) && Number(given) >= 1 && Number(given) <= max ? Number(given) : undefined;
};
