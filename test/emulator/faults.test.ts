import { describe, expect, it } from 'vitest';
import { codeOf, type Json, makeRig, type Rig, sessionIdOf, textReply } from './rig.js';

const C2C = '/v2/users/U/messages';
const say = (rig: Rig, text = 'hi') => rig.platform.sendC2c({ from: 'U', text });
const contents = (frames: { d?: unknown; t?: string }[]) =>
  frames.filter(({ t }) => t === 'C2C_MESSAGE_CREATE').map(({ d }) => (d as { content: string }).content);

describe('faults on the socket, §13.4', () => {
  it('dropAcks hears heartbeats and does not answer them; the link stays', async () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.dropAcks();
    for (let i = 0; i < 4; i += 1) {
      await rig.clock.advance(45_000);
      client.say({ op: 1, d: 1 });
    }
    expect(client.frames.some(({ op }) => op === 11)).toBe(false);
    expect(client.closes).toEqual([]);
    rig.platform.dropAcks(false);
    client.say({ op: 1, d: 1 });
    expect(client.last()).toEqual({ op: 11 });
  });

  it('§3.6 sendReconnect says op 7, and closes with 4009 who lingers', async () => {
    const rig = makeRig();
    const [lingerer, leaver] = [rig.identify(), rig.identify()];
    rig.platform.sendReconnect({ lingerMs: 1000 });
    expect(lingerer.last()).toEqual({ op: 7 });
    leaver.link.closed();
    await rig.clock.advance(999);
    expect(lingerer.closes).toEqual([]);
    await rig.clock.advance(1);
    expect(lingerer.closes[0]?.code).toBe(4009);
    expect(leaver.closes).toEqual([]);
    expect(rig.resume(sessionIdOf(lingerer), 1).events()).toEqual(['RESUMED']);
  });

  it.each([
    [undefined, { op: 9 }, false],
    [false, { op: 9, d: false }, false],
    [true, { op: 9, d: true }, true],
  ] as const)('§3.7 invalidateSession(%s)', (resumable, frame, resumes) => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.invalidateSession(resumable);
    expect(client.last()).toEqual(frame);
    expect(client.closes[0]?.code).toBe(1006);
    expect(rig.resume(sessionIdOf(client), 1).events()).toEqual(resumes ? ['RESUMED'] : []);
  });

  it('forgetSessions makes the next Resume fail', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.forgetSessions();
    expect(client.closes).toEqual([]);
    expect(say(rig).sessions).toBe(0);
    expect(rig.resume(sessionIdOf(client), 1).last()).toEqual({ op: 9, d: false });
  });

  it('refuseResume fails as many as told, in the way told, and the session outlives it', () => {
    const rig = makeRig();
    const client = rig.identify();
    client.link.closed();
    rig.platform.refuseResume(4902, 2);
    rig.platform.refuseResume('op9');
    const id = sessionIdOf(client);
    expect([rig.resume(id, 1).closes[0], rig.resume(id, 1).closes[0]]).toEqual([
      { code: 4902, reason: 'reset by resume' },
      { code: 4902, reason: 'reset by resume' },
    ]);
    expect(rig.resume(id, 1).last()).toEqual({ op: 9, d: false });
    expect(rig.resume(id, 1).events()).toEqual(['RESUMED']);
  });

  it('stall holds both directions and closes nothing, for however long; unstall lets all of it flow', async () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.stall();
    say(rig, 'a');
    client.say({ op: 1, d: 1 });
    await rig.clock.advance(600_000);
    say(rig, 'b');
    expect(client.frames).toHaveLength(2);
    expect(client.closes).toEqual([]);
    expect(rig.platform.sessions()).toMatchObject([{ connected: true, stalled: true }]);
    rig.platform.unstall();
    expect(contents(client.frames)).toEqual(['a', 'b']);
    expect(client.last()).toEqual({ op: 11 });
    await rig.clock.advance(59_999);
    expect(client.closes).toEqual([]);
    await rig.clock.advance(1);
    expect(client.closes[0]?.code).toBe(4009);
  });

  it('a new socket gets through a stall and takes the session over, unless new ones stall too', () => {
    const rig = makeRig();
    const dead = rig.identify();
    rig.platform.stall();
    say(rig, 'a');
    expect(contents(rig.resume(sessionIdOf(dead), 1).frames)).toEqual(['a']);
    expect(rig.platform.sessions()).toMatchObject([{ connected: true, stalled: false }]);
    rig.platform.stall({ newLinks: true });
    expect(rig.connect().frames).toEqual([]);
  });

  it('clearFaults takes back what is not spent', () => {
    const rig = makeRig();
    const { platform } = rig;
    const client = rig.identify();
    platform.dropAcks();
    platform.refuseResume();
    platform.failNext({ status: 500 });
    platform.swallowNext();
    platform.delayNext(5);
    platform.delayAll(5);
    platform.pushTwice();
    platform.pushOutOfOrder();
    platform.mentionsNull();
    platform.clearFaults();
    const { messageId } = say(rig);
    expect(contents(client.frames)).toEqual(['hi']);
    expect(rig.post(C2C, textReply(messageId))).toMatchObject({ status: 200, delayMs: 0 });
    client.say({ op: 1, d: 1 });
    expect(client.last()).toEqual({ op: 11 });
  });
});

describe('faults in pushing', () => {
  it('pushTwice: equal ids, s still rises by one', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.pushTwice();
    say(rig, 'a');
    say(rig, 'b');
    expect(contents(client.frames)).toEqual(['a', 'a', 'b']);
    expect(client.frames.slice(1).map(({ s }) => s)).toEqual([1, 2, 3, 4]);
    expect(client.frames[2]?.id).toBe(client.frames[3]?.id);
    expect(client.frames[2]?.d).toEqual(client.frames[3]?.d);
  });

  it('pushOutOfOrder: the event comes behind the next one, s still rises by one', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.pushOutOfOrder();
    say(rig, 'a');
    expect(contents(client.frames)).toEqual([]);
    say(rig, 'b');
    say(rig, 'c');
    expect(contents(client.frames)).toEqual(['b', 'a', 'c']);
    expect(client.frames.slice(1).map(({ s }) => s)).toEqual([1, 2, 3, 4]);
  });

  it('pushOutOfOrder: without a next one the event comes after five seconds', async () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.pushOutOfOrder();
    say(rig, 'a');
    await rig.clock.advance(4999);
    expect(contents(client.frames)).toEqual([]);
    await rig.clock.advance(1);
    expect(contents(client.frames)).toEqual(['a']);
  });

  it('mentionsNull: as many as told, or all', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.mentionsNull(1);
    say(rig, 'a');
    say(rig, 'b');
    expect(client.frames.slice(2).map(({ d }) => (d as Json)['mentions'])).toEqual([null, undefined]);
    rig.platform.mentionsNull();
    rig.platform.sendGroup({ group: 'G', from: 'M', text: 'x', mentions: ['M2'] });
    expect(client.last()?.d).toMatchObject({ mentions: null });
  });
});

describe('faults on calls', () => {
  it('failNext: status, code and message as told, in the platform’s error shape; the call has no effect', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.failNext({ status: 500, code: 50055001, message: 'try again', times: 2 });
    const failed = { status: 500, body: { code: 50055001, err_code: 50055001, message: 'try again' } };
    expect(rig.post(C2C, textReply(messageId))).toMatchObject(failed);
    expect(rig.post(C2C, textReply(messageId))).toMatchObject(failed);
    expect(rig.platform.sends()).toEqual([]);
    expect(rig.post(C2C, textReply(messageId)).status).toBe(200);
    expect(rig.platform.calls().filter(({ fault }) => fault === 'injected')).toHaveLength(2);
  });

  it('failNext processed: the call took effect all the same', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.failNext({ status: 504, processed: true });
    expect(rig.post(C2C, textReply(messageId)).status).toBe(504);
    expect(rig.platform.sends()).toHaveLength(1);
    expect(codeOf(rig.post(C2C, textReply(messageId)))).toBe(40054005);
  });

  it('failNext with a string goes out as HTML, as gateways do', () => {
    const rig = makeRig();
    rig.platform.failNext({ status: 502, body: '<html>bad gateway</html>' });
    const answer = rig.call('GET', '/users/@me');
    expect(answer).toMatchObject({
      status: 502,
      body: '<html>bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    });
  });

  it.each<[string, Parameters<Rig['platform']['failNext']>[0]['match'], string[]]>([
    ['sends', 'sends', ['send']],
    ['token', 'token', ['token']],
    ['gateway', 'gateway', ['gateway']],
    ['api', 'api', ['gateway', 'me', 'send']],
    ['any', 'any', ['token', 'gateway', 'me', 'send']],
    ['a pattern', /@me$/u, ['me']],
    ['a function', ({ method }) => method === 'POST', ['token', 'send']],
  ])('match %s aims', (_, match, met) => {
    const rig = makeRig();
    const { messageId } = say(rig);
    const authorization = `QQBot ${rig.token()}`;
    rig.platform.failNext({ status: 503, times: 99, ...(match && { match }) });
    const calls = {
      token: () => rig.platform.request({ method: 'POST', path: '/app/getAppAccessToken', headers: {}, body: {} }),
      gateway: () => rig.call('GET', '/gateway', undefined, { authorization }),
      me: () => rig.call('GET', '/users/@me', undefined, { authorization }),
      send: () => rig.call('POST', C2C, textReply(messageId), { authorization }),
    };
    const failed = Object.entries(calls).filter(([, run]) => run().status === 503);
    expect(failed.map(([name]) => name)).toEqual(met);
  });

  it('rateLimit429 is 429 with a code, and says nothing of when to come back', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.rateLimit429({ code: 1100100 });
    const answer = rig.post(C2C, textReply(messageId));
    expect(answer).toMatchObject({ status: 429, body: { code: 1100100 } });
    expect(Object.keys(answer.headers).map((name) => name.toLowerCase())).not.toContain('retry-after');
  });

  it('swallowNext: the send takes effect and its answer is lost, so a repeat is a duplicate', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.swallowNext();
    expect(rig.post(C2C, textReply(messageId))).toMatchObject({ fault: 'cut' });
    expect(rig.platform.transcript('U').at(-1)).toMatchObject({ by: 'bot', text: 'pong' });
    expect(codeOf(rig.post(C2C, textReply(messageId)))).toBe(40054005);
  });

  it('swallowNext not processed: the send never arrived, so a repeat is the first', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.swallowNext({ how: 'hang', processed: false });
    expect(rig.post(C2C, textReply(messageId))).toMatchObject({ fault: 'hang' });
    expect(rig.platform.sends()).toEqual([]);
    expect(rig.post(C2C, textReply(messageId)).status).toBe(200);
    expect(rig.platform.sends()).toHaveLength(1);
  });

  it('delayNext and delayAll add up, and the call takes effect at once', () => {
    const rig = makeRig();
    const { messageId } = say(rig);
    rig.platform.delayAll(100);
    rig.platform.delayNext(50, { match: 'sends' });
    expect(rig.call('GET', '/users/@me').delayMs).toBe(100);
    expect(rig.post(C2C, textReply(messageId)).delayMs).toBe(150);
    expect(rig.platform.sends()).toHaveLength(1);
    expect(rig.post(C2C, textReply(messageId, 2)).delayMs).toBe(100);
  });
});
