import type { Bot } from './bot.js';
import type { Context } from './context.js';
import {
  type Channel,
  channelObject,
  type Guild,
  guildObject,
  type Member,
  meetChannel,
  meetGuild,
  meetMember,
  memberObject,
} from './guilds.js';
import type { JsonObject } from './json.js';
import { type Act, publishAct } from './people.js';
import type { Pushed } from './records.js';
import { rfc3339 } from './wire-text.js';

/** Who did it; §5.10 `op_user_id`. @default the guild's owner */
type By = Act & { by?: string };

/** A guild that the bot joins, or that is changed. */
export type GuildChange = By & { guild: string } & Partial<Pick<Guild, 'name' | 'icon' | 'description' | 'ownerId'>>;
/** A channel that is made, or changed. */
export type ChannelChange = By & { guild: string; channel: string } & Partial<
    Pick<Channel, 'name' | 'type' | 'subType' | 'position'>
  >;
/** A member who joins, or is changed. */
export type MemberChange = By & { guild: string; user: string } & Partial<Pick<Member, 'username' | 'nick' | 'roles'>>;

/** §5.10 GUILD_CREATE: the bot is in a guild now; GUILD_UPDATE where it was already. */
export const changeGuild = (context: Context, bot: Bot, given: GuildChange): Pushed => {
  const isNew = bot.guilds.get(given.guild) === undefined;
  const guild = meetGuild(bot, given.guild, context.timers.now());
  Object.assign(guild, picked(given, ['name', 'icon', 'description', 'ownerId']));
  return tell(context, bot, isNew ? 'GUILD_CREATE' : 'GUILD_UPDATE', guildObject(guild), guild, given);
};

/** §5.10 GUILD_DELETE, with the state before: the bot is out, and its sends to the guild's channels are refused. */
export const leaveGuild = (context: Context, bot: Bot, given: By & { guild: string }): Pushed => {
  const guild = knownGuild(bot, given.guild);
  const pushed = tell(context, bot, 'GUILD_DELETE', guildObject(guild), guild, given);
  for (const id of guild.channels.keys()) closeChannel(bot, id);
  bot.guilds.delete(guild.id);
  return pushed;
};

/** §5.10 CHANNEL_CREATE, or CHANNEL_UPDATE where it was there already. */
export const changeChannel = (context: Context, bot: Bot, given: ChannelChange): Pushed => {
  const guild = meetGuild(bot, given.guild, context.timers.now());
  const isNew = !guild.channels.has(given.channel);
  const channel = meetChannel(guild, given.channel, picked(given, ['name', 'type', 'subType', 'position']));
  bot.meet('guild', channel.id, guild.id).member = true;
  return tell(context, bot, isNew ? 'CHANNEL_CREATE' : 'CHANNEL_UPDATE', channelObject(channel), guild, given);
};

/** §5.10 CHANNEL_DELETE. */
export const deleteChannel = (context: Context, bot: Bot, given: By & { guild: string; channel: string }): Pushed => {
  const guild = knownGuild(bot, given.guild);
  const channel = guild.channels.get(given.channel);
  if (!channel) throw new RangeError(`no channel ${given.channel}`);
  guild.channels.delete(channel.id);
  closeChannel(bot, channel.id);
  return tell(context, bot, 'CHANNEL_DELETE', channelObject(channel), guild, given);
};

/** §5.10 GUILD_MEMBER_ADD, or GUILD_MEMBER_UPDATE for who was there already; replyable by its id in the guild's channels. */
export const changeMember = (context: Context, bot: Bot, given: MemberChange): Pushed => {
  const nowMs = context.timers.now();
  const guild = meetGuild(bot, given.guild, nowMs);
  const isNew = guild.members.get(given.user) === undefined;
  const member = meetMember(guild, { userId: given.user, ...picked(given, ['username', 'nick', 'roles']) }, nowMs);
  bot.guildUsers.set(given.user, guild.id);
  const d = { guild_id: guild.id, ...memberObject(member) };
  return tell(context, bot, isNew ? 'GUILD_MEMBER_ADD' : 'GUILD_MEMBER_UPDATE', d, guild, given);
};

/** §5.10 GUILD_MEMBER_REMOVE. */
export const removeMember = (context: Context, bot: Bot, given: By & { guild: string; user: string }): Pushed => {
  const guild = knownGuild(bot, given.guild);
  const member = guild.members.get(given.user);
  if (!member) throw new RangeError(`no member ${given.user}`);
  guild.members.delete(given.user);
  return tell(context, bot, 'GUILD_MEMBER_REMOVE', { guild_id: guild.id, ...memberObject(member) }, guild, given);
};

/** §4: what goes on in forum, audio and live channels. Their `d` is the older documents', which §5 does not repeat. */
export type ChannelHappening = Act & {
  guild: string;
  channel: string;
  /** @default the guild's owner */
  user?: string;
} & (
    | { what: 'thread' | 'post' | 'reply'; change: 'CREATE' | 'UPDATE' | 'DELETE'; open?: boolean; text?: string }
    | { what: 'audio'; change: 'START' | 'FINISH' | 'ON_MIC' | 'OFF_MIC'; url?: string; text?: string }
    | { what: 'live'; change: 'ENTER' | 'EXIT' }
  );

/** §4, bits 18, 19, 28, 29. Errors: RangeError for a post or a reply that is updated: there is no such event. */
export const channelHappening = (context: Context, bot: Bot, given: ChannelHappening): Pushed => {
  const guild = meetGuild(bot, given.guild, context.timers.now());
  const channel = meetChannel(guild, given.channel);
  const user = given.user ?? guild.ownerId;
  const where = { guild_id: guild.id, channel_id: channel.id };
  const conversation = bot.meet('guild', channel.id, guild.id);
  if (given.what === 'audio') {
    const d = { ...where, audio_url: given.url ?? '', text: given.text ?? '' };
    return publishAct(context, bot, `AUDIO_${given.change}`, d, conversation, given);
  }
  if (given.what === 'live') {
    const d = { ...where, channel_type: channel.type, user_id: user };
    return publishAct(context, bot, `AUDIO_OR_LIVE_CHANNEL_MEMBER_${given.change}`, d, conversation, given);
  }
  const { what, change, open = false, text = '' } = given;
  if (what !== 'thread' && change === 'UPDATE') throw new RangeError(`there is no update of a ${what}`);
  const about = {
    [`${what}_id`]: context.ids.opaque('f'),
    title: text,
    content: text,
    date_time: rfc3339(context.timers.now()),
  };
  // §4: open forums tell who and where, and nothing else.
  const d = { ...where, author_id: user, ...(!open && { [`${what}_info`]: about }) };
  const name = `${open ? 'OPEN_' : ''}FORUM_${what.toUpperCase()}_${change}`;
  return publishAct(context, bot, name, d, conversation, given);
};

const tell = (context: Context, bot: Bot, t: string, d: JsonObject, guild: Guild, given: By): Pushed => {
  const whole = { ...d, op_user_id: given.by ?? guild.ownerId };
  // §6.5: member events may be replied to in a channel of the guild; the first one stands for all.
  const [channel] = guild.channels.keys();
  const conversation = channel === undefined ? undefined : bot.meet('guild', channel, guild.id);
  return publishAct(context, bot, t, whole, conversation, given, guild.id);
};

const closeChannel = (bot: Bot, id: string): void => {
  const conversation = bot.find('guild', id);
  if (conversation) conversation.member = false;
};

const knownGuild = (bot: Bot, id: string): Guild => {
  const guild = bot.guilds.get(id);
  if (!guild) throw new RangeError(`no guild ${id}`);
  return guild;
};

const picked = <T extends object, K extends keyof T>(given: T, keys: readonly K[]): Partial<Pick<T, K>> =>
  Object.fromEntries(keys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]])) as Partial<
    Pick<T, K>
  >;
