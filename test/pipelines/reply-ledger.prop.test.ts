import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Scene } from '../../src/domain/conversation.js';
import type { Anchor } from '../../src/domain/reply.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import { START_MS } from '../support/samples.js';

/** Read from qq-bot-api §6.3. */
const REPLIES_MAX: Record<Scene, number> = { c2c: 4, group: 5, guild: Infinity, dm: Infinity };
const WINDOW_MS: Record<Scene, number> = { c2c: 3_600_000, group: 300_000, guild: 300_000, dm: 300_000 };

const anchorOf = (id: string): Anchor => ({ kind: 'message', id, atMs: START_MS });
const scene = fc.constantFrom<Scene>('c2c', 'group', 'guild', 'dm');
const asks = fc.array(fc.record({ anchor: fc.constantFrom('a', 'b'), spare: fc.nat(1), gapMs: fc.nat(400_000) }));

describe('ReplyLedger', () => {
  test.prop([scene, asks])('gives no number twice, none above the count, none after the window', (where, all) => {
    const ledger = new ReplyLedger();
    const given = new Map<string, number[]>();
    let nowMs = START_MS;
    for (const { anchor, spare, gapMs } of all) {
      nowMs += gapMs;
      const used = given.get(anchor) ?? [];
      const reservation = ledger.reserve(where, anchorOf(anchor), nowMs, spare);
      if (nowMs - START_MS >= WINDOW_MS[where]) expect(reservation).toEqual({ closed: 'window' });
      else if (used.length + spare >= REPLIES_MAX[where]) expect(reservation).toEqual({ closed: 'count' });
      else given.set(anchor, [...used, (reservation as { msgSeq: number }).msgSeq]);
    }
    for (const used of given.values()) expect(used).toEqual(used.map((_, index) => index + 1));
  });

  test('says how long a message may still be answered', () => {
    const ledger = new ReplyLedger();
    expect(ledger.leftMs('group', anchorOf('a'), START_MS + 1_000)).toBe(299_000);
    expect(ledger.leftMs('group', anchorOf('a'), START_MS + 300_001)).toBe(0);
  });

  test('keeps the count of a message while fifty thousand others are answered', () => {
    const ledger = new ReplyLedger();
    ledger.reserve('c2c', anchorOf('first'), START_MS);
    for (let n = 0; n < 49_999; n += 1) ledger.reserve('c2c', anchorOf(`m${n}`), START_MS);
    expect(ledger.reserve('c2c', anchorOf('first'), START_MS)).toEqual({ msgSeq: 2 });
  });
});
