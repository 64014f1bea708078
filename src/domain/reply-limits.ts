import type { Scene } from './conversation.js';

/** How often and how long a message may be answered. `repliesMax: null` is without a count. */
export type ReplyWindow = { readonly windowMs: number; readonly repliesMax: number | null };

/** The platform's passive windows. Source: qq-bot-api §6.3 (C2C: 4 since 2026-01-10, older pages say 5). */
export const REPLY_WINDOWS: Readonly<Record<Scene, ReplyWindow>> = {
  c2c: { windowMs: 60 * 60_000, repliesMax: 4 },
  group: { windowMs: 5 * 60_000, repliesMax: 5 },
  guild: { windowMs: 5 * 60_000, repliesMax: null },
  dm: { windowMs: 5 * 60_000, repliesMax: null },
};

/**
 * Whether the platform refuses a repeat with the same `msg_seq`, so that one is harmless. Guilds and their private chats
 * know no such number: what may have arrived there is not sent again. Source: qq-bot-api §6.2, §6.5.
 */
export const knowsRepeats = (scene: Scene): boolean => scene === 'c2c' || scene === 'group';

/** Sends per second: of a bot per scene, and to one peer. Source: qq-bot-api §9; the DM number is a client's guess. */
export type PaceLimits = Readonly<Record<Scene, { readonly botPerSecond: number; readonly peerPerSecond: number }>>;

export const PACE_LIMITS: PaceLimits = {
  c2c: { botPerSecond: 100, peerPerSecond: 20 },
  group: { botPerSecond: 100, peerPerSecond: 20 },
  guild: { botPerSecond: 100, peerPerSecond: 5 },
  dm: { botPerSecond: 100, peerPerSecond: 2 },
};

/** Messages without an anchor of one bot; those that find no place wait. Source: qq-bot-api §6.3, a verified bot's. */
export type ActivePace = Readonly<Record<Scene, { readonly count: number; readonly perMs: number } | null>>;

export const ACTIVE_PACE: ActivePace = {
  c2c: { count: 10, perMs: 1_000 },
  group: { count: 60, perMs: 60_000 },
  guild: null,
  dm: null,
};

/** Those quotas are counted over so long. Units: ms. */
export const ACTIVE_QUOTA_MS = 24 * 60 * 60_000;

/** Messages without an anchor to one peer. Source: qq-bot-api §6.3, as of September 2026. */
export type ActiveQuota = { readonly perMinute: number; readonly perDay: number };

export const ACTIVE_QUOTAS: Readonly<Record<Scene, ActiveQuota>> = {
  c2c: { perMinute: 20, perDay: 1_000 },
  group: { perMinute: 20, perDay: 1_000 },
  guild: { perMinute: 20, perDay: 20 },
  dm: { perMinute: 2, perDay: 2 },
};

/**
 * Messages without an anchor of one bot, over all its peers: `null` is without a count. A guild's channels that may be
 * spoken in within a day, and the users of guilds' private chats that may be written to. Source: qq-bot-api §6.3.
 */
export type BotQuotas = { readonly guildChannelsPerDay: number | null; readonly dmPerDay: number | null };

export const BOT_QUOTAS: BotQuotas = { guildChannelsPerDay: 2, dmPerDay: 200 };

/** Characters of one message. Source: qq-bot-api §6.9: no number is documented, above some 15,000 clients fold. */
export const MESSAGE_LIMITS = { softMax: 4_500, hardMax: 20_000 } as const;
