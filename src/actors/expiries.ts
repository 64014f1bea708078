import type { Inbound } from '../domain/inbound.js';
import type { Clock } from '../ports/clock.js';

/** When each message that waits is given up. As many as the line holds. */
export class Expiries {
  readonly #timers = new Map<string, unknown>();
  readonly #clock: Clock;
  readonly #expired: (id: string) => void;

  constructor(clock: Clock, expired: (id: string) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  arm({ id }: Inbound, lifeMs: number): void {
    const expire = (): void => {
      this.#timers.delete(id);
      this.#expired(id);
    };
    this.#timers.set(id, this.#clock.setTimeout(expire, lifeMs));
  }

  disarm(id: string): void {
    this.#clock.clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  end(): void {
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
  }
}
