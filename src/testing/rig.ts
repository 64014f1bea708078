import { MemoryStore } from '../adapters/store/memory-store.js';
import type { RouterEvent } from '../app/events.js';
import { type Router, routerFrom } from '../app/router.js';
import { resolveRouterOptions } from '../config/resolve.js';
import type { WrittenConfig } from '../config/schema.js';
import type { Lang } from '../domain/notices.js';
import type { Receipt } from '../domain/turn.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Failure,
  type Platform,
  type PlatformOptions,
} from '../emulator/index.js';
import type { Turn } from '../ports/turn-handler.js';
import { InMemoryNet } from './in-memory-net.js';
import { Life } from './life.js';
import { Person } from './person.js';
import { platformFiles } from './platform-files.js';
import { VirtualClock } from './virtual-clock.js';

/** What a rig is made of; each part has a default. */
export type RigOptions = {
  /** Answers the turns; what takes time in it waits on the rig: `rig.sleep`. @default says every word back */
  readonly agent?: (turn: Turn, rig: Rig) => void | Promise<void>;
  /** Sets each life of the router up before it starts, as your program does: `onTurn`, `onButton`, `on`. */
  readonly setUp?: (router: Router, rig: Rig) => void;
  /** Settings of the one channel, `qq`, beside its credentials. */
  readonly channel?: Partial<WrittenConfig['channels'][string]>;
  /** The rest of the configuration. Received files are not downloaded unless `media.receive` is true. */
  readonly config?: Partial<WrittenConfig>;
  /** Limits, switches and bots of the platform. */
  readonly platform?: Omit<PlatformOptions, 'clock'>;
  /** Of what the router itself says to users. @default 'en' */
  readonly lang?: Lang;
};

/** The newest events are kept, so many. */
const EVENTS_MAX = 10_000;
/** How long a wait may take, where nothing else is said. Units: ms of the rig's time. */
const LIMIT_MS = 600_000;

/**
 * A whole router before a whole QQ platform, in memory: no socket, no file, no second that is waited for. Time stands
 * still until the test moves it, so what is seen is the same on every machine.
 */
export class Rig {
  readonly clock = new VirtualClock(undefined, settleWithFiles);
  /** The platform, with everybody and every fault of `rookery/emulator`. */
  readonly platform: Platform;
  /** What the routers have told, the newest 10,000. */
  readonly events: RouterEvent[] = [];
  readonly #options: RigOptions;
  readonly #net: InMemoryNet;
  readonly #store: MemoryStore;
  #life: { readonly router: Router; readonly end: () => void };

  /** Not started yet: `startRig` gives one that is. Errors: `config.invalid`. */
  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.platform = createPlatform({ ...options.platform, clock: this.clock });
    this.#net = new InMemoryNet(this.clock, this.platform);
    this.#store = new MemoryStore(this.clock);
    this.#life = this.#begin();
  }

  /** The router of this life. */
  get router(): Router {
    return this.#life.router;
  }

  /** What became of every turn, in the order in which they were closed. */
  get receipts(): Receipt[] {
    return this.events.flatMap((event) => (event.type === 'turn.closed' ? [event.receipt] : []));
  }

  /** Moves time until every channel is READY, or has failed for good. */
  async start(): Promise<this> {
    await this.within(this.router.start());
    return this;
  }

  // ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody in a private chat with the bot; the same id is the same person. */
  user(id: string): Person {
    return new Person(id, { scene: 'c2c' }, this.platform, this.clock.now);
  }

  /** Somebody in a group. */
  member(id: string, group: string): Person {
    return new Person(id, { scene: 'group', group }, this.platform, this.clock.now);
  }

  /** Somebody in a channel of a guild. */
  inGuild(id: string, channel: string, guild?: string): Person {
    return new Person(
      id,
      { scene: 'guild', channel, ...(guild !== undefined && { guild }) },
      this.platform,
      this.clock.now,
    );
  }

  /** Somebody in a guild's private chat. */
  inDm(id: string): Person {
    return new Person(id, { scene: 'dm' }, this.platform, this.clock.now);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Moves time until nothing is under way: the channels are ready (or have failed for good), every message is answered
   * or dropped, every send has its outcome. Errors: says what is still under way after `limitMs`.
   */
  async settled(limitMs = LIMIT_MS): Promise<void> {
    await this.#move(
      () => this.#underWay().length === 0,
      limitMs,
      () => this.#underWay().join(', '),
    );
  }

  /** Moves time until it holds. Errors: throws after `limitMs`. */
  async until(holds: () => boolean, limitMs = LIMIT_MS): Promise<void> {
    await this.#move(holds, limitMs, () => 'what was waited for');
  }

  /** Moves time until `work` is done, and gives its result. Errors: its own; throws after `limitMs`. */
  async within<T>(work: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    work.then(done, done);
    await this.#move(
      () => isDone,
      limitMs,
      () => 'the promise',
    );
    return work;
  }

  /** Moves time by so many ms. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** For agents: resolves once the test has moved time so far. It moves nothing itself. */
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.clock.setTimeout(resolve, ms);
    });

  // ── trouble ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The connection breaks; the router comes back by itself, while time moves. `code`: the platform's close code. */
  cutConnection(code = 1006): void {
    this.platform.closeAll(code);
  }

  /** Nothing can be reached until `goOnline`. */
  goOffline(): void {
    this.#net.isDown = true;
    this.cutConnection();
  }

  goOnline(): void {
    this.#net.isDown = false;
  }

  /** The next sends are refused with a code of the platform; `status` is the answer's. */
  refuseSends(
    code: number,
    given: Omit<Failure, 'code' | 'status' | 'match'> & { readonly status?: number } = {},
  ): void {
    this.platform.failNext({ status: 400, ...given, code, match: 'sends' });
  }

  /** `kill -9`, and the next life of the router on what it had written down, up to READY. */
  async crash(): Promise<void> {
    this.#life.end();
    this.#life = this.#begin();
    await this.start();
  }

  /** Shuts down in order: turns under way have their time to finish. */
  async stop(): Promise<void> {
    await this.within(this.router.stop());
    this.platform.close();
  }

  #begin(): { readonly router: Router; readonly end: () => void } {
    const { agent, setUp, lang = 'en' } = this.#options;
    const life = new Life({ clock: this.clock, net: this.#net });
    const router = routerFrom(resolveRouterOptions(configOf(this.#options)), {
      clock: life,
      http: life,
      sockets: life,
      fetch: platformFiles(this.platform),
      store: this.#store,
      random: () => 0.5,
      lang,
    });
    router.on((event) => {
      if (life.isOver) return;
      this.events.push(event);
      if (this.events.length > EVENTS_MAX) this.events.shift();
    });
    if (agent) router.onTurn((turn) => agent(turn, this));
    setUp?.(router, this);
    return { router, end: () => life.end() };
  }

  #underWay(): string[] {
    const calls = this.#net.underWay;
    const channels = this.router
      .channels()
      .flatMap(({ name, state, lagEvents = 0, conversations: { busy } }) => [
        ...(RESTING.has(state) ? [] : [`${name} is ${state}`]),
        ...(lagEvents > 0 ? [`${lagEvents} events of ${name} are not safe yet`] : []),
        ...(busy > 0 ? [`${busy} conversations of ${name} are busy`] : []),
      ]);
    const waits = this.router.oldestWaitingMs() === null ? [] : ['a message waits for its turn'];
    return [...channels, ...waits, ...(calls > 0 ? [`${calls} calls or frames are on their way`] : [])];
  }

  async #move(holds: () => boolean, limitMs: number, what: () => string): Promise<void> {
    const fromMs = this.clock.now();
    try {
      await this.clock.advanceUntil(holds, limitMs);
    } catch (error) {
      const tookMs = this.clock.now() - fromMs;
      throw new Error(`after ${tookMs} ms of the rig's time still under way: ${what()}. ${HINT}`, { cause: error });
    }
  }
}

const RESTING = new Set(['ready', 'stopped', 'disabled']);
const HINT = 'An agent in a rig waits with rig.sleep, for the rig does not wait for the world outside';

const configOf = ({ agent, setUp, channel, config }: RigOptions): WrittenConfig => ({
  ...(!agent && !setUp && { agent: { driver: 'echo' } }),
  ...config,
  channels: config?.channels ?? { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, ...channel } },
  media: { receive: false, ...config?.media },
});

const FILE_WORK = /^(?:FSReq|CloseReq)/;
/** Files are read and written in the machine's own time; time in the rig stands still meanwhile. */
const settleWithFiles = async (): Promise<void> => {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().some((name) => FILE_WORK.test(name)));
};

/** A rig whose router is READY. Errors: `config.invalid`. */
export const startRig = (options: RigOptions = {}): Promise<Rig> => new Rig(options).start();
