import { describe, expect, it } from 'vitest';
import { timerOn } from '../../src/pipelines/operators/timer-on.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

describe('timerOn', () => {
  it('emits once, at its own instant, and completes', async () => {
    const clock = new VirtualClock(0);
    const heard: unknown[] = [];
    const timer = timerOn(clock, 100);
    await clock.advance(50);
    timer.subscribe({ next: () => heard.push(clock.now()), complete: () => heard.push('complete') });
    await clock.advance(99);
    expect(heard).toEqual([]);
    await clock.advance(1_000);
    expect(heard).toEqual([150, 'complete']);
  });

  it('holds no timer once nobody waits', () => {
    const clock = new VirtualClock(0);
    timerOn(clock, 100).subscribe().unsubscribe();
    expect(clock.pending).toBe(0);
  });
});
