import type { AgentEvent } from '../ports/agent-driver.js';

/** Reports that may wait to be read; each is soon outdated, so one too many is dropped. */
const REPORTS_MAX = 256;

/** A sign of life that says nothing. */
export const ALIVE: AgentEvent = { type: 'reasoning', delta: '' };

/** `chars`: the room it takes, where it is output. */
export type Unread = { readonly event: AgentEvent; readonly chars: number; readonly isOutput: boolean };

/**
 * What an agent has said in a turn and nobody has read yet.
 * Shape: one reader. How much output may wait is decided before it comes here, by `takeOutput`.
 */
export class UnreadEvents {
  #waiting: Unread[] = [];
  #wake: (() => void) | null = null;

  /** The reader has read all there is, and waits for more. */
  get isAwaited(): boolean {
    return this.#wake !== null && this.#waiting.length === 0;
  }

  push(unread: Unread): void {
    const isReport = unread.event === ALIVE || unread.event.type === 'progress';
    if (isReport && this.#waiting.length >= REPORTS_MAX) return;
    this.#waiting.push(unread);
    this.wake();
  }

  take(): Unread | undefined {
    return this.#waiting.shift();
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Until something was said, or there is nothing to wait for any more. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
