import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/domain/conversation.js';
import { ActiveLedger } from '../../src/pipelines/active-ledger.js';
import { START_MS } from '../support/samples.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const USER: Target = { scene: 'c2c', openid: 'u1' };
const OTHER: Target = { scene: 'c2c', openid: 'u2' };
const GROUP: Target = { scene: 'group', groupOpenid: 'u1' };

const quota = { perMinute: 3, perDay: 5 };
const ledgerOf = (isOn = true): ActiveLedger =>
  new ActiveLedger(() => isOn, { c2c: quota, group: quota, guild: quota, dm: quota });

describe('ActiveLedger', () => {
  it('allows nothing where active messages are off', () => {
    expect(ledgerOf(false).isAllowed(USER, START_MS)).toBe(false);
  });

  it('counts each peer for itself, also where a group is called like a user', () => {
    const ledger = ledgerOf();
    for (let n = 0; n < 3; n += 1) ledger.spend(USER, START_MS);
    expect([USER, OTHER, GROUP].map((target) => ledger.isAllowed(target, START_MS))).toEqual([false, true, true]);
  });

  it('remembers a refusal for a day, for so long, or until the user opens the door again', () => {
    const ledger = ledgerOf();
    ledger.refuse(USER, START_MS);
    ledger.refuse(OTHER, START_MS, { forMs: MINUTE_MS, isUntilHeard: false });
    ledger.refuse(GROUP, START_MS);
    ledger.allow(GROUP, START_MS);
    const allowed = (atMs: number): boolean[] => [USER, OTHER, GROUP].map((target) => ledger.isAllowed(target, atMs));
    expect(allowed(START_MS + MINUTE_MS - 1)).toEqual([false, false, true]);
    expect(allowed(START_MS + MINUTE_MS)).toEqual([false, true, true]);
    expect(allowed(START_MS + DAY_MS)).toEqual([true, true, true]);
  });

  it('a peer that is heard from is there again; a right or a quota that lacks is not', () => {
    const ledger = ledgerOf();
    ledger.refuse(USER, START_MS, { forMs: DAY_MS, isUntilHeard: true });
    ledger.refuse(OTHER, START_MS);
    for (const target of [USER, OTHER]) ledger.heardFrom(target, START_MS);
    expect([USER, OTHER].map((target) => ledger.isAllowed(target, START_MS))).toEqual([true, false]);
  });

  it('counts what an earlier life has sent: for its peer, for guilds’ private chats, for the channels of a guild', () => {
    const ledger = new ActiveLedger(() => true, undefined, { guildChannelsPerDay: 1, dmPerDay: 2 });
    const active = ['dm:a', 'dm:b', 'guild:c'].map((peer) => ({
      peer,
      atMs: START_MS,
      ...(peer === 'guild:c' && { guildId: 'g1' }),
    }));
    ledger.restore({ active, refusals: [] }, START_MS + 1);
    ledger.learnGuild('d', 'g1');
    const allowed = (atMs: number): boolean[] => [
      ledger.isAllowed({ scene: 'dm', guildId: 'new' }, atMs),
      ledger.isAllowed({ scene: 'guild', channelId: 'c' }, atMs),
      ledger.isAllowed({ scene: 'guild', channelId: 'd' }, atMs),
    ];
    expect(allowed(START_MS + MINUTE_MS)).toEqual([false, true, false]);
    expect(allowed(START_MS + DAY_MS)).toEqual([true, true, true]);
  });

  const gaps = fc.array(fc.constantFrom(0, 0, 1, 20_000, 59_999, MINUTE_MS, DAY_MS / 3, DAY_MS - 1), { maxLength: 60 });

  test.prop([gaps])(
    'no minute and no day, wherever it begins, holds more than its quota; nobody waits without need',
    (all) => {
      const ledger = ledgerOf();
      const sent: number[] = [];
      let nowMs = START_MS;
      const within = (spanMs: number): number => sent.filter((atMs) => nowMs - atMs < spanMs).length;
      for (const gapMs of all) {
        nowMs += gapMs;
        const isFree = within(MINUTE_MS) < quota.perMinute && within(DAY_MS) < quota.perDay;
        expect(ledger.isAllowed(USER, nowMs)).toBe(isFree);
        if (!isFree) continue;
        ledger.spend(USER, nowMs);
        sent.push(nowMs);
      }
    },
  );

  it('speaks in two channels of a guild a day, as often as each takes', () => {
    const ledger = ledgerOf();
    const channel = (channelId: string): Target => ({ scene: 'guild', channelId });
    for (const id of ['a', 'b', 'c']) ledger.learnGuild(id, 'g1');
    ledger.learnGuild('x', 'g2');
    for (const id of ['a', 'b']) ledger.spend(channel(id), START_MS);
    const allowed = (nowMs: number) =>
      ['a', 'b', 'c', 'x', 'unknown'].filter((id) => ledger.isAllowed(channel(id), nowMs));
    expect(allowed(START_MS + MINUTE_MS)).toEqual(['a', 'b', 'x', 'unknown']);
    expect(allowed(START_MS + DAY_MS)).toEqual(['a', 'b', 'c', 'x', 'unknown']);
  });

  it('writes to guilds’ private chats so often a day, over all of them', () => {
    const ledger = new ActiveLedger(() => true, undefined, { guildChannelsPerDay: null, dmPerDay: 3 });
    const dm = (guildId: string): Target => ({ scene: 'dm', guildId });
    for (const id of ['a', 'b', 'c']) ledger.spend(dm(id), START_MS);
    expect(ledger.isAllowed(dm('d'), START_MS + MINUTE_MS)).toBe(false);
    expect(ledger.isAllowed(dm('d'), START_MS + DAY_MS)).toBe(true);
  });
});
