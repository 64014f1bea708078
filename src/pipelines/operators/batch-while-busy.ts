import { defer, Observable, type OperatorFunction, type Subscription } from 'rxjs';

export type LineOptions<In> = {
  /** Items handed to one call of `work`. */
  readonly batchMax: number;
  /** From this many waiting items on the source is asked to stop … */
  readonly highMark: number;
  /** … and at this many to go on. */
  readonly lowMark: number;
  /** Items that wait at most; a source that was asked to stop still brings what it had read. */
  readonly waitingMax: number;
  readonly onPressure: (isFull: boolean) => void;
  /** There was no place for this item. */
  readonly onOverflow: (item: In) => void;
};

/**
 * Hands items on in batches: the first at once, and while `work` is busy those that arrive gather for the next call. The
 * line grows a batch instead of a queue when work is slow, as a group commit does.
 * Shape: order is kept; one `work` at a time, and none after the end of the subscription; an error of `work` is an error
 * of the whole.
 */
export const batchWhileBusy =
  <In, Out>(work: (batch: readonly In[]) => Promise<Out>, options: LineOptions<In>): OperatorFunction<In, Out> =>
  (source) =>
    new Observable((out) => {
      let waiting: In[] = [];
      let working: Subscription | undefined;
      let isBusy = false;
      let isFull = false;
      let sourceIsDone = false;

      const relieve = (): void => {
        if (!isFull || waiting.length > options.lowMark) return;
        isFull = false;
        options.onPressure(false);
      };
      const next = (): void => {
        if (waiting.length === 0) {
          if (sourceIsDone) out.complete();
          return;
        }
        isBusy = true;
        const batch = waiting.slice(0, options.batchMax);
        waiting = waiting.slice(options.batchMax);
        relieve();
        working = defer(() => work(batch)).subscribe({
          next: (value) => out.next(value),
          error: (error) => out.error(error),
          complete: () => {
            isBusy = false;
            next();
          },
        });
      };

      const outer = source.subscribe({
        next: (item) => {
          if (waiting.length >= options.waitingMax) {
            options.onOverflow(item);
            return;
          }
          waiting.push(item);
          if (!isBusy) next();
          else if (!isFull && waiting.length >= options.highMark) {
            isFull = true;
            options.onPressure(true);
          }
        },
        error: (error) => out.error(error),
        complete: () => {
          sourceIsDone = true;
          if (!isBusy) out.complete();
        },
      });
      return () => {
        outer.unsubscribe();
        working?.unsubscribe();
      };
    });
