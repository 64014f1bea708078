import { describe, expect, it } from 'vitest';
import { mayBeAbout, unheardName, unheardOf } from '../../src/domain/unheard-review.js';
import { pieceOf, START_MS } from '../support/samples.js';

const GUILD = { scene: 'guild', channelId: 'C1' } as const;
const DM = { scene: 'dm', guildId: 'D1' } as const;
const MINUTE_MS = 60_000;

describe('a send whose answer was never heard', () => {
  const unknown = { status: 'unknown', code: 'transport.lost', maybe: 'hi' } as const;

  it.each([
    ['guild', GUILD],
    ['dm', DM],
  ] as const)('may be under review in %s, since the message it answers', (_, target) => {
    expect(unheardOf({ piece: pieceOf(0, { target }), ...unknown }, START_MS + 9)).toEqual({
      fromMs: START_MS,
      untilMs: START_MS + 9,
      maybe: 'hi',
    });
  });

  it('may not where nothing is reviewed, and not where its outcome is known', () => {
    expect(unheardOf({ piece: pieceOf(0), ...unknown }, START_MS)).toBeNull();
    const piece = pieceOf(0, { target: GUILD });
    expect(unheardOf({ piece, status: 'pending', auditId: 'A', said: 'hi' }, START_MS)).toBeNull();
  });

  it('that answers nothing may have been made within the last hour', () => {
    const piece = pieceOf(0, { target: GUILD, anchors: [] });
    expect(unheardOf({ piece, ...unknown }, START_MS)).toMatchObject({ fromMs: START_MS - 60 * MINUTE_MS });
  });

  it('has a name of its own', () => {
    const names = [pieceOf(0), pieceOf(1), pieceOf(0, { epoch: 2 }), pieceOf(0, { anchors: [] })].map(unheardName);
    expect(new Set(names).size).toBe(4);
  });
});

describe('a verdict', () => {
  const unheard = { fromMs: START_MS, untilMs: START_MS + MINUTE_MS };
  const inGuild = { target: GUILD, guildId: 'G1' };
  const inDm = { target: { scene: 'guild', channelId: 'D1' }, guildId: 'D1' } as const;
  const piece = pieceOf(0, { target: GUILD });

  it.each([
    ['of its channel', inGuild, piece, true],
    ['of another channel', { ...inGuild, target: { scene: 'guild', channelId: 'C2' } as const }, piece, false],
    ['of its private chat', inDm, pieceOf(0, { target: DM }), true],
    ['of a channel, for a private chat', inGuild, pieceOf(0, { target: DM }), false],
    ['of nowhere', {}, piece, false],
  ])('%s', (_, place, of, isIt) => {
    const verdict = { ...place, createdAtMs: START_MS, atMs: START_MS + 90 * MINUTE_MS };
    expect(mayBeAbout(verdict, of, unheard)).toBe(isIt);
  });

  it.each([
    ['made as it may have been', START_MS + 1, true],
    ['within what clocks differ, before', START_MS - 5_000, true],
    ['within what clocks differ, after', START_MS + MINUTE_MS + 5_000, true],
    ['made before', START_MS - 5_001, false],
    ['made after', START_MS + MINUTE_MS + 5_001, false],
  ])('of a message %s', (_, createdAtMs, isIt) => {
    expect(mayBeAbout({ ...inGuild, createdAtMs, atMs: START_MS + 90 * MINUTE_MS }, piece, unheard)).toBe(isIt);
  });

  it.each([
    [30, true],
    [62, false],
  ])('that does not say when, %i minutes later: %s', (minutes, isIt) => {
    expect(mayBeAbout({ ...inGuild, atMs: START_MS + minutes * MINUTE_MS }, piece, unheard)).toBe(isIt);
  });
});
