import type { Logger } from '../log/logger.js';
import type { FrameChange, Lease, Store } from '../ports/store.js';
import type { LoggedFrame } from './frame-log.js';

/** Changes that may wait for the store; beyond that they are dropped, and a resume after a crash would miss them. */
const WAITING_MAX = 20_000;

/** Frames said before a crash whose writing it cut off; numbers of the next life start this far above what is stored. */
export const UNWRITTEN_MAX = 100_000;

/**
 * Keeps the frame logs in the store: in order, many changes in one write, nobody waits for it.
 * What the crash cuts off is not missed: a turn that had begun begins again, and a number is never given twice.
 */
export class FrameJournal {
  readonly #log: Logger;
  #store: Store | null = null;
  #lease: Lease | null = null;
  #waiting: FrameChange[] = [];
  #writing: Promise<void> | null = null;
  #isBehind = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  open(store: Store, lease: Lease): void {
    this.#store = store;
    this.#lease = lease;
  }

  session(sid: string, profile: string, atMs: number): void {
    this.#add({ kind: 'session', sid, profile, atMs });
  }

  frame(sid: string, { seq, text, atMs }: LoggedFrame): void {
    this.#add({ kind: 'frame', sid, seq, text, atMs });
  }

  ack(sid: string, seq: number): void {
    this.#add({ kind: 'ack', sid, seq });
  }

  /** Frames below that number are kept no more. */
  forgetBefore(sid: string, seq: number): void {
    this.#add({ kind: 'drop', sid, seq });
  }

  /** The agent has that turn, until it is closed. */
  held(sid: string, wire: string, epoch: number): void {
    this.#add({ kind: 'held', sid, wire, epoch });
  }

  letGo(sid: string, wire: string): void {
    this.#add({ kind: 'let go', sid, wire });
  }

  forget(sid: string): void {
    this.#add({ kind: 'forget', sid });
  }

  /** What an earlier life kept for this agent. Errors: the store's. */
  async load(sid: string) {
    await this.flush();
    return this.#store && this.#lease ? this.#store.loadFrames(this.#lease, sid) : null;
  }

  /** All that was asked for is written, or has failed. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #add(change: FrameChange): void {
    if (!this.#store) return;
    if (this.#waiting.length >= WAITING_MAX) {
      if (!this.#isBehind) this.#log.warn({ waiting: WAITING_MAX }, 'the store cannot keep up with the frame log');
      this.#isBehind = true;
      return;
    }
    this.#waiting.push(change);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const store = this.#store as Store;
    const lease = this.#lease as Lease;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const changes = this.#waiting;
      this.#waiting = [];
      try {
        await store.writeFrames(lease, changes);
        this.#isBehind = false;
      } catch (error) {
        this.#log.error({ err: error }, 'the frame log could not be written');
      }
    }
    this.#writing = null;
  }
}
