/** Bounds of what is kept for one agent until it is acknowledged. Source: sidecar §5.4. */
export type FrameLogLimits = {
  readonly framesMax: number;
  /** Units: UTF-16 code units of all frames together. */
  readonly charsMax: number;
  /** Units: ms. */
  readonly ageMs: number;
};

export const FRAME_LOG: FrameLogLimits = { framesMax: 2_000, charsMax: 16 * 1_048_576, ageMs: 600_000 };

export type LoggedFrame = { readonly seq: number; readonly atMs: number; readonly text: string };

/**
 * What one agent has not acknowledged, in order.
 * Shape: numbers only grow; a frame leaves by being acknowledged, or as the oldest of too many, and is then `missed`.
 */
export class FrameLog {
  readonly #limits: FrameLogLimits;
  /** Those before `#first` are gone; the array is packed now and then, so that taking from its head costs nothing. */
  #frames: LoggedFrame[] = [];
  #first = 0;
  #chars = 0;
  #head: number;
  #acked: number;
  #missed = 0;

  constructor(limits: FrameLogLimits = FRAME_LOG, head = 0, acked = 0) {
    this.#limits = limits;
    this.#head = head;
    this.#acked = acked;
  }

  /** The number of the last frame; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  get acked(): number {
    return this.#acked;
  }

  get size(): number {
    return this.#frames.length - this.#first;
  }

  /** Frames that were given up, and were not told of yet. */
  get missed(): number {
    return this.#missed;
  }

  takeMissed(): number {
    const missed = this.#missed;
    this.#missed = 0;
    return missed;
  }

  append(textOf: (seq: number) => string, nowMs: number): LoggedFrame {
    this.#head += 1;
    const frame = { seq: this.#head, atMs: nowMs, text: textOf(this.#head) };
    this.restore(frame);
    while (this.size > this.#limits.framesMax || (this.#chars > this.#limits.charsMax && this.size > 1)) this.#giveUp();
    return frame;
  }

  /** A frame of an earlier life, in order. */
  restore(frame: LoggedFrame): void {
    this.#frames.push(frame);
    this.#chars += frame.text.length;
    this.#head = Math.max(this.#head, frame.seq);
  }

  /** From now on numbers start above this one. */
  leapTo(seq: number): void {
    this.#head = Math.max(this.#head, seq);
  }

  /** Cumulative; what was never said cannot be acknowledged. Gives whether anything went. */
  ack(seq: number): boolean {
    const upTo = Math.min(seq, this.#head);
    if (upTo <= this.#acked) return false;
    this.#acked = upTo;
    while (this.size > 0 && (this.#frames[this.#first] as LoggedFrame).seq <= upTo) this.#drop();
    return true;
  }

  /** The first frame behind that number; undefined at the end. */
  after(seq: number): LoggedFrame | undefined {
    return this.#frames[this.#placeBehind(seq)];
  }

  /** How many frames up to that number are not acknowledged. */
  unackedUpTo(seq: number): number {
    return this.#placeBehind(seq) - this.#first;
  }

  /** Forgets what is older than its age. */
  prune(nowMs: number): void {
    while (this.size > 0 && nowMs - (this.#frames[this.#first] as LoggedFrame).atMs >= this.#limits.ageMs)
      this.#giveUp();
  }

  *[Symbol.iterator](): IterableIterator<LoggedFrame> {
    for (let at = this.#first; at < this.#frames.length; at += 1) yield this.#frames[at] as LoggedFrame;
  }

  #placeBehind(seq: number): number {
    let low = this.#first;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#frames[middle] as LoggedFrame).seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #giveUp(): void {
    this.#missed += 1;
    this.#drop();
  }

  #drop(): void {
    this.#chars -= (this.#frames[this.#first] as LoggedFrame).text.length;
    this.#first += 1;
    if (this.#first < 256 || this.#first * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#first);
    this.#first = 0;
  }
}
