import { concat, NEVER, Observable, of, throwError } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { boundedConcatMap } from '../../src/pipelines/operators/bounded-concat-map.js';

const marbles = (run: (helpers: RunHelpers) => void): void =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run);

const upper = (letter: string): string => letter.toUpperCase();

describe('boundedConcatMap', () => {
  it('runs one inner at a time, in order of arrival', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const source = hot('ab----c----|');
      const expected = '  ---a--b--c-|';
      expectObservable(source.pipe(boundedConcatMap(9, (letter) => cold('---(x|)', { x: letter }), upper))).toBe(
        expected,
      );
    });
  });

  it('answers at once what finds no place, and forgets it', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const source = hot('abcd---------|');
      expectObservable(source.pipe(boundedConcatMap(1, (letter) => cold('-----(x|)', { x: letter }), upper))).toBe(
        '--CD-a----b--|',
      );
    });
  });

  it('lets what waits finish after the source has ended', () => {
    marbles(({ cold, hot, expectObservable }) => {
      expectObservable(hot('ab|').pipe(boundedConcatMap(9, (letter) => cold('----(x|)', { x: letter }), upper))).toBe(
        '----a---(b|)',
      );
    });
  });

  it('ends with the error of an inner, and lets go of the source', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-|');
      expectObservable(source.pipe(boundedConcatMap(9, () => throwError(() => 'no'), upper))).toBe('-#', {}, 'no');
      expectSubscriptions(source.subscriptions).toBe('^!');
    });
  });

  it('ends with the error of a project that throws', () => {
    marbles(({ hot, expectObservable }) => {
      const project = (): Observable<string> => {
        throw new Error('bug');
      };
      expectObservable(hot('-a-|').pipe(boundedConcatMap(9, project, upper))).toBe('-#', {}, new Error('bug'));
    });
  });

  it('is let go of as a whole, also where an inner before ended at once', () => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const stuck = cold('----------');
      const inner: Record<string, Observable<string>> = { a: cold('--|'), b: of('b'), c: stuck };
      const result = hot('abc').pipe(boundedConcatMap(9, (letter) => inner[letter] ?? NEVER, upper));
      expectObservable(result, '^-----!').toBe('--b');
      expectSubscriptions(stuck.subscriptions).toBe('--^---!');
    });
  });

  it('takes a long line of inners that end at once', () => {
    const seen: number[] = [];
    const numbers = Array.from({ length: 2_000 }, (_, n) => n);
    let release = (): void => undefined;
    const first = new Observable<number>((out) => {
      release = () => out.complete();
    });
    const project = (n: number): Observable<number> => (n === 0 ? first : of(n));
    concat(of(...numbers), NEVER)
      .pipe(boundedConcatMap(numbers.length, project, () => -1))
      .subscribe((n) => seen.push(n));
    release();
    expect(seen).toEqual(numbers.slice(1));
  });
});
