import { expect, it } from 'vitest';
import { Quarantine } from '../../src/app/quarantine.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

const CALM_MS = 10_000;
/** Under way together when two lives ended. */
const traces = ['a', 'b', 'c'].flatMap((key) => [1, 2].map((life) => ({ life, key })));

it('whoever is over in the step in which it is tried holds up nobody', async () => {
  const clock = new VirtualClock();
  const quarantine = new Quarantine(clock, traces);
  const told: string[] = [];
  for (const key of ['a', 'b', 'c']) {
    quarantine.wait(key, (verdict) => {
      told.push(`${key} ${verdict}`);
      quarantine.settled(key);
    });
  }
  await clock.advance(CALM_MS);
  expect(told).toEqual(['a try', 'b try', 'c try']);
});
