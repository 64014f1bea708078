import { describe, expect, it } from 'vitest';
import { FramePace } from '../../../src/pipelines/sending/frame-pace.js';
import { pieceOf } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

const slownessAfter = (...seen: readonly ('rate' | 'taken')[]): number => {
  const pace = new FramePace();
  for (const one of seen) one === 'rate' ? pace.noteRate() : pace.noteTaken();
  return pace.slowness;
};
const taken = (count: number): 'taken'[] => Array.from({ length: count }, () => 'taken');

describe('the pace of frames', () => {
  it('is halved by each that met a rate, and no further than eight times', () => {
    expect([slownessAfter(), slownessAfter('rate'), slownessAfter('rate', 'rate')]).toEqual([1, 2, 4]);
    expect(slownessAfter('rate', 'rate', 'rate', 'rate', 'rate')).toBe(8);
  });

  it('comes back by one step for five in a row that met none', () => {
    expect(slownessAfter('rate', 'rate', ...taken(4))).toBe(4);
    expect(slownessAfter('rate', 'rate', ...taken(5))).toBe(2);
    expect(slownessAfter('rate', 'rate', ...taken(10))).toBe(1);
    expect(slownessAfter('rate', 'rate', ...taken(4), 'rate', ...taken(4))).toBe(8);
    expect(slownessAfter(...taken(20), 'rate')).toBe(2);
  });

  it('is learned from what the platform makes of each try', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0, { content: { kind: 'stream', text: 'ab', isLast: false } }));
    await rig.answerFrame((call) => call.fail('platform.busy', { action: 'backOff', status: 429 }));
    expect(rig.framePace.slowness).toBe(2);
    for (const action of ['retry', 'backOff'] as const) {
      await rig.clock.advance(5_000);
      await rig.answerFrame((call) => call.fail('platform.busy', { action }));
    }
    expect(rig.framePace.slowness).toBe(4);
    await rig.clock.advance(5_000);
    await rig.answerFrame((call) => call.accept());
    for (let n = 1; n < 5; n += 1) {
      await rig.send(pieceOf(n, { content: { kind: 'stream', text: `${n}`, isLast: false } }));
      await rig.answerFrame((call) => call.accept());
    }
    expect(rig.framePace.slowness).toBe(2);
  });
});
