import type { Clock } from '../../ports/clock.js';

/** Node's own timers take no more than this, and fire at once beyond it. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The platform's timers, all on the injected clock, so that closing leaves none behind. */
export class Timers {
  readonly #clock: Clock;
  readonly #running = new Set<unknown>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Runs once after `delayMs`, unless the returned function is called before; `Infinity` never comes. */
  after(delayMs: number, run: () => void): () => void {
    if (delayMs === Number.POSITIVE_INFINITY) return () => undefined;
    const handle = this.#clock.setTimeout(
      () => {
        this.#running.delete(handle);
        run();
      },
      Math.min(delayMs, TIMER_MAX_MS),
    );
    this.#running.add(handle);
    return () => {
      this.#running.delete(handle);
      this.#clock.clearTimeout(handle);
    };
  }

  clear(): void {
    for (const handle of this.#running) this.#clock.clearTimeout(handle);
    this.#running.clear();
  }
}
