import { peerKeyOf } from '../../../domain/conversation.js';
import { anchorsOf } from '../../../domain/inbound.js';
import type { DeadLetter, InboxEvent, Reach, UnsettledEvent } from '../../../ports/store.js';
import type { Retention } from '../retention.js';
import { AgedMap } from './aged-map.js';

/** `peer`: who may be answered with it; null where nobody may. */
type Known = { readonly peer: string | null; readonly saidMs: number };

/** One bot's events. An id is known for its time, and beyond it while its event is unsettled or dead. */
export class MemoryInbox {
  readonly #appId: string;
  readonly #retention: Retention;
  readonly #known: AgedMap<string, Known>;
  readonly #unsettled = new Map<string, UnsettledEvent>();
  readonly #dead: AgedMap<string, DeadLetter & { readonly position: number }>;
  #position = 0;

  constructor(appId: string, retention: Retention) {
    this.#appId = appId;
    this.#retention = retention;
    this.#known = new AgedMap(retention.dedupeMax, retention.dedupeMs);
    this.#dead = new AgedMap(retention.deadMax, retention.deadMs);
  }

  get size(): number {
    return this.#unsettled.size;
  }

  take({ id, message }: InboxEvent, nowMs: number): 'new' | 'duplicate' {
    if (this.#known.has(id) || this.#unsettled.has(id) || this.#dead.has(id)) return 'duplicate';
    this.#position += 1;
    const peer = anchorsOf([message]).length > 0 ? peerKeyOf(message.target) : null;
    this.#known.set(id, { peer, saidMs: message.atMs }, nowMs);
    this.#unsettled.set(id, { id, message, position: this.#position, takenAtMs: nowMs, attempts: 0 });
    return 'new';
  }

  /** An event that waits for nothing. */
  note(id: string, peer: string, saidMs: number, nowMs: number): void {
    if (!this.#known.has(id)) this.#known.set(id, { peer, saidMs }, nowMs);
  }

  /** The oldest first. */
  heard(sinceMs: number): Reach['heard'] {
    return this.#known
      .newestFirst()
      .reverse()
      .flatMap(([id, { peer, saidMs }]) => (peer !== null && saidMs > sinceMs ? [{ peer, id, atMs: saidMs }] : []));
  }

  settle(ids: readonly string[]): void {
    for (const id of ids) this.#unsettled.delete(id);
  }

  page(after: number, limit: number): readonly UnsettledEvent[] {
    return [...this.#unsettled.values()]
      .filter(({ position }) => position > after)
      .sort((one, other) => one.position - other.position)
      .slice(0, limit);
  }

  /** Gives those that are unsettled. */
  claim(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => {
      const entry = this.#unsettled.get(id);
      if (entry) this.#unsettled.set(id, { ...entry, attempts: entry.attempts + 1 });
      return entry !== undefined;
    });
  }

  bury(ids: readonly string[], why: string, nowMs: number): void {
    for (const id of ids) {
      const entry = this.#unsettled.get(id);
      if (!entry) continue;
      this.#unsettled.delete(id);
      const { takenAtMs: _, ...letter } = entry;
      this.#dead.set(id, { ...letter, appId: this.#appId, why, buriedAtMs: nowMs }, nowMs);
    }
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#dead.newestFirst().map(([, { position: _, ...letter }]) => letter);
  }

  revive(id: string, nowMs: number): boolean {
    const letter = this.#dead.get(id);
    if (!letter) return false;
    this.#dead.delete(id);
    const { position } = letter;
    const message = { ...letter.message, atMs: nowMs };
    this.#unsettled.set(id, { id, message, position, takenAtMs: nowMs, attempts: 0 });
    return true;
  }

  dropDead(id: string): boolean {
    return this.#dead.delete(id);
  }

  prune(nowMs: number): number {
    return this.#known.prune(nowMs, this.#retention.dedupeMin) + this.#dead.prune(nowMs);
  }
}
