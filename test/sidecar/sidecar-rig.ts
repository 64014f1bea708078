import type { Tracer } from '@opentelemetry/api';
import type { InspectorFor } from '../../src/actors/inspect.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { RouterEvent } from '../../src/app/events.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Platform,
  type TranscriptEntry,
} from '../../src/emulator/index.js';
import type { Store } from '../../src/ports/store.js';
import type { AgentLink } from '../../src/sidecar/agent-link.js';
import type { AgentPeer } from '../../src/sidecar/agent-peer.js';
import type { Hello } from '../../src/sidecar/frames/from-agent.js';
import type { RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { Life } from '../../src/testing/life.js';
import { TestAgent } from '../../src/testing/test-agent.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { Chance } from '../support/chance.js';
import { type Binding, Border } from './border.js';

type Channel = WrittenConfig['channels'][string];

export type SidecarRigOptions = {
  readonly channel?: Partial<Channel>;
  readonly agent?: { readonly waitMs?: number };
  readonly conversation?: WrittenConfig['conversation'];
  readonly store?: (clock: VirtualClock) => Store;
  readonly inspectorFor?: InspectorFor;
  readonly tracer?: Tracer;
  /** What agents dial in over. @default a wire of the test's own, whose bytes it can hold back */
  readonly binding?: Binding;
};

/** A connection whose bytes a test can hold back. */
export class HeldLink implements AgentLink {
  readonly binding = 'websocket';
  readonly closes: { readonly code: number; readonly reason: string }[] = [];
  /** Bytes that are said to wait; with null everything leaves at once. */
  held: string[] | null = null;
  /** There is room again. */
  onDrained: () => void = () => undefined;
  #bytes = 0;

  constructor(
    readonly deliver: (text: string) => void,
    readonly onClosed: () => void,
  ) {}

  send(text: string): void {
    if (this.closes.length > 0) return;
    if (this.held) {
      this.held.push(text);
      this.#bytes += text.length;
    } else this.deliver(text);
  }

  buffered(): number {
    return this.#bytes;
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
    this.onClosed();
  }

  /** What was held back arrives. */
  release(): void {
    const held = this.held ?? [];
    this.held = null;
    this.#bytes = 0;
    for (const text of held) this.deliver(text);
  }

  /** What was held back arrives, and what comes next is held back again. */
  drain(): void {
    this.release();
    this.held = [];
    this.onDrained();
  }
}

/** Takes a little while in each direction, and keeps the order. */
export const WIRE_MS = 1;

/**
 * A router, the emulator's platform and agents of the test's, all on virtual time.
 * Shape: without a socket, but for those of a `binding`; such a rig is to be closed.
 */
export class SidecarRig {
  readonly #border = new Border();
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly net: InMemoryNet;
  readonly events: RouterEvent[] = [];
  readonly store: Store;
  readonly #options: SidecarRigOptions;
  readonly #chance = new Chance(7);
  #life!: Life;
  /** A request to the platform is handed to the transport, in this step. */
  onRequest: (body: string) => void = () => undefined;
  router: Router;

  constructor(options: SidecarRigOptions = {}) {
    this.#options = options;
    this.clock = options.binding ? new VirtualClock(undefined, () => this.#border.settle()) : new VirtualClock();
    this.platform = createPlatform({ clock: this.clock });
    this.net = new InMemoryNet(this.clock, this.platform);
    this.store = options.store?.(this.clock) ?? new MemoryStore(this.clock);
    this.router = this.#newRouter();
  }

  static async start(options: SidecarRigOptions = {}): Promise<SidecarRig> {
    const rig = new SidecarRig(options);
    await rig.begin();
    return rig;
  }

  async begin(): Promise<void> {
    let isReady = false;
    void this.router.start().then(() => {
      isReady = true;
    });
    await this.clock.advanceUntil(() => isReady);
    if (this.#options.binding && this.router.agents) await this.#border.open(this.router.agents);
  }

  /** Frees the port of a `binding`. */
  async close(): Promise<void> {
    await this.#border.close();
  }

  /** `kill -9`, and a new life on the same store. Agents have to hang up by themselves. */
  async restart(): Promise<void> {
    this.#life.end();
    await this.#border.close();
    this.router = this.#newRouter();
    await this.begin();
  }

  #newRouter(): Router {
    const life = new Life({
      clock: this.clock,
      net: this.net,
      leaves: ({ body }) => this.onRequest(body ?? ''),
    });
    this.#life = life;
    const router = routerFrom(
      resolveRouterOptions({
        channels: {
          qq: {
            appId: DEFAULT_APP_ID,
            appSecret: DEFAULT_APP_SECRET,
            endpoints: { token: 'https://platform.test', api: 'https://platform.test' },
            streamMode: 'block',
            debounce: { quietMs: 0, atMostMs: 0 },
            notices: { stopped: false, failed: false },
            ...this.#options.channel,
          } as Channel,
        },
        agent: { driver: 'native', ...this.#options.agent },
        ...(this.#options.conversation && { conversation: this.#options.conversation }),
      }),
      {
        clock: life,
        random: this.#chance.next,
        agentName: (length) => {
          let name = '';
          while (name.length < length) name += Math.floor(this.#chance.next() * 36).toString(36);
          return name;
        },
        http: life,
        sockets: life,
        store: this.store,
        lang: 'en',
        ...(this.#options.inspectorFor && { inspectorFor: this.#options.inspectorFor }),
        ...(this.#options.tracer && { tracer: this.#options.tracer }),
      },
    );
    router.on((event) => !life.isOver && this.events.push(event));
    return router;
  }

  /** An agent over a wire of its own, up to its `hello.ok`. */
  async agent(hello: Partial<Omit<Hello, 't' | 'v'>> = {}, isPolite = true): Promise<WiredAgent> {
    const wired = this.dial(hello, isPolite);
    wired.agent.hello();
    await this.until(wired.agent.next('hello.ok'));
    return wired;
  }

  /** An agent over the rig's binding, before it has said anything. */
  dialIn(hello: Partial<Omit<Hello, 't' | 'v'>> = {}): TestAgent {
    const { binding } = this.#options;
    if (!binding) return this.dial(hello).agent;
    const ears = { hear: (text: string) => agent.hear(text), closed: (code: number) => agent.closed(code) };
    const wire = this.#border.dial(binding, ears);
    const agent = new TestAgent(wire, { hello });
    return agent;
  }

  /** The same over a wire of its own, whatever the binding. */
  dial(hello: Partial<Omit<Hello, 't' | 'v'>> = {}, isPolite = true): WiredAgent {
    const { clock } = this;
    const later = (run: () => void): void => void clock.setTimeout(run, WIRE_MS);
    let isUp = true;
    let peer: AgentPeer | null = null;
    const agent = new TestAgent(
      {
        send: (text) => later(() => isUp && peer?.text(text)),
        hangUp: () => {
          isUp = false;
          later(() => peer?.closed());
        },
      },
      { hello, isPolite },
    );
    const link = new HeldLink(
      (text) => later(() => isUp && agent.hear(text)),
      () => {
        later(() => {
          if (isUp) agent.closed(link.closes[0]?.code ?? 1006);
          isUp = false;
          peer?.closed();
        });
      },
    );
    peer = this.router.agents?.connect(link, null) ?? null;
    link.onDrained = () => peer?.drained();
    return { agent, link };
  }

  /** A user writes. */
  say(text: string, from = 'U'): string {
    return this.platform.sendC2c({ from, text }).messageId;
  }

  /** Moves time until it is there. */
  async until<T>(wanted: Promise<T>, limitMs = 600_000): Promise<T> {
    let found: { readonly value: T } | null = null;
    void wanted.then((value) => {
      found = { value };
    });
    await this.clock.advanceUntil(() => found !== null, limitMs);
    return (found as unknown as { readonly value: T }).value;
  }

  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** A user writes, and the agent is offered the turn. */
  async ask({ agent }: WiredAgent, text: string, from = 'U'): Promise<RouterFrames['turn.start']> {
    this.say(text, from);
    return this.until(agent.next('turn.start'));
  }

  /** What the user has before their eyes. */
  shown(from = 'U'): string[] {
    return this.entries(from).map(({ text }) => text);
  }

  entries(from = 'U'): TranscriptEntry[] {
    return this.platform
      .transcript({ scene: 'c2c', id: from })
      .filter(({ by, kind }) => by === 'bot' && kind !== 'typing');
  }

  closed(): Extract<RouterEvent, { type: 'turn.closed' }>[] {
    return this.events.filter(
      (event): event is Extract<RouterEvent, { type: 'turn.closed' }> => event.type === 'turn.closed',
    );
  }
}

export type WiredAgent = { readonly agent: TestAgent; readonly link: HeldLink };
