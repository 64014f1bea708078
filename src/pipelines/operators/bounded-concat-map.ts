import { defer, Observable, type ObservableInput, type OperatorFunction, Subscription } from 'rxjs';

/**
 * `concatMap` with a bound: one inner runs, at most `waitingMax` items wait, and each further one is answered at once by
 * `overflow`.
 * Shape: inners run in order of arrival; an error of an inner, or of `project`, is an error of the whole.
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
      const all = new Subscription();
      let sourceIsDone = false;
      let isRunning = false;
      let isTurning = false;

      const run = (item: In): void => {
        isRunning = true;
        const inner = defer(() => project(item)).subscribe({
          next: (value) => out.next(value),
          error: (error) => out.error(error),
          complete: () => {
            isRunning = false;
            turn();
          },
        });
        all.add(inner);
        inner.add(() => all.remove(inner));
      };

      /** A loop, so that a long line of inners which end at once is not a deep stack. */
      const turn = (): void => {
        if (isTurning) return;
        isTurning = true;
        while (!isRunning && waiting.length > 0) run(waiting.shift() as In);
        isTurning = false;
        if (!isRunning && sourceIsDone) out.complete();
      };

      all.add(
        source.subscribe({
          next: (item) => {
            if (isRunning && waiting.length >= waitingMax) {
              out.next(overflow(item));
              return;
            }
            waiting.push(item);
            turn();
          },
          error: (error) => out.error(error),
          complete: () => {
            sourceIsDone = true;
            turn();
          },
        }),
      );
      return all;
    });
