import type { AccessDecision, Peer } from '../../../domain/pairing.js';
import { RouterError } from '../../../errors/router-error.js';
import type { AccessChange } from '../../../ports/store.js';
import type { Retention } from '../retention.js';

/** Who is known at one bot's door, and what was decided there. */
export class MemoryAccess {
  readonly #limits: Pick<Retention, 'peersMax' | 'trailMax'>;
  readonly #peers = new Map<string, Peer>();
  #trail: AccessDecision[] = [];

  constructor(limits: Pick<Retention, 'peersMax' | 'trailMax'>) {
    this.#limits = limits;
  }

  peers(): readonly Peer[] {
    return [...this.#peers.values()].sort((one, other) => (one.user < other.user ? -1 : 1));
  }

  /** Errors: `capacity.full`, before anything has changed. */
  save({ peers, gone, trail }: AccessChange): void {
    const fresh = peers.filter(({ user }) => !this.#peers.has(user)).length;
    const left = this.#peers.size - gone.filter((user) => this.#peers.has(user)).length;
    if (fresh > 0 && left + fresh > this.#limits.peersMax) {
      throw new RouterError(
        'capacity.full',
        `${left} users are known at the bot’s door, and there is room for no more`,
      );
    }
    for (const user of gone) this.#peers.delete(user);
    for (const peer of peers) this.#peers.set(peer.user, peer);
    this.#trail = [...this.#trail, ...trail].slice(-this.#limits.trailMax);
  }

  trail(limit: number): readonly AccessDecision[] {
    return this.#trail.slice(-limit).reverse();
  }
}
