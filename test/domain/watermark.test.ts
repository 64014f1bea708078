import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from '../../src/domain/watermark.js';

describe('the watermark', () => {
  it('moves when everything below is settled, in whatever order', () => {
    const mark = new Watermark(1);
    for (const seq of [2, 3, 4]) expect(mark.begin(seq)).toBe(true);
    expect(mark.settle(4)).toBe(false);
    expect(mark.settle(2)).toBe(true);
    expect([mark.value, mark.pending, mark.highest]).toEqual([2, 1, 4]);
    expect(mark.settle(3)).toBe(true);
    expect([mark.value, mark.pending]).toEqual([4, 0]);
  });

  it('knows what it has had', () => {
    const mark = new Watermark(10);
    mark.begin(11);
    mark.begin(12);
    mark.settle(12);
    expect([10, 11, 12, 13].map((seq) => mark.begin(seq))).toEqual([false, false, false, true]);
  });

  it('waits for a hole until the platform has shown that it will not send it', () => {
    const mark = new Watermark(1);
    mark.begin(5);
    mark.settle(5);
    expect([mark.value, mark.holes]).toEqual([1, 3]);
    expect(mark.closeBelow(6)).toBe(3);
    expect([mark.value, mark.holes, mark.skipped]).toEqual([5, 0, 3]);
  });

  it('does not step over what is under way when holes are closed', () => {
    const mark = new Watermark(1);
    mark.begin(4);
    mark.closeBelow(8);
    expect([mark.value, mark.pending]).toEqual([3, 1]);
    mark.settle(4);
    expect(mark.value).toBe(7);
  });

  it('lets a late one through once, though its hole was closed', () => {
    const mark = new Watermark(1);
    mark.closeBelow(5);
    expect([mark.begin(3), mark.begin(3), mark.value]).toEqual([true, false, 4]);
  });

  it('does not wait for ever: a thousand later numbers close a hole', () => {
    const mark = new Watermark(0);
    for (let seq = 2; seq <= 1_002; seq += 1) {
      mark.begin(seq);
      mark.settle(seq);
    }
    expect([mark.value, mark.skipped]).toEqual([1_002, 1]);
  });

  it('takes a leap of a billion at once', () => {
    const mark = new Watermark(1);
    mark.closeBelow(1_000_000_000);
    expect(mark.value).toBe(999_999_999);
  });

  it('never passes an event that is not settled, and passes all once every one is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), fc.infiniteStream(fc.nat()), (seqs, picks) => {
        const mark = new Watermark(0);
        const open = new Set<number>();
        const [begun, left] = [new Set<number>(), [...seqs]];
        while (left.length > 0 || open.size > 0) {
          const pick = picks.next().value as number;
          const next = left[0];
          if (next !== undefined && (pick % 2 === 0 || open.size === 0)) {
            left.shift();
            expect(mark.begin(next)).toBe(true);
            expect(mark.begin(next)).toBe(false);
            begun.add(next);
            open.add(next);
          } else {
            const settled = [...open][pick % open.size] as number;
            open.delete(settled);
            mark.settle(settled);
          }
          for (let seq = 1; seq <= mark.value; seq += 1) expect(begun.has(seq) && !open.has(seq)).toBe(true);
          expect(mark.pending).toBe(open.size);
        }
        mark.closeBelow(61);
        expect(mark.value).toBe(60);
      }),
    );
  });
});
