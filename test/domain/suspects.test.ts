import { describe, expect, it } from 'vitest';
import { Suspects } from '../../src/domain/suspects.js';

/** The lives, and who was under way at the end of each. */
const suspectsOf = (...lives: string[]): Suspects =>
  new Suspects(lives.flatMap((keys, index) => keys.split(' ').map((key) => ({ life: index + 1, key }))));

describe('a life that ended', () => {
  it('is blamed on the one who was under way alone', () => {
    const suspects = suspectsOf('a', 'a b');
    expect([suspects.blame('a'), suspects.blame('b'), suspects.blame('nobody')]).toEqual([1, 0, 0]);
    expect([suspects.deaths('a'), suspects.deaths('b'), suspects.deaths('nobody')]).toEqual([2, 1, 0]);
  });

  it('is blamed on the one who is left when all others have come to an end', () => {
    const suspects = suspectsOf('a b c', 'a b');
    suspects.acquit('b');
    expect(suspects.blame('a')).toBe(1);
    suspects.acquit('c');
    expect(suspects.blame('a')).toBe(2);
  });

  it('is explained by one who is given up: nobody else is blamed for it, however many are acquitted', () => {
    const suspects = suspectsOf('a b', 'a b', 'a b', 'b');
    suspects.convict('a');
    expect([suspects.deaths('b'), suspects.blame('b')]).toEqual([1, 1]);
    expect(suspects.count).toBe(1);
  });
});

describe('a life that was ended while somebody was cut who is not tried again', () => {
  it('weighs a quarter, also where that is known before', () => {
    const suspects = new Suspects([
      { life: 1, key: 'a' },
      { life: 2, key: 'a' },
      { life: 2, key: null },
    ]);
    expect(suspects.blame('a')).toBe(1.25);
    expect(suspects.count).toBe(1);
  });

  it('weighs a quarter from when it is found out', () => {
    const suspects = suspectsOf('a b', 'a');
    suspects.doubt('b');
    suspects.acquit('b');
    expect(suspects.blame('a')).toBe(1.25);
    expect(suspects.deaths('a')).toBe(2);
  });
});

describe('the next trial', () => {
  it('is of those who were under way in the fewest deaths, in the order in which they wait', () => {
    const suspects = suspectsOf('a b c', 'a b', 'a');
    expect(suspects.nextTrial(['a', 'b', 'c'])).toEqual(['c']);
    expect(suspects.nextTrial(['a', 'b'])).toEqual(['b']);
  });

  it('is of one alone among few, and of an eighth of many', () => {
    const crowd = Array.from({ length: 20 }, (_, index) => `m${index}`);
    expect(suspectsOf(crowd.slice(0, 8).join(' ')).nextTrial(crowd.slice(0, 8))).toEqual(['m0']);
    expect(suspectsOf(crowd.join(' ')).nextTrial(crowd.slice(2))).toEqual(['m2', 'm3', 'm4']);
  });
});
