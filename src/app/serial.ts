import { RouterError } from '../errors/router-error.js';

/** Does one piece of work after the other; one that fails fails alone. Errors: `capacity.full` where too many wait. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>;

export const serial = (waitingMax: number): Serial => {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (work) => {
    if (waiting >= waitingMax) throw new RouterError('capacity.full', `${waiting} pieces of work wait already`);
    waiting += 1;
    const mine = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
};
