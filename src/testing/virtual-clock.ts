import type { Clock } from '../ports/clock.js';

type Timer = { readonly id: number; readonly dueMs: number; readonly run: () => void };

/** Promises and I/O callbacks that are ready run. */
const settleOnce = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Time that stands still until it is told to move.
 * Shape: each timer fires at its own instant, in order of due time and then of creation; between two timers every
 * promise that is ready settles, so a chain of timers moves link by link.
 * Units: epoch milliseconds.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();
  readonly #settle: () => Promise<void>;

  /** `settle`: resolves when time may move on. @default once all that is ready has run */
  constructor(startMs = Date.UTC(2026, 0, 1), settle = settleOnce) {
    this.#nowMs = startMs;
    this.#settle = settle;
  }

  readonly now = (): number => this.#nowMs;

  readonly setTimeout = (run: () => void, delayMs: number): number => {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#timers.set(id, { id, dueMs: this.#nowMs + Math.max(0, delayMs), run });
    return id;
  };

  readonly clearTimeout = (handle: unknown): void => {
    this.#timers.delete(handle as number);
  };

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#settle();
    for (let next = this.#earliest(); next && next.dueMs <= untilMs; next = this.#earliest()) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#timers.delete(next.id);
      next.run();
      await this.#settle();
    }
    this.#nowMs = untilMs;
  }

  /** Moves time from timer to timer until `done()` holds. Errors: throws once `limitMs` of virtual time have passed. */
  async advanceUntil(done: () => boolean, limitMs = 600_000): Promise<void> {
    const untilMs = this.#nowMs + limitMs;
    await this.#settle();
    while (!done()) {
      const next = this.#earliest();
      if (!next || next.dueMs > untilMs) throw new Error(`nothing made the condition true within ${limitMs} ms`);
      await this.advance(next.dueMs - this.#nowMs);
    }
  }

  #earliest(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers.values()) if (!best || timer.dueMs < best.dueMs) best = timer;
    return best;
  }
}
