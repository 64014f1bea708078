import { describe, expect, it } from 'vitest';
import { makeRig, type Rig, sessionIdOf } from './rig.js';

const say = (rig: Rig, ...texts: string[]) => {
  for (const text of texts) rig.platform.sendC2c({ from: 'U', text });
};
const contents = (frames: { d?: unknown; t?: string }[]) =>
  frames.filter(({ t }) => t === 'C2C_MESSAGE_CREATE').map(({ d }) => (d as { content: string }).content);

describe('Resume, §3.5', () => {
  it('replays every event with s above seq, in order and with its own s, then says RESUMED with an empty string', () => {
    const rig = makeRig();
    const before = rig.identify();
    say(rig, 'a', 'b');
    before.link.closed();
    say(rig, 'c', 'd');
    const after = rig.resume(sessionIdOf(before), 2);
    expect(contents(after.frames)).toEqual(['b', 'c', 'd']);
    expect(after.frames.slice(1).map(({ s }) => s)).toEqual([3, 4, 5, 6]);
    expect(after.last()).toEqual({ op: 0, s: 6, t: 'RESUMED', d: '' });
  });

  it('goes on with the next s, and a second Resume does not repeat READY or RESUMED', () => {
    const rig = makeRig();
    const first = rig.identify();
    say(rig, 'a');
    first.link.closed();
    const second = rig.resume(sessionIdOf(first), 2);
    say(rig, 'b');
    expect(second.last()).toMatchObject({ s: 4, t: 'C2C_MESSAGE_CREATE' });
    second.link.closed();
    const third = rig.resume(sessionIdOf(first), 0);
    expect(third.events()).toEqual(['C2C_MESSAGE_CREATE', 'C2C_MESSAGE_CREATE', 'RESUMED']);
    expect(third.last()?.s).toBe(5);
  });

  it('takes the token bare or with QQBot, and one that was issued later', async () => {
    const rig = makeRig();
    const client = rig.identify();
    client.link.closed();
    rig.platform.expireTokens();
    const link = rig.connect();
    link.say({ op: 6, d: { token: rig.token(), session_id: sessionIdOf(client), seq: 1 } });
    expect(link.events()).toEqual(['RESUMED']);
  });

  it('works for five minutes after the disconnect and no longer', async () => {
    const rig = makeRig();
    const client = rig.identify();
    await rig.clock.advance(30_000);
    client.link.closed();
    await rig.clock.advance(300_000);
    const inTime = rig.resume(sessionIdOf(client), 1);
    expect(inTime.events()).toEqual(['RESUMED']);
    inTime.link.closed();
    await rig.clock.advance(300_001);
    expect(rig.resume(sessionIdOf(client), 1).last()).toEqual({ op: 9, d: false });
    expect(rig.platform.sessions()).toEqual([]);
  });

  it('keeps a thousand events; a seq from before them is 4007', () => {
    const rig = makeRig();
    const client = rig.identify();
    client.link.closed();
    for (let i = 0; i < 1001; i += 1) say(rig, String(i));
    expect(rig.resume(sessionIdOf(client), 1).closes[0]?.code).toBe(4007);
    const again = rig.identify();
    again.link.closed();
    for (let i = 0; i < 1000; i += 1) say(rig, String(i));
    expect(contents(rig.resume(sessionIdOf(again), 1).frames)).toHaveLength(1000);
  });

  it('a seq the session never reached is 4007', () => {
    const rig = makeRig();
    const client = rig.identify();
    client.link.closed();
    expect(rig.resume(sessionIdOf(client), 9).closes[0]?.code).toBe(4007);
  });

  it.each([
    ['op9', 1006],
    ['4006', 4006],
  ] as const)('an unknown session is %s', (unknownSession, code) => {
    const rig = makeRig({ switches: { unknownSession } });
    const client = rig.resume('never-was', 1);
    expect(client.closes[0]?.code).toBe(code);
    expect(client.frames.some(({ op }) => op === 9)).toBe(unknownSession === 'op9');
  });

  it.each([{}, { token: 'x', session_id: 's' }, { token: 'x', seq: 1 }, { session_id: 's', seq: 1 }, null])(
    'lacking fields (%j) are 4002',
    (d) => {
      const client = makeRig().connect();
      client.say({ op: 6, d });
      expect(client.closes[0]?.code).toBe(4002);
    },
  );

  it('a bad token is 4004 and the session stays', () => {
    const rig = makeRig();
    const client = rig.identify();
    client.link.closed();
    const bad = rig.connect();
    bad.say({ op: 6, d: { token: 'QQBot nonsense', session_id: sessionIdOf(client), seq: 1 } });
    expect(bad.closes[0]?.code).toBe(4004);
    expect(rig.resume(sessionIdOf(client), 1).events()).toEqual(['RESUMED']);
  });

  it('another bot may not resume it', () => {
    const bots = [
      { appId: 'a', appSecret: 'sa' },
      { appId: 'b', appSecret: 'sb' },
    ];
    const rig = makeRig({ bots });
    const client = rig.identify();
    client.link.closed();
    const thief = rig.connect();
    thief.say({ op: 6, d: { token: rig.token('b', 'sb'), session_id: sessionIdOf(client), seq: 1 } });
    expect(thief.last()).toEqual({ op: 9, d: false });
  });

  it('takes the session from a socket that still has it, which is closed with 4902', () => {
    const rig = makeRig();
    const zombie = rig.identify();
    const fresh = rig.resume(sessionIdOf(zombie), 1);
    expect(zombie.closes).toEqual([{ code: 4902, reason: 'reset by resume' }]);
    say(rig, 'x');
    expect(contents(fresh.frames)).toEqual(['x']);
    expect(rig.platform.sessions()).toHaveLength(1);
  });
});

describe('close codes and what they leave, §3.8', () => {
  it.each([1000, 1001, 1006, 4000, 4004, 4008, 4009])('%i leaves the session to a Resume', (code) => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.closeAll(code);
    expect(client.closes[0]?.code).toBe(code);
    expect(rig.resume(sessionIdOf(client), 1).events()).toEqual(['RESUMED']);
  });

  it.each([4001, 4002, 4006, 4007, 4010, 4011, 4012, 4013, 4014, 4900, 4902, 4913, 4914, 4915])(
    '%i ends the session',
    (code) => {
      const rig = makeRig();
      const client = rig.identify();
      rig.platform.closeAll(code);
      expect(client.closes[0]?.code).toBe(code);
      expect(rig.resume(sessionIdOf(client), 1).last()).toEqual({ op: 9, d: false });
    },
  );

  it('closeAll meets one bot where told', () => {
    const bots = [
      { appId: 'a', appSecret: 'sa' },
      { appId: 'b', appSecret: 'sb' },
    ];
    const rig = makeRig({ bots });
    const a = rig.identify();
    rig.platform.closeAll(4009, 'x', { bot: 'b' });
    expect(a.closes).toEqual([]);
    rig.platform.closeAll(4009, 'x', { bot: 'a' });
    expect(a.closes).toEqual([{ code: 4009, reason: 'x' }]);
  });
});
