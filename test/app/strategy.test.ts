import { expect, it } from 'vitest';
import { RouterRig } from '../support/router-rig.js';
import { shownTo } from '../support/shown.js';

/** What two questions at once are answered with, one entry each: which of its sends were frames. */
const framesUnder = async (busy: 'enqueue' | 'concurrent') => {
  const rig = await RouterRig.start({
    channel: { streamMode: 'native', busy, debounce: { quietMs: 0, atMostMs: 0 } },
    handler: async (turn) => {
      const words = async function* () {
        for (let n = 0; n < 12; n += 1) {
          await new Promise((resolve) => rig.clock.setTimeout(() => resolve(undefined), 500));
          yield `${turn.text} has a sentence of its own, number ${n}. `;
        }
      };
      await turn.reply(words());
    },
  });
  for (const text of ['one', 'two']) rig.platform.sendC2c({ from: 'U1', text });
  await rig.wait(40);
  expect(rig.platform.refusals()).toEqual([]);
  const states = rig.platform.transcript('U1').flatMap(({ stream }) => stream?.state ?? []);
  return { states, said: shownTo(rig.platform, 'U1').join('\n') };
};

it.each([
  ['enqueue', ['finished', 'finished']],
  // QQ shows a user one bubble at a time: a second would end the first.
  ['concurrent', []],
] as const)('answers under %s say all they have to say, and no bubble ends another', async (busy, bubbles) => {
  const { states, said } = await framesUnder(busy);
  expect(states).toEqual(bubbles);
  for (const question of ['one', 'two']) {
    for (let n = 0; n < 12; n += 1) expect(said).toContain(`${question} has a sentence of its own, number ${n}.`);
  }
});
