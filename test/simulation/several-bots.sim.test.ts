import { expect, it } from 'vitest';
import { DAY } from './io-steps.js';
import { World } from './world.js';

/*
 * Bots of one process share its store, its network and its clock, and nothing else: whatever ends, each goes on in the
 * session it had.
 *
 * Mutants this has caught, each restored: a store that keeps sessions by shard alone; a bot whose shards read the session of
 * whichever bot was the first; sessions saved under the lease of the bot that began last.
 */

const BOTS = 3;
const SETUP = { ...DAY.setup, bots: BOTS };

/** Each bot's session. */
const sessionsOf = ({ platform }: World): Readonly<Record<string, string>> =>
  Object.fromEntries(platform.sessions().flatMap(({ appId, id, connected }) => (connected ? [[appId, id]] : [])));

const ENDS: Readonly<Record<string, (world: World) => unknown>> = {
  'their connections': ({ platform }) => platform.closeAll(4009),
  'their process, killed': (world) => world.kill('the test', 500, 'none'),
  'their process, in good order': (world) => world.restart(500),
};

it.each(Object.entries(ENDS))('bots go on in their own sessions after the end of %s', async (_, end) => {
  const world = new World(SETUP);
  await world.begin();
  await world.clock.advance(5_000);
  const before = sessionsOf(world);
  expect(new Set(Object.values(before)).size).toBe(BOTS);
  for (const again of [0, 1]) {
    // So many to each, that no two stand at the same number.
    for (let bot = 0; bot < BOTS; bot += 1) {
      for (let n = 0; n <= bot; n += 1) {
        const id = `m${again}.${bot}.${n}`;
        world.write({ bot, scene: 'c2c', from: 'ann', id }, `${id} instant 1 0`);
      }
    }
    await world.clock.advance(10_000);
    await end(world);
    await world.clock.advance(10_000);
    world.look();
    expect(sessionsOf(world)).toEqual(before);
  }
  await world.heal();
  await world.end();
});
