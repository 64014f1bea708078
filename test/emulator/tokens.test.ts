import { describe, expect, it } from 'vitest';
import { codeOf, makeRig } from './rig.js';

const ask = (rig: ReturnType<typeof makeRig>, body: unknown) =>
  rig.platform.request({ method: 'POST', path: '/app/getAppAccessToken', headers: {}, body });
const GOOD = { appId: '102000001', clientSecret: 'rookery-emulator-secret' };

describe('access token, §1', () => {
  it('§1.1 expires_in is a string, or a number where switched', () => {
    expect(ask(makeRig(), GOOD).body).toMatchObject({ expires_in: '7200' });
    const numeric = makeRig({ switches: { expiresInAs: 'number' } });
    expect(ask(numeric, GOOD).body).toMatchObject({ expires_in: 7200 });
  });

  it('§1.2 the same token comes with its remaining time while more than 60 s are left', async () => {
    const rig = makeRig();
    const first = rig.token();
    await rig.clock.advance(7_139_000);
    expect(ask(rig, GOOD).body).toEqual({ access_token: first, expires_in: '61' });
  });

  it('§1.2 in the last 60 s a new token comes, and the old one stays good for its remaining time', async () => {
    const rig = makeRig();
    const old = rig.token();
    await rig.clock.advance(7_140_000);
    const fresh = rig.token();
    expect(fresh).not.toBe(old);
    const me = (token: string) => rig.call('GET', '/users/@me', undefined, { authorization: `QQBot ${token}` });
    await rig.clock.advance(59_999);
    expect([me(old).status, me(fresh).status]).toEqual([200, 200]);
    await rig.clock.advance(1);
    expect([codeOf(me(old)), me(fresh).status]).toEqual([11244, 200]);
  });

  it('§1.3 errors come with status 200 and no access_token, or with 400 where switched', () => {
    const rig = makeRig();
    expect(ask(rig, { ...GOOD, clientSecret: 'other' })).toMatchObject({ status: 200, body: { code: 100016 } });
    expect(ask(rig, { ...GOOD, appId: '1' })).toMatchObject({ status: 200, body: { code: 100007 } });
    expect(ask(rig, 'no json')).toMatchObject({ status: 200, body: { code: 100007 } });
    const strict = makeRig({ switches: { tokenErrorStatus: 400 } });
    expect(ask(strict, { ...GOOD, clientSecret: '' })).toMatchObject({ status: 400, body: { code: 100016 } });
    expect(rig.platform.refusals().map(({ code }) => code)).toEqual([100016, 100007, 100007]);
  });

  it('§1.3 a burst is 100001 once a limit is set', async () => {
    const rig = makeRig({ limits: { tokenCallsPerMinute: 2 } });
    ask(rig, GOOD);
    ask(rig, GOOD);
    expect(codeOf(ask(rig, GOOD))).toBe(100001);
    await rig.clock.advance(60_000);
    expect(ask(rig, GOOD).body).toHaveProperty('access_token');
  });

  it('setTokenLifetime shortens what is issued next, expireTokens ends what is out', () => {
    const rig = makeRig();
    const old = rig.token();
    rig.platform.expireTokens();
    rig.platform.setTokenLifetime(90);
    const answer = ask(rig, GOOD);
    expect(answer.body).toMatchObject({ expires_in: '90' });
    expect((answer.body as { access_token: string }).access_token).not.toBe(old);
    expect(codeOf(rig.call('GET', '/users/@me', undefined, { authorization: `QQBot ${old}` }))).toBe(11244);
  });

  it('tokens of two bots are apart, and an openid of one is 11255 for the other', () => {
    const bots = [
      { appId: 'a', appSecret: 'sa' },
      { appId: 'b', appSecret: 'sb' },
    ];
    const rig = makeRig({ bots });
    const { messageId } = rig.platform.sendC2c({ from: 'U1', text: 'hi', bot: 'a' });
    const body = { msg_type: 0, content: 'x', msg_id: messageId };
    const asB = { authorization: `QQBot ${rig.token('b', 'sb')}` };
    expect(codeOf(rig.call('POST', '/v2/users/U1/messages', body, asB))).toBe(11255);
    expect(rig.call('POST', '/v2/users/U1/messages', body).status).toBe(200);
  });
});

describe('Authorization, §1.4', () => {
  const me = (authorization?: string) => {
    const rig = makeRig();
    const token = rig.token();
    const value = authorization?.replace('TOKEN', token);
    return rig.call('GET', '/users/@me', undefined, value === undefined ? {} : { authorization: value });
  };

  it.each([
    ['QQBot TOKEN', 200, undefined],
    [undefined, 401, 11241],
    ['Bot 102000001.TOKEN', 401, 11245],
    ['QQBot  TOKEN', 401, 11243],
    ['qqbot TOKEN', 401, 11243],
    ['Bearer TOKEN', 401, 11243],
    ['QQBot nonsense', 401, 11244],
  ])('%s is %i %s', (value, status, code) => {
    const answer = me(value);
    expect(answer.status).toBe(status);
    expect(codeOf(answer)).toBe(code);
  });

  it('an address off the allow-list is 401 with code 11298 and err_code 40023002', () => {
    const rig = makeRig();
    const authorization = `QQBot ${rig.token()}`;
    rig.platform.refuseAddress();
    const answer = rig.call('GET', '/gateway', undefined, { authorization });
    expect(answer).toMatchObject({ status: 401, body: { code: 11298, err_code: 40023002 } });
    rig.platform.refuseAddress(false);
    expect(rig.call('GET', '/gateway', undefined, { authorization }).status).toBe(200);
  });

  it('§8.1 every reply carries a trace id, an error repeats it with code and err_code', () => {
    const rig = makeRig();
    const good = rig.call('GET', '/users/@me');
    const bad = rig.call('GET', '/nowhere');
    expect(good.headers['X-Tps-trace-ID']).toMatch(/./u);
    expect(bad).toMatchObject({ status: 404, body: { code: 11255, err_code: 11255 } });
    expect((bad.body as { trace_id: string }).trace_id).toBe(bad.headers['X-Tps-trace-ID']);
    expect(rig.call('DELETE', '/users/@me').status).toBe(405);
  });
});

describe('gateway discovery, §2', () => {
  it('tells the url, the shards and the start limit; an Identify takes one, a Resume none', () => {
    const rig = makeRig({ gatewayUrl: 'ws://here/websocket' });
    expect(rig.call('GET', '/gateway').body).toEqual({ url: 'ws://here/websocket' });
    const before = rig.call('GET', '/gateway/bot').body;
    expect(before).toMatchObject({
      shards: 1,
      session_start_limit: { total: 1500, remaining: 1500, max_concurrency: 1 },
    });
    const client = rig.identify();
    const ready = client.frames[1]?.d as { session_id: string };
    client.link.closed();
    rig.resume(ready.session_id, 1);
    expect(rig.call('GET', '/gateway/bot').body).toMatchObject({ session_start_limit: { remaining: 1499 } });
  });

  it('the start limit comes back after 24 h', async () => {
    const rig = makeRig({ limits: { sessionStartsPerDay: 1 } });
    rig.identify();
    const refused = rig.identify();
    expect(refused.closes).toEqual([{ code: 4008, reason: 'session start limit' }]);
    await rig.clock.advance(86_400_000);
    expect(rig.identify().events()).toEqual(['READY']);
  });

  it('max_concurrency is told only, or enforced with 4008 in its 5 s where switched', async () => {
    const lenient = makeRig();
    lenient.identify();
    expect(lenient.identify().events()).toEqual(['READY']);
    const strict = makeRig({ switches: { maxConcurrency: 'enforced' } });
    strict.identify();
    expect(strict.identify().closes[0]?.code).toBe(4008);
    await strict.clock.advance(5000);
    expect(strict.identify().events()).toEqual(['READY']);
  });

  it('strictGateway answers the third call in 10 s with 400/100017', async () => {
    const rig = makeRig({ switches: { strictGateway: true } });
    rig.call('GET', '/gateway');
    rig.call('GET', '/gateway/bot');
    expect(rig.call('GET', '/gateway')).toMatchObject({ status: 400, body: { code: 100017 } });
    await rig.clock.advance(10_000);
    expect(rig.call('GET', '/gateway').status).toBe(200);
  });

  it('§6.1 /users/@me is the profile, with the id READY tells', () => {
    const rig = makeRig();
    const me = rig.call('GET', '/users/@me').body;
    const ready = rig.identify().frames[1]?.d as { user: { id: string } };
    expect(me).toMatchObject({ id: ready.user.id, username: 'router-bot', bot: true });
  });
});
