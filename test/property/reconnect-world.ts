import { createGateway } from '../../src/actors/gateway.actor.js';
import type { Gateway, GatewayDispatch } from '../../src/actors/gateway-types.js';
import { createGatewayLocator } from '../../src/adapters/qq/gateway-locator.js';
import { createRest } from '../../src/adapters/qq/rest.js';
import { createTokenSource } from '../../src/adapters/qq/token-source.js';
import { Secret } from '../../src/config/secret.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Platform } from '../../src/emulator/index.js';
import type { SessionRecord } from '../../src/ports/store.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { Chance } from '../support/chance.js';
import { FULL_INTENTS, qqCodec } from '../support/gateway-rig.js';
import { SessionModel } from './reconnect-model.js';

const DAY_MS = 86_400_000;
/** All but private bots may have; what the emulator grants unless told otherwise. */
export const ALL_INTENTS = 0x6fffffff;

const keyOf = (event: GatewayDispatch): string => `${event.session}/${event.s}`;
const idOf = (event: GatewayDispatch): string => (event.d as { id: string }).id;

/** The router's gateway, its real adapters and the emulator's platform, on one virtual clock; and who watches them. */
export class ReconnectWorld {
  readonly clock = new VirtualClock();
  readonly platform: Platform;
  readonly net: InMemoryNet;
  readonly model: SessionModel;
  readonly broken: string[] = [];
  gateway: Gateway;
  /** What survives a crash. */
  #record: SessionRecord | null = null;
  /** Handed on in this life; settled in any. */
  readonly #handed = new Set<string>();
  readonly #safe = new Set<string>();
  readonly #safeIds = new Set<string>();
  readonly #pushed: { readonly id: string; readonly sessions: readonly string[] }[] = [];
  #unsettled: GatewayDispatch[] = [];
  /** Else the events wait for `settle`. */
  #settlesAtOnce = false;
  #lives = 0;
  #openFailures = 0;

  constructor(startsPerDay: number, seed: number) {
    this.platform = createPlatform({
      clock: this.clock,
      limits: { sessionStartsPerDay: startsPerDay },
      switches: { maxConcurrency: 'enforced', strictGateway: true },
    });
    this.model = new SessionModel(this.clock.now);
    this.net = new InMemoryNet(this.clock, this.platform, {
      opened: () => this.#countSockets(),
      heard: (text) => this.model.heard(text),
      said: (text) => this.model.said(text),
      closed: (code, wasOpen) => {
        if (!wasOpen) this.#openFailures += 1;
        this.model.closed(code, wasOpen);
      },
      left: () => this.model.left(),
    });
    this.#random = new Chance(seed).next;
    this.gateway = this.#live();
  }

  readonly #random: () => number;

  push(times: number): void {
    for (let n = 0; n < times; n += 1) {
      const sessions = this.platform.sessions().map(({ id }) => id);
      const { messageId } = this.platform.sendC2c({ from: 'U1', text: 'hello' });
      this.#pushed.push({ id: messageId, sessions });
    }
  }

  /** Makes that many of the events under way safe, in an order of chance. */
  settle(times: number): void {
    for (let n = 0; n < times && this.#unsettled.length > 0; n += 1) {
      const [event] = this.#unsettled.splice(Math.floor(this.#random() * this.#unsettled.length), 1);
      if (!event) return;
      this.#safe.add(keyOf(event));
      this.#safeIds.add(idOf(event));
      this.model.settled(event.session, event.s);
      this.gateway.settle(event);
    }
  }

  /** Half a minute at most: some troubles last. */
  async waitForReady(): Promise<void> {
    for (let second = 0; second < 30 && !this.#isOnline(); second += 1) await this.clock.advance(1_000);
  }

  /** `kill -9`, and a new life a while later with what was saved. */
  async crash(): Promise<void> {
    const saved = this.#record?.sessionId ?? null;
    if (saved !== this.model.session) this.broken.push(`saved session ${saved}, not ${this.model.session}`);
    this.gateway.actor.stop();
    this.#handed.clear();
    this.#unsettled = [];
    await this.clock.advance(6_000);
    this.model.restart(saved);
    this.gateway = this.#live();
  }

  /** Ends all that was made to go wrong; the bot has to come back by itself, save where it stopped for a reason. */
  async heal(): Promise<void> {
    this.platform.clearFaults();
    this.platform.unstall();
    this.platform.grantIntents(ALL_INTENTS);
    this.net.isDown = false;
    this.gateway.flow();
    this.#settlesAtOnce = true;
    this.settle(Number.POSITIVE_INFINITY);
    await this.clock.advance(1_000);
    // A platform that has forgotten a session under a living link cannot be noticed from outside.
    if (this.platform.links().length > 0 && !this.#isOnline()) this.platform.closeAll(4009);
    await this.clock.advanceUntil(() => this.#isOnline() || this.#isStopped(), 2 * DAY_MS);
    if (this.#isStopped()) {
      if (this.model.tokenRefusals < 3) this.broken.push(`stopped: ${this.gateway.snapshotStatus().lastFault?.code}`);
      this.gateway.reconnect();
      await this.clock.advanceUntil(() => this.#isOnline(), 2 * DAY_MS);
    }
    this.push(1);
    await this.clock.advance(6_000);
  }

  /** Safety: what must hold whatever happens. */
  findings(): string[] {
    if (this.platform.links().length > 1) this.broken.push('the platform has two links of one bot');
    return [...this.broken, ...this.model.broken];
  }

  /** Liveness: what must hold once all is well. */
  finalFindings(): string[] {
    const found = this.findings();
    const session = this.platform.sessions().find(({ connected }) => connected);
    if (!session) return [...found, 'no session'];
    for (const { id, sessions } of this.#pushed) {
      if (sessions.includes(session.id) && !this.#safeIds.has(id)) found.push(`message ${id} was lost`);
    }
    for (const s of this.model.deliveredOf(session.id)) {
      const key = `${session.id}/${s}`;
      if (!this.#handed.has(key) && !this.#safe.has(key)) found.push(`event ${key} was heard and not handed on`);
    }
    const { watermark, lagEvents } = this.gateway.snapshotStatus();
    if (watermark !== session.seq || lagEvents !== 0) found.push(`the mark stands at ${watermark} of ${session.seq}`);
    const refused = this.platform.sessionLog().filter(({ reason }) => reason?.includes('session start'));
    if (refused.length > 0) found.push('a session was started above the limit');
    const located = this.platform
      .calls()
      .filter(({ path, status }) => path.startsWith('/gateway') && status === 200).length;
    const days = (this.clock.now() - Date.UTC(2026, 0, 1)) / DAY_MS;
    if (located > this.#lives + this.#openFailures + days + 1) found.push(`the address was asked for ${located} times`);
    return found;
  }

  #isOnline(): boolean {
    const isReady = this.gateway.snapshotStatus().state.startsWith('linked.ready');
    return isReady && this.platform.sessions().some(({ connected }) => connected);
  }

  #isStopped(): boolean {
    return this.gateway.snapshotStatus().state === 'stopped';
  }

  #countSockets(): void {
    if (this.net.held.size > 1) this.broken.push('two sockets are held at once');
  }

  #live(): Gateway {
    this.#lives += 1;
    const { clock, net } = this;
    const endpoint = 'https://platform.test';
    const secret = new Secret(DEFAULT_APP_SECRET);
    const tokens = createTokenSource({ http: net, clock, endpoint, appId: DEFAULT_APP_ID, secret });
    const rest = createRest({ http: net, tokens, endpoint, appId: DEFAULT_APP_ID });
    const gateway = createGateway(
      {
        appId: DEFAULT_APP_ID,
        shard: [0, 1],
        sockets: net,
        tokens,
        locator: createGatewayLocator(rest),
        codec: qqCodec,
        clock,
        random: this.#random,
        saveSession: (record) => {
          this.#record = record;
        },
      },
      { intents: FULL_INTENTS, session: this.#record, pendingMax: 20 },
    );
    gateway.dispatches$.subscribe((event) => {
      const key = keyOf(event);
      if (this.#handed.has(key)) this.broken.push(`event ${key} was handed on twice`);
      this.#handed.add(key);
      this.#unsettled.push(event);
      if (this.#settlesAtOnce) this.settle(1);
    });
    gateway.start();
    return gateway;
  }
}
