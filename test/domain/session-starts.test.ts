import { describe, expect, it } from 'vitest';
import { SessionStarts } from '../../src/domain/session-starts.js';

const LIMIT = { total: 3, remaining: 2, resetAfterMs: 100_000, maxConcurrency: 1 };

const known = (changes: Partial<typeof LIMIT> = {}): SessionStarts => {
  const starts = new SessionStarts();
  starts.learn({ ...LIMIT, ...changes }, 0);
  return starts;
};

describe('session starts', () => {
  it('come one in 5 s, counted from when they are made', () => {
    const starts = known();
    expect(starts.ask('a', 0)).toEqual({ permitted: true });
    starts.use('a', 4_000);
    expect(starts.ask('a', 5_000)).toEqual({ permitted: false, waitMs: 4_000, why: 'pace' });
    expect(starts.ask('a', 9_000)).toEqual({ permitted: true });
  });

  it('of two shards do not overlap while one is on its way', () => {
    const starts = known();
    starts.ask('a', 0);
    expect(starts.ask('b', 10_000)).toEqual({ permitted: false, waitMs: 1_000, why: 'pace' });
    starts.giveBack('a');
    expect(starts.ask('b', 10_001)).toEqual({ permitted: true });
  });

  it('as many at once as the platform allows', () => {
    const starts = known({ maxConcurrency: 2 });
    expect([starts.ask('a', 0).permitted, starts.ask('b', 0).permitted, starts.ask('c', 0).permitted]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('end with the day, and go on once the platform has named new numbers', () => {
    const starts = known({ remaining: 1 });
    starts.ask('a', 0);
    starts.use('a', 0);
    expect(starts.ask('a', 40_000)).toEqual({ permitted: false, waitMs: 60_000, why: 'day' });
    expect(starts.ask('a', 200_000)).toEqual({ permitted: false, waitMs: 0, why: 'day' });
    starts.learn(LIMIT, 200_000);
    expect(starts.ask('a', 200_000)).toEqual({ permitted: true });
  });

  it('that reset at once are believed after a minute', () => {
    expect(known({ remaining: 0, resetAfterMs: 0 }).ask('a', 0)).toEqual({
      permitted: false,
      waitMs: 60_000,
      why: 'day',
    });
  });

  it('made before the clock was set back hold the next one back for 5 s, not until their time comes again', () => {
    const starts = known({});
    starts.ask('a', 10_800_000);
    starts.use('a', 10_800_000);
    expect(starts.ask('a', 1_000)).toEqual({ permitted: false, waitMs: 5_000, why: 'pace' });
    expect(starts.ask('a', 6_000)).toEqual({ permitted: true });
  });

  it('are not held back before the platform has named a limit', () => {
    expect(new SessionStarts().ask('a', 0)).toEqual({ permitted: true });
  });
});
