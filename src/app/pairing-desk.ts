import { BoundedMap } from '../domain/bounded-map.js';
import type { Inbound } from '../domain/inbound.js';
import type { Lang } from '../domain/notices.js';
import {
  type AccessDecision,
  afterPairing,
  CODE_LIFE_MS,
  HAD_PLACE_MS,
  isExpired,
  type PairedUser,
  type PairingEvent,
  type PairingRequest,
  type Peer,
  REMIND_AFTER_MS,
  REQUESTS_MAX,
  yieldingOf,
} from '../domain/pairing.js';
import { PAIRING_NOTICES } from '../domain/pairing-notices.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import type { PairingCodes } from '../ports/pairing-codes.js';
import type { AccessChange, Lease, Store } from '../ports/store.js';
import { serial } from './serial.js';

export type PairingDeskDeps = {
  readonly store: Pick<Store, 'loadPeers' | 'saveAccess' | 'accessTrail'>;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly codes: PairingCodes;
  readonly log: Logger;
  readonly lang: Lang;
  /** Says something to a stranger; gives whether it may have arrived. Must not reject. */
  readonly say: (to: Inbound, text: string) => Promise<boolean>;
  /** Whether an earlier life has said something to this message, or may have. Errors: the store's. */
  readonly wasTold: (message: Inbound) => Promise<boolean>;
  readonly onDecision: (decision: AccessDecision) => void;
};

/** What a user was told, and the message that can still be answered. The code itself is nowhere else. */
type Told = { readonly code: string; readonly to: Inbound; readonly atMs: number };

/** Work that waits for one door; far more than three requests and an operator make. */
const WAITING_MAX = 64;
const TRAIL_SHOWN = 50;
/** Users who have had a place that are remembered; three places are left some twenty times an hour at most. */
const HAD_MAX = 100;
/** Of the strangers there is no place for, the first and every hundredth go to the log. */
const SAMPLE_EVERY = 100;

/**
 * The door of one bot: who is paired, who asks to be, and what was decided. Changes are made one after the other, and
 * count once they are safe, except where counting at once is the careful way: a wrong code, and a user who is shut out.
 */
export class PairingDesk {
  readonly #deps: PairingDeskDeps;
  readonly #line = serial(WAITING_MAX);
  readonly #peers = new Map<string, Peer>();
  /** Of users whose request waits: at most as many. */
  readonly #told = new Map<string, Told>();
  /** When those whose request waits last wrote, in this life. Units: epoch ms. */
  readonly #heardMs = new Map<string, number>();
  /** When users lost the place they had, in this life. Units: epoch ms. */
  readonly #hadMs = new BoundedMap<string, number>(HAD_MAX);
  /** Users whose request is being written down. */
  readonly #coming = new Set<string>();
  #turnedAway = 0;

  constructor(deps: PairingDeskDeps) {
    this.#deps = deps;
  }

  /** To be awaited before anybody is let in. Errors: the store's. */
  async load(): Promise<void> {
    const { store, lease } = this.#deps;
    for (const peer of await store.loadPeers(lease)) this.#peers.set(peer.user, peer);
  }

  isPaired(user: string): boolean {
    return this.#peers.get(user)?.state === 'approved';
  }

  requests(): readonly PairingRequest[] {
    const nowMs = this.#deps.clock.now();
    return [...this.#peers.values()].flatMap((peer) =>
      peer.state === 'approved' || isExpired(peer, nowMs) ? [] : [peer],
    );
  }

  paired(): readonly PairedUser[] {
    return [...this.#peers.values()].flatMap((peer) => (peer.state === 'approved' ? [peer] : []));
  }

  trail(): Promise<readonly AccessDecision[]> {
    return this.#deps.store.accessTrail(this.#deps.lease, TRAIL_SHOWN);
  }

  /**
   * A stranger wrote. They are given a code, or reminded of it after a while; where too many wait, none of whose places is
   * theirs to take, or their request is locked, they hear nothing. Never rejects, and waits for nobody.
   */
  ask(message: Inbound): void {
    const { id: user } = message.sender;
    // Whoever did not speak to the bot is not spoken to.
    if (!message.mention || this.#coming.has(user) || this.isPaired(user)) return;
    const nowMs = this.#deps.clock.now();
    const waiting = this.requests();
    const request = waiting.find((one) => one.user === user);
    if (!request && !this.#hasPlace(user, waiting, nowMs)) {
      this.#turnAway(user);
      return;
    }
    if (request?.state === 'locked') return;
    if (request) this.#heardMs.set(user, nowMs);
    const told = request && this.#told.get(user);
    if (told && nowMs - told.atMs < REMIND_AFTER_MS) return;
    this.#coming.add(user);
    const answered = told ? this.#tell(message, told.code, request.expiresAtMs) : this.#line(() => this.#give(message));
    answered
      .catch((err: unknown) => this.#deps.log.error({ err, user }, 'a pairing request could not be written down'))
      .finally(() => this.#coming.delete(user));
  }

  /**
   * Lets in whose code this is. Shape: null where it is nobody's; that counts against nobody yet, for it may be another
   * bot's: see `countWrongCode`. Errors: the store's; then nobody is let in.
   */
  approve(code: string): Promise<PairedUser | null> {
    return this.#line(async () => {
      const { clock, codes } = this.#deps;
      const nowMs = clock.now();
      // All are compared, whichever fits: the time it takes tells nothing.
      const [owner] = this.requests().filter((one) => codes.fits(code, one.code) && one.state === 'pending');
      if (!owner) return null;
      const paired = afterPairing(owner, { type: 'approved' }, nowMs);
      if (paired === 'expired' || paired.state !== 'approved') return null;
      await this.#save({ peers: [paired], gone: [], trail: [{ atMs: nowMs, what: 'approved', user: owner.user }] });
      this.#peers.set(paired.user, paired);
      const told = this.#told.get(paired.user);
      this.#told.delete(paired.user);
      this.#heardMs.delete(paired.user);
      // The operator does not wait for what the user is told.
      if (told) void this.#deps.say(told.to, PAIRING_NOTICES[this.#deps.lang].approved);
      return paired;
    });
  }

  /** A code that is nobody's was tried: a try at every request that waits. Errors: the store's; it has counted all the same. */
  countWrongCode(): Promise<void> {
    return this.#line(async () => {
      const nowMs = this.#deps.clock.now();
      const tried = this.requests()
        .filter(({ state }) => state === 'pending')
        .flatMap((request) => this.#after(request, { type: 'wrongCode' }));
      if (tried.length === 0) return;
      for (const peer of tried) this.#peers.set(peer.user, peer);
      const locked = tried.filter(({ state }) => state === 'locked');
      for (const { user } of locked) this.#told.delete(user);
      await this.#save({
        peers: tried,
        gone: [],
        trail: [
          { atMs: nowMs, what: 'wrongCode' },
          ...locked.map(({ user }): AccessDecision => ({ atMs: nowMs, what: 'locked', user })),
        ],
      });
    });
  }

  /** Shuts a user out, or takes their request away. Shape: false for one who is not known here. Errors: the store's. */
  revoke(user: string): Promise<boolean> {
    return this.#line(async () => {
      const nowMs = this.#deps.clock.now();
      const known = this.#peers.get(user);
      if (!known || isExpired(known, nowMs)) return false;
      // Out at once, also where the store cannot be written.
      this.#forget(user);
      await this.#save({ peers: [], gone: [user], trail: [{ atMs: nowMs, what: 'revoked', user }] });
      return true;
    });
  }

  /** A new request, or a new code for one whose code nobody knows any more. */
  async #give(message: Inbound): Promise<void> {
    const { clock, codes, wasTold } = this.#deps;
    const { id: user, name } = message.sender;
    // The platform brings again what a crash came close behind; the code it was answered with is good still.
    if (await wasTold(message)) return;
    const nowMs = clock.now();
    const { code, kept } = codes.draw();
    const known = this.#peers.get(user);
    const isKnown = known !== undefined && !isExpired(known, nowMs);
    const waiting = this.requests();
    const [displaced] = isKnown || waiting.length < REQUESTS_MAX ? [] : this.#yielding(user, waiting, nowMs);
    if (!isKnown && !displaced && waiting.length >= REQUESTS_MAX) return this.#turnAway(user);
    const fresh: PairingRequest = {
      user,
      scene: message.target.scene,
      ...(name !== undefined && { name }),
      state: 'pending',
      code: kept,
      // Whoever guesses gains nothing by asking anew under another name.
      wrongTries: displaced?.wrongTries ?? 0,
      askedAtMs: nowMs,
      expiresAtMs: nowMs + CODE_LIFE_MS,
    };
    const [request] = isKnown ? this.#after(known, { type: 'renewed', code: kept }) : [fresh];
    // Decided meanwhile.
    if (request?.state !== 'pending') return;
    await this.#save({
      peers: [request],
      gone: displaced ? [displaced.user] : [],
      trail: [
        ...(displaced ? [{ atMs: nowMs, what: 'displaced', user: displaced.user } as const] : []),
        { atMs: nowMs, what: isKnown ? 'renewed' : 'asked', user },
      ],
    });
    if (displaced) this.#leave(displaced.user, nowMs);
    this.#peers.set(user, request);
    this.#heardMs.set(user, nowMs);
    await this.#tell(message, code, request.expiresAtMs);
  }

  async #tell(to: Inbound, code: string, expiresAtMs: number): Promise<void> {
    const { clock, lang, say } = this.#deps;
    const minutes = Math.max(1, Math.floor((expiresAtMs - clock.now()) / 60_000));
    const hasArrived = await say(to, PAIRING_NOTICES[lang].code(code, minutes));
    const { id: user } = to.sender;
    // What did not arrive is said again with their next message.
    const atMs = hasArrived ? clock.now() : Number.NEGATIVE_INFINITY;
    if (this.#peers.get(user)?.state === 'pending') this.#told.set(user, { code, to, atMs });
  }

  #after(request: Peer, event: PairingEvent): readonly Peer[] {
    const peer = afterPairing(request, event, this.#deps.clock.now());
    return peer === 'expired' ? [] : [peer];
  }

  /** Takes along whose time is over. */
  async #save(change: AccessChange): Promise<void> {
    const { store, lease, clock, log, onDecision } = this.#deps;
    const nowMs = clock.now();
    const changed = new Set(change.peers.map(({ user }) => user));
    const over = [...this.#peers.values()].filter((peer) => isExpired(peer, nowMs) && !changed.has(peer.user));
    const trail = [
      ...over.map(({ user }): AccessDecision => ({ atMs: nowMs, what: 'expired', user })),
      ...change.trail,
    ];
    await store.saveAccess(lease, {
      peers: change.peers,
      gone: [...over.map(({ user }) => user), ...change.gone],
      trail,
    });
    for (const peer of over) this.#leave(peer.user, endOf(peer));
    for (const decision of trail) {
      const { what, user } = decision;
      const level = what === 'wrongCode' || what === 'locked' ? 'warn' : 'info';
      log[level]({ what, ...(user !== undefined && { user }) }, 'a decision at the door');
      onDecision(decision);
    }
  }

  #forget(user: string): void {
    this.#peers.delete(user);
    this.#told.delete(user);
    this.#heardMs.delete(user);
  }

  /** They had a place until then. */
  #leave(user: string, atMs: number): void {
    this.#forget(user);
    this.#hadMs.set(user, atMs);
  }

  #yielding(to: string, waiting: readonly PairingRequest[], nowMs: number): readonly PairingRequest[] {
    const known = this.#peers.get(to);
    const hadMs = known ? endOf(known) : this.#hadMs.get(to);
    if (hadMs !== undefined && nowMs - hadMs < HAD_PLACE_MS) return [];
    return yieldingOf(waiting, (user) => this.#heardMs.get(user), nowMs);
  }

  /** A free place, or one that is left to whoever comes; those who are coming have theirs. */
  #hasPlace(user: string, waiting: readonly PairingRequest[], nowMs: number): boolean {
    const known = new Set(waiting.map((one) => one.user));
    const coming = [...this.#coming].filter((one) => !known.has(one)).length;
    return waiting.length + coming < REQUESTS_MAX + this.#yielding(user, waiting, nowMs).length;
  }

  #turnAway(user: string): void {
    if (this.#turnedAway % SAMPLE_EVERY === 0) {
      const turnedAway = this.#turnedAway + 1;
      this.#deps.log.warn({ user, turnedAway }, 'a stranger was not given a code: too many requests wait');
    }
    this.#turnedAway += 1;
  }
}

/** When a place is over by itself. */
const endOf = (peer: Peer): number => (peer.state === 'approved' ? peer.approvedAtMs : peer.expiresAtMs);
