import { expect, it } from 'vitest';
import { Chance } from '../support/chance.js';
import { Killing, MOMENTS } from './support/killing.js';

const KILLS = Number(process.env['KILLS'] ?? 15);
const SEED = Number(process.env['KILLS_SEED'] ?? 1);

/**
 * `kill -9` of the built command on its embedded store, at every moment that can be named and at any other, while users
 * keep writing. The seed chooses the moments; the rest is the machine's. `npm run kills -- --kills 1000` is the long form.
 */
it(
  'killed again and again: nothing is lost, nothing is said twice, and the order of each conversation is kept',
  async () => {
    const chance = new Chance(SEED);
    const killing = await Killing.begin(chance);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const isFirst = killing.isStormOver;
      if (isFirst && !(await killing.beginStorm())) break;
      // Who is READY will not resume before a kill.
      const moment = kill < MOMENTS.length ? (MOMENTS[kill] ?? 'any') : chance.pick(MOMENTS);
      await killing.kill(isFirst ? 'any' : moment);
    }
    const found = await killing.end();
    process.stdout.write(`${KILLS} kills: ${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({ lost: [], doubled: [], outOfOrder: [], fallen: [] });
    expect(found.written).toBeGreaterThan(KILLS);
  },
  60_000 + KILLS * 15_000,
);
