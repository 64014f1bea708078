import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { type Crime, type Fate, liveOn, type Town } from '../support/quarantine-world.js';

/*
 * Messages of a few conversations, some of which end the process, some of them together in one turn, and kills from
 * outside; the real intake, quarantine and store, on a virtual clock. Each test is a law that holds whatever comes together.
 *
 * Mutants these laws have caught, each restored: no calm before a trial; every death counted as blame; nobody held; all
 * held tried at once, and tried beside one who is under way; a line that does not go on after its suspect; a message that
 * passes those who wait before it. Those of `Suspects` alone are caught in test/domain/suspects.test.ts.
 */
const numRuns = Number(process.env['PROP_RUNS'] ?? 150);

const message = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 60_000 })),
  conversation: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 })),
  turnMs: fc.integer({ min: 1, max: 4_000 }),
});
const poison = fc.record({ afterMs: fc.integer({ min: 1, max: 4_000 }) });
const messages = (poisonsMax: number) =>
  fc.tuple(
    fc.oneof(
      fc.array(message, { minLength: 1, maxLength: 25 }),
      // A crowd, all at once.
      fc.array(
        message.map((one) => ({ ...one, afterMs: 0 })),
        { minLength: 30, maxLength: 40 },
      ),
    ),
    fc.uniqueArray(fc.tuple(fc.nat(30), poison), { maxLength: poisonsMax, selector: ([at]) => at }),
  );
/** Lives that end so soon after they began, one after the other, from that moment on. */
const storm = fc.record({
  atMs: fc.integer({ min: 1, max: 60_000 }),
  livesMs: fc.array(fc.integer({ min: 1, max: 9_500 }), { maxLength: 12 }),
});

const townOf = (
  [all, poisons]: [Omit<Town['messages'][number], 'crime'>[], [number, Crime][]],
  storms: Town['storms'],
  merges: boolean,
): Town => ({
  messages: all.map((one, index) => {
    const crime = poisons.find(([at]) => at === index)?.[1];
    return crime ? { ...one, crime } : one;
  }),
  storms,
  merges,
});

const law = (
  name: string,
  given: { poisonsMax: number; storms: fc.Arbitrary<Town['storms']> },
  holds: (fate: Fate) => void,
) =>
  test.prop([messages(given.poisonsMax), given.storms, fc.boolean()], { numRuns })(
    name,
    async (all, storms, merges) => {
      holds(await liveOn(townOf(all, storms, merges)));
    },
    600_000,
  );

const none = fc.constant([]);
const some = fc.array(storm, { maxLength: 2 });

describe('whatever ends the process', () => {
  law('no innocent is given up, and each is answered once', { poisonsMax: 4, storms: some }, (fate) => {
    expect(fate.answered.toSorted()).toEqual(fate.innocents.toSorted());
    expect(fate.buried.filter((id) => fate.innocents.includes(id))).toEqual([]);
  });

  law('each poison is given up, after a bounded number of deaths', { poisonsMax: 4, storms: some }, (fate) => {
    expect(fate.buried.toSorted()).toEqual(fate.poisons.toSorted());
    expect(fate.poisonings).toBeLessThanOrEqual(6 * fate.poisons.length);
  });

  law('the order of each conversation is kept', { poisonsMax: 4, storms: some }, (fate) => {
    for (const { written, answered } of fate.conversations) {
      expect(answered).toEqual(written.filter((id) => answered.includes(id)));
    }
  });
});

describe('without anything that ends it', () => {
  law('nothing waits', { poisonsMax: 0, storms: none }, ({ waitedMs }) => {
    expect(waitedMs).toBe(0);
  });
});

describe('one that ends it', () => {
  const single = { poisonsMax: 1, storms: none };

  law('has three lives, and in a crowd two more to be found', single, (fate) => {
    const { poisons, poisonings, isMerged, mostAtOnce } = fate;
    if (poisons.length === 0) return;
    if (!isMerged && mostAtOnce <= 8) expect(poisonings).toBe(3);
    else expect(poisonings).toBeLessThanOrEqual(5);
  });
});
