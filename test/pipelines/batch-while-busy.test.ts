import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { batchWhileBusy, type LineOptions } from '../../src/pipelines/operators/batch-while-busy.js';

type Line = {
  readonly source: Subject<number>;
  /** Every batch that was handed on, and what ends the work on it. */
  readonly batches: (readonly number[])[];
  readonly finish: () => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
  readonly heard: unknown[];
  readonly unsubscribe: () => void;
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const lineOf = (options: Partial<LineOptions<number>> = {}): Line => {
  const source = new Subject<number>();
  const batches: (readonly number[])[] = [];
  const heard: unknown[] = [];
  let ending: { resolve: (size: number) => void; reject: (error: Error) => void; size: number } | null = null;
  const work = (batch: readonly number[]): Promise<number> => {
    batches.push(batch);
    return new Promise((resolve, reject) => {
      ending = { resolve, reject, size: batch.length };
    });
  };
  const subscription = source
    .pipe(
      batchWhileBusy(work, {
        batchMax: 3,
        highMark: 4,
        lowMark: 1,
        waitingMax: 6,
        onPressure: (isFull) => heard.push(isFull ? 'full' : 'flowing'),
        onOverflow: (item) => heard.push(`overflow ${item}`),
        ...options,
      }),
    )
    .subscribe({
      next: (size) => heard.push(size),
      error: (error: Error) => heard.push(error.message),
      complete: () => heard.push('complete'),
    });
  return {
    source,
    batches,
    heard,
    finish: async () => {
      ending?.resolve(ending.size);
      await settle();
    },
    fail: async (error) => {
      ending?.reject(error);
      await settle();
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};

const push = ({ source }: Line, ...items: readonly number[]): void => {
  for (const item of items) source.next(item);
};

describe('batchWhileBusy', () => {
  it('hands the first on at once, and what comes meanwhile in batches, in order', async () => {
    const line = lineOf();
    push(line, 1, 2, 3, 4, 5);
    expect(line.batches).toEqual([[1]]);
    await line.finish();
    expect(line.batches).toEqual([[1], [2, 3, 4]]);
    await line.finish();
    expect(line.batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('asks the source to stop at the high mark, once, and to go on at the low one', async () => {
    const line = lineOf();
    push(line, 1, 2, 3, 4);
    expect(line.heard).toEqual([]);
    push(line, 5, 6);
    expect(line.heard).toEqual(['full']);
    await line.finish();
    expect(line.heard).toEqual(['full', 1]);
    await line.finish();
    expect(line.heard).toEqual(['full', 1, 3, 'flowing']);
  });

  it('hands back what finds no place, and keeps the rest', async () => {
    const line = lineOf({ waitingMax: 4 });
    push(line, 1, 2, 3, 4, 5, 6, 7);
    expect(line.heard).toEqual(['full', 'overflow 6', 'overflow 7']);
    await line.finish();
    await line.finish();
    expect(line.batches.flat()).toEqual([1, 2, 3, 4, 5]);
  });

  it('completes when the source has and the last work is done', async () => {
    const line = lineOf();
    push(line, 1, 2);
    line.source.complete();
    await line.finish();
    expect(line.heard).toEqual([1]);
    await line.finish();
    expect(line.heard).toEqual([1, 1, 'complete']);
  });

  it('completes at once where nothing is under way', () => {
    const line = lineOf();
    line.source.complete();
    expect(line.heard).toEqual(['complete']);
  });

  it('ends with the error of the work, and takes nothing more', async () => {
    const line = lineOf();
    push(line, 1, 2);
    await line.fail(new Error('disk'));
    push(line, 3);
    expect([line.heard, line.batches, line.source.observed]).toEqual([['disk'], [[1]], false]);
  });

  it('begins no work after the end of its subscription', async () => {
    const line = lineOf();
    push(line, 1, 2);
    line.unsubscribe();
    await line.finish();
    expect([line.batches, line.heard]).toEqual([[[1]], []]);
  });
});
