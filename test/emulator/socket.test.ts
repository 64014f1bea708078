import { describe, expect, it } from 'vitest';
import { C2C_AND_GROUP, makeRig, sessionIdOf } from './rig.js';

describe('Hello and Identify, §3.2, §3.3', () => {
  it('says Hello with the heartbeat interval at once', () => {
    const client = makeRig().connect();
    expect(client.frames).toEqual([{ op: 10, d: { heartbeat_interval: 45_000 } }]);
  });

  it('answers Identify with READY, s 1, without an event id', () => {
    const client = makeRig().identify();
    const ready = client.frames[1];
    expect(ready).toMatchObject({ op: 0, s: 1, t: 'READY', d: { version: 1, shard: [0, 1], user: { bot: true } } });
    expect(ready).not.toHaveProperty('id');
  });

  it('READY tells shard [0, 0] where switched', () => {
    const client = makeRig({ switches: { readyShard: 'zero' } }).identify();
    expect(client.frames[1]?.d).toMatchObject({ shard: [0, 0] });
  });

  it.each<[string, unknown, number]>([
    ['d is no object', 'x', 4002],
    ['no token', { intents: 0 }, 4002],
    ['unknown token', { token: 'QQBot nonsense', intents: 0 }, 4004],
    ['legacy token', { token: 'Bot 1.x', intents: 0 }, 4004],
    ['no intents', { token: 'GOOD' }, 4013],
    ['negative intents', { token: 'GOOD', intents: -1 }, 4013],
    ['an unknown bit', { token: 'GOOD', intents: 1 << 5 }, 4013],
    ['bits above 30', { token: 'GOOD', intents: 2 ** 31 }, 4013],
    ['shard out of range', { token: 'GOOD', intents: 0, shard: [1, 1] }, 4010],
    ['shard of another shape', { token: 'GOOD', intents: 0, shard: 'x' }, 4010],
  ])('Identify with %s is closed with its code', (_, d, code) => {
    const rig = makeRig();
    const client = rig.connect();
    const isGood = typeof d === 'object' && d !== null && (d as { token?: string }).token === 'GOOD';
    client.say({ op: 2, d: isGood ? { ...d, token: `QQBot ${rig.token()}` } : d });
    expect(client.closes.map((close) => close.code)).toEqual([code]);
    expect(rig.platform.sessions()).toEqual([]);
  });

  it('Identify without shard and properties is fine', () => {
    const rig = makeRig();
    const client = rig.connect();
    client.say({ op: 2, d: { token: `QQBot ${rig.token()}`, intents: 0 } });
    expect(client.events()).toEqual(['READY']);
  });

  it('4011 when the bot needs more shards', () => {
    const rig = makeRig();
    rig.platform.requireShards(2);
    expect(rig.identify().closes[0]?.code).toBe(4011);
    expect(rig.identify(C2C_AND_GROUP, { shard: [1, 2] }).events()).toEqual(['READY']);
    expect(rig.call('GET', '/gateway/bot').body).toMatchObject({ shards: 2 });
  });

  it('4914 for an offline bot, 4915 for a banned one, on what is open and on Identify and Resume', () => {
    const rig = makeRig();
    const open = rig.identify();
    const sessionId = sessionIdOf(open);
    rig.platform.setBotState('offline');
    expect(open.closes[0]?.code).toBe(4914);
    expect(rig.identify().closes[0]?.code).toBe(4914);
    expect(rig.resume(sessionId, 1).closes[0]?.code).toBe(4914);
    rig.platform.setBotState('banned');
    const client = rig.connect();
    rig.platform.setBotState('online');
    const token = rig.token();
    rig.platform.setBotState('banned');
    client.say({ op: 2, d: { token: `QQBot ${token}`, intents: 0 } });
    expect(client.closes[0]?.code).toBe(4915);
  });

  it('a second Identify or a Resume on the same socket is 4005', () => {
    const rig = makeRig();
    const client = rig.identify();
    client.say({ op: 2, d: { token: `QQBot ${rig.token()}`, intents: 0 } });
    expect(client.closes[0]?.code).toBe(4005);
    const other = rig.identify();
    other.say({ op: 6, d: {} });
    expect(other.closes[0]?.code).toBe(4005);
  });

  it('a link that neither identifies nor resumes is closed with 4003', async () => {
    const rig = makeRig();
    const client = rig.connect();
    await rig.clock.advance(29_999);
    expect(client.closes).toEqual([]);
    await rig.clock.advance(1);
    expect(client.closes[0]?.code).toBe(4003);
  });
});

describe('ungranted intents, §3.7', () => {
  const withoutInteraction = (switches = {}) => {
    const rig = makeRig({ switches });
    rig.platform.grantIntents(C2C_AND_GROUP);
    return rig;
  };

  it('are answered with op 9 and the end of the stream', () => {
    const client = withoutInteraction().identify(C2C_AND_GROUP | (1 << 26));
    expect(client.last()).toEqual({ op: 9, d: false });
    expect(client.closes).toEqual([{ code: 1006, reason: '' }]);
  });

  it('are closed with 4014 where switched', () => {
    const client = withoutInteraction({ ungrantedIntent: '4014' }).identify(1 << 26);
    expect(client.closes[0]?.code).toBe(4014);
  });

  it('leave the link open for another Identify where switched', () => {
    const rig = withoutInteraction({ afterInvalidSession: 'open' });
    const client = rig.identify(1 << 26);
    expect(client.closes).toEqual([]);
    client.say({ op: 2, d: { token: `QQBot ${rig.token()}`, intents: C2C_AND_GROUP } });
    expect(client.events()).toEqual(['READY']);
  });

  it('bits 9 and 28 are for private bots alone, bits 0, 1 and 30 for all', () => {
    const rig = withoutInteraction();
    expect(rig.identify(1 << 9).last()?.op).toBe(9);
    expect(rig.identify(1 | 2 | (1 << 30)).events()).toEqual(['READY']);
    const own = makeRig({ bots: [{ appId: 'p', appSecret: 's', private: true }] });
    expect(own.identify((1 << 9) | (1 << 28)).events()).toEqual(['READY']);
  });

  it('§3.10 a right withdrawn later silences the running connection', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.grantIntents(0);
    expect(rig.platform.sendC2c({ from: 'U', text: 'hi' }).sessions).toBe(0);
    expect(client.events()).toEqual(['READY']);
  });
});

describe('heartbeats and the watchdog, §3.4', () => {
  it.each([null, 0, 5, 'x', undefined])('acknowledges a heartbeat with d %s', (d) => {
    const client = makeRig().identify();
    client.say(d === undefined ? { op: 1 } : { op: 1, d });
    expect(client.last()).toEqual({ op: 11 });
  });

  it('acknowledges before Identify too', () => {
    const client = makeRig().connect();
    client.say({ op: 1, d: null });
    expect(client.last()).toEqual({ op: 11 });
  });

  it('cuts a client that never heartbeats after 60 s with 4009', async () => {
    const rig = makeRig();
    const client = rig.identify();
    await rig.clock.advance(59_999);
    expect(client.closes).toEqual([]);
    await rig.clock.advance(1);
    expect(client.closes).toEqual([{ code: 4009, reason: 'Session timed out' }]);
  });

  it('leaves one alone that does, and counts from its last heartbeat', async () => {
    const rig = makeRig();
    const client = rig.identify();
    for (let beat = 0; beat < 10; beat += 1) {
      await rig.clock.advance(45_000);
      client.say({ op: 1, d: 1 });
    }
    expect(client.closes).toEqual([]);
    await rig.clock.advance(59_999);
    expect(client.closes).toEqual([]);
    await rig.clock.advance(1);
    expect(client.closes[0]?.code).toBe(4009);
  });

  it('the platform may ask for a heartbeat itself, and takes op 1 or op 11 for an answer', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.sendHeartbeat();
    expect(client.last()).toEqual({ op: 1 });
    client.say({ op: 11 });
    client.say({ op: 1, d: 1 });
    expect(client.closes).toEqual([]);
  });
});

describe('what a client may not send', () => {
  it.each([
    ['no JSON', 'nonsense', 4002],
    ['no object', '[]', 4002],
    ['null', 'null', 4002],
    ['no op', '{}', 4001],
    ['an op of the server', '{"op":10}', 4001],
    ['an unknown op', '{"op":99}', 4001],
    ['an op that is no number', '{"op":"1"}', 4001],
  ])('%s is closed with its code', (_, text, code) => {
    const client = makeRig().connect();
    client.link.receive(text);
    expect(client.closes.map((close) => close.code)).toEqual([code]);
    client.link.receive(text);
    expect(client.closes).toHaveLength(1);
  });

  it('too many frames are 4008, and the session may be resumed', () => {
    const rig = makeRig({ limits: { clientFramesPerMinute: 3 } });
    const client = rig.identify();
    for (let i = 0; i < 10; i += 1) client.say({ op: 11 });
    expect(client.closes[0]?.code).toBe(4008);
    expect(rig.resume(sessionIdOf(client), 1).events()).toEqual(['RESUMED']);
  });
});

describe('sessions', () => {
  it('trap 12: two sockets are two sessions, and both get every event', () => {
    const rig = makeRig();
    const [one, two] = [rig.identify(), rig.identify()];
    const said = rig.platform.sendC2c({ from: 'U', text: 'hi' });
    expect(said.sessions).toBe(2);
    expect(one.last()).toEqual(two.last());
    expect(rig.platform.sessions().map(({ connected }) => connected)).toEqual([true, true]);
    one.link.closed();
    expect(rig.platform.sessions().map(({ connected }) => connected)).toEqual([false, true]);
    expect(rig.platform.links()).toHaveLength(1);
  });

  it('the session log tells what became of each link', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.closeAll(4009);
    rig.resume(sessionIdOf(client), 1);
    const changes = rig.platform.sessionLog().map(({ change, code }) => [change, code]);
    expect(changes).toEqual([
      ['connected', undefined],
      ['identified', undefined],
      ['closed', 4009],
      ['connected', undefined],
      ['resumed', undefined],
    ]);
  });

  it('keeps no more sessions than its bound, the oldest disconnected going first', () => {
    const rig = makeRig({ bounds: { sessions: 3 } });
    const live = rig.identify();
    for (let i = 0; i < 10; i += 1) rig.identify().link.closed();
    const kept = rig.platform.sessions();
    expect(kept).toHaveLength(3);
    expect(kept[0]).toMatchObject({ id: sessionIdOf(live), connected: true });
  });
});
