import { expect, it } from 'vitest';
import { Chance } from '../support/chance.js';
import { Killing, MOMENTS, type Moment, type Victim } from './support/killing.js';

const KILLS = Number(process.env['KILLS'] ?? 8);
const SEED = Number(process.env['KILLS_SEED'] ?? 1);

/** First these, then as it comes. */
const VICTIMS: readonly Victim[] = ['agent', 'agent', 'agent', 'agent', 'router', 'both', 'router', 'both'];
/** What is seen of a router that has been READY for a while. */
const IN_ITS_LIFE: readonly Moment[] = ['asked', 'any', 'asked', 'sent'];

/**
 * `kill -9` of the router, of the agent beside it, and of both, while users keep writing, and while every third answer is
 * said to the end although it was cancelled. An agent comes back with its memory or without.
 * `npm run kills:sidecar -- --kills 200` is the long form.
 */
it(
  'the router, the agent beside it, or both killed: nothing is lost or said twice, and no old words come after newer ones',
  async () => {
    const chance = new Chance(SEED);
    const killing = await Killing.begin(chance, { agent: 'beside', writeMs: [20, 120] });
    let last: Victim = 'agent';
    for (let kill = 0; kill < KILLS; kill += 1) {
      if (killing.isStormOver) {
        if (!(await killing.beginStorm())) break;
        last = 'agent';
      }
      const victim = VICTIMS[kill] ?? chance.pick(VICTIMS);
      const isBeginning = last !== 'agent' && victim !== 'agent';
      await killing.kill(chance.pick(isBeginning ? MOMENTS : IN_ITS_LIFE), victim);
      last = victim;
    }
    const found = await killing.end();
    process.stdout.write(`${KILLS} kills beside: ${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({ lost: [], doubled: [], outOfOrder: [], fallen: [] });
    expect(found.written).toBeGreaterThan(KILLS);
  },
  60_000 + KILLS * 15_000,
);
