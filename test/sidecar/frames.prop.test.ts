import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { turnOfWire } from '../../src/sidecar/restored-session.js';
import { SidecarRig } from './sidecar-rig.js';
import { type Habits, Worker, wordsIn } from './worker.js';

const habits: fc.Arbitrary<Habits> = fc.record({
  words: fc.integer({ min: 0, max: 4 }),
  gapMs: fc.constantFrom(0, 30, 400, 3_000),
  rude: fc.constantFrom(false, false, true),
  acks: fc.constantFrom('all', 'all', 'none'),
  stutters: fc.boolean(),
  resumes: fc.constantFrom('exactly', 'exactly', 'from the start', 'fresh'),
});

const step = fc.record({
  waitMs: fc.constantFrom(0, 1, 20, 150, 700, 2_500, 9_000, 16_000),
  user: fc.constantFrom('U1', 'U1', 'U2'),
  worker: fc.nat(1),
  does: fc.constantFrom('asks', 'asks', 'asks', 'stops', 'hangsUp', 'comesBack', 'comesBack', 'routerDies'),
});

const plan = fc.record({
  workers: fc.array(habits, { minLength: 1, maxLength: 2 }),
  platformMs: fc.constantFrom(0, 200, 1_500),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

const live = async ({ workers: given, platformMs, steps }: Plan) => {
  const rig = await SidecarRig.start({ channel: { patience: { interruptsMax: 1_000, withinMs: 30_000 } } });
  const workers = given.map((one) => new Worker(rig, one));
  for (const worker of workers) worker.connect();
  if (platformMs > 0) rig.platform.delayNext(platformMs, { match: 'sends', times: 10_000 });
  /** Sends that began after their turn's cancel point. */
  const late: string[] = [];
  const cancelled = new Set<string>();
  let seen = 0;
  const look = (): void => {
    for (; seen < rig.events.length; seen += 1) {
      const event = rig.events[seen];
      if (event?.type === 'turn.cancelled') cancelled.add(event.turn.id);
    }
  };
  rig.onRequest = (body) => {
    look();
    for (const { wire } of wordsIn(body)) if (cancelled.has(turnOfWire(wire))) late.push(wire);
  };
  for (const { waitMs, user, worker: index, does } of steps) {
    await rig.wait(waitMs);
    const worker = workers[index % workers.length] as Worker;
    if (does === 'asks') rig.say('?', user);
    if (does === 'stops') rig.say('/stop', user);
    if (does === 'hangsUp') worker.hangUp();
    if (does === 'comesBack') worker.connect();
    if (does === 'routerDies') {
      for (const one of workers) one.hangUp();
      // A call in flight at the cancel point, without an outcome when the router dies, is repeated with the same pair.
      look();
      cancelled.clear();
      await rig.restart();
    }
  }
  // All trouble ends: everybody is there, and another one who answers what they left.
  for (const worker of workers) if (!worker.isUp) worker.connect();
  const last = new Worker(rig, { words: 1, gapMs: 10, rude: false, acks: 'all', stutters: false, resumes: 'exactly' });
  last.connect();
  await rig.wait(400_000);
  return { rig, workers: [...workers, last], late };
};

test.prop([plan], { numRuns: Number(process.env['FRAMES_RUNS'] ?? 120), ...seedOf(process.env['FRAMES_SEED']) })(
  'whatever becomes of connections, frames and routers: no stale word, none twice, one holder and one receipt a turn',
  async (given) => {
    const { rig, workers, late } = await live(given);
    const shown = ['U1', 'U2'].flatMap((user) => rig.shown(user).flatMap(wordsIn));

    // G1, G5: nothing of a cancelled turn is handed to the platform after the cancel point.
    expect(late).toEqual([]);
    // Each word once, and those of a turn in order from the first.
    expect(new Set(shown.map(({ wire, n }) => `${wire}|${n}`)).size).toBe(shown.length);
    const byTurn = new Map<string, { wires: Set<string>; ns: number[] }>();
    for (const { wire, n } of shown) {
      const turn = byTurn.get(turnOfWire(wire)) ?? { wires: new Set<string>(), ns: [] };
      byTurn.set(turnOfWire(wire), turn);
      turn.wires.add(wire);
      turn.ns.push(n);
    }
    for (const { ns } of byTurn.values()) expect(ns).toEqual(ns.map((_, index) => index + 1));
    // A turn is with one agent: what is seen of it was said under one of its names.
    expect([...byTurn.values()].filter(({ wires }) => wires.size > 1)).toEqual([]);
    // Numbers only grow on a connection, and name the same frame whenever it is replayed.
    expect(workers.flatMap(({ oddities }) => oddities)).toEqual([]);
    // What was offered under a name is closed under it, once; no later than all is quiet.
    for (const { heard } of workers) {
      for (const [sid, log] of heard) {
        const frames = [...log.values()];
        const starts = frames.flatMap((frame) => (frame.t === 'turn.start' ? [frame.turn] : []));
        const closed = frames.flatMap((frame) => (frame.t === 'turn.closed' ? [frame.turn] : []));
        expect(new Set(closed).size).toBe(closed.length);
        const isHere = rig.router.agents?.status().agents.some((one) => one.sid === sid && one.isAttached);
        if (isHere) expect([...starts].sort()).toEqual([...closed].filter((wire) => starts.includes(wire)).sort());
      }
    }
    // Nothing is left behind.
    expect(rig.router.agents?.status()).toMatchObject({ waiting: 0 });
    expect(rig.store.health()).toMatchObject({ unsettled: 0, outbox: 0 });
    expect(rig.router.agents?.status().agents.map(({ working }) => working)).toEqual(
      rig.router.agents?.status().agents.map(() => 0),
    );
  },
  600_000,
);

function seedOf(seed: string | undefined): { seed?: number } {
  return seed === undefined ? {} : { seed: Number(seed) };
}
