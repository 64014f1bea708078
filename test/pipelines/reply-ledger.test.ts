import { describe, expect, it } from 'vitest';
import type { Anchor } from '../../src/domain/reply.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import { START_MS } from '../support/samples.js';

const anchorOf = (id: string): Anchor => ({ kind: 'message', id, atMs: START_MS });
const A = anchorOf('a');
const HOUR_MS = 3_600_000;

describe('the reply window', () => {
  it('is over at its very end, for every kind of reply', () => {
    const ledger = new ReplyLedger();
    expect(ledger.reserve('c2c', A, START_MS + HOUR_MS - 1)).toEqual({ msgSeq: 1 });
    expect(ledger.reserve('c2c', A, START_MS + HOUR_MS)).toEqual({ closed: 'window' });
    expect(ledger.reserveAside('c2c', [A], START_MS + HOUR_MS)).toBeNull();
    expect(ledger.reserveBeside('c2c', [A], START_MS + HOUR_MS)).toBeNull();
  });

  it('leaves no reply behind it', () => {
    const ledger = new ReplyLedger();
    const left = (atMs: number): number => ledger.repliesLeft('c2c', [A, anchorOf('b')], START_MS + atMs);
    expect([left(0), left(HOUR_MS - 1), left(HOUR_MS)]).toEqual([8, 8, 0]);
  });
});

describe('what is no part of the answers', () => {
  it('has numbers of its own: an indication and a send never take one that a text may need', () => {
    const ledger = new ReplyLedger(undefined, 5);
    const aside = ledger.reserveAside('c2c', [A], START_MS)?.msgSeq ?? 0;
    const beside = ledger.reserveBeside('c2c', [A], START_MS)?.msgSeq ?? 0;
    expect([aside > 1_000_000, aside < 2_000_000, beside > 2_000_000]).toEqual([true, true, true]);
    expect(ledger.reserve('c2c', A, START_MS)).toEqual({ msgSeq: 1 });
  });

  it('counts, but an indication leaves one reply for the text, and a send none', () => {
    const ledger = new ReplyLedger();
    for (let n = 0; n < 3; n += 1) ledger.reserve('c2c', A, START_MS);
    expect(ledger.reserveAside('c2c', [A], START_MS)).toBeNull();
    expect(ledger.reserveBeside('c2c', [A], START_MS)).not.toBeNull();
    expect(ledger.reserve('c2c', A, START_MS)).toEqual({ closed: 'count' });
  });

  it('goes to the first message that still takes it', () => {
    const ledger = new ReplyLedger();
    ledger.close('c2c', A);
    expect(ledger.reserveAside('c2c', [A, anchorOf('b')], START_MS)?.anchor.id).toBe('b');
  });
});

describe('an earlier life', () => {
  it('may have shown that it types, which it did not write down: in private chats one reply less is left', () => {
    const left = (scene: 'c2c' | 'group'): number => {
      const ledger = new ReplyLedger();
      ledger.restore(scene, A, 1);
      return ledger.repliesLeft(scene, [A], START_MS);
    };
    expect([left('c2c'), left('group')]).toEqual([2, 4]);
  });

  it('has used numbers that are not used again; those of indications do not count', () => {
    const ledger = new ReplyLedger();
    ledger.noteSeq('c2c', A, 3);
    ledger.noteSeq('c2c', A, 1_000_004);
    expect(ledger.reserve('c2c', A, START_MS)).toEqual({ msgSeq: 4 });
  });
});
