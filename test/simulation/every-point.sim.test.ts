import { expect, it } from 'vitest';
import type { StreamMode } from '../../src/domain/turn.js';
import { DAY, MUST_PASS } from './io-steps.js';
import type { Crash, Plan, Setup, Step, Survival } from './plan.js';
import { live } from './run.js';

/*
 * Not at random, but everywhere: one short day is lived through once for every point at which the process can die on the
 * way of a message (see `io-steps.ts`), and every law of the simulation holds after each.
 *
 * Mutants this has caught, each restored: a bubble left as it was after a restart; its id written with its next frame only;
 * a frame that is tried before it is safe; numbers of frames forgotten by the next life.
 */

/**
 * The day under each way of speaking in private; how long a sync takes beyond the usual, so that what does not wait for it
 * comes first; and how much of what was not synced is on the disk after the crash.
 */
type Way = readonly [StreamMode, Setup['nativeStream'], number, Survival];
const WAYS: readonly Way[] = [
  ['native', 'stream_messages', 0, 'none'],
  ['native', 'stream_object', 150, 'all'],
  ['native', 'stream_messages', 150, 'none'],
  ['typing', 'stream_messages', 0, 'some'],
];

const dayOf = ([streamMode, nativeStream, slowMs]: Way): Plan => {
  const { c2c, ...scenes } = DAY.setup.scenes;
  const slow: Step = { waitMs: 0, deed: { does: 'slowDisk', ms: slowMs, forMs: 60_000 } };
  return {
    setup: { ...DAY.setup, nativeStream, scenes: { ...scenes, c2c: { ...c2c, streamMode } } },
    steps: [slow, ...DAY.steps],
  };
};

/** A commit holds several writes. */
const partsOf = (point: string): string[] => {
  const [at, ...names] = point.split(' ');
  return names.map((name) => `${at} ${name}`);
};

const brokenBy = async (plan: Plan): Promise<string[]> => {
  const { broken, story } = await live(plan);
  return broken ? [`${broken.law}: ${broken.how}`, JSON.stringify(plan.crashes), ...story] : [];
};

it('the day passes every step that a message takes', async () => {
  const passed = new Set<string>();
  for (const way of WAYS) {
    const lived = await live(dayOf(way));
    expect(lived.broken).toBeNull();
    for (const part of lived.passed.flatMap(partsOf)) passed.add(part);
  }
  expect(MUST_PASS.filter((point) => !passed.has(point))).toEqual([]);
});

it.each(WAYS)(
  '%s (%s), %i ms slow, killed at each point with %s of what was not synced on the disk: nothing is lost or said twice',
  async (...way) => {
    const day = dayOf(way);
    const [, , , survives] = way;
    const { passed } = await live(day);
    for (let after = 1; after <= passed.length; after += 1) {
      const crash: Crash = { at: 'any', after, downMs: 500, survives };
      expect(await brokenBy({ ...day, crashes: [crash] }), passed[after - 1]).toEqual([]);
    }
  },
  600_000,
);

/** Of all pairs, one in so many: a prime, so that those near the beginning are not always the same. */
const STRIDE = Number(process.env['SIM_PAIRS_STRIDE'] ?? 397);
/** A new life has taken up what the last one left by then. */
const AGAIN_MAX = 80;

it('killed twice, the second time while the first is taken up: nothing is lost, nothing is said twice', async () => {
  const { passed } = await live(DAY);
  for (let pair = 0; pair < passed.length * AGAIN_MAX; pair += STRIDE) {
    const first: Crash = { at: 'any', after: 1 + Math.floor(pair / AGAIN_MAX), downMs: 500, survives: 'none' };
    const second: Crash = { ...first, after: 1 + (pair % AGAIN_MAX), survives: 'all' };
    expect(await brokenBy({ ...DAY, crashes: [first, second] })).toEqual([]);
  }
}, 3_600_000);
