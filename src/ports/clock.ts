/**
 * The one door through which time comes in.
 * Units: `now()` is epoch milliseconds; delays are milliseconds.
 * `createActor(logic, { clock })` takes it as it is.
 */
export interface Clock {
  now(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}
