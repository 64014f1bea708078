import type { Tracer } from '@opentelemetry/api';
import type { InspectionEvent } from 'xstate';
import type { InspectorFor } from '../actors/inspect.js';
import type { RunningTurn } from '../actors/unit-view.js';
import { createDriver } from '../adapters/agents/create.js';
import { embeddedDriver } from '../adapters/agents/embedded.js';
import { systemClock } from '../adapters/clock/system-clock.js';
import { createHttpTransport } from '../adapters/net/undici-http.js';
import { wsTransport } from '../adapters/net/ws-socket.js';
import type { AgentSettings, ChannelSettings, ResolvedConfig } from '../config/resolved.js';
import type { ButtonHandler } from '../domain/button.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Lang } from '../domain/notices.js';
import type { PaceLimits } from '../domain/reply-limits.js';
import type { BusyPolicy, CancelReason } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import { createLogger, type Logger } from '../log/logger.js';
import { Lanes } from '../pipelines/sending/lanes.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { PublicFetch } from '../ports/files.js';
import type { HttpTransport } from '../ports/http.js';
import type { SocketTransport } from '../ports/socket.js';
import type {
  ConversationQuery,
  ConversationSummary,
  DeadLetter,
  Store,
  StoreHealth,
  TurnReceipt,
} from '../ports/store.js';
import type { TurnHandler } from '../ports/turn-handler.js';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import { Bot } from './bot.js';
import type { ConversationListed, ConversationView } from './conversation-view.js';
import type { ChannelStatus, RateLevel, RouterEvent } from './events.js';
import { createMediaRoom } from './media-room.js';
import { createPairing, type PairingApproval, type PairingView } from './pairing.js';
import { type Quarantine, quarantineOf } from './quarantine.js';
import { sidecarOf } from './sidecar.js';
import { type Speaking, showTyping, speakingOf } from './speaking.js';
import { storeFor } from './store.js';
import { createTracing } from './tracing.js';
import { WebhookDesk, type WebhookHandler } from './webhook-desk.js';
import { Webhooks } from './webhooks.js';

/** What a router runs on; every part has the real one as its default, and tests bring their own. */
export type Runtime = {
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly http?: HttpTransport;
  readonly sockets?: SocketTransport;
  /** How files that strangers have named are fetched; with an `http` of one's own, none are without it. */
  readonly fetch?: PublicFetch;
  readonly store?: Store;
  readonly log?: Logger;
  /** The language of what the router itself says to users. @default 'zh' */
  readonly lang?: Lang;
  /** Relative paths of the configuration start here. @default the working directory */
  readonly baseDir?: string;
  /** Sees every event of every chart. */
  readonly inspect?: (event: InspectionEvent) => void;
  /** The same, told beforehand which chart it is of; stands instead of `inspect`. */
  readonly inspectorFor?: InspectorFor;
  /** Records a trace per turn: what a provider of OpenTelemetry gives. */
  readonly tracer?: Tracer;
  /** The platform's rates, as data. */
  readonly paceLimits?: PaceLimits;
  /** Names of agents' sessions and of offers, that long. @default unguessable ones */
  readonly agentName?: (length: number) => string;
};

/** The bots of this process, with what answers them. */
export interface Router extends Speaking {
  /** Answers the turns of every channel that has no agent of its own. One handler; the last one counts. */
  onTurn(handler: TurnHandler): void;
  /** Asks for a decision about every press on a button. One handler; the last one counts. */
  onButton(handler: ButtonHandler): void;
  /**
   * Resolves once every channel is READY or has failed for good; `channels()` tells which. Asked again, it is the same
   * start; a router that is stopped before it is READY resolves it, too.
   * Errors: `config.invalid` where a channel has no agent, or is called back and nobody asked for `webhook`;
   * `store.closed` where the router was stopped.
   */
  start(): Promise<void>;
  /** Lets running turns finish for up to 8 s, flushes what is to be sent, closes the connections with 1000. */
  stop(): Promise<void>;
  channels(): readonly ChannelStatus[];
  /** How much of the platform's rates and quotas is used up, where any is. */
  rateLevels(): readonly RateLevel[];
  /** Cancels the turn under way; false where there is none. */
  stopTurn(conversation: ConversationId, reason?: CancelReason): boolean;
  /**
   * What a message of this conversation does from now on while a turn is under way, also after a restart; `null` goes
   * back to the scene's setting.
   */
  setBusy(conversation: ConversationId, busy: BusyPolicy | null): Promise<void>;
  /** Tries a channel's connection afresh, also after it had stopped. False where there is no such channel. */
  reconnect(channel: string): boolean;
  /** The conversations of the store, the last touched first. */
  conversations(query: ConversationQuery): Promise<{
    readonly conversations: readonly ConversationListed[];
    /** Null on the last page. */
    readonly next: string | null;
    /** All there are, whatever was asked for. */
    readonly total: number;
  }>;
  /** One conversation of a running bot; null where there is none. */
  conversation(id: ConversationId): Promise<ConversationView | null>;
  /** Lets an idle conversation leave memory; it comes back with its next message. False where it is not idle, or not there. */
  retire(conversation: ConversationId): boolean;
  /** A turn under way, or the receipt of one that is closed; null where it is not known, or forgotten. */
  turn(id: string): Promise<RunningTurn | TurnReceipt | null>;
  /** When the message came that has waited for its turn the longest, over all bots; null where none waits. Epoch ms. */
  oldestWaitingMs(): number | null;
  /** Messages that brought down every turn that began with them, the last given up first; of all bots of the store. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /**
   * Offers one to its conversation again, as if it came now and had never been tried; where its bot does not run, at that
   * bot's next start. False where no such message is dead.
   */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Gives one up for good. False where no such message is dead. */
  dropDeadLetter(id: string): Promise<boolean>;
  /** Who asks to be let in, who was, and the last decisions; of all running channels. */
  pairing(): Promise<PairingView>;
  /** Lets the user in whose code this is. Five codes that are nobody's lock every request that waits. */
  approvePairing(code: string): Promise<PairingApproval>;
  /**
   * Shuts a paired user out, or takes a request away; what is under way with them ends. Gives the channels where they
   * were known. Errors: the store's; they are out until the next start all the same.
   */
  revokePairing(user: string, channel?: string): Promise<readonly string[]>;
  /**
   * Takes the callbacks of a channel with transport "webhook", for a server of your own: hand it each request as it came,
   * the body's bytes untouched, and send back what it gives. Without a name it serves all of them, told apart by
   * `X-Bot-Appid`. To be asked for before `start`. Null where there is no such channel.
   */
  webhook(channel?: string): WebhookHandler | null;
  /** How the store is; `degraded` says why nothing can be written. */
  storeHealth(): StoreHealth;
  /** The agents that dial in; null where no channel is answered by one. */
  readonly agents: AgentDesk | null;
  /** Whether turns could be taken now. Errors: the driver's. */
  checkAgents(): Promise<void>;
  /** Gives the way to stop listening. One that throws is named in the log, and hears the next event too. */
  on(listener: (event: RouterEvent) => void): () => void;
}

/** A turn is named after its conversation. */
const conversationOfTurn = (id: string): ConversationId => id.slice(0, Math.max(0, id.lastIndexOf(':')));

/** Sends that may be with the transport at once; fewer than its connections, so that none waits inside it. */
const SENDS_MAX = 100;

/** The composition root: builds the adapters, starts the bots, and shuts down in order. */
export const routerFrom = (config: ResolvedConfig, runtime: Runtime = {}): Router => {
  const clock = runtime.clock ?? systemClock;
  const random = runtime.random ?? Math.random;
  const log = runtime.log ?? createLogger({ level: 'silent', destination: null }).log;
  const store = runtime.store ?? storeFor(config.store, clock);
  const ownHttp = runtime.http ? null : createHttpTransport();
  const http = runtime.http ?? (ownHttp as HttpTransport);
  const lanes = new Lanes(SENDS_MAX);
  // Whoever brings a transport of their own has cut the network off; only they know another way to it.
  const fetch = runtime.fetch ?? (runtime.http ? null : undefined);
  const media = createMediaRoom(config.media, {
    channels: Object.values(config.channels),
    clock,
    log,
    ...(fetch !== undefined && { fetch }),
  });
  const tracing = runtime.tracer ? createTracing(runtime.tracer, clock) : null;
  const listeners = new Set<(event: RouterEvent) => void>(tracing ? [tracing.onEvent] : []);
  const drivers = new Set<AgentDriver>();
  const speaking = speakingOf(() => bots);
  const stopTurn = (conversation: ConversationId, reason: CancelReason = 'operator_stop'): boolean =>
    bots.some((bot) => bot.stopTurn(conversation, reason));
  const { inspect } = runtime;
  const inspectorFor: InspectorFor | undefined = runtime.inspectorFor ?? (inspect && (() => ({ events: inspect })));
  const sidecar = sidecarOf(config, {
    clock,
    log: log.child({ room: 'sidecar' }),
    send: speaking.send,
    stopTurn,
    showTyping: (conversation) => showTyping(bots, conversation),
    ...(runtime.agentName && { name: runtime.agentName }),
    ...(inspectorFor && { inspectorFor }),
  });
  if (sidecar) listeners.add(sidecar.onEvent);
  let bots: readonly Bot[] = [];
  let handler: TurnHandler | null = null;
  let buttonHandler: ButtonHandler | null = null;
  let quarantine: Quarantine | null = null;
  /** The bots are being made. */
  let making: Promise<void> | null = null;
  let starting: Promise<void> | null = null;
  let stopping: Promise<void> | null = null;

  const emit = (event: RouterEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // What comes in must not stop because somebody who looks on has a fault.
        log.error({ err: error, event: event.type }, 'a listener failed');
      }
    }
  };

  const pairing = createPairing(() => bots.flatMap(({ name, desk }) => (desk ? [{ name, desk }] : [])));

  const driverFor = async (channel: ChannelSettings, made: Map<AgentSettings, AgentDriver>): Promise<AgentDriver> => {
    const settings = channel.agent ?? config.agent;
    if (settings?.driver === 'native' && sidecar) return sidecar.desk.driver(settings);
    if (settings && settings.driver !== 'native') {
      const driver = made.get(settings) ?? (await createDriver(settings, { clock, baseDir: runtime.baseDir ?? '.' }));
      made.set(settings, driver);
      return driver;
    }
    if (handler) return embeddedDriver((turn) => handler?.(turn), 'embedded', clock);
    throw new RouterError(
      'config.invalid',
      `channels.${channel.name} has no agent: set \`agent\`, or call onTurn(handler)`,
    );
  };

  const onHealth = ({ degraded }: StoreHealth): void => {
    if (degraded) {
      log.error({ code: degraded }, 'the store cannot be written; no message is taken until it can');
      emit({ type: 'store.degraded', code: degraded });
    } else {
      log.info({}, 'the store can be written again');
      emit({ type: 'store.recovered' });
    }
  };

  const enabled = Object.values(config.channels).filter((channel) => channel.enabled);
  const desks = new Map(
    enabled
      .filter(({ transport }) => transport === 'webhook')
      .map((settings) => {
        const desk = new WebhookDesk({ settings, clock, log: log.child({ room: 'webhook', bot: settings.name }) });
        return [settings.name, desk] as const;
      }),
  );
  const webhooks = new Webhooks(
    enabled.flatMap(({ name, appId }) => {
      const desk = desks.get(name);
      return desk ? [{ name, appId, desk }] : [];
    }),
  );

  const make = async (): Promise<void> => {
    webhooks.refuseUnmounted();
    await store.open();
    store.watch(onHealth);
    await sidecar?.desk.open(store);
    const watch = quarantineOf(await store.claims(), { clock, log });
    quarantine = watch;
    const made = new Map<AgentSettings, AgentDriver>();
    const started: Bot[] = [];
    for (const channel of enabled) {
      const driver = await driverFor(channel, made);
      drivers.add(driver);
      const webhook = desks.get(channel.name);
      started.push(
        new Bot(channel, {
          clock,
          random,
          http,
          lanes,
          sockets: runtime.sockets ?? wsTransport,
          store,
          quarantine: watch,
          driver,
          log,
          lang: runtime.lang ?? 'zh',
          conversation: config.conversation,
          emit,
          media,
          ...(webhook && { webhook }),
          ...(tracing && { traceparentOf: tracing.traceparentOf }),
          ...(inspectorFor && { inspectorFor }),
          onButton: () => buttonHandler,
          ...(runtime.paceLimits && { paceLimits: runtime.paceLimits }),
        }),
      );
    }
    bots = started;
  };

  const start = async (): Promise<void> => {
    making = make();
    await making;
    if (!stopping) await Promise.all(bots.map((bot) => bot.start()));
  };

  const retryDeadLetter = async (id: string): Promise<boolean> => {
    const letters = (await store.deadLetters()).filter((letter) => letter.id === id);
    const offers = await Promise.all(
      letters.map(async (letter) => {
        const offer = await bots.find(({ appId }) => appId === letter.appId)?.offering();
        return () => offer?.(letter);
      }),
    );
    // Of several who ask at once, one is told yes.
    if (!(await store.revive(id))) return false;
    log.info({ message: id }, 'a message that was given up is offered again');
    for (const offer of offers) offer();
    return true;
  };

  const dropDeadLetter = async (id: string): Promise<boolean> => {
    const isDropped = await store.dropDead(id);
    if (isDropped) log.info({ message: id }, 'a message that was given up is dropped');
    return isDropped;
  };

  const listed = (summary: ConversationSummary): ConversationListed => {
    const bot = bots.find((one) => one.owns(summary.conversation));
    const state = bot?.stateOf(summary.conversation);
    return {
      ...summary,
      ...(bot && { channel: bot.name }),
      living: typeof state === 'string',
      ...(state && { state }),
    };
  };

  const conversation = async (id: ConversationId): Promise<ConversationView | null> =>
    (await bots.find((bot) => bot.owns(id))?.view(id)) ?? null;

  const stop = async (): Promise<void> => {
    await making?.catch(() => undefined);
    await Promise.all(bots.map((bot) => bot.stop()));
    quarantine?.close();
    await Promise.all([...drivers].map((driver) => driver.close?.()));
    await sidecar?.desk.close();
    await store.close();
    await media.close();
    await ownHttp?.close();
  };

  return {
    onTurn: (given) => {
      handler = given;
    },
    onButton: (given) => {
      buttonHandler = given;
    },
    start: async () => {
      if (stopping) throw new RouterError('store.closed', 'this router was stopped; make another with createRouter');
      // One that failed, for want of an agent, may be tried again.
      starting ??= start().catch((error: unknown) => {
        starting = null;
        throw error;
      });
      await starting;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    channels: () => bots.map((bot) => bot.status()),
    rateLevels: () => bots.flatMap((bot) => bot.rateLevels().map((level) => ({ channel: bot.name, ...level }))),
    stopTurn,
    setBusy: async (conversation, busy) => {
      await Promise.all(bots.map((bot) => bot.setBusy(conversation, busy)));
    },
    reconnect: (channel) => {
      const bot = bots.find(({ name }) => name === channel);
      bot?.reconnect();
      return bot !== undefined;
    },
    conversations: async (query) => {
      const [page, total] = await Promise.all([store.listConversations(query), store.countConversations()]);
      return { conversations: page.conversations.map(listed), next: page.next, total };
    },
    conversation,
    retire: (id) => bots.some((bot) => bot.retire(id)),
    turn: async (id) => {
      const running = (await conversation(conversationOfTurn(id)))?.turn;
      return running?.turn === id ? running : await store.loadTurn(id);
    },
    oldestWaitingMs: () => {
      const oldest = bots.map((bot) => bot.oldestWaitingMs()).filter((atMs) => atMs !== null);
      return oldest.length === 0 ? null : Math.min(...oldest);
    },
    ...speaking,
    agents: sidecar?.desk ?? null,
    deadLetters: () => store.deadLetters(),
    retryDeadLetter,
    dropDeadLetter,
    pairing: pairing.view,
    approvePairing: pairing.approve,
    revokePairing: pairing.revoke,
    webhook: (channel) => webhooks.handler(channel),
    storeHealth: () => store.health(),
    checkAgents: async () => {
      for (const driver of drivers) await driver.check?.();
    },
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
