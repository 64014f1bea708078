/** How far behind the newest number a gap is still waited for, and late arrivals behind the mark are still known. */
const REACH = 1_000;

/**
 * How far one session's events are safely handled: the position a resume asks from.
 * An event is begun when it arrives and settled when it is safe; `value` is the highest number with every number up to
 * it settled. Numbers the platform skipped are holes: they hold the mark back until the platform has shown that it will
 * not send them (`closeBelow`), or until a thousand later numbers have arrived.
 * Source: qq-bot-api §3.5.
 */
export class Watermark {
  #value: number;
  #highest: number;
  /** Numbers up to here that were never begun are not waited for. */
  #floor: number;
  #skipped = 0;
  readonly #pending = new Set<number>();
  readonly #settledAbove = new Set<number>();
  /** Holes that were closed: one that comes after all is new, not a repetition. */
  readonly #closed = new Set<number>();

  /** Everything up to `seq` is safe. */
  constructor(seq: number) {
    this.#value = seq;
    this.#highest = seq;
    this.#floor = seq;
  }

  get value(): number {
    return this.#value;
  }

  /** The highest number seen: what a heartbeat carries. */
  get highest(): number {
    return this.#highest;
  }

  /** Events begun and not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Numbers between the mark and the highest that have not arrived. */
  get holes(): number {
    return this.#highest - this.#value - this.#pending.size - this.#settledAbove.size;
  }

  /** Holes that were given up, ever. */
  get skipped(): number {
    return this.#skipped;
  }

  /** False for an event that is already safe, or under way: the platform repeats itself after a resume. */
  begin(seq: number): boolean {
    if (seq <= this.#value) return this.#closed.delete(seq);
    if (this.#pending.has(seq) || this.#settledAbove.has(seq)) return false;
    this.#pending.add(seq);
    this.#highest = Math.max(this.#highest, seq);
    this.#floor = Math.max(this.#floor, this.#highest - REACH);
    this.#advance();
    return true;
  }

  /** Shape: idempotent; a number that was never begun is ignored. True where the mark moved. */
  settle(seq: number): boolean {
    if (!this.#pending.delete(seq)) return false;
    this.#settledAbove.add(seq);
    return this.#advance();
  }

  /** The platform has sent all it had before `seq`: what is missing below will not come. Gives the holes closed. */
  closeBelow(seq: number): number {
    const before = this.#skipped;
    this.#highest = Math.max(this.#highest, seq - 1);
    this.#floor = Math.max(this.#floor, seq - 1);
    this.#advance();
    return this.#skipped - before;
  }

  #advance(): boolean {
    const before = this.#value;
    for (;;) {
      const next = this.#value + 1;
      if (this.#settledAbove.delete(next)) this.#value = next;
      else if (next <= this.#floor && !this.#pending.has(next)) this.#skipTo(this.#endOfHole(next));
      else return this.#value > before;
    }
  }

  /** The last number of the hole that begins at `first`. */
  #endOfHole(first: number): number {
    let end = this.#floor;
    for (const seq of this.#pending) if (seq > first && seq <= end) end = seq - 1;
    for (const seq of this.#settledAbove) if (seq > first && seq <= end) end = seq - 1;
    return end;
  }

  #skipTo(end: number): void {
    this.#skipped += end - this.#value;
    for (let seq = Math.max(this.#value + 1, end - REACH + 1); seq <= end; seq += 1) this.#closed.add(seq);
    for (const seq of this.#closed) if (seq <= end - REACH) this.#closed.delete(seq);
    this.#value = end;
  }
}
