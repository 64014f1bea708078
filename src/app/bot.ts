import { Subscription } from 'rxjs';
import type { Directory } from '../actors/directory.js';
import type { GatewayNotice } from '../actors/gateway.actor.js';
import { createShards, type Shards } from '../actors/gateway-shards.js';
import type { InspectorFor } from '../actors/inspect.js';
import { laneless } from '../actors/lanes.js';
import { createWebhook, type WebhookConnection } from '../actors/webhook.actor.js';
import { pairingCodes } from '../adapters/crypto/pairing-codes.js';
import { gatewayCodec } from '../adapters/qq/frames.js';
import { createGatewayLocator } from '../adapters/qq/gateway-locator.js';
import { createMessageApi } from '../adapters/qq/message-api.js';
import { createRest, type Rest } from '../adapters/qq/rest.js';
import { sharedTokenSources } from '../adapters/qq/token-source.js';
import type { ChannelSettings, ConversationSettings } from '../config/resolved.js';
import type { ButtonHandler } from '../domain/button.js';
import type { ConversationId } from '../domain/conversation.js';
import { anchorsOf } from '../domain/inbound.js';
import type { Lang } from '../domain/notices.js';
import { ACTIVE_QUOTA_MS, type PaceLimits, REPLY_WINDOWS } from '../domain/reply-limits.js';
import type { BusyPolicy, CancelReason } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { Lanes } from '../pipelines/sending/lanes.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { HttpTransport } from '../ports/http.js';
import type { MessageApi } from '../ports/message-api.js';
import type { SocketTransport } from '../ports/socket.js';
import type { DeadLetter, Lease, Store } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import { connectionOf } from './connection-status.js';
import type { ConversationView } from './conversation-view.js';
import { type Conversations, createConversations } from './conversations.js';
import type { ChannelFault, ChannelState, ChannelStatus, RouterEvent } from './events.js';
import { InboundRoom } from './inbound-room.js';
import type { Intake } from './intake.js';
import type { MediaRoom } from './media-room.js';
import type { Notify } from './notify.js';
import { PairingDesk } from './pairing-desk.js';
import type { Quarantine } from './quarantine.js';
import { recover } from './recovery.js';
import type { Sends } from './sends.js';
import type { WebhookDesk } from './webhook-desk.js';

/** What all bots of a router share. */
export type BotDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: HttpTransport;
  /** Sends that may be with the transport at once, over all bots. */
  readonly lanes: Lanes;
  readonly sockets: SocketTransport;
  readonly store: Store;
  readonly quarantine: Quarantine;
  readonly driver: AgentDriver;
  readonly log: Logger;
  readonly lang: Lang;
  readonly conversation: ConversationSettings;
  readonly media: MediaRoom;
  readonly emit: (event: RouterEvent) => void;
  /** Where a channel that is called back hears the platform. */
  readonly webhook?: WebhookDesk;
  readonly traceparentOf?: (turn: string) => string | null;
  readonly inspectorFor?: InspectorFor;
  /** Who decides about presses on buttons, if anybody does. */
  readonly onButton: () => ButtonHandler | null;
  readonly paceLimits?: PaceLimits;
};

/** How long running turns may finish before they are cut, when the router stops. */
const DRAIN_MS = 8_000;
/** How long what was cut may take to end properly. */
const CUT_MS = 1_000;

/** One channel: a gateway, the line behind it, its conversations, and their way back to the platform. */
export class Bot {
  readonly #settings: ChannelSettings;
  readonly #deps: BotDeps;
  readonly #log: Logger;
  readonly #flows = new Subscription();
  #state: ChannelState;
  #user: { id: string; username: string } | null = null;
  #fault: ChannelFault | null = null;
  #gateway: Shards | null = null;
  #lease: Lease | null = null;
  #api: Pick<MessageApi, 'me'> | null = null;
  #directory: Directory | null = null;
  #intake: Intake | null = null;
  #view: Conversations['view'] | null = null;
  readonly #inbound: InboundRoom;
  #sends: Sends | null = null;
  #rateLevels: Conversations['rateLevels'] | null = null;
  #lostRights: Conversations['lostRights'] | null = null;
  #desk: PairingDesk | null = null;
  /** Everything before the first word to the platform. */
  #opening: Promise<unknown> | null = null;
  #isStopping = false;
  /** What the last life left undone is being taken up, or has been. */
  #recovery: Promise<void> | null = null;

  constructor(settings: ChannelSettings, deps: BotDeps) {
    this.#settings = settings;
    const emit = (event: RouterEvent): void => {
      this.#inbound.watch(event);
      deps.emit(event);
    };
    this.#deps = { ...deps, emit };
    this.#log = deps.log.child({ bot: settings.name });
    this.#state = settings.enabled ? 'starting' : 'disabled';
    this.#inbound = new InboundRoom({
      settings,
      clock: deps.clock,
      store: deps.store,
      log: this.#log,
      emit: deps.emit,
      onButton: deps.onButton,
      own: (write) => this.#own(write),
      lang: deps.lang,
    });
  }

  get name(): string {
    return this.#settings.name;
  }

  get appId(): string {
    return this.#settings.appId;
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Resolves once the bot is READY, or has failed for good; one that is stopped before it connects never does. */
  async start(): Promise<void> {
    const opening = this.#open();
    this.#opening = opening;
    const connect = await opening;
    if (!this.#isStopping) await connect();
  }

  /** Takes up what the last life left, and gives the way to the platform. */
  async #open(): Promise<() => Promise<void>> {
    const { store, webhook } = this.#deps;
    const { appId } = this.#settings;
    const lease = await store.lease(appId);
    this.#lease = lease;
    const tokens = this.#announcedTokens();
    const { http } = this.#deps;
    const endpoint = this.#settings.endpoints.api;
    const rest = createRest({ http, tokens, endpoint, appId });
    const api = createMessageApi(rest);
    this.#api = api;

    const gateway = webhook ? this.#calledBack(tokens, webhook) : await this.#linked(tokens, rest, lease);
    this.#gateway = gateway;
    const made = this.#conversations(gateway, tokens, lease);
    const { directory, intake, sends, restoreReach, restoreReplies, view, rateLevels, lostRights, notify } = made;
    this.#rateLevels = rateLevels;
    this.#lostRights = lostRights;
    this.#directory = directory;
    this.#intake = intake;
    this.#sends = sends;
    this.#view = view;
    const say = this.#announced(notify);
    const desk = this.#pairingDesk(lease, say);
    await desk.load();
    restoreReach(await store.loadReach(lease, this.#stillCounting()));
    this.#desk = desk;
    const botId = (): string => this.#user?.id ?? '';
    this.#flows.add(this.#inbound.open({ gateway, directory, intake, desk, sends, rest, api, lease, say, botId }));
    const settled = new Promise<void>((resolve) => {
      this.#flows.add(
        gateway.notices$.subscribe((notice) => {
          this.#onNotice(notice);
          if (this.#state === 'ready' || this.#state === 'stopped') resolve();
        }),
      );
    });
    this.#recovery = recover({
      store,
      lease,
      log: this.#log.child({ room: 'recovery' }),
      restoreReplies,
      hold: (conversation) => intake.hold(conversation),
      resume: (unfinished) => {
        for (const entry of unfinished.sends) sends.expect(entry);
        return directory.resume(unfinished, () => intake.behind(laneless(unfinished.id)));
      },
      deliver: (message, takenAtMs) => {
        sends.noteHeard(message);
        intake.take(message, takenAtMs);
      },
    });
    await this.#recovery;
    this.#inbound.restore(await store.reviews(lease));
    return async () => {
      this.#state = 'connecting';
      if (gateway.isResuming) await this.#learnUser();
      if (this.#isStopping) return;
      gateway.start();
      await settled;
    };
  }

  /** Stops taking messages, lets running turns finish for a while, cuts the rest, and says goodbye to the platform. */
  async stop(): Promise<void> {
    const { clock } = this.#deps;
    this.#isStopping = true;
    // What fails there fails `start`.
    await this.#opening?.catch(() => undefined);
    const directory = this.#directory;
    this.#gateway?.pause();
    if (directory) {
      const drained = directory.drain();
      const cut = clock.setTimeout(() => directory.stopAll('shutdown'), DRAIN_MS);
      let late: unknown;
      const overdue = new Promise<void>((resolve) => {
        late = clock.setTimeout(resolve, DRAIN_MS + CUT_MS);
      });
      await Promise.race([drained, overdue]);
      clock.clearTimeout(cut);
      clock.clearTimeout(late);
    }
    await this.#gateway?.stop();
    this.#flows.unsubscribe();
    directory?.close();
    if (this.#lease) this.#own(this.#deps.store.release(this.#lease));
    this.#state = 'stopped';
  }

  stopTurn(conversation: ConversationId, reason: CancelReason): boolean {
    return this.#directory?.stop(conversation, reason) ?? false;
  }

  /** Chooses a busy policy for one conversation, from now on; `null` goes back to the scene's setting. */
  async setBusy(conversation: ConversationId, busy: BusyPolicy | null): Promise<void> {
    const { store } = this.#deps;
    if (!this.#lease || !this.owns(conversation)) return;
    const living = this.#directory?.choose(conversation, busy);
    const { busy: _, ...known } = living ??
      (await store.loadConversation(this.#lease, conversation)) ?? { conversation, epoch: 0, transcript: [] };
    await store.saveConversation(this.#lease, busy ? { ...known, busy } : known);
  }

  /** What is known of one of its conversations; null of another bot's, and of one that never was. */
  async view(id: ConversationId): Promise<ConversationView | null> {
    return this.owns(id) ? ((await this.#view?.(id)) ?? null) : null;
  }

  /** Where the chart of a conversation stands; null where it is not in memory. */
  stateOf(id: ConversationId): string | null {
    return this.#directory?.get(id)?.view().state ?? null;
  }

  owns(id: ConversationId): boolean {
    return id.startsWith(`qq:${this.#settings.appId}:`);
  }

  retire(id: ConversationId): boolean {
    return this.#directory?.retire(id) ?? false;
  }

  /** When the message came that has waited for its turn the longest; null where none waits. Units: epoch ms. */
  oldestWaitingMs(): number | null {
    let oldest: number | null = null;
    for (const unit of this.#directory?.units() ?? []) {
      const atMs = unit.view().waiting[0]?.atMs;
      if (atMs !== undefined && (oldest === null || atMs < oldest)) oldest = atMs;
    }
    return oldest;
  }

  /**
   * Gives the way to offer a letter that was revived meanwhile: before the last life was taken up there is none, for
   * whatever is unsettled is offered then.
   */
  async offering(): Promise<((letter: DeadLetter) => void) | null> {
    if (!this.#recovery) return null;
    await this.#recovery;
    // As of now: it was dead for longer than a message may wait. Where the platform's window has closed in truth, its
    // refusal decides, and the answer goes out as an active message or with the user's next turn.
    return ({ message }) => this.#intake?.take({ ...message, atMs: this.#deps.clock.now() });
  }

  /** Errors: `channel.notRunning` before the bot was started, or where it is disabled. */
  /** Whether `sends` is there. */
  get isSpeaking(): boolean {
    return this.#sends !== null;
  }

  get sends(): Sends {
    if (!this.#sends) throw new RouterError('channel.notRunning', `${this.name} is not running`);
    return this.#sends;
  }

  /** Null before the start. */
  get desk(): PairingDesk | null {
    return this.#desk;
  }

  reconnect(): void {
    this.#gateway?.reconnect();
  }

  /** How full the platform's rates and quotas are; those nothing was charged to are left out. */
  rateLevels(): ReturnType<Conversations['rateLevels']> {
    return (this.#rateLevels?.() ?? []).filter(({ used }) => used > 0);
  }

  status(): ChannelStatus {
    const lostRights = this.#lostRights?.() ?? [];
    return {
      name: this.name,
      state: this.#state,
      appId: this.#settings.appId,
      transport: this.#settings.transport,
      ...(this.#user && { bot: this.#user }),
      ...connectionOf(this.#gateway?.statuses() ?? []),
      ...(lostRights.length > 0 && { lostRights }),
      ...(this.#deps.webhook && { webhook: this.#deps.webhook.status() }),
      ...(this.#fault && { fault: this.#fault }),
      ...(this.#inbound.unknownEvents > 0 && { unknownEvents: this.#inbound.unknownEvents }),
      conversations: { living: this.#directory?.living ?? 0, busy: this.#directory?.busy ?? 0 },
    };
  }

  /** Holds one socket, or as many as the bot is divided into. */
  #linked(tokens: TokenSource, rest: Rest, lease: Lease): Promise<Shards> {
    const { store, clock, random, sockets, emit, inspectorFor } = this.#deps;
    const { appId } = this.#settings;
    const locator = createGatewayLocator(rest);
    return createShards(
      {
        appId,
        sockets,
        tokens,
        locator: {
          locate: async () => {
            const found = await locator.locate();
            emit({ type: 'channel.gateway', channel: this.name });
            return found;
          },
        },
        codec: gatewayCodec,
        clock,
        random,
        log: this.#log.child({ room: 'gateway' }),
        loadSession: (slot) => store.loadSession(lease, slot),
        saveSession: (slot, record) => this.#own(store.saveSession(lease, slot, record)),
        ...(inspectorFor && {
          inspectorFor: ([index, count]) =>
            inspectorFor({
              chart: 'gateway',
              channel: this.name,
              id: count === 1 ? this.name : `${this.name}/${index}`,
            }),
        }),
      },
      { intents: this.#settings.intents, plan: this.#settings.shards },
    );
  }

  /** The bot introduces itself with a token: the secret is right, and the platform lets this address speak. */
  #calledBack(tokens: TokenSource, desk: WebhookDesk): WebhookConnection {
    const { clock, random, inspectorFor } = this.#deps;
    const connection = createWebhook({
      clock,
      random,
      introduce: async () => {
        await tokens.get();
        return (await this.#api?.me()) ?? { id: '', username: '' };
      },
      ...(inspectorFor && { inspect: inspectorFor({ chart: 'webhook', channel: this.name, id: this.name }) }),
    });
    desk.open(connection);
    return connection;
  }

  #announcedTokens(): TokenSource {
    const { http, clock, emit } = this.#deps;
    const { appId, appSecret, endpoints } = this.#settings;
    const tokens = sharedTokenSources.get({ http, clock, endpoint: endpoints.token, appId, secret: appSecret });
    let announced: string | null = null;
    return {
      get: async () => {
        const token = await tokens.get();
        if (token !== announced) {
          announced = token;
          emit({ type: 'channel.token', channel: this.name });
        }
        return token;
      },
      invalidate: (token) => tokens.invalidate(token),
    };
  }

  #conversations(gateway: Shards, tokens: TokenSource, lease: Lease): Conversations {
    const {
      clock,
      random,
      http,
      lanes,
      store,
      quarantine,
      driver,
      lang,
      conversation,
      emit,
      inspectorFor,
      paceLimits,
      traceparentOf,
    } = this.#deps;
    let isOnline = false;
    let wasOnline = false;
    this.#flows.add(
      gateway.online$.subscribe((value) => {
        isOnline = value;
        wasOnline ||= value;
      }),
    );
    return createConversations({
      settings: this.#settings,
      conversation,
      media: this.#deps.media,
      lang,
      clock,
      random,
      http,
      tokens,
      lanes,
      store,
      lease,
      quarantine,
      driver,
      online$: gateway.online$,
      isOnline: () => isOnline,
      wasOnline: () => wasOnline,
      log: this.#log.child({ room: 'conversation' }),
      emit,
      own: (write) => this.#own(write),
      ...(paceLimits && { paceLimits }),
      ...(traceparentOf && { traceparentOf }),
      ...(inspectorFor && { inspectorFor }),
    });
  }

  /** What earlier lives have heard and said counts from then on. */
  #stillCounting(): { readonly heardMs: number; readonly activeMs: number } {
    const nowMs = this.#deps.clock.now();
    const windowMs = Math.max(...Object.values(REPLY_WINDOWS).map((window) => window.windowMs));
    return { heardMs: nowMs - windowMs, activeMs: nowMs - ACTIVE_QUOTA_MS };
  }

  /** The router's own words are told like all others. */
  #announced(notify: Notify): Notify {
    const { clock, emit } = this.#deps;
    return async (to, text) => {
      const askedMs = clock.now();
      const outcome = await notify(to, text);
      emit({ type: 'piece', channel: this.name, outcome, tookMs: clock.now() - askedMs });
      return outcome;
    };
  }

  #pairingDesk(lease: Lease, say: Notify): PairingDesk {
    const { store, clock, lang, emit } = this.#deps;
    const channel = this.name;
    return new PairingDesk({
      store,
      lease,
      clock,
      lang,
      codes: pairingCodes,
      log: this.#log.child({ room: 'access' }),
      say: async (to, text) => {
        const { conversation, target } = to;
        const { status } = await say({ conversation, target, anchors: anchorsOf([to]) }, text);
        return status === 'sent' || status === 'arrived' || status === 'unknown';
      },
      wasTold: async ({ id }) => ((await store.repliesUsed(lease, [id])).get(id) ?? 0) > 0,
      onDecision: (decision) => {
        const { what, user } = decision;
        // Whatever of theirs is under way ends too.
        if (what === 'revoked' && user !== undefined) this.#directory?.stopAllOf(user, 'operator_stop');
        emit({ type: 'access.decided', channel, decision });
      },
    });
  }

  /** RESUMED names no bot, and what is replayed comes before it: after a restart it is asked for first. */
  async #learnUser(): Promise<void> {
    try {
      this.#user = (await this.#api?.me()) ?? null;
    } catch (error) {
      this.#log.warn({ err: error }, 'the bot’s own name could not be read');
    }
  }

  #onNotice(notice: GatewayNotice): void {
    const { emit } = this.#deps;
    const channel = this.name;
    switch (notice.type) {
      case 'ready':
        this.#user = notice.bot;
        this.#fault = null;
        this.#state = 'ready';
        this.#log.info({ session: notice.sessionId }, 'channel ready');
        this.#sayRefusedIntents();
        emit({ type: 'channel.ready', channel, username: notice.bot.username, resumed: false });
        break;
      case 'resumed':
        this.#fault = null;
        this.#state = 'ready';
        this.#log.info({}, 'channel resumed');
        if (!this.#user) void this.#learnUser();
        emit({ type: 'channel.ready', channel, username: this.#user?.username ?? '', resumed: true });
        break;
      case 'fault': {
        const fault = { ...notice.fault, nextTryInMs: notice.nextTryInMs };
        this.#fault = fault;
        this.#state = 'waiting';
        this.#log.warn(fault, 'channel lost; it is tried again');
        emit({ type: 'channel.lost', channel, fault });
        break;
      }
      case 'stopped':
        this.#fault = notice.reason;
        this.#state = 'stopped';
        if (notice.reason.code !== 'shutdown') this.#log.error(notice.reason, 'channel stopped');
        emit({ type: 'channel.stopped', channel, fault: notice.reason });
        break;
    }
  }

  #sayRefusedIntents(): void {
    const { refusedIntents } = this.status();
    if (refusedIntents) this.#log.warn({ refusedIntents }, 'these intents are not granted; their events will not come');
  }

  /** A write nobody waits for: its failure is said, never swallowed. */
  #own(write: Promise<void>): void {
    write.catch((error: unknown) => this.#log.error({ err: error }, 'a write to the store failed'));
  }
}
