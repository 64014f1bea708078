import { from, Observable, type ObservableInput, type OperatorFunction, type Subscription } from 'rxjs';

/**
 * `concatMap` with a bound: one inner runs, at most `waitingMax` items wait, and each further one is answered at once by
 * `overflow`.
 * Shape: inners run in order of arrival; an error of an inner is an error of the whole.
 */
export const boundedConcatMap =
  <In, Out>(
    waitingMax: number,
    project: (item: In) => ObservableInput<Out>,
    overflow: (item: In) => Out,
  ): OperatorFunction<In, Out> =>
  (source) =>
    new Observable((out) => {
      const waiting: In[] = [];
      let inner: Subscription | null = null;
      let sourceIsDone = false;
      let isRunning = false;

      const run = (item: In): void => {
        isRunning = true;
        inner = from(project(item)).subscribe({
          next: (value) => out.next(value),
          error: (error) => out.error(error),
          complete: () => {
            isRunning = false;
            if (waiting.length > 0) run(waiting.shift() as In);
            else if (sourceIsDone) out.complete();
          },
        });
      };

      const outer = source.subscribe({
        next: (item) => {
          if (!isRunning) run(item);
          else if (waiting.length < waitingMax) waiting.push(item);
          else out.next(overflow(item));
        },
        error: (error) => out.error(error),
        complete: () => {
          sourceIsDone = true;
          if (!isRunning) out.complete();
        },
      });
      return () => {
        outer.unsubscribe();
        inner?.unsubscribe();
      };
    });
