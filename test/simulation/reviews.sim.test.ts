import { expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import { NOTICES } from '../../src/domain/notices.js';
import { DAY } from './io-steps.js';
import type { Crash, Setup, Survival } from './plan.js';
import { World } from './world.js';

/*
 * An answer in a guild that the platform reviews, lived through once for every point at which the process can die between
 * the question and what follows of the verdict. The answer of the platform that names the review may be among what is lost.
 *
 * Mutants this has caught, each restored: no tie between a verdict and a send of unknown outcome; such a send remembered in
 * memory alone; its place written after its outcome; a verdict kept for a turn that no life of this process had begun.
 */

const SETUP: Setup = {
  ...DAY.setup,
  scenes: { ...DAY.setup.scenes, guild: { streamMode: 'final', busy: 'enqueue' } },
  hearsReviews: true,
};
/** The verdict comes so long after the answer: while the turn is closed and nothing else happens, or a new life begins. */
const VERDICTS = [
  ['pass', 300],
  ['pass', 20_000],
  ['reject', 300],
  ['reject', 20_000],
] as const;
type Verdict = (typeof VERDICTS)[number];

type Lived = {
  readonly passed: readonly string[];
  readonly settled: readonly string[];
  readonly apologies: number;
  readonly isPosted: boolean;
};

const live = async ([verdict, afterMs]: Verdict, ...crashes: readonly Crash[]): Promise<Lived> => {
  const world = new World(SETUP, crashes);
  const settled: string[] = [];
  world.onEvent = (event: RouterEvent) => {
    if (event.type === 'turn.settled') settled.push(event.outcome.status);
  };
  world.platform.auditNext({ verdict, afterMs });
  await world.begin();
  await world.clock.advance(5_000);
  world.write({ bot: 0, scene: 'guild', from: 'ann', id: 'm1' }, 'm1 instant 1 0');
  await world.clock.advance(60_000);
  // All laws but that what a receipt tells was said: a review takes that back.
  world.look();
  await world.end();
  const isPosted = world.platform.calls().some(({ path }) => path.endsWith('/channels/100/messages'));
  const apologies = world.platform.sends().filter(({ text }) => text.includes(NOTICES.en.blocked)).length;
  return { passed: world.passed, settled, apologies, isPosted };
};

it.each(VERDICTS.flatMap((verdict) => (['none', 'all'] as const).map((survives) => [...verdict, survives] as const)))(
  'a review that is over (%s) after %i ms is told whenever the process was killed, with %s of what was not synced on the disk',
  async (verdict, afterMs, survives: Survival) => {
    const way = [verdict, afterMs] as Verdict;
    const status = verdict === 'pass' ? 'sent' : 'refused';
    const quiet = await live(way);
    expect(quiet).toMatchObject({ settled: [status], apologies: verdict === 'pass' ? 0 : 1 });
    for (let after = 1; after <= quiet.passed.length; after += 1) {
      const { settled, apologies, isPosted } = await live(way, { at: 'any', after, downMs: 500, survives });
      const where = `${after}: ${quiet.passed[after - 1]}`;
      // Written down and never sent, it is left unsaid: nobody could know.
      expect([...new Set(settled)], where).toEqual(isPosted ? [status] : []);
      expect(apologies, where).toBeLessThanOrEqual(verdict === 'pass' ? 0 : 1);
    }
  },
  600_000,
);

/** What a new life passes until it has taken up what the last one left, and is connected. */
const AGAIN_MAX = 26;
const STRIDE = 7;

it.each(['pass', 'reject'] as const)(
  'killed twice, the second time while the first is taken up: a review that is over (%s) is told',
  async (verdict) => {
    const way = [verdict, 20_000] as const;
    const { passed } = await live(way);
    const from = passed.indexOf('synced enqueueSend');
    for (let pair = from * AGAIN_MAX; pair < passed.length * AGAIN_MAX; pair += STRIDE) {
      const first: Crash = { at: 'any', after: 1 + Math.floor(pair / AGAIN_MAX), downMs: 500, survives: 'none' };
      const second: Crash = { ...first, after: 1 + (pair % AGAIN_MAX), survives: 'all' };
      const { settled, apologies, isPosted } = await live(way, first, second);
      const where = `${passed[first.after - 1]}, then after ${second.after}`;
      expect([...new Set(settled)], where).toEqual(isPosted ? [verdict === 'pass' ? 'sent' : 'refused'] : []);
      expect(apologies, where).toBeLessThanOrEqual(verdict === 'pass' ? 0 : 1);
    }
  },
  600_000,
);
