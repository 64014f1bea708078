import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../../src/emulator/platform/bounded-map.js';
import { RateWindow } from '../../src/emulator/platform/rates.js';
import { Ring } from '../../src/emulator/platform/ring.js';
import { makeRig, textReply } from './rig.js';

describe('Ring', () => {
  it('keeps the newest in order and counts what fell out', () => {
    const ring = new Ring<number>(3);
    for (let i = 1; i <= 8; i += 1) ring.push(i);
    expect(ring.toArray()).toEqual([6, 7, 8]);
    expect([...ring]).toEqual([6, 7, 8]);
    expect([ring.at(0), ring.at(2), ring.at(3), ring.length, ring.dropped]).toEqual([6, 8, undefined, 3, 5]);
  });
});

describe('BoundedMap', () => {
  it('holds the newest half at least, and never more than its bound', () => {
    const map = new BoundedMap<number, number>(10);
    for (let i = 0; i < 100; i += 1) {
      map.set(i, i);
      expect(map.size).toBeLessThanOrEqual(10);
      for (let j = Math.max(0, i - 4); j <= i; j += 1) expect([...map.values()]).toContain(j);
    }
  });

  it('what is asked for stays, what is deleted goes', () => {
    const map = new BoundedMap<string, number>(4);
    map.set('kept', 1);
    for (let i = 0; i < 100; i += 1) {
      map.set(`other ${i}`, i);
      expect(map.get('kept')).toBe(1);
    }
    map.delete('kept');
    expect(map.get('kept')).toBeUndefined();
  });
});

describe('RateWindow', () => {
  it('lets so many through in any stretch of its length', () => {
    const rate = new RateWindow(2, 100);
    expect([rate.tryTake(0), rate.tryTake(50), rate.tryTake(99), rate.tryTake(100), rate.tryTake(149)]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect(rate.tryTake(150)).toBe(true);
  });

  it('0 lets nothing through, Infinity everything', () => {
    expect(new RateWindow(0, 100).tryTake(1e9)).toBe(false);
    const open = new RateWindow(Number.POSITIVE_INFINITY, 100);
    expect(Array.from({ length: 1000 }, () => open.tryTake(0)).every(Boolean)).toBe(true);
  });
});

describe('what was received', () => {
  it('every call with its answer, every frame with its op, in order and with time', async () => {
    const rig = makeRig();
    const client = rig.identify();
    await rig.clock.advance(7);
    client.link.receive('nonsense');
    const authorization = `QQBot ${rig.token()}`;
    const body = { msg_type: 0, content: 'x' };
    rig.call('POST', '/v2/users/U/messages?a=1', body, { authorization });
    const [token, identify, bad, , send] = rig.platform.received();
    expect(token).toMatchObject({ kind: 'call', path: '/app/getAppAccessToken', status: 200, code: undefined });
    expect(identify).toMatchObject({ kind: 'frame', op: 2, link: 1, d: { intents: 1 << 25 } });
    expect(bad).toMatchObject({ kind: 'frame', op: null, text: 'nonsense', appId: '102000001', atMs: rig.clock.now() });
    expect(send).toMatchObject({
      kind: 'call',
      method: 'POST',
      path: '/v2/users/U/messages?a=1',
      headers: { authorization },
      body,
      status: 400,
      code: 40054004,
      appId: '102000001',
    });
    expect(rig.platform.frames()).toHaveLength(2);
    expect(rig.platform.calls()).toHaveLength(3);
  });

  it('no log grows beyond its bound', () => {
    const rig = makeRig({ bounds: { records: 5, transcript: 3 } });
    for (let i = 0; i < 20; i += 1) {
      const { messageId } = rig.platform.sendC2c({ from: 'U', text: String(i) });
      rig.post('/v2/users/U/messages', textReply(messageId));
      rig.post('/v2/users/U/messages', textReply(messageId));
    }
    const { platform } = rig;
    const lists = [platform.received(), platform.sends(), platform.refusals(), platform.pushes()];
    expect(lists.map(({ length }) => length)).toEqual([5, 5, 5, 5]);
    expect(platform.transcript('U')).toHaveLength(3);
    expect(platform.pushes().at(-1)?.d).toMatchObject({ content: '19' });
  });

  it('a transcript is a copy: a stream that grows later does not change it', () => {
    const rig = makeRig();
    const { messageId } = rig.platform.sendC2c({ from: 'U', text: 'x' });
    const chunk = { input_state: 1, content_raw: 'a', msg_id: messageId };
    const answer = rig.post('/v2/users/U/stream_messages', { ...chunk, index: 0 });
    const before = rig.platform.transcript('U');
    const { id } = answer.body as { id: string };
    rig.post('/v2/users/U/stream_messages', { ...chunk, index: 1, input_state: 10, stream_msg_id: id });
    expect(before[1]).toMatchObject({ text: 'a', stream: { state: 'open', chunks: 1 } });
  });

  it('transcripts of equal ids are told apart by scene and bot', () => {
    const bots = [
      { appId: 'a', appSecret: 'sa' },
      { appId: 'b', appSecret: 'sb' },
    ];
    const { platform } = makeRig({ bots });
    platform.sendC2c({ from: 'X', text: 'to a' });
    platform.sendC2c({ from: 'X', text: 'to b', bot: 'b' });
    platform.sendGroup({ group: 'X', from: 'M', text: 'in the group' });
    const texts = (peer: Parameters<typeof platform.transcript>[0]) =>
      platform.transcript(peer).map(({ text }) => text);
    expect(texts('X')).toEqual(['to a']);
    expect(texts({ scene: 'c2c', id: 'X', bot: 'b' })).toEqual(['to b']);
    expect(texts({ scene: 'group', id: 'X' })).toEqual(['in the group']);
    expect(texts('nobody')).toEqual([]);
    expect(() => platform.transcript({ scene: 'c2c', id: 'X', bot: 'none' })).toThrow(RangeError);
  });

  it('a user reads like a chat', () => {
    const rig = makeRig();
    const ann = rig.platform.user();
    const { messageId } = ann.say('hello');
    rig.post(`/v2/users/${ann.openid}/messages`, textReply(messageId));
    expect(ann.sees().map(({ by, text }) => `${by}: ${text}`)).toEqual(['user: hello', 'bot: pong']);
    ann.sayIn('G', 'hi all', { at: false });
    expect(rig.platform.transcript('G')).toMatchObject([{ author: ann.openid, text: 'hi all' }]);
    expect(rig.platform.user().openid).not.toBe(ann.openid);
  });
});

describe('hearing of it', () => {
  it('on() tells each kind as it happens, until it is stopped', () => {
    const rig = makeRig();
    const heard: string[] = [];
    const stops = (['received', 'sent', 'refused', 'session', 'pushed'] as const).map((kind) =>
      rig.platform.on(kind, () => heard.push(kind)),
    );
    const authorization = `QQBot ${rig.token()}`;
    rig.connect();
    const { messageId } = rig.platform.sendC2c({ from: 'U', text: 'x' });
    rig.call('POST', '/v2/users/U/messages', textReply(messageId), { authorization });
    rig.call('POST', '/v2/users/U/messages', textReply(messageId), { authorization });
    expect(heard).toEqual(['received', 'session', 'pushed', 'sent', 'received', 'received', 'refused']);
    for (const stop of stops) stop();
    rig.platform.sendC2c({ from: 'U', text: 'x' });
    expect(heard).toHaveLength(7);
  });

  it('waitFor resolves with what the probe finds, as soon as it is there', async () => {
    const rig = makeRig();
    const waiting = rig.platform.waitFor(() => rig.platform.pushes().find(({ t }) => t === 'FRIEND_ADD'));
    rig.platform.sendC2c({ from: 'U', text: 'x' });
    const pushed = rig.platform.addFriend('U');
    await expect(waiting).resolves.toBe(pushed);
    await expect(rig.platform.waitFor(() => 'there already')).resolves.toBe('there already');
  });

  it('waitFor rejects after its time on the platform’s clock, or with what the probe throws', async () => {
    const rig = makeRig();
    const late = rig.platform.waitFor(() => false, { timeoutMs: 1000 });
    const caught = late.catch((error: Error) => error.message);
    await rig.clock.advance(1000);
    await expect(caught).resolves.toMatch(/1000 ms/u);
    const broken = rig.platform.waitFor(() => {
      throw new Error('probe broke');
    });
    await expect(broken).rejects.toThrow('probe broke');
    rig.platform.close();
    expect(rig.clock.pending).toBe(0);
  });
});
