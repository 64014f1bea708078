import { BoundedMap } from './bounded-map.js';
import type { Bounds } from './context.js';
import { type Anchor, Conversation, type ConversationLimits } from './conversation.js';
import type { JoinRequest } from './groups.js';
import { type Guild, meetChannel, meetGuild } from './guilds.js';
import { BASE_INTENTS, KNOWN_INTENTS, PRIVATE_INTENTS } from './intents.js';
import type { Interaction } from './interactions.js';
import type { JsonObject } from './json.js';
import type { Limits } from './limits.js';
import type { FileInfo } from './media.js';
import { DayCount, RateWindow } from './rates.js';
import type { Scene } from './records.js';
import type { Session } from './session.js';
import type { Stream } from './streams.js';
import type { Entry } from './transcript.js';
import type { Webhook } from './webhook.js';

const DAY_MS = 86_400_000;

/** One bot of the platform. */
export type BotOptions = {
  appId: string;
  appSecret: string;
  /** @default 'router-bot' */
  username?: string;
  /** Guild-side numeric id. @default made from the app id */
  userId?: string;
  /** Private bots (§0.3) may take intent bits 9 and 28, and recall guild messages. @default false */
  private?: boolean;
  /** Granted intent bits; 0, 1 and 30 always are. @default all that its kind may have */
  intents?: number;
  /** Least shard count that Identify takes, and what `/gateway/bot` recommends. @default 1 */
  shards?: number;
  /** Callback address, asked for the handshake of §10.4 until it passes; then events go there instead of to sockets. */
  webhookUrl?: string;
};

/** What a bot may say beside plain text, by the spec's state of 2026, §7. */
export type Rights = {
  markdown: Record<Scene, boolean>;
  keyboard: Record<Scene, boolean>;
  ark: boolean;
  /** Active messages without a word about one target, §6.3: in a group the owner has to allow them. */
  active: Record<Scene, boolean>;
};

type RateName =
  | 'c2c'
  | 'group'
  | 'stream'
  | 'upload'
  | 'prepare'
  | 'partFinish'
  | 'recall'
  | 'approval'
  | 'interaction';

/** A message of the platform: who wrote it, where it stands. */
export type KnownMessage = {
  readonly id: string;
  readonly conversation: Conversation;
  readonly entry: Entry;
  readonly sentMs: number;
  readonly own: boolean;
  /** As it went over the wire: `d` of a user's message, the Message object of a bot's in a guild, §5.5. */
  readonly wire: JsonObject;
};

/** One bot: its rights, its sessions, and all that it knows of users and messages. Openids are scoped to it, §0.3. */
export class Bot {
  readonly appId: string;
  readonly appSecret: string;
  readonly username: string;
  readonly userId: string;
  readonly private: boolean;
  readonly concurrency: RateWindow;
  readonly gatewayCalls: RateWindow;
  readonly rates: Readonly<Record<RateName, RateWindow>>;
  readonly active: Readonly<{ c2c: RateWindow; group: RateWindow; dm: DayCount }>;
  readonly rights: Rights = {
    markdown: { c2c: true, group: true, guild: false, dm: false },
    keyboard: { c2c: true, group: true, guild: true, dm: true },
    ark: false,
    active: { c2c: true, group: false, guild: true, dm: true },
  };
  /** What may be replied to: by `d.id` of a message, and by the envelope's `id` of an event. */
  readonly anchors: BoundedMap<string, Anchor>;
  readonly eventAnchors: BoundedMap<string, Anchor>;
  readonly messages: BoundedMap<string, KnownMessage>;
  readonly files: BoundedMap<string, FileInfo>;
  readonly interactions: BoundedMap<string, Interaction>;
  readonly streams: BoundedMap<string, Stream>;
  /** Messages by their `REFIDX_…`, §6.2. */
  readonly references: BoundedMap<string, string>;
  readonly guilds: BoundedMap<string, Guild>;
  readonly joinRequests: BoundedMap<string, JoinRequest>;
  /** Users met in guilds, with the guild; and the pseudo guild of each one's DM, §5.5. */
  readonly guildUsers: BoundedMap<string, string>;
  readonly dmGuilds: BoundedMap<string, string>;
  readonly #conversations: Record<Scene, BoundedMap<string, Conversation>>;
  readonly #sessions = new Map<string, Session>();
  readonly #bounds: Bounds;
  readonly #limits: Limits;
  readonly #now: () => number;
  /** Days of guild quotas: guild → channels that were spoken in actively. */
  readonly activeChannels = new BoundedMap<string, { day: number; channels: Set<string> }>(10_000);
  granted: number;
  shards: number;
  /** `offline` closes with 4914, `banned` with 4915, §3.8. */
  state: 'online' | 'offline' | 'banned' = 'online';
  /** Where events go instead of to sockets, once its handshake passed, §10. */
  webhook: Webhook | undefined;
  /** Bytes uploaded today, §8.2 (40093002). */
  uploaded = { day: -1, bytes: 0 };
  #starts = 0;
  #startsSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: BotOptions, limits: Limits, bounds: Bounds, now: () => number) {
    this.#now = now;
    this.appId = options.appId;
    this.appSecret = options.appSecret;
    this.username = options.username ?? 'router-bot';
    this.private = options.private ?? false;
    this.userId = options.userId ?? (9_876_543_210_000_000_000n + BigInt(hash(options.appId))).toString();
    const allowed = this.private ? KNOWN_INTENTS : KNOWN_INTENTS & ~PRIVATE_INTENTS;
    this.granted = (options.intents ?? allowed) | BASE_INTENTS;
    this.shards = options.shards ?? 1;
    this.#limits = limits;
    this.#bounds = bounds;
    this.concurrency = new RateWindow(limits.maxConcurrency, limits.sessionStartWindowMs);
    this.gatewayCalls = new RateWindow(limits.gatewayCalls, limits.gatewayWindowMs);
    this.rates = {
      c2c: new RateWindow(limits.c2cSendsPerSecond, 1000),
      group: new RateWindow(limits.groupSendsPerSecond, 1000),
      stream: new RateWindow(limits.streamCallsPerSecond, 1000),
      upload: new RateWindow(limits.uploadsPerSecond, 1000),
      prepare: new RateWindow(limits.uploadPreparesPerSecond, 1000),
      partFinish: new RateWindow(limits.partFinishesPerSecond, 1000),
      recall: new RateWindow(limits.recallsPerSecond, 1000),
      approval: new RateWindow(limits.approvalsPerMinute, 60_000),
      interaction: new RateWindow(limits.interactionAnswersPerSecond, 1000),
    };
    this.active = {
      c2c: new RateWindow(limits.c2cActivePerSecond, 1000),
      group: new RateWindow(limits.groupActivePerMinute, 60_000),
      dm: new DayCount(limits.dmActivePerDay),
    };
    this.anchors = new BoundedMap(bounds.anchors);
    this.eventAnchors = new BoundedMap(bounds.anchors);
    this.messages = new BoundedMap(bounds.anchors);
    this.files = new BoundedMap(bounds.anchors);
    this.interactions = new BoundedMap(bounds.anchors);
    this.streams = new BoundedMap(bounds.anchors);
    this.references = new BoundedMap(bounds.anchors);
    this.guilds = new BoundedMap(bounds.conversations);
    this.joinRequests = new BoundedMap(bounds.anchors);
    this.guildUsers = new BoundedMap(bounds.conversations);
    this.dmGuilds = new BoundedMap(bounds.conversations);
    const conversations = () => new BoundedMap<string, Conversation>(bounds.conversations);
    this.#conversations = { c2c: conversations(), group: conversations(), guild: conversations(), dm: conversations() };
  }

  /** The conversation, if the bot has ever met it. */
  find(scene: Scene, id: string): Conversation | undefined {
    return this.#conversations[scene].get(id);
  }

  /** The conversation, made on first meeting. `guildId` of a guild channel or DM. */
  meet(scene: Scene, id: string, guildId?: string): Conversation {
    const known = this.find(scene, id);
    if (scene === 'guild' && guildId !== undefined) meetChannel(meetGuild(this, guildId, this.#now()), id);
    if (known) return known;
    const limits: ConversationLimits = { ...this.#limits, transcript: this.#bounds.transcript };
    const met = new Conversation(scene, id, guildId, limits, this.#now());
    this.#conversations[scene].set(id, met);
    return met;
  }

  conversations(scene: Scene): IterableIterator<Conversation> {
    return this.#conversations[scene].values();
  }

  get sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** On the gateway, or with a callback address. */
  get connected(): boolean {
    if (this.webhook) return true;
    for (const session of this.#sessions.values()) if (session.link) return true;
    return false;
  }

  addSession(session: Session): void {
    this.#sessions.set(session.id, session);
    if (this.#sessions.size <= this.#bounds.sessions) return;
    for (const old of this.#sessions.values()) {
      if (old.link) continue;
      this.#sessions.delete(old.id);
      return;
    }
  }

  /** The session, unless its time has passed, §3.5. */
  liveSession(id: string, nowMs: number): Session | undefined {
    const session = this.#sessions.get(id);
    if (!session || nowMs <= session.resumableUntilMs) return session;
    this.#sessions.delete(id);
    return undefined;
  }

  forgetSession(session: Session): void {
    this.#sessions.delete(session.id);
  }

  /** Counts an Identify; false when the day's starts are used up, §2. */
  takeStart(nowMs: number): boolean {
    if (nowMs - this.#startsSinceMs >= DAY_MS) {
      this.#starts = 0;
      this.#startsSinceMs = nowMs;
    }
    if (this.#starts >= this.#limits.sessionStartsPerDay) return false;
    this.#starts += 1;
    return true;
  }

  /** `session_start_limit` of `/gateway/bot`, §2. */
  startLimit(nowMs: number) {
    const running = nowMs - this.#startsSinceMs < DAY_MS;
    // JSON has no infinity: an unlimited bot tells a large number.
    const total = Math.min(this.#limits.sessionStartsPerDay, 1_000_000_000);
    return {
      total,
      remaining: Math.max(0, total - (running ? this.#starts : 0)),
      reset_after: running ? DAY_MS - (nowMs - this.#startsSinceMs) : DAY_MS,
      max_concurrency: this.#limits.maxConcurrency,
    };
  }
}

const hash = (text: string): number => {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007;
  return sum;
};
