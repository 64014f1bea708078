import { peerOf, type Scene, type Target } from '../domain/conversation.js';
import { ACTIVE_QUOTAS, type ActiveQuota, BOT_QUOTAS, type BotQuotas } from '../domain/reply-limits.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Peers remembered; the one longest unused is forgotten first. */
const PEERS_MAX = 20_000;
/** Channels whose guild is remembered. */
const CHANNELS_MAX = 50_000;

type Account = {
  /** When the last day's messages went out, oldest first. */
  sentMs: number[];
  /** Until when the platform, or the user, refuses; null where nobody does. */
  refusedUntilMs: number | null;
};

/**
 * Messages without an anchor: what of its quota each peer has left, and who refuses them.
 * Shape: none is allowed that the platform would refuse for what is known; no stretch of a minute or of a day, wherever
 * the platform's begin, holds more than the quota.
 * Source: qq-bot-api §6.3, §8.2.
 */
export class ActiveLedger {
  readonly #quotas: Readonly<Record<Scene, ActiveQuota>>;
  readonly #enabled: (scene: Scene) => boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #bot: BotQuotas;
  /** When the last day's messages to guilds' private chats went out, oldest first. */
  #dmSentMs: number[] = [];
  readonly #guildOf = new Map<string, string>();
  /** Of each guild, when each of its channels was last spoken in. */
  readonly #spokenIn = new Map<string, Map<string, number>>();

  constructor(
    enabled: (scene: Scene) => boolean,
    quotas: Readonly<Record<Scene, ActiveQuota>> = ACTIVE_QUOTAS,
    bot: BotQuotas = BOT_QUOTAS,
  ) {
    this.#enabled = enabled;
    this.#quotas = quotas;
    this.#bot = bot;
  }

  /** A channel's guild, without which its quota cannot be counted. */
  learnGuild(channelId: string, guildId: string): void {
    if (this.#guildOf.get(channelId) === guildId) return;
    this.#guildOf.delete(channelId);
    this.#guildOf.set(channelId, guildId);
    if (this.#guildOf.size > CHANNELS_MAX) this.#guildOf.delete(this.#guildOf.keys().next().value as string);
  }

  /** `isAsked`: a program asks for this very message, whatever the scene's answers may do. */
  isAllowed(target: Target, nowMs: number, isAsked = false): boolean {
    if (!isAsked && !this.#enabled(target.scene)) return false;
    const account = this.#account(target, nowMs);
    if (account.refusedUntilMs !== null && nowMs < account.refusedUntilMs) return false;
    const { perMinute, perDay } = this.#quotas[target.scene];
    const { sentMs } = account;
    const inMinute = sentMs.filter((atMs) => nowMs - atMs < MINUTE_MS).length;
    return inMinute < perMinute && sentMs.length < perDay && this.#botAllows(target, nowMs);
  }

  spend(target: Target, nowMs: number): void {
    this.#account(target, nowMs).sentMs.push(nowMs);
    if (target.scene === 'dm') this.#dmSentMs.push(nowMs);
    const guildId = target.scene === 'guild' ? this.#guildOf.get(target.channelId) : undefined;
    if (target.scene === 'guild' && guildId !== undefined)
      this.#channelsOf(guildId, nowMs).set(target.channelId, nowMs);
  }

  /** The platform has refused for this peer: nothing is tried before `forMs` have passed. @default a day */
  refuse(target: Target, nowMs: number, forMs = DAY_MS): void {
    this.#account(target, nowMs).refusedUntilMs = nowMs + forMs;
  }

  /** The user has opened the door again. */
  allow(target: Target, nowMs: number): void {
    this.#account(target, nowMs).refusedUntilMs = null;
  }

  /** The day's quota of whoever has used most of theirs, by scene; scenes nothing was sent in are left out. */
  fullest(nowMs: number): readonly { readonly what: string; readonly used: number; readonly max: number }[] {
    const used = new Map<Scene, number>();
    for (const [key, { sentMs }] of this.#accounts) {
      const scene = key.slice(0, key.indexOf(':')) as Scene;
      const today = sentMs.filter((atMs) => nowMs - atMs < DAY_MS).length;
      if (today > (used.get(scene) ?? 0)) used.set(scene, today);
    }
    return [...used].map(([scene, count]) => ({
      what: `${scene} active per peer and day`,
      used: count,
      max: this.#quotas[scene].perDay,
    }));
  }

  /** What all peers share. A channel of a guild nobody has named is not held up: the platform knows better. */
  #botAllows(target: Target, nowMs: number): boolean {
    const { dmPerDay, guildChannelsPerDay } = this.#bot;
    if (target.scene === 'dm' && dmPerDay !== null) {
      while (this.#dmSentMs.length > 0 && nowMs - (this.#dmSentMs[0] as number) >= DAY_MS) this.#dmSentMs.shift();
      return this.#dmSentMs.length < dmPerDay;
    }
    if (target.scene !== 'guild' || guildChannelsPerDay === null) return true;
    const guildId = this.#guildOf.get(target.channelId);
    if (guildId === undefined) return true;
    const spoken = this.#channelsOf(guildId, nowMs);
    return spoken.has(target.channelId) || spoken.size < guildChannelsPerDay;
  }

  /** Channels of a guild that were spoken in within the day. */
  #channelsOf(guildId: string, nowMs: number): Map<string, number> {
    const spoken = this.#spokenIn.get(guildId) ?? new Map<string, number>();
    this.#spokenIn.delete(guildId);
    this.#spokenIn.set(guildId, spoken);
    if (this.#spokenIn.size > PEERS_MAX) this.#spokenIn.delete(this.#spokenIn.keys().next().value as string);
    for (const [channelId, atMs] of spoken) if (nowMs - atMs >= DAY_MS) spoken.delete(channelId);
    return spoken;
  }

  #account(target: Target, nowMs: number): Account {
    const key = `${target.scene}:${peerOf(target)}`;
    const account = this.#accounts.get(key) ?? { sentMs: [], refusedUntilMs: null };
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    if (this.#accounts.size > PEERS_MAX) this.#accounts.delete(this.#accounts.keys().next().value as string);
    const { sentMs } = account;
    while (sentMs.length > 0 && nowMs - (sentMs[0] as number) >= DAY_MS) sentMs.shift();
    return account;
  }
}
