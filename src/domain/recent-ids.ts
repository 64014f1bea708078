/**
 * The last ids that were seen, to know a repetition.
 * Shape: holds `max` at most; the oldest is forgotten first. An empty id is never known: it names nothing.
 */
export class RecentIds {
  readonly #max: number;
  readonly #seen = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  has(id: string): boolean {
    return this.#seen.has(id);
  }

  /** False where it was seen before. */
  take(id: string): boolean {
    if (id === '') return true;
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > this.#max) this.#seen.delete(this.#seen.values().next().value as string);
    return true;
  }
}
