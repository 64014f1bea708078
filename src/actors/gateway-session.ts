import { Watermark } from '../domain/watermark.js';
import type { Clock } from '../ports/clock.js';
import type { SessionRecord } from '../ports/store.js';

type Current = { readonly id: string; readonly watermark: Watermark };

/** Which event of which session: numbers start again with every session. */
export type EventPlace = { readonly session: string; readonly s: number };

/**
 * The session under way and how far its events are safe, kept beside the chart.
 * What is saved is the position a later life may resume from; `null` once there is none.
 */
export class SessionLedger {
  readonly #clock: Clock;
  readonly #save: (record: SessionRecord | null) => void;
  #current: Current | null;

  constructor(clock: Clock, record: SessionRecord | null, save: (record: SessionRecord | null) => void) {
    this.#clock = clock;
    this.#save = save;
    this.#current = record && { id: record.sessionId, watermark: new Watermark(record.seq) };
  }

  get id(): string | null {
    return this.#current?.id ?? null;
  }

  get watermark(): Watermark | null {
    return this.#current?.watermark ?? null;
  }

  /** READY: a new session whose first number is used up. */
  start(id: string, seq: number): void {
    this.#current = { id, watermark: new Watermark(seq) };
    this.#keep();
  }

  /** RESUMED: all that was missed has been sent. Gives the numbers that the platform left out. */
  resumed(seq: number): number {
    const { watermark } = this;
    if (!watermark) return 0;
    const skipped = watermark.closeBelow(seq);
    watermark.begin(seq);
    if (watermark.settle(seq) || skipped > 0) this.#keep();
    return skipped;
  }

  /** Events of a dropped session may still be under way; settling them later has no effect. */
  drop(): void {
    if (!this.#current) return;
    this.#current = null;
    this.#save(null);
  }

  /** An event is safe, or nothing more can be done about it. */
  settle({ session, s }: EventPlace): void {
    if (this.#current?.id === session && this.#current.watermark.settle(s)) this.#keep();
  }

  #keep(): void {
    if (!this.#current) return;
    const { id, watermark } = this.#current;
    this.#save({ sessionId: id, seq: watermark.value, atMs: this.#clock.now() });
  }
}
