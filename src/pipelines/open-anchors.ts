import { BoundedMap } from '../domain/bounded-map.js';
import { peerKeyOf, type Target } from '../domain/conversation.js';
import { anchorNamed } from '../domain/inbound.js';
import type { Anchor } from '../domain/reply.js';
import type { Reach } from '../ports/store.js';

/** Peers remembered; the one longest silent is forgotten first. */
const PEERS_MAX = 20_000;
/** Of each, the newest; older ones are soon closed. */
const ANCHORS_MAX = 8;

/** What each peer has said that may be answered outside of a turn. Shape: newest first. */
export class OpenAnchors {
  readonly #byPeer = new BoundedMap<string, readonly Anchor[]>(PEERS_MAX);

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
    this.#byPeer.set(peer, [...newer, anchor, ...older].slice(0, ANCHORS_MAX));
  }
}
