/**
 * The newest `max` items, in order. A push is constant time; the oldest falls out.
 * Shape: `dropped` tells how many fell out.
 */
export class Ring<T> implements Iterable<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  #start = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = Math.max(1, max);
  }

  get length(): number {
    return this.#items.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    if (this.#items.length < this.#max) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.#max;
    this.#dropped += 1;
  }

  /** The item `index` places after the oldest. */
  at(index: number): T | undefined {
    return index < this.#items.length ? this.#items[(this.#start + index) % this.#items.length] : undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.#items.length; index += 1) yield this.at(index) as T;
  }

  toArray(): T[] {
    return [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)];
  }
}
