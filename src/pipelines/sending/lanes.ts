/**
 * How many sends may be with the transport at once. What waits, waits here: behind the fence's question and not behind
 * the transport's own queue, where a cancel could no longer reach it (turns §3.4, G1).
 * Shape: first come, first served; what is urgent before all that is not.
 */
export class Lanes {
  #free: number;
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#free = max;
  }

  /** `null` where a lane is free, which is then taken. */
  enter(isUrgent = false): Promise<void> | null {
    if (this.#free > 0) {
      this.#free -= 1;
      return null;
    }
    return new Promise((resolve) => (isUrgent ? this.#urgent : this.#waiting).push(resolve));
  }

  leave(): void {
    const next = this.#urgent.shift() ?? this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
