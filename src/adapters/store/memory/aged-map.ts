/** A map that forgets what is old and what is too many; the one set longest ago goes first. Units: epoch ms. */
export class AgedMap<Key, Value> {
  readonly #entries = new Map<Key, { value: Value; atMs: number }>();
  readonly #max: number;
  readonly #ageMs: number;

  constructor(max: number, ageMs: number) {
    this.#max = max;
    this.#ageMs = ageMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value, nowMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, atMs: nowMs });
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value as Key);
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  /** The one set last comes first. */
  newestFirst(): [Key, Value, number][] {
    return [...this.#entries].map(([key, { value, atMs }]): [Key, Value, number] => [key, value, atMs]).reverse();
  }

  /** Gives how many went. At least `keepMin` stay, however old. */
  prune(nowMs: number, keepMin = 0): number {
    const before = this.#entries.size;
    for (const [key, { atMs }] of this.#entries) {
      if (nowMs - atMs < this.#ageMs || this.#entries.size <= keepMin) break;
      this.#entries.delete(key);
    }
    return before - this.#entries.size;
  }
}
