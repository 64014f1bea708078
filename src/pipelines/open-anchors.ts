import { peerOf, type Target } from '../domain/conversation.js';
import type { Anchor } from '../domain/reply.js';

/** Peers remembered; the one longest silent is forgotten first. */
const PEERS_MAX = 20_000;
/** Of each, the newest; older ones are soon closed. */
const ANCHORS_MAX = 8;

/** What each peer has said that may be answered outside of a turn. Shape: newest first. */
export class OpenAnchors {
  readonly #byPeer = new Map<string, readonly Anchor[]>();

  note(target: Target, anchor: Anchor): void {
    const key = keyOf(target);
    const others = (this.#byPeer.get(key) ?? []).filter(({ id }) => id !== anchor.id);
    this.#byPeer.delete(key);
    this.#byPeer.set(key, [anchor, ...others].slice(0, ANCHORS_MAX));
    if (this.#byPeer.size > PEERS_MAX) this.#byPeer.delete(this.#byPeer.keys().next().value as string);
  }

  of(target: Target): readonly Anchor[] {
    return this.#byPeer.get(keyOf(target)) ?? [];
  }
}

const keyOf = (target: Target): string => `${target.scene}:${peerOf(target)}`;
