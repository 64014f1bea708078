const WINDOW_MS = 5_000;
/** A start that was permitted and not yet made holds its place; the next one asks again after this long. */
const ASK_AGAIN_MS = 1_000;
const DAY_MS = 24 * 60 * 60_000;

/** Units: ms. `total` and `remaining` count session starts in 24 h; `maxConcurrency` is per 5 s. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly maxConcurrency: number;
};

/** `why`: the day's starts are used up, or only this instant's. */
export type Permission =
  | { readonly permitted: true }
  | { readonly permitted: false; readonly waitMs: number; readonly why: 'day' | 'pace' };

/**
 * The session starts of one bot: so many a day, so many per 5 s, over all of its shards.
 * Shape: a permission is held by its holder until it is used or given back; a start counts from when it is made, for the
 * handshake between may take seconds. What the platform last said is counted down here, so that its address need not be
 * asked for again.
 * Source: qq-bot-api §2.
 */
export class SessionStarts {
  #total = Number.POSITIVE_INFINITY;
  #remaining = Number.POSITIVE_INFINITY;
  #resetAtMs = Number.POSITIVE_INFINITY;
  #maxConcurrency = 1;
  readonly #held = new Set<string>();
  #madeAtMs: number[] = [];

  /** What the platform says at `nowMs`. */
  learn(limit: StartLimit, nowMs: number): void {
    this.#total = limit.total;
    this.#remaining = limit.remaining;
    this.#resetAtMs = nowMs + limit.resetAfterMs;
    this.#maxConcurrency = Math.max(1, limit.maxConcurrency);
  }

  ask(holder: string, nowMs: number): Permission {
    this.#held.delete(holder);
    this.#madeAtMs = this.#madeAtMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (nowMs >= this.#resetAtMs) {
      this.#remaining = this.#total;
      this.#resetAtMs = nowMs + DAY_MS;
    }
    if (this.#remaining <= 0) return { permitted: false, waitMs: this.#resetAtMs - nowMs, why: 'day' };
    if (this.#remaining <= this.#held.size || this.#held.size + this.#madeAtMs.length >= this.#maxConcurrency) {
      const oldest = this.#madeAtMs[0];
      const waitMs = oldest === undefined ? ASK_AGAIN_MS : WINDOW_MS - (nowMs - oldest);
      return { permitted: false, waitMs, why: 'pace' };
    }
    this.#held.add(holder);
    return { permitted: true };
  }

  /** The holder identifies now. */
  use(holder: string, nowMs: number): void {
    this.#held.delete(holder);
    this.#madeAtMs.push(nowMs);
    this.#remaining -= 1;
  }

  /** The holder will not identify after all. */
  giveBack(holder: string): void {
    this.#held.delete(holder);
  }
}
