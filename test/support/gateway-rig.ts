import { createGateway } from '../../src/actors/gateway.actor.js';
import type {
  Gateway,
  GatewayDeps,
  GatewayDispatch,
  GatewayNotice,
  GatewayOptions,
} from '../../src/actors/gateway-types.js';
import { decodeFrame, encodeHeartbeat, encodeIdentify, encodeResume } from '../../src/adapters/qq/frames.js';
import { intentMask } from '../../src/domain/intents.js';
import type { GatewayCodec } from '../../src/ports/gateway-codec.js';
import type { GatewayLocation, GatewayLocator } from '../../src/ports/gateway-locator.js';
import type { SessionRecord } from '../../src/ports/store.js';
import type { TokenSource } from '../../src/ports/token-source.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { type FakeSocket, FakeSockets } from './fake-sockets.js';

export const qqCodec: GatewayCodec = {
  decode: decodeFrame,
  identify: encodeIdentify,
  resume: encodeResume,
  heartbeat: encodeHeartbeat,
};

/** `group_and_c2c` is always granted, `interaction` may not be. */
export const FULL_INTENTS = intentMask(['guilds', 'group_and_c2c', 'interaction']);
export const REDUCED_INTENTS = intentMask(['guilds', 'group_and_c2c']);

/** A token service that gives `tok1`, `tok2` … and the next one once the last was refused or has run out. */
export class FakeTokens implements TokenSource {
  asked = 0;
  failure: unknown = null;
  readonly invalidated: string[] = [];
  #issued = 1;

  async get(): Promise<string> {
    this.asked += 1;
    if (this.failure !== null) throw this.failure;
    return `tok${this.#issued}`;
  }

  invalidate(token: string): void {
    this.invalidated.push(token);
    if (token === `tok${this.#issued}`) this.#issued += 1;
  }

  expire(): void {
    this.#issued += 1;
  }
}

export class FakeLocator implements GatewayLocator {
  asked = 0;
  failure: unknown = null;
  limit = { total: 1000, remaining: 1000, resetAfterMs: 3_600_000, maxConcurrency: 1 };

  async locate(): Promise<GatewayLocation> {
    this.asked += 1;
    if (this.failure !== null) throw this.failure;
    return { url: `wss://gateway.test/${this.asked}`, shards: 1, limit: this.limit };
  }
}

/** A gateway between fakes, on virtual time. Chance is the middle of its range. */
export class GatewayRig {
  readonly clock: VirtualClock;
  readonly sockets = new FakeSockets();
  readonly tokens = new FakeTokens();
  readonly locator = new FakeLocator();
  readonly events: GatewayDispatch[] = [];
  readonly notices: GatewayNotice[] = [];
  readonly saved: (SessionRecord | null)[] = [];
  readonly logged: string[] = [];
  readonly gateway: Gateway;

  /** `beside`: another shard's rig, whose clock and session starts are this one's too. */
  constructor(
    options: Partial<GatewayOptions> = {},
    deps: Partial<Pick<GatewayDeps, 'shard' | 'starts'>> = {},
    beside?: GatewayRig,
  ) {
    this.clock = beside?.clock ?? new VirtualClock();
    const log = (_fields: object, message: string): void => {
      this.logged.push(message);
    };
    this.gateway = createGateway(
      {
        appId: 'app1',
        shard: [0, 1],
        sockets: this.sockets,
        tokens: this.tokens,
        locator: this.locator,
        codec: qqCodec,
        clock: this.clock,
        random: () => 0.5,
        log: { debug: log, info: log, warn: log, error: log },
        saveSession: (record) => this.saved.push(record),
        ...deps,
      },
      { intents: FULL_INTENTS, ...options },
    );
    this.gateway.dispatches$.subscribe((event) => this.events.push(event));
    this.gateway.notices$.subscribe((notice) => this.notices.push(notice));
  }

  get state(): string {
    return this.gateway.snapshotStatus().state;
  }

  get socket(): FakeSocket {
    return this.sockets.last;
  }

  /** Numbers of the events that were handed on. */
  get seqs(): number[] {
    return this.events.map((event) => event.s);
  }

  /** Everything that is ready runs; time stands still. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** Up to the hello of a fresh socket. */
  async greet(): Promise<FakeSocket> {
    const before = this.sockets.sockets.length;
    await this.clock.advanceUntil(() => this.sockets.sockets.length > before);
    return this.socket.accept().hello();
  }

  async startReady(sessionId = 's1'): Promise<FakeSocket> {
    this.gateway.start();
    const socket = await this.greet();
    return socket.ready(sessionId).ack();
  }

  /** The answer to a lost link: a new socket that has been greeted. */
  async nextLink(): Promise<FakeSocket> {
    const known = this.sockets.sockets.length;
    if (this.socket.isDetached && this.state === 'linked.connecting') return this.socket.accept().hello();
    await this.clock.advanceUntil(() => this.sockets.sockets.length > known);
    return this.socket.accept().hello();
  }

  settleEvent(s: number, session = this.gateway.snapshotStatus().sessionId ?? ''): void {
    this.gateway.settle({ session, s });
  }

  faults(): string[] {
    return this.notices.flatMap((notice) => (notice.type === 'fault' ? [notice.fault.code] : []));
  }
}
