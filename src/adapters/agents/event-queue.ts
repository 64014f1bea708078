import type { AgentEvent } from '../../ports/agent-driver.js';

/** Units: UTF-16 code units of text that may wait before the producer is held back. Source: turns §4.3. */
const WAITING_MAX = 64 * 1024;

/** Reports of progress and usage that may wait; each is soon outdated, so one too many is dropped. */
const PROGRESS_MAX = 256;

type Waiting = { readonly event: AgentEvent; readonly taken?: () => void };

const sizeOf = (event: AgentEvent): number => (event.type === 'text' ? event.delta.length : 0);

/**
 * The line between one who produces an answer and one who reads it.
 * Shape: one reader. `next` waits for an event, and gives null after the last; `room` holds the producer while more than
 * 64 KiB of text wait.
 */
export class EventQueue {
  #waiting: Waiting[] = [];
  #chars = 0;
  #isOpen = true;
  #onEvent: (() => void) | null = null;
  #onRoom: (() => void)[] = [];
  #onTaken: (() => void) | null = null;

  /** `taken` is called once the reader has dealt with the event, which shows in its asking for the next one. */
  push(event: AgentEvent, taken?: () => void): void {
    if (!this.#isOpen) return;
    const isReport = event.type === 'progress' || event.type === 'usage';
    if (isReport && this.#waiting.length >= PROGRESS_MAX) return;
    this.#waiting.push(taken ? { event, taken } : { event });
    this.#chars += sizeOf(event);
    this.#onEvent?.();
  }

  async next(): Promise<AgentEvent | null> {
    this.#onTaken?.();
    this.#onTaken = null;
    while (this.#waiting.length === 0 && this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve;
      });
    }
    const first = this.#waiting.shift();
    if (!first) return null;
    this.#chars -= sizeOf(first.event);
    this.#onTaken = first.taken ?? null;
    if (this.#chars <= WAITING_MAX) this.#release();
    return first.event;
  }

  /** Resolves once the next chunk may be pulled; null where it may be now. */
  room(): Promise<void> | null {
    if (!this.#isOpen || this.#chars <= WAITING_MAX) return null;
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  /** Nothing more is taken in; what waits may still be read. */
  finish(): void {
    this.#isOpen = false;
    this.#onEvent?.();
    this.#release();
  }

  /** Nothing more is taken in, and what waits is dropped. */
  close(): void {
    this.#waiting = [];
    this.#chars = 0;
    this.finish();
  }

  #release(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}
