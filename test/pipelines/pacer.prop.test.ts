import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Target } from '../../src/domain/conversation.js';
import type { PaceLimits } from '../../src/domain/reply-limits.js';
import { Pacer } from '../../src/pipelines/pacer.js';
import { START_MS } from '../support/samples.js';

const BOT_MAX = 6;
const PEER_MAX = 3;
/** How much further than a second the sends are kept apart. */
const MARGIN_MS = 20;
const limit = { botPerSecond: BOT_MAX, peerPerSecond: PEER_MAX };
const LIMITS: PaceLimits = { c2c: limit, group: limit, guild: limit, dm: limit };

const targetOf = (peer: number): Target => ({ scene: 'c2c', openid: `u${peer}` });

type Send = { readonly peer: number; readonly askedAtMs: number; readonly atMs: number };

/** Everybody asks when it wants to, and asks again when it is told to; whoever is due first is asked first. */
const run = (asks: readonly { readonly peer: number; readonly gapMs: number }[]): Send[] => {
  const pacer = new Pacer(LIMITS);
  let nowMs = START_MS;
  const waiting = asks.map(({ peer, gapMs }, order) => {
    nowMs += gapMs;
    return { peer, order, askedAtMs: nowMs, dueMs: nowMs };
  });
  const sends: Send[] = [];
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    const [first] = waiting;
    if (!first) break;
    const waitMs = pacer.book(targetOf(first.peer), first.dueMs);
    if (waitMs > 0) first.dueMs += waitMs;
    else {
      sends.push({ peer: first.peer, askedAtMs: first.askedAtMs, atMs: first.dueMs });
      waiting.shift();
    }
  }
  return sends;
};

const asks = fc.array(fc.record({ peer: fc.nat(3), gapMs: fc.constantFrom(0, 0, 0, 1, 7, 150, 400, 1_500) }), {
  maxLength: 60,
});

const countIn = (sends: readonly Send[], fromMs: number, untilMs: number): number =>
  sends.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).length;

describe('Pacer', () => {
  test.prop([asks])('no window of a second holds more sends than the bot, or one peer, may make', (all) => {
    const sends = run(all);
    expect(sends).toHaveLength(all.length);
    for (const { atMs, peer } of sends) {
      expect(countIn(sends, atMs, atMs + 1_000)).toBeLessThanOrEqual(BOT_MAX);
      const own = sends.filter((send) => send.peer === peer);
      expect(countIn(own, atMs, atMs + 1_000)).toBeLessThanOrEqual(PEER_MAX);
    }
  });

  test.prop([asks])(
    'nobody waits without need: right before a send that waited, a whole limit had just been used',
    (all) => {
      const sends = run(all);
      for (const { atMs, askedAtMs, peer } of sends) {
        if (atMs === askedAtMs) continue;
        const own = sends.filter((send) => send.peer === peer);
        const fromMs = atMs - 1_000 - MARGIN_MS;
        const isBotFull = countIn(sends, fromMs, atMs) >= BOT_MAX;
        const isPeerFull = countIn(own, fromMs, atMs) >= PEER_MAX;
        expect(isBotFull || isPeerFull).toBe(true);
      }
    },
  );

  test('a peer with a long line does not hold up the others of its bot', () => {
    const busy = Array.from({ length: 40 }, () => ({ peer: 0, gapMs: 0 }));
    const sends = run([...busy, { peer: 1, gapMs: 0 }]);
    expect(sends.find(({ peer }) => peer === 1)?.atMs).toBe(START_MS);
  });

  test('a peer is forgotten only long after its second: twenty thousand others between', () => {
    const pacer = new Pacer({ ...LIMITS, c2c: { botPerSecond: 1_000_000, peerPerSecond: 1 } });
    expect(pacer.book(targetOf(-1), START_MS)).toBe(0);
    for (let peer = 0; peer < 19_999; peer += 1) pacer.book(targetOf(peer), START_MS);
    expect(pacer.book(targetOf(-1), START_MS)).toBe(1_000 + MARGIN_MS);
  });

  test('messages without an anchor have a limit of their own, which answers do not use up', () => {
    const none = { c2c: null, group: null, guild: null, dm: null };
    const pacer = new Pacer(
      { ...LIMITS, c2c: { botPerSecond: 100, peerPerSecond: 100 } },
      { ...none, c2c: { count: 2, perMs: 60_000 } },
    );
    for (let n = 0; n < 9; n += 1) expect(pacer.book(targetOf(n), START_MS)).toBe(0);
    expect([0, 1, 2].map((peer) => pacer.book(targetOf(peer), START_MS, { isActive: true }))).toEqual([
      0,
      0,
      60_000 + MARGIN_MS,
    ]);
    expect(pacer.book(targetOf(2), START_MS)).toBe(0);
  });

  test('one in twenty of a bot’s sends is kept for what is urgent, and no second holds more for it', () => {
    const pacer = new Pacer({ ...LIMITS, c2c: { botPerSecond: 40, peerPerSecond: 1 } });
    const book = (peer: number, isUrgent = false): number => pacer.book(targetOf(peer), START_MS, { isUrgent });
    const free = Array.from({ length: 60 }, (_, peer) => book(peer)).filter((waitMs) => waitMs === 0);
    expect(free).toHaveLength(38);
    expect([100, 101, 102].map((peer) => book(peer, true))).toEqual([0, 0, 1_000 + MARGIN_MS]);
  });

  test('scenes have limits of their own', () => {
    const pacer = new Pacer({ ...LIMITS, c2c: { botPerSecond: 1, peerPerSecond: 1 } });
    expect(pacer.book(targetOf(0), START_MS)).toBe(0);
    expect(pacer.book(targetOf(1), START_MS)).toBeGreaterThan(0);
    expect(pacer.book({ scene: 'group', groupOpenid: 'g' }, START_MS)).toBe(0);
  });
});
