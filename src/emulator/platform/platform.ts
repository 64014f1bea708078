import type { Clock } from '../../ports/clock.js';
import { answerCall, authorize } from './api.js';
import { Audits } from './audits.js';
import { Bot, type BotOptions } from './bot.js';
import { BoundedMap } from './bounded-map.js';
import { type Bounds, type Context, DEFAULT_BOUNDS } from './context.js';
import { type Answer, isRefusal } from './errors.js';
import { Events } from './events.js';
import { Faults } from './faults.js';
import { Ids } from './ids.js';
import { type Limits, PLATFORM_LIMITS } from './limits.js';
import { Link, type Peer, type ServerLink } from './link.js';
import { linkOf } from './media.js';
import { NO_OUTSIDE, type Outside } from './outside.js';
import { Records } from './records.js';
import type { PlatformRequest } from './request.js';
import { Storage } from './storage.js';
import { DEFAULT_SWITCHES, type Switches } from './switches.js';
import { Timers } from './timers.js';
import { Tokens } from './tokens.js';
import type { Upload } from './uploads.js';
import { WebhookFaults } from './webhook-faults.js';
import { checkWebhookUrl, Webhooks } from './webhooks.js';

/** What the platform is like; only its clock is needed. */
export type PlatformOptions = {
  /** All time comes from here. */
  clock: Clock;
  /** First bot's app id. @default '102000001' */
  appId?: string;
  /** First bot's secret. @default DEFAULT_APP_SECRET */
  appSecret?: string;
  /** The bots, where there are several or one with more to say; stands instead of `appId` and `appSecret`. */
  bots?: readonly BotOptions[];
  /** Callback address of the first bot, as in `BotOptions`. */
  webhookUrl?: string;
  /** The platform's numbers, where they should be others. @default PLATFORM_LIMITS */
  limits?: Partial<Limits>;
  /** Sides in the sources' disagreements. @default DEFAULT_SWITCHES */
  switches?: Partial<Switches>;
  /** How much is remembered. @default DEFAULT_BOUNDS */
  bounds?: Partial<Bounds>;
  /** §11: no rate rules on sends, no DM events. @default false */
  sandbox?: boolean;
  /** Told by `/gateway`. @default 'ws://emulator.invalid/websocket' */
  gatewayUrl?: string;
  /** What links to files begin with; no slash at its end. @default 'http://emulator.invalid' */
  baseUrl?: string;
  /** How callback addresses are reached. @default not at all; `startEmulator` brings HTTP */
  outside?: Outside;
};

/** Made up, as its secret is. */
export const DEFAULT_APP_ID = '102000001';
/** Made up, and of no use anywhere else. */
export const DEFAULT_APP_SECRET = 'rookery-emulator-secret';

/**
 * The QQ platform in memory: no sockets, no time but the injected clock's, no waiting.
 * `request` and `connect` are its two doors for a bot; the inherited methods act as users, look inside and make trouble.
 */
export class Platform extends Webhooks {
  #linkCount = 0;

  /** Errors: RangeError for a `webhookUrl` that is no http(s) URL. */
  constructor(options: PlatformOptions) {
    super(makeContext(options));
    for (const { appId, webhookUrl } of botsOf(options)) {
      if (webhookUrl === undefined) continue;
      checkWebhookUrl(webhookUrl);
      this.keepAsking(webhookUrl, appId);
    }
  }

  /** One REST call, the token endpoint included. Never throws for what a client may send. */
  request(request: PlatformRequest): Answer {
    return answerCall(this.context, request);
  }

  /** One socket. Hello is sent before this returns. */
  connect(peer: Peer): ServerLink {
    this.#linkCount += 1;
    const link = new Link(this.context, this.#linkCount, peer);
    this.context.links.add(link);
    this.context.records.add('session', {
      atMs: this.context.timers.now(),
      appId: undefined,
      link: link.number,
      sessionId: undefined,
      change: 'connected',
      code: undefined,
      reason: undefined,
    });
    if (this.context.stallNewLinks) link.stall();
    link.hello();
    return link;
  }

  get gatewayUrl(): string {
    return this.context.gatewayUrl;
  }

  set gatewayUrl(url: string) {
    this.context.gatewayUrl = url;
  }

  get baseUrl(): string {
    return this.context.baseUrl;
  }

  set baseUrl(url: string) {
    this.context.baseUrl = url;
  }

  /** The link in a call that the platform would fetch, of a call that is authorized; to be handed in as `fetched`. */
  linkToFetch(request: PlatformRequest): string | undefined {
    return isRefusal(authorize(this.context, request)) ? undefined : linkOf(request);
  }

  get limits(): Limits {
    return this.context.limits;
  }

  /** Ends every socket (1001), every delivery and every timer. */
  close(): void {
    this.context.closed = true;
    for (const bot of this.context.bots.values()) bot.webhook?.stop();
    this.closeAll(1001, 'going away');
    this.context.timers.clear();
  }
}

/** The platform without sockets, for simulations and property tests. */
export const createPlatform = (options: PlatformOptions): Platform => new Platform(options);

const botsOf = ({
  appId = DEFAULT_APP_ID,
  appSecret = DEFAULT_APP_SECRET,
  webhookUrl,
  bots,
}: PlatformOptions): readonly BotOptions[] =>
  bots ?? [{ appId, appSecret, ...(webhookUrl !== undefined && { webhookUrl }) }];

const makeContext = (options: PlatformOptions): Context => {
  const limits: Limits = Object.freeze({ ...PLATFORM_LIMITS, ...options.limits });
  const bounds: Bounds = Object.freeze({ ...DEFAULT_BOUNDS, ...options.bounds });
  const bots = botsOf(options).map((bot) => new Bot(bot, limits, bounds, () => options.clock.now()));
  // Tokens and events work on the context they are part of.
  const context = {
    timers: new Timers(options.clock),
    limits,
    bounds,
    switches: Object.freeze({ ...DEFAULT_SWITCHES, ...options.switches }),
    sandbox: options.sandbox ?? false,
    domains: [],
    blockedWords: [],
    ids: new Ids(options.clock.now()),
    records: new Records(bounds.records),
    faults: new Faults(),
    audits: new Audits(),
    storage: new Storage(bounds.fileBytes),
    uploads: new BoundedMap<string, Upload>(bounds.uploads),
    outside: options.outside ?? NO_OUTSIDE,
    webhookFaults: new WebhookFaults(),
    bots: new Map(bots.map((bot) => [bot.appId, bot])),
    links: new Set<Link>(),
    stallNewLinks: false,
    closed: false,
    baseUrl: options.baseUrl ?? 'http://emulator.invalid',
    gatewayUrl: options.gatewayUrl ?? 'ws://emulator.invalid/websocket',
  } as unknown as { -readonly [Key in keyof Context]: Context[Key] };
  context.tokens = new Tokens(context);
  context.events = new Events(context);
  return context;
};
