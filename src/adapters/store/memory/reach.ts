import { peerKeyOf } from '../../../domain/conversation.js';
import type { OutboxEntry, Reach, Refusal } from '../../../ports/store.js';
import type { Retention } from '../retention.js';
import { AgedMap } from './aged-map.js';

type Active = Reach['active'][number];

/** What one bot said without an anchor, and who refuses that. */
export class MemoryReach {
  readonly #active: AgedMap<string, Active>;
  readonly #refusals = new Map<string, Refusal>();
  readonly #refusalsMax: number;

  constructor({ activeMax, activeMs, refusalsMax }: Retention) {
    this.#active = new AgedMap(activeMax, activeMs);
    this.#refusalsMax = refusalsMax;
  }

  /** A message that calls a user back has a quota of its own, which the platform alone counts. */
  spend({ key, piece, isTried, guildId }: OutboxEntry, atMs: number): void {
    if (!isTried || piece.send?.wakeUp) return;
    this.#active.set(key, { peer: peerKeyOf(piece.target), atMs, ...(guildId !== undefined && { guildId }) }, atMs);
  }

  refuse(refusal: Refusal, nowMs: number): void {
    this.#refusals.delete(refusal.peer);
    if (refusal.untilMs <= nowMs) return;
    this.#refusals.set(refusal.peer, refusal);
    if (this.#refusals.size > this.#refusalsMax) this.#refusals.delete(this.#refusals.keys().next().value as string);
  }

  active(sinceMs: number): Reach['active'] {
    return this.#active
      .newestFirst()
      .reverse()
      .flatMap(([, sent]) => (sent.atMs > sinceMs ? [sent] : []));
  }

  refusals(nowMs: number): Reach['refusals'] {
    return [...this.#refusals.values()].filter(({ untilMs }) => untilMs > nowMs);
  }

  prune(nowMs: number): number {
    let gone = this.#active.prune(nowMs);
    for (const [peer, { untilMs }] of this.#refusals) {
      if (untilMs > nowMs) continue;
      this.#refusals.delete(peer);
      gone += 1;
    }
    return gone;
  }
}
