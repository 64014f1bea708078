import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../../../src/adapters/store/embedded/embedded-store.js';
import type { Emulator, RecordKind, RecordKinds, TranscriptEntry } from '../../../src/emulator/index.js';
import { type Mark, marksIn } from '../../simulation/agents.js';
import type { Chance } from '../../support/chance.js';
import { freePort } from './free-port.js';
import type { Rookery } from './rookery.js';
import { CANARIES, fromEnv, World } from './world.js';

/** Where the process is killed; each is a moment that can be seen on the wire. */
export const MOMENTS = [
  'any',
  'starting',
  'resuming',
  'ready',
  'pushed',
  'asked',
  'sent',
  'answered',
  'unanswered',
  'lost on the way',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** Streams three marks, each after a while, so that most kills come in the middle of an answer. */
const AGENT = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default async (turn) => {
  const ids = turn.inputs.map(({ id }) => id).join('+');
  await turn.reply((async function* () {
    for (let place = 0; place < 3; place += 1) {
      await pause(15);
      yield '[' + ids + ':' + place + '] and so on. ';
    }
  })());
};
`;

const BESIDE = fileURLToPath(new URL('./marking-agent.mjs', import.meta.url));
const MEMORY = 'agent-memory';
const TOKEN = { ROOKERY_TOKEN: CANARIES.serverToken };

/**
 * Where the agent lives, and how fast users write. `inside`: in the router's process, every message is answered in its
 * turn. `beside`: in a process of its own; in groups as before, but a user's new message cancels what is under way.
 */
export type Cast = { readonly agent: 'inside' | 'beside'; readonly writeMs: readonly [least: number, most: number] };

/**
 * Kills that come so close that nothing heals between them, or as many as there are in so long: a slow machine's twenty
 * last longer than the platform lets a group be answered.
 */
const STORM = { killsMax: 20, msMax: 120_000 } as const;

/** Who is killed; the agent by itself only where it has a process of its own. */
export type Victim = 'router' | 'agent' | 'both';

type Peer = { readonly scene: 'c2c' | 'group'; readonly id: string };

const PEERS: readonly Peer[] = [
  { scene: 'c2c', id: 'ANN' },
  { scene: 'c2c', id: 'BEN' },
  { scene: 'group', id: 'CAY' },
  { scene: 'group', id: 'DOT' },
];

/** Nothing was said for so long, which is longer than a suspect waits for its trial: nothing more will be. */
const QUIET_MS = 25_000;

/**
 * Whose moment does not come for so long is killed anyway. It is shorter than a suspect waits for its trial: a killer who
 * waits for that send of all sends cannot be told from a poisonous message.
 */
const PATIENCE_MS = 5_000;

/** Where the store and the log are kept of a run in which something was not answered. */
const KEEP = process.env['KILLS_KEEP'];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export type Found = {
  readonly written: number;
  readonly answered: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly outOfOrder: readonly string[];
  /** Given up after three turns that never came to an end. */
  readonly buried: readonly string[];
  /** Calls that the platform refused as known already. */
  readonly repeated: number;
  /** Who ended without having been killed, and what they said last. */
  readonly fallen: readonly string[];
};

/**
 * The built command on a store of its own, killed again and again while users keep writing.
 * Kills come in storms, which `beginStorm` divides: after each everything must be answered. What a group was not
 * told within the platform's five minutes cannot be told at all, so one endless storm would prove nothing.
 */
export class Killing {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #cast: Cast;
  /** The router's; null where nobody has to find it. */
  readonly #port: number | null;
  readonly #written = new Map<string, string[]>();
  #rookery: Rookery | null = null;
  #beside: Rookery | null = null;
  /** Messages each had written, and what each had before their eyes, when everything was answered last. */
  readonly #healed = new Map<string, { readonly written: number; readonly seen: number }>();
  /** Given up; nobody waits for these. */
  readonly #buried = new Set<string>();
  readonly #fallen: string[] = [];
  #count = 0;
  /** The storm that goes on; null before the first. */
  #storm: { kills: number; readonly fromMs: number } | null = null;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(world: World, chance: Chance, cast: Cast, port: number | null) {
    this.#world = world;
    this.#chance = chance;
    this.#cast = cast;
    this.#port = port;
  }

  /** Resolves once the first life is READY. */
  static async begin(chance: Chance, cast: Cast = { agent: 'inside', writeMs: [5, 80] }): Promise<Killing> {
    const world = await World.make({
      limits: { sessionStartsPerDay: 1_000_000, resumableMs: 3_600_000 },
      bounds: { transcript: 200_000 },
    });
    await world.write('agent.mjs', AGENT);
    const channel = {
      debounce: { quietMs: 0, atMostMs: 0 },
      busy: 'enqueue',
      waitingMax: 100_000,
      waitingLifeMs: 3_600_000,
      scenes: {
        c2c: { streamMode: 'native', busy: cast.agent === 'beside' ? 'interrupt' : 'enqueue' },
        group: { streamMode: 'block' },
      },
    };
    const port = cast.agent === 'beside' ? await freePort() : null;
    const more = {
      agent: port === null ? { driver: 'module', path: './agent.mjs' } : { driver: 'native' },
      ...(port !== null && { server: { port, token: fromEnv('ROOKERY_TOKEN') } }),
      store: { driver: 'embedded', path: './store' },
    };
    await world.write('rookery.config.json5', world.config(more, channel));
    const killing = new Killing(world, chance, cast, port);
    killing.#start();
    killing.#startBeside();
    await killing.#rookery?.said(/^qq: ready/m);
    return killing;
  }

  get #emulator(): Emulator {
    return this.#world.emulator;
  }

  /** Time for the next one to begin. */
  get isStormOver(): boolean {
    const storm = this.#storm;
    return !storm || storm.kills >= STORM.killsMax || performance.now() - storm.fromMs >= STORM.msMax;
  }

  /** One kill at that moment, and the next life begun. An agent may come back without its memory. */
  async kill(moment: Moment, victim: Victim = 'router'): Promise<void> {
    if (this.#storm) this.#storm.kills += 1;
    const router = victim === 'agent' ? null : this.#rookery;
    const beside = victim === 'router' ? null : this.#beside;
    const strike = (): void => {
      router?.kill('SIGKILL');
      beside?.kill('SIGKILL');
    };
    await Promise.race([this.#when(moment, strike), pause(PATIENCE_MS).then(strike)]);
    await Promise.all([router?.exited, beside?.exited]);
    this.#emulator.clearFaults();
    if (router) this.#start();
    if (!beside) return;
    if (this.#chance.is(0.3)) await rm(join(this.#world.dir, MEMORY), { force: true });
    this.#startBeside();
  }

  /** What the last storm left is healed, and users write again; false where something of it is never answered. */
  async beginStorm(): Promise<boolean> {
    if (!(await this.#heal())) return false;
    this.#storm = { kills: 0, fromMs: performance.now() };
    this.#isWriting = true;
    this.#writing = this.#write();
    return true;
  }

  /** No kills and no new messages until what is left is answered, or given up; false where something is neither. */
  async #heal(): Promise<boolean> {
    this.#isWriting = false;
    await this.#writing;
    const isAnswered = (): boolean => this.#unanswered().length === 0;
    let isDone = isAnswered();
    for (let sent = -1; !isDone && sent !== this.#emulator.sends().length; ) {
      sent = this.#emulator.sends().length;
      isDone = await this.#emulator.waitFor(isAnswered, { timeoutMs: QUIET_MS }).catch(() => false);
    }
    if (!isDone) {
      await this.#stop();
      await this.#exhume();
      isDone = isAnswered();
      this.#start();
    }
    if (isDone) {
      for (const peer of PEERS)
        this.#healed.set(peer.id, { written: this.#writtenBy(peer).length, seen: this.#transcript(peer).length });
    } else if (KEEP) await cp(this.#world.dir, KEEP, { recursive: true });
    return isDone;
  }

  /** What is left is answered, and then everything is counted. */
  async end(): Promise<Found> {
    await this.#heal();
    await this.#stop();
    return this.#reckon();
  }

  async #stop(): Promise<void> {
    this.#rookery?.kill('SIGTERM');
    await this.#rookery?.exited;
  }

  #start(): void {
    this.#rookery = this.#watch(this.#world.run(['start'], { env: TOKEN }));
  }

  /** Whoever is killed has no exit code, and a router that is told to stop has 0. */
  #watch(life: Rookery): Rookery {
    void life.exited.then(({ code }) => {
      if (code) this.#fallen.push(`exit ${code}: ${`${life.stdout}${life.stderr}`.slice(-500)}`);
    });
    return life;
  }

  #startBeside(): void {
    if (this.#port === null) return;
    const program = [process.execPath, BESIDE] as const;
    const url = `ws://127.0.0.1:${this.#port}/v1/agent`;
    this.#beside = this.#watch(this.#world.run([url, MEMORY], { program, env: TOKEN }));
  }

  /** Everybody in turn, faster than the process comes back. */
  async #write(): Promise<void> {
    for (; this.#isWriting; await pause(this.#chance.between(...this.#cast.writeMs))) {
      this.#count += 1;
      const { scene, id: from } = this.#chance.pick(PEERS);
      const messageId = `m${this.#count}`;
      this.#written.set(from, [...(this.#written.get(from) ?? []), messageId]);
      const speech = { from, messageId, text: `${messageId}?` };
      if (scene === 'c2c') this.#emulator.sendC2c(speech);
      else this.#emulator.sendGroup({ ...speech, group: from });
    }
  }

  /** `act` is called in the very step in which it happens: a kill comes before the platform's answer. */
  async #when(moment: Moment, act: () => void): Promise<void> {
    const emulator = this.#emulator;
    const chance = this.#chance;
    const later = (mostMs: number) => async (): Promise<void> => {
      await pause(chance.between(0, mostMs));
      act();
    };
    switch (moment) {
      case 'any':
        return later(900)();
      case 'starting':
        return later(300)();
      case 'resuming':
        return this.#on('received', (one) => one.kind === 'frame' && (one.op === 6 || one.op === 2), act);
      case 'ready':
        return this.#on('session', ({ change }) => change === 'resumed' || change === 'identified', act);
      case 'pushed':
        return this.#on('pushed', () => emulator.sessions().some(({ connected }) => connected), act);
      case 'asked':
        return this.#on('pushed', () => emulator.sessions().some(({ connected }) => connected)).then(later(120));
      case 'sent':
        return this.#on('sent', () => true, act);
      case 'answered':
        return this.#on('sent', () => true).then(later(8));
      case 'unanswered':
        emulator.swallowNext({ how: 'hang' });
        return this.#on('sent', () => true).then(later(60));
      case 'lost on the way':
        emulator.swallowNext({ how: 'hang', processed: false });
        return this.#on('received', (one) => one.kind === 'call' && one.fault === 'hang').then(later(60));
    }
  }

  #on<K extends RecordKind>(kind: K, isIt: (record: RecordKinds[K]) => boolean, act?: () => void): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#emulator.on(kind, (record) => {
        if (!isIt(record)) return;
        stop();
        act?.();
        resolve();
      });
    });
  }

  #writtenBy({ id }: Peer): readonly string[] {
    return this.#written.get(id) ?? [];
  }

  #transcript({ scene, id }: Peer): readonly TranscriptEntry[] {
    return this.#emulator.transcript({ scene, id });
  }

  /** What each user, or group, has before their eyes, but for the first so many. */
  #seenBy(peer: Peer, from = 0): Mark[] {
    return this.#transcript(peer)
      .slice(from)
      .filter(({ by }) => by === 'bot')
      .flatMap(({ text }) => marksIn(text));
  }

  /** What is neither answered nor, where a new message cancels, followed by one that is. All of it, or since it healed last. */
  #unanswered(since = this.#healed): string[] {
    return PEERS.flatMap((peer) => {
      const { written: before, seen } = since.get(peer.id) ?? { written: 0, seen: 0 };
      const written = this.#writtenBy(peer).slice(before);
      const answered = new Set(this.#seenBy(peer, seen).flatMap(({ ids }) => ids));
      const isCancelling = this.#cast.agent === 'beside' && peer.scene === 'c2c';
      const from = isCancelling ? written.findLastIndex((one) => answered.has(one)) : 0;
      return written.slice(Math.max(0, from)).filter((one) => !answered.has(one) && !this.#buried.has(one));
    });
  }

  /** Who was given up; the store is read while nobody holds it. */
  async #exhume(): Promise<void> {
    const store = new EmbeddedStore(systemClock, { path: join(this.#world.dir, 'store') });
    await store.open();
    for (const { id } of await store.deadLetters()) this.#buried.add(id);
    await store.close();
  }

  #reckon(): Found {
    const answered = new Set(PEERS.flatMap((peer) => this.#seenBy(peer)).flatMap(({ ids }) => ids));
    const doubled: string[] = [];
    const outOfOrder: string[] = [];
    for (const peer of PEERS) {
      const written = this.#writtenBy(peer);
      const seen = new Set<string>();
      let last = -1;
      for (const { ids, place, text } of this.#seenBy(peer)) {
        if (seen.has(text)) doubled.push(text);
        seen.add(text);
        const at = written.indexOf(ids.at(-1) ?? '') * 10 + place;
        if (at < last) outOfOrder.push(text);
        last = at;
      }
    }
    const lost = this.#unanswered(new Map());
    const repeated = this.#emulator.refusals().filter(({ code }) => code === 40054005).length;
    return {
      written: this.#count,
      answered: answered.size,
      lost,
      doubled,
      outOfOrder,
      buried: [...this.#buried],
      repeated,
      fallen: this.#fallen,
    };
  }
}
