import type { OutboxEntry, SendOutcome } from '../../../ports/store.js';
import type { Retention } from '../retention.js';
import { AgedMap } from './aged-map.js';

/** One bot's sends and its reply counters. */
export class MemoryOutbox {
  readonly #open = new Map<string, OutboxEntry>();
  readonly #sent: AgedMap<string, SendOutcome>;
  readonly #used: AgedMap<string, number>;

  constructor({ sentMax, sentMs, anchorsMax, anchorsMs }: Retention) {
    this.#sent = new AgedMap(sentMax, sentMs);
    this.#used = new AgedMap(anchorsMax, anchorsMs);
  }

  get size(): number {
    return this.#open.size;
  }

  enqueue(entry: OutboxEntry, nowMs: number): 'new' | 'duplicate' {
    const { key, anchor, msgSeq, piece } = entry;
    if (this.#open.has(key) || this.#sent.has(key)) return 'duplicate';
    this.#open.set(key, entry);
    if (piece.role === 'send') return 'new';
    if (anchor) this.#used.set(anchor.id, Math.max(this.#used.get(anchor.id) ?? 0, msgSeq), nowMs);
    for (const other of piece.anchors) if (!this.#used.has(other.id)) this.#used.set(other.id, 0, nowMs);
    return 'new';
  }

  revise(entry: OutboxEntry): void {
    if (this.#open.has(entry.key)) this.#open.set(entry.key, entry);
  }

  settle(key: string, outcome: SendOutcome, nowMs: number): void {
    if (this.#open.delete(key)) this.#sent.set(key, outcome, nowMs);
  }

  settled(messageIds: readonly string[]): readonly SendOutcome[] {
    const wanted = new Set(messageIds);
    return this.#sent
      .newestFirst()
      .filter(([key]) => wanted.has(key.slice(0, key.lastIndexOf('#'))))
      .map(([, outcome]) => outcome)
      .reverse();
  }

  unsettled(): readonly OutboxEntry[] {
    return [...this.#open.values()];
  }

  used(anchorIds: readonly string[]): ReadonlyMap<string, number> {
    const used = new Map<string, number>();
    for (const id of anchorIds) {
      const count = this.#used.get(id);
      if (count !== undefined) used.set(id, count);
    }
    return used;
  }

  prune(nowMs: number): number {
    return this.#sent.prune(nowMs) + this.#used.prune(nowMs);
  }
}
