/**
 * A turn with this message was under way when that life of the process ended. `key` is the message's, over all bots; null
 * stands for those who are gone without having come to an end of their own: nobody will know.
 */
export type Trace = { readonly life: number; readonly key: string | null };

/** Lives a message must have ended by itself before it is given up. */
export const BLAME_MAX = 3;

/** What a death weighs where somebody who is not tried again may have caused it. */
const DOUBTFUL = 1 / 4;

/** Of those who were under way in the same number of deaths, this part is tried at once. */
const SHARE = 8;

/**
 * Who may have brought the process down.
 *
 * Whoever was under way at the end of a life may have ended it; whoever comes to an end of its own has not. So each end
 * leaves a set, which shrinks as its members are answered, and the one that is left when all others are is to blame. One
 * that is blamed often enough is given up, and with it all that it may have done is explained.
 */
export class Suspects {
  readonly #lives = new Map<string, Set<number>>();
  readonly #under = new Map<number, Set<string>>();
  readonly #doubtful = new Set<number>();

  constructor(traces: readonly Trace[]) {
    for (const { life, key } of traces) {
      if (key === null) {
        this.#doubtful.add(life);
        continue;
      }
      this.#lives.set(key, (this.#lives.get(key) ?? new Set()).add(life));
      this.#under.set(life, (this.#under.get(life) ?? new Set()).add(key));
    }
  }

  get count(): number {
    return this.#lives.size;
  }

  /** Lives that ended while it was under way, and for which somebody else may be to blame. */
  deaths(key: string): number {
    return this.#lives.get(key)?.size ?? 0;
  }

  /** Lives that nobody else can have ended; such as somebody who is gone may have ended weigh less. */
  blame(key: string): number {
    const alone = [...(this.#lives.get(key) ?? [])].filter((life) => this.#under.get(life)?.size === 1);
    return alone.reduce((sum, life) => sum + (this.#doubtful.has(life) ? DOUBTFUL : 1), 0);
  }

  /** It is not tried again, and nothing will show that it was innocent. */
  doubt(key: string): void {
    for (const life of this.#lives.get(key) ?? []) this.#doubtful.add(life);
  }

  /** It came to an end without harm. */
  acquit(key: string): void {
    for (const life of this.#lives.get(key) ?? []) this.#leave(key, life);
    this.#lives.delete(key);
  }

  /** It is given up: whatever it was under way in was its doing. */
  convict(key: string): void {
    for (const life of [...(this.#lives.get(key) ?? [])]) {
      for (const other of this.#under.get(life) ?? []) {
        const lives = this.#lives.get(other);
        lives?.delete(life);
        if (lives?.size === 0) this.#lives.delete(other);
      }
      this.#under.delete(life);
    }
  }

  /**
   * Of those who wait to be tried, the next: such as were under way in the fewest deaths come first, and the fewer they
   * are, the fewer at once, so that a culprit is alone after a few deaths, however many were under way in the first.
   */
  nextTrial(waiting: Iterable<string>): readonly string[] {
    const all = [...waiting];
    const fewest = Math.min(...all.map((key) => this.deaths(key)));
    const such = [...this.#lives.values()].filter((lives) => lives.size === fewest).length;
    return all.filter((key) => this.deaths(key) === fewest).slice(0, Math.ceil(such / SHARE));
  }

  #leave(key: string, life: number): void {
    const under = this.#under.get(life);
    under?.delete(key);
    if (under?.size === 0) this.#under.delete(life);
  }
}
