import { Subscription } from 'rxjs';
import type { InspectionEvent } from 'xstate';
import { Directory } from '../actors/directory.js';
import { createGateway, type Gateway, type GatewayNotice } from '../actors/gateway.actor.js';
import { gatewayCodec } from '../adapters/qq/frames.js';
import { createGatewayLocator } from '../adapters/qq/gateway-locator.js';
import { createMessageApi } from '../adapters/qq/message-api.js';
import { normalise } from '../adapters/qq/normalise.js';
import { createRest } from '../adapters/qq/rest.js';
import { sharedTokenSources } from '../adapters/qq/token-source.js';
import type { ChannelSettings, ConversationSettings } from '../config/resolved.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Lang } from '../domain/notices.js';
import { PACE_LIMITS, type PaceLimits } from '../domain/reply-limits.js';
import type { CancelReason } from '../domain/turn.js';
import type { Logger } from '../log/logger.js';
import { inbound } from '../pipelines/inbound.js';
import { Pacer } from '../pipelines/pacer.js';
import { ReplyLedger } from '../pipelines/reply-ledger.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { HttpTransport } from '../ports/http.js';
import type { SocketTransport } from '../ports/socket.js';
import type { Lease, Store } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import { cutterFor } from './cutter.js';
import type { ChannelFault, ChannelState, ChannelStatus, RouterEvent } from './events.js';
import { sceneRuntime } from './scene-runtime.js';

/** What all bots of a router share. */
export type BotDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: HttpTransport;
  readonly sockets: SocketTransport;
  readonly store: Store;
  readonly driver: AgentDriver;
  readonly log: Logger;
  readonly lang: Lang;
  readonly conversation: ConversationSettings;
  readonly emit: (event: RouterEvent) => void;
  readonly inspect?: (event: InspectionEvent) => void;
  readonly paceLimits?: PaceLimits;
};

/** How long running turns may finish before they are cut, when the router stops. */
const DRAIN_MS = 8_000;

/** One channel: a gateway, the line behind it, its conversations, and their way back to the platform. */
export class Bot {
  readonly #settings: ChannelSettings;
  readonly #deps: BotDeps;
  readonly #log: Logger;
  readonly #flows = new Subscription();
  readonly #paused = { byLine: false };
  #state: ChannelState;
  #user: { id: string; username: string } | null = null;
  #fault: ChannelFault | null = null;
  #gateway: Gateway | null = null;
  #directory: Directory | null = null;

  constructor(settings: ChannelSettings, deps: BotDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#log = deps.log.child({ bot: settings.name });
    this.#state = settings.enabled ? 'starting' : 'disabled';
  }

  get name(): string {
    return this.#settings.name;
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Resolves once the bot is READY, or has failed for good. */
  async start(): Promise<void> {
    const { store, clock, emit } = this.#deps;
    const { appId } = this.#settings;
    const lease = await store.lease(appId);
    const session = await store.loadSession(lease, 0);
    const tokens = this.#announcedTokens();
    const { http } = this.#deps;
    const endpoint = this.#settings.endpoints.api;
    const locator = createGatewayLocator(createRest({ http, tokens, endpoint, appId }));

    const gateway = createGateway(
      {
        appId,
        shard: [0, 1],
        sockets: this.#deps.sockets,
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
        random: this.#deps.random,
        log: this.#log.child({ room: 'gateway' }),
        saveSession: (record) => this.#own(store.saveSession(lease, 0, record)),
        ...(this.#deps.inspect && { inspect: this.#deps.inspect }),
      },
      { intents: this.#settings.intents, session },
    );
    this.#gateway = gateway;
    this.#directory = this.#createDirectory(gateway, tokens, lease);
    this.#flows.add(this.#inboundFlow(gateway, this.#directory, lease));
    const settled = new Promise<void>((resolve) => {
      this.#flows.add(
        gateway.notices$.subscribe((notice) => {
          this.#onNotice(notice);
          if (this.#state === 'ready' || this.#state === 'stopped') resolve();
        }),
      );
    });
    this.#state = 'connecting';
    gateway.start();
    await settled;
  }

  /** Stops taking messages, lets running turns finish for a while, cuts the rest, and says goodbye to the platform. */
  async stop(): Promise<void> {
    const { clock } = this.#deps;
    const directory = this.#directory;
    this.#gateway?.pause();
    if (directory) {
      const drained = directory.drain();
      const cut = clock.setTimeout(() => directory.stopAll('shutdown'), DRAIN_MS);
      await drained;
      clock.clearTimeout(cut);
    }
    await this.#gateway?.stop();
    this.#flows.unsubscribe();
    directory?.close();
    this.#state = 'stopped';
  }

  stopTurn(conversation: ConversationId, reason: CancelReason): boolean {
    return this.#directory?.stop(conversation, reason) ?? false;
  }

  reconnect(): void {
    this.#gateway?.reconnect();
  }

  status(): ChannelStatus {
    const gateway = this.#gateway?.snapshotStatus();
    return {
      name: this.name,
      state: this.#state,
      appId: this.#settings.appId,
      transport: this.#settings.transport,
      ...(this.#user && { bot: this.#user }),
      ...(gateway?.sessionId && { session: gateway.sessionId, watermark: gateway.watermark }),
      reconnects: gateway?.reconnects ?? 0,
      ...(typeof gateway?.heartbeatLatencyMs === 'number' && { heartbeatLatencyMs: gateway.heartbeatLatencyMs }),
      ...(this.#fault && { fault: this.#fault }),
      conversations: { living: this.#directory?.living ?? 0, busy: this.#directory?.busy ?? 0 },
    };
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

  #createDirectory(gateway: Gateway, tokens: TokenSource, lease: Lease): Directory {
    const { clock, store, emit, conversation, lang } = this.#deps;
    const channel = this.name;
    let isOnline = false;
    this.#flows.add(
      gateway.online$.subscribe((value) => {
        isOnline = value;
      }),
    );
    const { scenes, appId, endpoints } = this.#settings;
    const runtimes = {
      c2c: sceneRuntime('c2c', scenes.c2c, conversation, lang),
      group: sceneRuntime('group', scenes.group, conversation, lang),
      guild: sceneRuntime('guild', scenes.guild, conversation, lang),
      dm: sceneRuntime('dm', scenes.dm, conversation, lang),
    };
    const log = this.#log.child({ room: 'conversation' });
    return new Directory(
      {
        clock,
        lease,
        driver: this.#deps.driver,
        sending: {
          api: createMessageApi(createRest({ http: this.#deps.http, tokens, endpoint: endpoints.api, appId })),
          clock,
          random: this.#deps.random,
          ledger: new ReplyLedger(),
          pacer: new Pacer(this.#deps.paceLimits ?? PACE_LIMITS),
          online$: gateway.online$,
          isOnline: () => isOnline,
        },
        outbound: {},
        settingsFor: (scene: Scene) => runtimes[scene],
        newCutter: cutterFor,
        transcriptMax: conversation.transcriptMax,
        ...(this.#deps.inspect && { inspect: this.#deps.inspect }),
        load: (id) => store.loadConversation(lease, id),
        onTurnStarted: (turn) => emit({ type: 'turn.started', channel, turn }),
        onTurnCancelled: (turn, reason) => {
          log.info({ turn: turn.id, reason }, 'turn cancelled');
          emit({ type: 'turn.cancelled', channel, turn, reason });
        },
        onTurnClosed: (_unit, turn, receipt, record) => {
          log.debug({ turn: turn.id, status: receipt.status, chars: receipt.delivered.length }, 'turn closed');
          emit({ type: 'turn.closed', channel, turn, receipt });
          this.#own(
            store.saveConversation(lease, record).then(() =>
              store.settle(
                lease,
                turn.inputs.map(({ id }) => id),
              ),
            ),
          );
        },
        onOutcome: (outcome) => {
          if (outcome.status === 'refused' || outcome.status === 'unknown' || outcome.status === 'full') {
            const { piece, ...why } = outcome;
            log.warn({ ...why, turn: piece.turn, piece: piece.index }, 'a piece was not delivered');
          }
          emit({ type: 'piece', channel, outcome });
        },
        onLateOutcome: (turn, outcome) => {
          log.info({ turn, status: outcome.status }, 'the outcome of a closed turn’s last piece is known');
          emit({ type: 'turn.settled', channel, turn, outcome });
        },
        onDropped: (messages) =>
          this.#own(
            store.settle(
              lease,
              messages.map(({ id }) => id),
            ),
          ),
        onAgentError: (turn, error) => log.warn({ turn: turn.id, err: error }, 'the agent failed'),
        onFailed: (id, error) => log.error({ conversation: id, err: error }, 'a conversation failed and was ended'),
      },
      { retireAfterMs: conversation.retireAfterMs },
    );
  }

  #inboundFlow(gateway: Gateway, directory: Directory, lease: Lease): Subscription {
    const { clock, store, emit } = this.#deps;
    const { appId, scenes } = this.#settings;
    const log = this.#log.child({ room: 'inbound' });
    return inbound(gateway.dispatches$, {
      normalise: (dispatch) => normalise(dispatch, { appId, botId: this.#user?.id ?? '', nowMs: clock.now() }),
      accessOf: (scene) => scenes[scene],
      store,
      lease,
      deliver: (message) => {
        emit({ type: 'message.accepted', channel: this.name, message });
        directory.deliver(message);
      },
      settle: (dispatch) => gateway.settle(dispatch),
      onPressure: (isFull) => {
        this.#paused.byLine = isFull;
        log.warn({ isFull }, isFull ? 'the inbound line is full; reading pauses' : 'the inbound line flows again');
        if (isFull) gateway.pause();
        else gateway.flow();
      },
      onSkipped: (dispatch, why) => {
        log.debug({ event: dispatch.t, seq: dispatch.s, why }, 'an event was skipped');
        emit({ type: 'message.skipped', channel: this.name, why });
      },
    }).subscribe({
      error: (error: unknown) => {
        log.fatal({ err: error }, 'the inbound line failed');
        gateway.pause();
      },
    });
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
        emit({ type: 'channel.ready', channel, username: notice.bot.username, resumed: false });
        break;
      case 'resumed':
        this.#fault = null;
        this.#state = 'ready';
        this.#log.info({}, 'channel resumed');
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

  /** A write nobody waits for: its failure is said, never swallowed. */
  #own(write: Promise<void>): void {
    write.catch((error: unknown) => this.#log.error({ err: error }, 'a write to the store failed'));
  }
}
