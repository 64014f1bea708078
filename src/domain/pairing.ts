import type { Scene } from './conversation.js';

/** How a code is kept: never as it is. */
export type CodeHash = { readonly salt: string; readonly hash: string };

type Known = { readonly user: string; readonly scene: Scene; readonly name?: string };

/**
 * A user who asked to be let in, and has a code to show to an operator. `locked`: too many wrong codes were tried while
 * it waited, and its own is worth nothing any more. A locked one keeps its place until it expires; a pending one that has
 * been quiet, or has had it for long, leaves it to a newer stranger who finds none, with the tries that were made at it.
 */
export type PairingRequest = Known & {
  readonly state: 'pending' | 'locked';
  readonly code: CodeHash;
  readonly wrongTries: number;
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
};

/** A user an operator has let in. */
export type PairedUser = Known & { readonly state: 'approved'; readonly approvedAtMs: number };

/** Somebody a bot knows at its door, by user id. */
export type Peer = PairingRequest | PairedUser;

/** How a code lives. Units: ms. */
export const CODE_LIFE_MS = 60 * 60_000;
/** Requests of one bot that wait, locked ones among them. */
export const REQUESTS_MAX = 3;
/** A place is one's own for so long after one's last message; then a newer stranger may take it. Units: ms. */
export const KEEPS_PLACE_MS = 10 * 60_000;
/** And for so long in all, however much one writes: nobody holds the door against everybody else. Units: ms. */
export const HOLDS_PLACE_MS = 20 * 60_000;
/** Who has had a place takes none from anybody for so long: only one that is free. Units: ms. */
export const HAD_PLACE_MS = 60 * 60_000;
/** Wrong codes after which a request is locked. */
export const WRONG_TRIES_MAX = 5;
/** The same code is said again after this long, if its user writes again. Units: ms. */
export const REMIND_AFTER_MS = 10 * 60_000;

/** What may happen to a request. A wrong code is a try at every request that waits: nobody can say which it was meant for. */
export type PairingEvent =
  | { readonly type: 'approved' }
  | { readonly type: 'wrongCode' }
  /** Its code cannot be said again (only its hash was kept), so another one takes its place. */
  | { readonly type: 'renewed'; readonly code: CodeHash };

export const isExpired = (peer: Peer, nowMs: number): boolean => peer.state !== 'approved' && nowMs >= peer.expiresAtMs;

/**
 * The life of a request: pending, then approved, locked or expired.
 * Shape: total; `expired` whatever happens once its time is over; an approved user stays as they are. A locked request
 * takes no code, and no new code either: its tries stay used up until it expires.
 */
export const afterPairing = (peer: Peer, event: PairingEvent, nowMs: number): Peer | 'expired' => {
  if (isExpired(peer, nowMs)) return 'expired';
  if (peer.state !== 'pending') return peer;
  switch (event.type) {
    case 'approved': {
      const { user, scene, name } = peer;
      return { user, scene, ...(name !== undefined && { name }), state: 'approved', approvedAtMs: nowMs };
    }
    case 'wrongCode': {
      const wrongTries = peer.wrongTries + 1;
      return { ...peer, wrongTries, state: wrongTries >= WRONG_TRIES_MAX ? 'locked' : 'pending' };
    }
    case 'renewed':
      return { ...peer, code: event.code };
  }
};

/**
 * Whose place a stranger takes who finds none: of those that wait and have been quiet, or have had it for long, the one
 * that has waited longest.
 * `heardMs`: when a user last wrote, where that is known.
 */
export const yieldingOf = (
  requests: readonly PairingRequest[],
  heardMs: (user: string) => number | undefined,
  nowMs: number,
): readonly PairingRequest[] =>
  requests
    .filter(({ user, state, askedAtMs }) => {
      const quietMs = nowMs - Math.max(askedAtMs, heardMs(user) ?? askedAtMs);
      return state === 'pending' && (quietMs >= KEEPS_PLACE_MS || nowMs - askedAtMs >= HOLDS_PLACE_MS);
    })
    .sort((one, other) => one.askedAtMs - other.askedAtMs || (one.user < other.user ? -1 : 1));

/** What was decided at a bot's door, for whoever asks later. */
export type AccessDecision = {
  readonly atMs: number;
  readonly what: 'asked' | 'renewed' | 'approved' | 'wrongCode' | 'locked' | 'expired' | 'displaced' | 'revoked';
  /** Absent for a wrong code, which is nobody's. */
  readonly user?: string;
};

/** What a code is made of: no two that look alike. */
export const CODE_ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
export const CODE_LENGTH = 8;

/** A code as it was written, or null for what can be none: blanks, dashes and small letters are people's ways. */
export const codeIn = (text: string): string | null => {
  const code = text.replace(/[\s-]+/g, '').toUpperCase();
  const isCode = code.length === CODE_LENGTH && [...code].every((letter) => CODE_ALPHABET.includes(letter));
  return isCode ? code : null;
};
