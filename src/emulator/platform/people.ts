import { type Attachment, type Delivered, deliverAttachments } from './attachments.js';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Anchor, Conversation } from './conversation.js';
import { meetGroupMember } from './groups.js';
import { meetDm } from './guild-sends.js';
import { meetGuild, meetMember } from './guilds.js';
import type { JsonObject } from './json.js';
import type { Pushed } from './records.js';
import { entryOf, showEntry } from './transcript.js';
import { escapeGuildText, goTimestamp, rfc3339 } from './wire-text.js';

/** What every act of a user may say beside its own fields. */
export type Act = {
  /** App id of the bot that is spoken to. @default the first */
  bot?: string;
  /** Merged into `d` last: missing fields (`undefined`), odd timestamps, `mentions: null`, whatever a test needs. */
  overrides?: JsonObject;
  /** Fields of `d` that are missing. */
  omit?: readonly string[];
};

/** What is said, and by whom. */
export type Speech = Act & {
  /** Openid, member openid or guild-side user id of who speaks. */
  from: string;
  text?: string;
  username?: string;
  attachments?: readonly Attachment[];
  /** A bot wrote it: `author.bot`, to be ignored. @default false */
  fromBot?: boolean;
  /** The message's own id, to say the same thing again. @default a new one */
  messageId?: string;
};

/** What a user says to the bot in private. */
export type C2cSpeech = Speech & {
  /** Quoted text, which makes it a message of type 103, §5.2. */
  quote?: string;
  /** The message that is quoted, by its id; its text is quoted, and a user's files. */
  quoteId?: string;
};
/** What a member of a group says there. */
export type GroupSpeech = C2cSpeech & {
  group: string;
  /** Mentions the bot. @default true */
  at?: boolean;
  /** Others who are mentioned, by member openid. */
  mentions?: readonly string[];
  /** @default 'member' */
  role?: 'member' | 'admin' | 'owner';
};
/** What a member of a guild says in a channel. */
export type GuildSpeech = Speech & {
  /** The message that is quoted, by its id; a bot hears when its own is. */
  quoteId?: string;
  /** @default '18700000000001' */
  guild?: string;
  channel: string;
  /** Mentions the bot. @default true */
  at?: boolean;
};
/** What a user of a guild says to the bot in private. */
export type DmSpeech = Speech & {
  /** The guild the user came from. @default '18700000000001' */
  guild?: string;
};

/** What an act led to. `sessions`: to how many sessions the event went or is kept for; 0 where none was made. */
export type Said = {
  readonly messageId: string;
  readonly eventId: string;
  readonly sessions: number;
  /** Guild of a channel; of a DM its pseudo guild, which the answer is sent to (§5.5). */
  readonly guildId: string | undefined;
};

const GUILD = '18700000000001';

/** §5.2 C2C_MESSAGE_CREATE. */
export const sayC2c = (context: Context, bot: Bot, speech: C2cSpeech): Said => {
  const conversation = bot.meet('c2c', speech.from);
  conversation.member = true;
  const files = deliverAttachments(context, speech.attachments);
  const d: JsonObject = {
    ...common(context, bot, speech, files),
    author: {
      id: speech.from,
      user_openid: speech.from,
      union_openid: '',
      username: speech.username ?? '',
      bot: speech.fromBot ?? false,
    },
  };
  return say(context, bot, conversation, { speech, files }, d, ['C2C_MESSAGE_CREATE']);
};

/** §5.3, §5.4: GROUP_AT_MESSAGE_CREATE, GROUP_MESSAGE_CREATE, or both. */
export const sayGroup = (context: Context, bot: Bot, speech: GroupSpeech): Said => {
  const { switches } = context;
  const conversation = bot.meet('group', speech.group);
  const at = speech.at ?? true;
  const { from: openid, username = openid, role } = speech;
  meetGroupMember(conversation, { openid, username, ...(role && { role }) }, context.timers.now());
  const own = { scope: 'single', ...memberOf(bot, speech.group), username: bot.username, bot: true, is_you: true };
  const others = (speech.mentions ?? []).map((id) => ({
    scope: 'single',
    id,
    member_openid: id,
    username: id,
    bot: false,
    is_you: false,
  }));
  const text = speech.text ?? '';
  // The mention is cut out and the space behind it stays, §5.3.
  const cut = at ? ` ${text}${switches.groupTrailingSpace ? ' ' : ''}` : text;
  const files = deliverAttachments(context, speech.attachments);
  const d: JsonObject = {
    ...common(context, bot, speech, files),
    group_openid: speech.group,
    group_id: speech.group,
    content: cut,
    author: {
      id: speech.from,
      member_openid: speech.from,
      member_role: speech.role ?? 'member',
      username: speech.username ?? speech.from,
      bot: speech.fromBot ?? false,
    },
  };
  const full = {
    ...d,
    ...(at && switches.groupMentions === 'kept' && { content: `<@${own.member_openid}> ${text}` }),
    mentions: at ? [own, ...others] : others,
  };
  if (!conversation.hearsAll) {
    const mentions = switches.groupAtMentions === 'included' ? [own, ...others] : others;
    const atOnly = mentions.length > 0 ? { ...d, mentions } : d;
    return say(context, bot, conversation, { speech, files }, atOnly, at ? ['GROUP_AT_MESSAGE_CREATE'] : []);
  }
  const both = at && switches.groupEvents === 'both';
  const names = both ? ['GROUP_AT_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE'] : ['GROUP_MESSAGE_CREATE'];
  return say(context, bot, conversation, { speech, files }, full, names);
};

/** §5.5: AT_MESSAGE_CREATE, and MESSAGE_CREATE for private bots, with the same `d.id`. */
export const sayGuild = (context: Context, bot: Bot, speech: GuildSpeech): Said => {
  const guildId = speech.guild ?? GUILD;
  const quoted = speech.quoteId === undefined ? undefined : bot.messages.get(speech.quoteId);
  // §5.5: quoting a bot's message is heard as well.
  const at = speech.at ?? true;
  const isHeard = at || quoted?.own === true;
  const conversation = bot.meet('guild', speech.channel, guildId);
  bot.guildUsers.set(speech.from, guildId);
  const escaped = escapeGuildText(speech.text ?? '');
  const files = deliverAttachments(context, speech.attachments);
  const d: JsonObject = {
    ...guildCommon(context, bot, conversation, speech, files),
    guild_id: guildId,
    channel_id: speech.channel,
    content: at ? `<@!${bot.userId}> ${escaped}` : escaped,
    ...(at && { mentions: [{ id: bot.userId, username: bot.username, bot: true }] }),
    ...(speech.quoteId !== undefined && { message_reference: { message_id: speech.quoteId } }),
  };
  const names = [...(isHeard ? ['AT_MESSAGE_CREATE'] : []), ...(bot.private ? ['MESSAGE_CREATE'] : [])];
  return say(context, bot, conversation, { speech, files }, d, names);
};

/** §5.5 DIRECT_MESSAGE_CREATE; in the sandbox there is none, §11. */
export const sayDm = (context: Context, bot: Bot, speech: DmSpeech): Said => {
  const source = speech.guild ?? GUILD;
  bot.guildUsers.set(speech.from, source);
  const conversation = meetDm(context, bot, speech.from, source);
  const files = deliverAttachments(context, speech.attachments);
  const d: JsonObject = {
    ...guildCommon(context, bot, conversation, speech, files),
    guild_id: conversation.id,
    channel_id: conversation.channelId,
    content: escapeGuildText(speech.text ?? ''),
    direct_message: true,
    src_guild_id: source,
  };
  return say(context, bot, conversation, { speech, files }, d, context.sandbox ? [] : ['DIRECT_MESSAGE_CREATE']);
};

/** The bot's own ids inside a group, §3.3. */
export const memberOf = (bot: Bot, group: string): { id: string; member_openid: string } => {
  const id = `BOT${bot.appId}IN${group}`;
  return { id, member_openid: id };
};

/** Publishes an event that may be replied to by its envelope's id, §6.2. */
export const publishEvent = (
  context: Context,
  bot: Bot,
  t: string,
  d: JsonObject,
  conversation: Conversation | undefined,
  { id = context.ids.event(t), guildId = conversation?.guildId }: { id?: string; guildId?: string | undefined } = {},
): Pushed => {
  if (conversation) bot.eventAnchors.set(id, anchorOf(context, id, conversation, t));
  return context.events.publish(bot, t, d, { id, guildId });
};

/** The same, with what the act wants changed. */
export const publishAct = (
  context: Context,
  bot: Bot,
  t: string,
  d: JsonObject,
  conversation: Conversation | undefined,
  act: Act,
  guildId?: string,
): Pushed => publishEvent(context, bot, t, asTold(d, act), conversation, guildId === undefined ? {} : { guildId });

/** `d` with what the act wants otherwise, and without what it wants missing. */
export const asTold = (d: JsonObject, { overrides, omit = [] }: Act): JsonObject => {
  const told = { ...d, ...overrides };
  for (const key of omit) delete told[key];
  return told;
};

const anchorOf = (context: Context, id: string, conversation: Conversation, event: string): Anchor => ({
  id,
  conversation,
  atMs: context.timers.now(),
  event,
  replies: 0,
  seqs: undefined,
});

const say = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  { speech, files }: { readonly speech: Speech; readonly files: readonly Delivered[] },
  made: JsonObject,
  names: readonly string[],
): Said => {
  const nowMs = context.timers.now();
  const v2 = conversation.scene === 'c2c' || conversation.scene === 'group';
  const messageId = speech.messageId ?? (v2 ? context.ids.message() : context.ids.guildMessage());
  const d = asTold({ id: messageId, ...made }, speech);
  const anchor = bot.anchors.get(messageId) ?? anchorOf(context, messageId, conversation, names[0] ?? '');
  bot.anchors.set(messageId, anchor);
  conversation.lastUserMs = nowMs;
  conversation.wakeUps.clear();
  const entry = entryOf({
    atMs: nowMs,
    by: 'user',
    kind: speech.text || files.length === 0 ? 'text' : 'media',
    messageId,
    text: speech.text ?? '',
    author: speech.from,
    refIdx: v2 ? indexIn(made) : undefined,
    quotes: 'quoteId' in speech ? (speech.quoteId as string | undefined) : undefined,
    media: files.map(({ media }) => media),
  });
  conversation.transcript.push(entry);
  showEntry(context, bot, conversation, entry);
  bot.messages.set(messageId, { id: messageId, conversation, entry, sentMs: nowMs, own: false, wire: d });
  if (entry.refIdx !== undefined) bot.references.set(entry.refIdx, messageId);
  let first: Pushed | undefined;
  for (const name of names) {
    const id = context.ids.event(name);
    bot.eventAnchors.set(id, anchor);
    const pushed = context.events.publish(bot, name, d, { id, guildId: conversation.guildId });
    first ??= pushed;
  }
  return { messageId, eventId: first?.id ?? '', sessions: first?.sessions ?? 0, guildId: conversation.guildId };
};

// §5.1: what C2C and group messages share.
const common = (context: Context, bot: Bot, speech: C2cSpeech, files: readonly Delivered[]): JsonObject => {
  const nowMs = context.timers.now();
  const known = speech.quoteId === undefined ? undefined : bot.messages.get(speech.quoteId);
  const original = known?.entry;
  const quotedFiles = known && !known.own ? known.wire['attachments'] : undefined;
  const quote = speech.quote ?? original?.text;
  const quoted = quote === undefined ? undefined : (original?.refIdx ?? context.ids.reference());
  const index = `msg_idx=${context.ids.reference()}`;
  return {
    content: speech.text ?? '',
    timestamp: context.switches.eventTimestamps === 'go' ? goTimestamp(nowMs) : rfc3339(nowMs),
    message_type: quoted === undefined ? 0 : 103,
    message_scene: {
      source: 'default',
      ext: quoted === undefined ? [index] : [index, `ref_msg_idx=${quoted}`],
    },
    ...(files.length > 0 && { attachments: files.map(({ wire }) => wire) }),
    ...(quoted !== undefined && {
      msg_elements: [
        {
          msg_idx: quoted,
          message_type: 103,
          content: quote,
          ...(quotedFiles !== undefined && { attachments: quotedFiles }),
        },
      ],
    }),
  };
};

const guildCommon = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  speech: Speech,
  files: readonly Delivered[],
): JsonObject => {
  const username = speech.username ?? speech.from;
  const { guildId } = conversation;
  const guild = conversation.sourceGuildId ?? guildId;
  const nowMs = context.timers.now();
  const member = meetMember(meetGuild(bot, guild ?? GUILD, nowMs), { userId: speech.from, ...named(speech) }, nowMs);
  return {
    timestamp: rfc3339(context.timers.now()),
    author: { id: speech.from, username, avatar: '', bot: speech.fromBot ?? false },
    edited_timestamp: '',
    mention_everyone: false,
    member: { nick: member.nick, roles: [...member.roles], joined_at: rfc3339(member.joinedAtMs) },
    seq_in_channel: String(nextInChannel(conversation)),
    ...(files.length > 0 && { attachments: files.map(({ wire }) => wire) }),
  };
};

const named = ({ username }: Speech) => (username === undefined ? {} : { username, nick: username });

/** §5.5: the place of a message in its channel. */
export const nextInChannel = (conversation: Conversation): number => {
  conversation.seqInChannel += 1;
  return conversation.seqInChannel;
};

// §5.1: the message's own index stands first.
const indexIn = (made: JsonObject): string | undefined => {
  const ext = (made['message_scene'] as { ext?: readonly string[] } | undefined)?.ext;
  return ext?.[0]?.slice('msg_idx='.length);
};
