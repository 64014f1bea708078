import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { Intake, NEVER_ENDED } from '../../src/app/intake.js';
import { Quarantine } from '../../src/app/quarantine.js';
import type { Inbound } from '../../src/domain/inbound.js';
import type { Lease } from '../../src/ports/store.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { messageOf } from './samples.js';

/** Ends the process so long after its turn began. */
export type Crime = { readonly afterMs: number };

export type Town = {
  readonly messages: readonly {
    /** Since the one before. */
    readonly afterMs: number;
    readonly conversation: number;
    readonly turnMs: number;
    readonly crime?: Crime;
  }[];
  /** Kills from outside; `livesMs`: how long each of the lives lasts that begin after the first. */
  readonly storms: readonly { readonly atMs: number; readonly livesMs: readonly number[] }[];
  /** Whether what waits in a conversation makes up one turn. */
  readonly merges: boolean;
};

export type Fate = {
  readonly innocents: readonly string[];
  readonly poisons: readonly string[];
  readonly answered: readonly string[];
  readonly buried: readonly string[];
  /** Lives that were ended from inside. */
  readonly poisonings: number;
  readonly conversations: readonly { readonly written: readonly string[]; readonly answered: readonly string[] }[];
  /** How long messages waited for anything but the turns before them, in all. */
  readonly waitedMs: number;
  /** A poison was in one turn with another message. */
  readonly isMerged: boolean;
  /** Messages under way at the same time. */
  readonly mostAtOnce: number;
};

/** From the end of a life to the next. */
const BOOT_MS = 400;
/** Between storms all that they left has time to be answered. */
const STORM_GAP_MS = 15 * 60_000;
const END_MS = 60 * 60_000;

class Street {
  waiting: Inbound[] = [];
  isBusy = false;
}

class World {
  readonly clock = new VirtualClock();
  readonly store = new MemoryStore(this.clock);
  readonly written = new Map<string, string[]>();
  readonly answered: Inbound[] = [];
  readonly buried: string[] = [];
  readonly #town: Town;
  readonly #byId = new Map<string, Town['messages'][number]>();
  #pushed: Inbound[] = [];
  #life = 0;
  #lease: Lease | null = null;
  #intake: Intake | null = null;
  poisonings = 0;
  waitedMs = 0;
  isMerged = false;
  mostAtOnce = 0;
  #underWay = 0;

  constructor(town: Town) {
    this.#town = town;
  }

  async begin(): Promise<void> {
    this.#life += 1;
    this.#underWay = 0;
    const { clock, store } = this;
    const life = this.#life;
    await store.open();
    const lease = await store.lease('app');
    const claims = await store.claims();
    const traces = claims.map(({ life: ended, id }) => ({ life: ended, key: id }));
    const streets = new Map<string, Street>();
    const intake = new Intake({
      quarantine: new Quarantine(this.#mortal(life), traces),
      keyOf: (id) => id,
      now: clock.now,
      deliver: (message, takenAtMs) => {
        const street = streets.get(message.conversation) ?? new Street();
        streets.set(message.conversation, street);
        if (street.waiting.length === 0 && !street.isBusy) this.waitedMs += clock.now() - takenAtMs;
        street.waiting.push(message);
        this.#goOn(life, lease, intake, street);
      },
      preempt: () => undefined,
      giveUp: ({ id }) => {
        this.buried.push(id);
        void store.bury(lease, [id], NEVER_ENDED);
      },
      onDoubt: () => undefined,
      onDropped: () => undefined,
    });
    this.#lease = lease;
    this.#intake = intake;
    for (const { message, takenAtMs } of await store.unsettled(lease, { limit: 1_000 })) {
      intake.take(message, takenAtMs);
    }
    await this.#takeIn();
  }

  async write(one: Town['messages'][number], index: number): Promise<void> {
    const id = `m${index}`;
    const conversation = `c${one.conversation}`;
    this.#byId.set(id, one);
    this.written.set(conversation, [...(this.written.get(conversation) ?? []), id]);
    this.#pushed.push(messageOf(id, { conversation, atMs: this.clock.now() }));
    await this.#takeIn();
  }

  /** `kill -9`, and the next life after a while. */
  kill(): void {
    if (!this.#intake) return;
    this.#intake = null;
    this.#life += 1;
    this.clock.setTimeout(() => void this.begin(), BOOT_MS);
  }

  get isUp(): boolean {
    return this.#intake !== null;
  }

  /** What the platform holds is pushed once somebody listens. */
  async #takeIn(): Promise<void> {
    const [intake, lease] = [this.#intake, this.#lease];
    if (!intake || !lease) return;
    const pushed = this.#pushed.splice(0);
    void this.store.ingest(
      lease,
      pushed.map((message) => ({ id: message.id, message })),
    );
    for (const message of pushed) intake.take(message);
  }

  #goOn(life: number, lease: Lease, intake: Intake, street: Street): void {
    if (street.isBusy || street.waiting.length === 0) return;
    street.isBusy = true;
    const inputs = street.waiting.splice(0, this.#town.merges ? street.waiting.length : 1);
    this.#underWay += inputs.length;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    const deeds = inputs.map(({ id }) => this.#byId.get(id));
    const clock = this.#mortal(life);
    void this.store.claim(
      lease,
      inputs.map(({ id }) => id),
    );
    for (const deed of deeds) {
      if (!deed?.crime) continue;
      clock.setTimeout(() => {
        this.poisonings += 1;
        this.isMerged ||= inputs.length > 1;
        this.kill();
      }, deed.crime.afterMs);
    }
    if (deeds.some((deed) => deed?.crime)) return;
    const turnMs = Math.max(...deeds.map((deed) => deed?.turnMs ?? 0));
    clock.setTimeout(() => {
      this.#underWay -= inputs.length;
      this.answered.push(...inputs);
      const ids = inputs.map(({ id }) => id);
      void this.store.settle(lease, ids);
      intake.settled(ids);
      street.isBusy = false;
      this.#goOn(life, lease, intake, street);
    }, turnMs);
  }

  /** Timers of a life end with it. */
  #mortal(life: number): VirtualClock {
    const { clock } = this;
    const setTimeout = (run: () => void, delayMs: number): number =>
      clock.setTimeout(() => {
        if (this.#life === life) run();
      }, delayMs);
    return { now: clock.now, setTimeout, clearTimeout: clock.clearTimeout } as unknown as VirtualClock;
  }
}

/** What becomes of everybody. */
export const liveOn = async (town: Town): Promise<Fate> => {
  const world = new World(town);
  const { clock } = world;
  await world.begin();
  let atMs = 0;
  town.messages.forEach((one, index) => {
    atMs += one.afterMs;
    clock.setTimeout(() => void world.write(one, index), atMs);
  });
  for (const [index, storm] of town.storms.entries()) {
    clock.setTimeout(
      () => {
        world.kill();
        let endMs = 0;
        for (const lifeMs of storm.livesMs) {
          endMs += BOOT_MS + lifeMs;
          clock.setTimeout(() => world.kill(), endMs);
        }
      },
      index * STORM_GAP_MS + storm.atMs,
    );
  }
  await clock.advance(END_MS);
  const idsOf = (isPoison: boolean): string[] =>
    town.messages.flatMap(({ crime }, index) => ((crime !== undefined) === isPoison ? [`m${index}`] : []));
  return {
    innocents: idsOf(false),
    poisons: idsOf(true),
    answered: world.answered.map(({ id }) => id),
    buried: world.buried,
    poisonings: world.poisonings,
    conversations: [...world.written].map(([conversation, written]) => ({
      written,
      answered: world.answered.filter((one) => one.conversation === conversation).map(({ id }) => id),
    })),
    waitedMs: world.waitedMs,
    isMerged: world.isMerged,
    mostAtOnce: world.mostAtOnce,
  };
};
