const WINDOW_MS = 5_000;
/** A start that was permitted and not yet made holds its place; the next one asks again after this long. */
const ASK_AGAIN_MS = 1_000;
/** Whatever the platform says, its address is not asked for more often than this on account of the limit. */
const RESET_MIN_MS = 60_000;

/** Units: ms. `total` and `remaining` count session starts in 24 h; `maxConcurrency` is per 5 s. */
export type StartLimit = {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly maxConcurrency: number;
};

/**
 * `pace`: too many at this instant; ask again after `waitMs`. `day`: the day's starts are used up; after `waitMs`, which
 * may be 0, the platform knows new numbers.
 */
export type Permission =
  | { readonly permitted: true }
  | { readonly permitted: false; readonly waitMs: number; readonly why: 'day' | 'pace' };

/**
 * The session starts of one bot: so many a day, so many per 5 s, over all of its shards.
 * Shape: a permission is held by its holder until it is used or given back; a start counts from when it is made, for the
 * handshake between may take seconds. What the platform last said is only ever counted down here, so that the count is
 * never above its own; where it ends, the platform is asked for new numbers.
 * Source: qq-bot-api §2.
 */
export class SessionStarts {
  #remaining = Number.POSITIVE_INFINITY;
  #resetAtMs = Number.POSITIVE_INFINITY;
  #maxConcurrency = 1;
  readonly #held = new Set<string>();
  #madeAtMs: number[] = [];

  /** What the platform says at `nowMs`. */
  learn(limit: StartLimit, nowMs: number): void {
    this.#remaining = limit.remaining;
    this.#resetAtMs = nowMs + Math.max(RESET_MIN_MS, limit.resetAfterMs);
    this.#maxConcurrency = Math.max(1, limit.maxConcurrency);
  }

  ask(holder: string, nowMs: number): Permission {
    this.#held.delete(holder);
    // A start ahead of now was made before the machine's clock was set back; it counts as just made, and not for longer.
    this.#madeAtMs = this.#madeAtMs.map((atMs) => Math.min(atMs, nowMs)).filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (this.#remaining <= 0) return { permitted: false, waitMs: Math.max(0, this.#resetAtMs - nowMs), why: 'day' };
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
