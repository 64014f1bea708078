import fc from 'fast-check';
import { expect, it } from 'vitest';
import { happenings } from './reconnect-commands.js';
import { ReconnectWorld } from './reconnect-world.js';

const RUNS = Number(process.env['RECONNECT_RUNS'] ?? 500);
const COMMANDS = Number(process.env['RECONNECT_COMMANDS'] ?? 80);

/**
 * Whatever the platform and the network do, in the order chance gives: one socket; Identify only where the documents
 * leave no Resume, and never above the limits; resumes from what is safe; each event once; and when the trouble ends,
 * the bot is READY and has every event that its session was owed.
 * Seen red on: resuming, or saving, the last number received instead of the safe one; 4009 or op 7 taken as the end of a
 * session; the old socket not detached; resumes without end; replays not dropped; session starts without pace or limit;
 * a refused token kept; the address asked for each time; settling across sessions; holes of a replay left open.
 * `RECONNECT_RUNS=20000` is the long form.
 */
it(
  'a bot comes back from whatever happens, with one socket, no needless Identify, and every event once',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands(happenings, { maxCommands: COMMANDS, size: 'max' }),
        fc.constantFrom(6, 1_500),
        fc.integer(),
        async (commands, startsPerDay, seed) => {
          const world = new ReconnectWorld(startsPerDay, seed);
          await world.waitForReady();
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await world.heal();
          expect(world.finalFindings()).toEqual([]);
          world.gateway.actor.stop();
          world.platform.close();
        },
      ),
      { numRuns: RUNS },
    );
  },
  30_000 + RUNS * 500,
);
