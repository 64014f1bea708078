import { BoundedMap } from '../domain/bounded-map.js';
import { peerKeyOf, type Target } from '../domain/conversation.js';
import { anchorNamed } from '../domain/inbound.js';
import type { Anchor } from '../domain/reply.js';
import { REPLY_WINDOWS } from '../domain/reply-limits.js';
import type { Reach } from '../ports/store.js';

/**
 * Peers remembered, in some 20 MB; the one longest silent is forgotten first. So many write within the hour only to the
 * largest bots, and the store is not asked in their place: to find a peer's messages there would cost each an index.
 */
const PEERS_MAX = 50_000;
/** Of each, the newest; older ones are soon closed. */
const ANCHORS_MAX = 8;

const LONGEST_WINDOW_MS = Math.max(...Object.values(REPLY_WINDOWS).map(({ windowMs }) => windowMs));

/** What each peer has said that may be answered outside of a turn. Shape: newest first. */
export class OpenAnchors {
  readonly #byPeer = new BoundedMap<string, readonly Anchor[]>(PEERS_MAX);
  readonly #onForgotten: (count: number) => void;
  #forgotten = 0;

  /** `onForgotten`: a peer was forgotten who may still be answered, for there are too many; how many were so far. */
  constructor(onForgotten: (count: number) => void = () => undefined) {
    this.#onForgotten = onForgotten;
  }

  note(target: Target, anchor: Anchor): void {
    this.#note(peerKeyOf(target), anchor);
  }

  /** What earlier lives have heard, the oldest first. */
  restore(heard: Reach['heard']): void {
    for (const { peer, id, atMs } of heard) this.#note(peer, anchorNamed(id, atMs));
  }

  of(target: Target): readonly Anchor[] {
    return this.#byPeer.get(peerKeyOf(target)) ?? [];
  }

  #note(peer: string, anchor: Anchor): void {
    const others = (this.#byPeer.get(peer) ?? []).filter(({ id }) => id !== anchor.id);
    // What a restart offers once more may be older than what is known.
    const newer = others.filter(({ atMs }) => atMs > anchor.atMs);
    const older = others.slice(newer.length);
    const gone = this.#byPeer.set(peer, [...newer, anchor, ...older].slice(0, ANCHORS_MAX));
    const lastMs = gone?.[0]?.atMs;
    if (lastMs === undefined || anchor.atMs - lastMs >= LONGEST_WINDOW_MS) return;
    this.#forgotten += 1;
    this.#onForgotten(this.#forgotten);
  }
}
