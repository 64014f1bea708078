import { Ring } from './ring.js';

/** At most `limit` in any `perMs`. Constant time; `Infinity` stores nothing. */
export class RateWindow {
  readonly #limit: number;
  readonly #perMs: number;
  readonly #times: Ring<number> | undefined;

  constructor(limit: number, perMs: number) {
    this.#limit = limit;
    this.#perMs = perMs;
    this.#times = Number.isFinite(limit) ? new Ring(limit) : undefined;
  }

  /** Whether one more fits now. */
  fits(nowMs: number): boolean {
    if (!this.#times) return true;
    if (this.#times.length < this.#limit) return true;
    return this.#limit > 0 && nowMs - (this.#times.at(0) ?? 0) >= this.#perMs;
  }

  take(nowMs: number): void {
    this.#times?.push(nowMs);
  }

  /** Takes one if it fits. */
  tryTake(nowMs: number): boolean {
    const fits = this.fits(nowMs);
    if (fits) this.take(nowMs);
    return fits;
  }
}

/** The platform counts its days in UTC+8. */
export const platformDay = (nowMs: number): number => Math.floor((nowMs + 8 * 3_600_000) / 86_400_000);

/** At most `limit` in a calendar day of the platform. */
export class DayCount {
  readonly #limit: number;
  #day = -1;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  fits(nowMs: number): boolean {
    return this.#day === platformDay(nowMs) ? this.#count < this.#limit : this.#limit > 0;
  }

  take(nowMs: number): void {
    const day = platformDay(nowMs);
    if (this.#day !== day) this.#count = 0;
    this.#day = day;
    this.#count += 1;
  }
}
