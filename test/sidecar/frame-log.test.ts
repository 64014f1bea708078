import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FRAME_LOG, FrameLog } from '../../src/sidecar/frame-log.js';

const fill = (log: FrameLog, count: number, atMs = 0): void => {
  for (let n = 0; n < count; n += 1) log.append((seq) => `frame ${seq}`, atMs);
};
const seqs = (log: FrameLog): number[] => [...log].map(({ seq }) => seq);

describe('a frame log', () => {
  it('numbers from 1, and keeps what is not acknowledged', () => {
    const log = new FrameLog();
    fill(log, 3);
    expect(log.ack(2)).toBe(true);
    expect([seqs(log), log.acked, log.head]).toEqual([[3], 2, 3]);
    expect(log.ack(1)).toBe(false);
  });

  it('believes no acknowledgement of what was never said', () => {
    const log = new FrameLog();
    fill(log, 2);
    log.ack(1_000_000);
    fill(log, 1);
    expect([seqs(log), log.acked]).toEqual([[3], 2]);
  });

  it('gives up the oldest of too many, and says how many', () => {
    const log = new FrameLog({ ...FRAME_LOG, framesMax: 2 });
    fill(log, 5);
    expect([seqs(log), log.takeMissed(), log.takeMissed()]).toEqual([[4, 5], 3, 0]);
  });

  it('gives up the oldest of too much, but never the last', () => {
    const log = new FrameLog({ ...FRAME_LOG, charsMax: 10 });
    log.append(() => 'a'.repeat(6), 0);
    log.append(() => 'b'.repeat(6), 0);
    log.append(() => 'c'.repeat(60), 0);
    expect(seqs(log)).toEqual([3]);
  });

  it('gives up what is too old', () => {
    const log = new FrameLog({ ...FRAME_LOG, ageMs: 100 });
    fill(log, 2, 0);
    fill(log, 1, 50);
    log.prune(100);
    expect(seqs(log)).toEqual([3]);
  });
});

type Step = { readonly does: 'append' | 'ack'; readonly by: number };
const step: fc.Arbitrary<Step> = fc.record({ does: fc.constantFrom('append', 'append', 'ack'), by: fc.nat(20) });

test.prop([fc.array(step, { maxLength: 400 }), fc.integer({ min: 1, max: 50 })])(
  'a log is the last frames that were neither acknowledged nor too many, in order',
  (steps, framesMax) => {
    const log = new FrameLog({ ...FRAME_LOG, framesMax });
    let model: number[] = [];
    let head = 0;
    let acked = 0;
    for (const { does, by } of steps) {
      if (does === 'append') {
        head += 1;
        model = [...model, head].slice(-framesMax);
        log.append(String, 0);
      } else {
        acked = Math.min(head, Math.max(acked, acked + by - 5));
        log.ack(acked);
        model = model.filter((seq) => seq > acked);
      }
      expect(seqs(log)).toEqual(model);
      const from = Math.max(0, head - by);
      expect(log.after(from)?.seq).toBe(model.find((seq) => seq > from));
      expect(log.unackedUpTo(from)).toBe(model.filter((seq) => seq <= from).length);
    }
  },
);
