import { Subscription } from 'rxjs';
import type { Directory } from '../actors/directory.js';
import type { Shards } from '../actors/gateway-shards.js';
import { laneless } from '../actors/lanes.js';
import { createMessageApi } from '../adapters/qq/message-api.js';
import { createRest } from '../adapters/qq/rest.js';
import type { ChannelSettings } from '../config/resolved.js';
import type { ConversationId } from '../domain/conversation.js';
import { ACTIVE_QUOTA_MS, REPLY_WINDOWS } from '../domain/reply-limits.js';
import type { BusyPolicy, CancelReason } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { DeadLetter, Lease, SessionRecord } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import type { BotDeps } from './bot-deps.js';
import { announced, pairingDesk } from './bot-door.js';
import { announcedTokens, calledBack, linked } from './bot-link.js';
import { BotStanding } from './bot-standing.js';
import { connectionOf } from './connection-status.js';
import type { ConversationView } from './conversation-view.js';
import { type Conversations, createConversations } from './conversations.js';
import type { ChannelState, ChannelStatus, RouterEvent } from './events.js';
import { InboundRoom } from './inbound-room.js';
import type { Intake } from './intake.js';
import type { PairingDesk } from './pairing-desk.js';
import { recover } from './recovery.js';
import type { Sends } from './sends.js';

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
  readonly #standing: BotStanding;
  #gateway: Shards | null = null;
  #lease: Lease | null = null;
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
    this.#standing = new BotStanding({
      channel: settings.name,
      isEnabled: settings.enabled,
      log: this.#log,
      emit,
      refusedIntents: () => this.status().refusedIntents,
    });
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
    return this.#standing.state;
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
    const { store, webhook, http, clock } = this.#deps;
    const { appId } = this.#settings;
    const lease = await store.lease(appId);
    this.#lease = lease;
    const tokens = announcedTokens(this.#settings, this.#deps);
    const rest = createRest({ http, tokens, endpoint: this.#settings.endpoints.api, appId });
    const api = createMessageApi(rest);
    const saveSession = (slot: number, record: SessionRecord | null): void =>
      this.#own(store.saveSession(lease, slot, record));
    const log = this.#log.child({ room: 'gateway' });

    const gateway = webhook
      ? calledBack(this.#settings, this.#deps, { tokens, api, desk: webhook })
      : await linked(this.#settings, this.#deps, { tokens, rest, lease, log, saveSession });
    this.#gateway = gateway;
    const made = this.#conversations(gateway, tokens, lease);
    const { directory, intake, sends, restoreReach, restoreReplies, view, rateLevels, lostRights, notify } = made;
    this.#rateLevels = rateLevels;
    this.#lostRights = lostRights;
    this.#directory = directory;
    this.#intake = intake;
    this.#sends = sends;
    this.#view = view;
    const say = announced(this.name, notify, this.#deps);
    const desk = pairingDesk(this.#deps, {
      channel: this.name,
      lease,
      log: this.#log.child({ room: 'access' }),
      say,
      onShutOut: (user) => directory.stopAllOf(user, 'operator_stop'),
    });
    await desk.load();
    restoreReach(await store.loadReach(lease, stillCounting(clock.now())));
    this.#desk = desk;
    const botId = (): string => this.#standing.userId;
    this.#flows.add(this.#inbound.open({ gateway, directory, intake, desk, sends, rest, api, lease, say, botId }));
    const settled = new Promise<void>((resolve) => {
      this.#flows.add(
        gateway.notices$.subscribe((notice) => {
          this.#standing.hear(notice, api);
          if (this.state === 'ready' || this.state === 'stopped') resolve();
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
      this.#standing.connecting();
      if (gateway.isResuming) await this.#standing.learnUser(api);
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
    this.#standing.stopped();
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

  /** Whether `sends` is there. */
  get isSpeaking(): boolean {
    return this.#sends !== null;
  }

  /** Errors: `channel.notRunning` before the bot was started, or where it is disabled. */
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
      appId: this.#settings.appId,
      transport: this.#settings.transport,
      ...this.#standing.view(),
      ...connectionOf(this.#gateway?.statuses() ?? []),
      ...(lostRights.length > 0 && { lostRights }),
      ...(this.#deps.webhook && { webhook: this.#deps.webhook.status() }),
      ...(this.#inbound.unknownEvents > 0 && { unknownEvents: this.#inbound.unknownEvents }),
      conversations: { living: this.#directory?.living ?? 0, busy: this.#directory?.busy ?? 0 },
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

  /** A write nobody waits for: its failure is said, never swallowed. */
  #own(write: Promise<void>): void {
    write.catch((error: unknown) => this.#log.error({ err: error }, 'a write to the store failed'));
  }
}

/** What earlier lives have heard and said counts from then on. */
const stillCounting = (nowMs: number): { readonly heardMs: number; readonly activeMs: number } => {
  const windowMs = Math.max(...Object.values(REPLY_WINDOWS).map((window) => window.windowMs));
  return { heardMs: nowMs - windowMs, activeMs: nowMs - ACTIVE_QUOTA_MS };
};
