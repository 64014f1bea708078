import { describe, expect, it } from 'vitest';
import {
  afterPairing,
  CODE_ALPHABET,
  CODE_LIFE_MS,
  codeIn,
  type PairingEvent,
  type PairingRequest,
  type Peer,
  WRONG_TRIES_MAX,
} from '../../src/domain/pairing.js';

const CODE = { salt: 'a', hash: 'b' };
const pending: PairingRequest = {
  user: 'u1',
  scene: 'c2c',
  name: 'Ann',
  state: 'pending',
  code: CODE,
  wrongTries: 0,
  askedAtMs: 0,
  expiresAtMs: CODE_LIFE_MS,
};
const PEERS: Record<Peer['state'], Peer> = {
  pending,
  locked: { ...pending, state: 'locked', wrongTries: WRONG_TRIES_MAX },
  approved: { user: 'u1', scene: 'c2c', name: 'Ann', state: 'approved', approvedAtMs: 1 },
};
const EVENTS: { [Type in PairingEvent['type']]: Extract<PairingEvent, { type: Type }> } = {
  approved: { type: 'approved' },
  wrongCode: { type: 'wrongCode' },
  renewed: { type: 'renewed', code: { salt: 'c', hash: 'd' } },
};
/** A new state or event fails to compile until its cell is written. */
const NEXT = {
  pending: { approved: 'approved', wrongCode: 'pending', renewed: 'pending' },
  locked: { approved: 'locked', wrongCode: 'locked', renewed: 'locked' },
  approved: { approved: 'approved', wrongCode: 'approved', renewed: 'approved' },
} satisfies Record<Peer['state'], Record<PairingEvent['type'], Peer['state']>>;

const stateAfter = (peer: Peer, event: PairingEvent, nowMs: number): string => {
  const next = afterPairing(peer, event, nowMs);
  return next === 'expired' ? next : next.state;
};

describe.each(Object.entries(NEXT))('a request that is %s', (state, row) => {
  it.each(Object.entries(row))('on %s is %s', (type, next) => {
    const peer = PEERS[state as Peer['state']];
    const event = EVENTS[type as PairingEvent['type']];
    expect(stateAfter(peer, event, CODE_LIFE_MS - 1)).toBe(next);
    expect(stateAfter(peer, event, CODE_LIFE_MS)).toBe(state === 'approved' ? 'approved' : 'expired');
  });
});

it('the fifth wrong code locks it', () => {
  let peer: Peer | 'expired' = pending;
  const states: string[] = [];
  for (let tries = 1; tries <= WRONG_TRIES_MAX && peer !== 'expired'; tries += 1) {
    peer = afterPairing(peer, EVENTS.wrongCode, 1);
    if (peer !== 'expired') states.push(peer.state);
  }
  expect(states).toEqual(['pending', 'pending', 'pending', 'pending', 'locked']);
});

it('a new code gives no new tries, and no more time', () => {
  const tried = { ...pending, wrongTries: 4 };
  expect(afterPairing(tried, EVENTS.renewed, 1)).toEqual({ ...tried, code: EVENTS.renewed.code });
});

it('nothing of the code is kept of who was let in', () => {
  const next = afterPairing(pending, EVENTS.approved, 5);
  expect(next).toEqual({ user: 'u1', scene: 'c2c', name: 'Ann', state: 'approved', approvedAtMs: 5 });
});

describe('a code', () => {
  it('has letters that cannot be taken for each other', () => {
    expect(CODE_ALPHABET).not.toMatch(/[01IO]/);
    expect(new Set(CODE_ALPHABET).size).toBe(32);
  });

  it.each([
    ['ABCD2345', 'ABCD2345'],
    [' abcd-2345 ', 'ABCD2345'],
    ['ABCD 2345', 'ABCD2345'],
    ['ABCD234', null],
    ['ABCD23456', null],
    ['ABCD234O', null],
    ['', null],
    ['配对码配对码配对', null],
  ])('%j is read as %j', (text, code) => {
    expect(codeIn(text)).toBe(code);
  });
});
