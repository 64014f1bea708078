import { BoundedMap } from '../domain/bounded-map.js';
import { peerKeyOf, type Scene, type Target } from '../domain/conversation.js';
import { ACTIVE_QUOTAS, type ActiveQuota, BOT_QUOTAS, type BotQuotas } from '../domain/reply-limits.js';
import type { Reach, Refusal } from '../ports/store.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Peers remembered; the one longest unused is forgotten first. */
const PEERS_MAX = 20_000;
/** Channels whose guild is remembered. */
const CHANNELS_MAX = 50_000;

type Account = {
  /** When the last day's messages went out, oldest first. */
  sentMs: number[];
  /** Null where neither the platform nor the user refuses. */
  refusal: Refusal | null;
};

/** How long nothing is tried. `isUntilHeard`: or until the peer is heard from. */
export type RefusalTerms = { readonly forMs: number; readonly isUntilHeard: boolean };
const FOR_A_DAY: RefusalTerms = { forMs: DAY_MS, isUntilHeard: false };

/**
 * Messages without an anchor: what of its quota each peer has left, and who refuses them.
 * Shape: none is allowed that the platform would refuse for what is known; no stretch of a minute or of a day, wherever
 * the platform's begin, holds more than the quota.
 * Source: qq-bot-api §6.3, §8.2.
 */
export class ActiveLedger {
  readonly #quotas: Readonly<Record<Scene, ActiveQuota>>;
  readonly #enabled: (scene: Scene) => boolean;
  readonly #accounts = new BoundedMap<string, Account>(PEERS_MAX);
  readonly #bot: BotQuotas;
  readonly #onRefusal: (refusal: Refusal) => void;
  /** When the last day's messages to guilds' private chats went out, oldest first. */
  #dmSentMs: number[] = [];
  readonly #guildOf = new BoundedMap<string, string>(CHANNELS_MAX);
  /** Of each guild, when each of its channels was last spoken in. */
  readonly #spokenIn = new BoundedMap<string, Map<string, number>>(PEERS_MAX);

  constructor(
    enabled: (scene: Scene) => boolean,
    quotas: Readonly<Record<Scene, ActiveQuota>> = ACTIVE_QUOTAS,
    bot: BotQuotas = BOT_QUOTAS,
    /** To be kept for later lives; one that is over already ends the one before. */
    onRefusal: (refusal: Refusal) => void = () => undefined,
  ) {
    this.#enabled = enabled;
    this.#quotas = quotas;
    this.#bot = bot;
    this.#onRefusal = onRefusal;
  }

  /** A channel's guild, without which its quota cannot be counted. */
  learnGuild(channelId: string, guildId: string): void {
    if (this.#guildOf.get(channelId) === guildId) return;
    this.#guildOf.set(channelId, guildId);
  }

  guildOf(target: Target): string | undefined {
    return target.scene === 'guild' ? this.#guildOf.get(target.channelId) : undefined;
  }

  /** What earlier lives have left, before anything is said in this one. */
  restore({ active, refusals }: Pick<Reach, 'active' | 'refusals'>, nowMs: number): void {
    for (const { peer, atMs, guildId } of active) {
      this.#account(peer, nowMs).sentMs.push(atMs);
      const [scene, channelId] = [peer.slice(0, peer.indexOf(':')), peer.slice(peer.indexOf(':') + 1)];
      if (scene === 'dm') this.#dmSentMs.push(atMs);
      if (scene !== 'guild' || guildId === undefined) continue;
      this.learnGuild(channelId, guildId);
      this.#channelsOf(guildId, nowMs).set(channelId, atMs);
    }
    for (const refusal of refusals) this.#account(refusal.peer, nowMs).refusal = refusal;
  }

  /** `isAsked`: a program asks for this very message, whatever the scene's answers may do. */
  isAllowed(target: Target, nowMs: number, isAsked = false): boolean {
    if (!isAsked && !this.#enabled(target.scene)) return false;
    const { sentMs, refusal } = this.#account(peerKeyOf(target), nowMs);
    if (refusal && nowMs < refusal.untilMs) return false;
    const { perMinute, perDay } = this.#quotas[target.scene];
    const inMinute = sentMs.filter((atMs) => nowMs - atMs < MINUTE_MS).length;
    return inMinute < perMinute && sentMs.length < perDay && this.#botAllows(target, nowMs);
  }

  spend(target: Target, nowMs: number): void {
    this.#account(peerKeyOf(target), nowMs).sentMs.push(nowMs);
    if (target.scene === 'dm') this.#dmSentMs.push(nowMs);
    const guildId = this.guildOf(target);
    if (target.scene === 'guild' && guildId !== undefined)
      this.#channelsOf(guildId, nowMs).set(target.channelId, nowMs);
  }

  /** The platform, or the user, has refused for this peer: nothing is tried for a while. @default a day */
  refuse(target: Target, nowMs: number, { forMs, isUntilHeard }: RefusalTerms = FOR_A_DAY): void {
    const peer = peerKeyOf(target);
    const refusal = { peer, untilMs: nowMs + forMs, isUntilHeard };
    this.#account(peer, nowMs).refusal = refusal;
    this.#onRefusal(refusal);
  }

  /** The user has opened the door again. */
  allow(target: Target, nowMs: number): void {
    const peer = peerKeyOf(target);
    const account = this.#account(peer, nowMs);
    if (!account.refusal) return;
    account.refusal = null;
    this.#onRefusal({ peer, untilMs: 0, isUntilHeard: false });
  }

  /** The peer has written: it is not gone, and not mute. A right or a quota that lacks is not there for that. */
  heardFrom(target: Target, nowMs: number): void {
    if (this.#accounts.get(peerKeyOf(target))?.refusal?.isUntilHeard) this.allow(target, nowMs);
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
    this.#spokenIn.set(guildId, spoken);
    for (const [channelId, atMs] of spoken) if (nowMs - atMs >= DAY_MS) spoken.delete(channelId);
    return spoken;
  }

  #account(peer: string, nowMs: number): Account {
    const account = this.#accounts.get(peer) ?? { sentMs: [], refusal: null };
    this.#accounts.set(peer, account);
    const { sentMs } = account;
    while (sentMs.length > 0 && nowMs - (sentMs[0] as number) >= DAY_MS) sentMs.shift();
    return account;
  }
}
