import { fc, test } from '@fast-check/vitest';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createTokenSource,
  createTokenSources,
  lifeSecondsOf,
  refreshDelayMs,
} from '../../src/adapters/qq/token-source.js';
import { Secret } from '../../src/config/secret.js';
import { RouterError } from '../../src/errors/router-error.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { answer, FakeHttp, inTurn, type Script } from './fake-http.js';

const SECRET = 's3cr3t-of-the-bot';
const token = (name: string, expiresIn: unknown = '7200') => answer(200, { access_token: name, expires_in: expiresIn });
const passed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const rig = (script: Script) => {
  const http = new FakeHttp(script);
  const deps = { http, clock, endpoint: 'https://tokens.example', appId: '102', secret: new Secret(SECRET) };
  return { http, deps, tokens: createTokenSource(deps) };
};

describe('a token source', () => {
  it('asks as the platform wants to be asked', async () => {
    const { http, tokens } = rig(inTurn(token('t1')));
    await expect(tokens.get()).resolves.toBe('t1');
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://tokens.example/app/getAppAccessToken',
      headers: { 'content-type': 'application/json' },
    });
    expect(http.lastBody).toEqual({ appId: '102', clientSecret: SECRET });
  });

  it('asks once for all who wait', async () => {
    const { http, tokens } = rig(inTurn(token('t1')));
    await expect(Promise.all([tokens.get(), tokens.get(), tokens.get()])).resolves.toEqual(['t1', 't1', 't1']);
    expect(http.requests).toHaveLength(1);
  });

  it('keeps a token until five minutes before its end, and gives it out while the next is fetched', async () => {
    const { http, tokens } = rig(inTurn(token('t1'), token('t2')));
    await tokens.get();
    await clock.advance((7_200 - 301) * 1_000);
    await expect(tokens.get()).resolves.toBe('t1');
    expect(http.requests).toHaveLength(1);
    await clock.advance(1_000);
    await expect(tokens.get()).resolves.toBe('t1');
    await passed();
    await expect(tokens.get()).resolves.toBe('t2');
    expect(http.requests).toHaveLength(2);
  });

  it('does not ask in a storm where the platform hands the same token out again', async () => {
    const { http, tokens } = rig((_, index) => token('t1', index === 0 ? 300 : 299));
    await tokens.get();
    for (let second = 0; second < 250; second += 1) {
      await clock.advance(1_000);
      await tokens.get();
    }
    expect(http.requests).toHaveLength(1);
    await clock.advance(10_000);
    await tokens.get();
    await passed();
    expect(http.requests).toHaveLength(2);
  });

  it('calls a failed refresh nobody’s error while the old token is valid', async () => {
    const { http, tokens } = rig(inTurn(token('t1', 60), answer(500, 'oops'), token('t2')));
    await tokens.get();
    await clock.advance(20_000);
    await expect(tokens.get()).resolves.toBe('t1');
    await passed();
    await expect(tokens.get()).resolves.toBe('t1');
    expect(http.requests).toHaveLength(2);
    await clock.advance(1_000);
    await tokens.get();
    await passed();
    await expect(tokens.get()).resolves.toBe('t2');
  });

  it('waits for a new token once the old one has run out', async () => {
    const { tokens } = rig(inTurn(token('t1', '60'), token('t2')));
    await tokens.get();
    await clock.advance(60_000);
    await expect(tokens.get()).resolves.toBe('t2');
  });

  it('forgets a token only if it is the one held', async () => {
    const { http, tokens } = rig(inTurn(token('t1'), token('t2')));
    await tokens.get();
    tokens.invalidate('t0');
    await expect(tokens.get()).resolves.toBe('t1');
    tokens.invalidate('t1');
    tokens.invalidate('t1');
    await expect(tokens.get()).resolves.toBe('t2');
    tokens.invalidate('t1');
    await expect(tokens.get()).resolves.toBe('t2');
    expect(http.requests).toHaveLength(2);
  });
});

describe('a refusal is', () => {
  it.each([
    [{ code: 100007, message: SECRET }, 200, 'auth.rejected'],
    [{ code: 100016, message: 'invalid appid or secret' }, 200, 'auth.rejected'],
    [{ code: 10004 }, 400, 'auth.rejected'],
    [{ code: 100001 }, 200, 'auth.busy'],
    [{ code: 100017 }, 400, 'auth.busy'],
    [{ code: 100002 }, 200, 'auth.unavailable'],
    [{ code: 11298, err_code: 40023002 }, 401, 'auth.ipNotAllowed'],
    ['<html>busy</html>', 429, 'auth.busy'],
    ['<html>502</html>', 502, 'auth.unavailable'],
    ['<html>login</html>', 200, 'auth.unavailable'],
    ['', 200, 'auth.unavailable'],
    [{}, 200, 'auth.unavailable'],
    [{}, 403, 'auth.unavailable'],
    [{ access_token: '', expires_in: 7200 }, 200, 'auth.unavailable'],
    [{ access_token: 'a\r\nx-evil: 1', expires_in: 7200 }, 200, 'auth.unavailable'],
    [{ access_token: { a: 1 } }, 200, 'auth.unavailable'],
  ])('%j with %i → %s', async (body, status, code) => {
    const { tokens } = rig(inTurn(answer(status, body)));
    await expect(tokens.get()).rejects.toMatchObject({ code });
  });

  it('passed on as it is where the connection was at fault', async () => {
    const { tokens } = rig(inTurn(new RouterError('transport.timeout', 'no answer'), token('t1')));
    await expect(tokens.get()).rejects.toMatchObject({ code: 'transport.timeout' });
    await clock.advance(1_000);
    await expect(tokens.get()).resolves.toBe('t1');
  });

  it('given again for a minute where the service asked for rest', async () => {
    const { http, tokens } = rig(inTurn(answer(200, { code: 100001 }), token('t1')));
    await expect(tokens.get()).rejects.toMatchObject({ code: 'auth.busy', more: { retryAfterMs: 60_000 } });
    await clock.advance(59_999);
    await expect(tokens.get()).rejects.toMatchObject({ code: 'auth.busy' });
    expect(http.requests).toHaveLength(1);
    await clock.advance(1);
    await expect(tokens.get()).resolves.toBe('t1');
  });

  it('not given again for the hours by which the machine’s clock is set back', async () => {
    const http = new FakeHttp(inTurn(answer(200, { code: 100001 }), token('t1')));
    let nowMs = 10_800_000;
    const secret = new Secret(SECRET);
    const moved = { ...clock, now: () => nowMs };
    const tokens = createTokenSource({ http, clock: moved, endpoint: 'https://tokens.example', appId: '102', secret });
    await expect(tokens.get()).rejects.toMatchObject({ code: 'auth.busy' });
    nowMs = 0;
    await expect(tokens.get()).resolves.toBe('t1');
  });
});

// Trap 14: `expires_in` small or a string made timers of NaN or zero: a storm of refreshes, or none at all.
describe('the life of a token', () => {
  it.each([
    ['7200', 7_200],
    [7_200, 7_200],
    ['60', 60],
    [0, 1],
    [-5, 1],
    ['', 60],
    ['soon', 60],
    [null, 60],
    [Number.NaN, 60],
    [1e9, 7_200],
  ])('%j is %i s', (expiresIn, seconds) => {
    expect(lifeSecondsOf(expiresIn)).toBe(seconds);
  });

  it.each([
    [7_200, 6_900_000],
    [301, 5_000],
    [300, 255_000],
    [60, 15_000],
    [46, 1_000],
    [45, 1_000],
    [1, 1_000],
  ])('of %i s is asked about after %i ms', (seconds, ms) => {
    expect(refreshDelayMs(seconds)).toBe(ms);
  });

  test.prop([fc.oneof(fc.double(), fc.integer(), fc.string(), fc.jsonValue())])(
    'never schedules at once, backwards or never',
    (expiresIn) => {
      const delay = refreshDelayMs(lifeSecondsOf(expiresIn));
      expect(delay).toBeGreaterThanOrEqual(1_000);
      expect(delay).toBeLessThanOrEqual(7_200_000);
    },
  );

  test.prop([fc.double()])('schedules well whatever it is called with', (seconds) => {
    expect(refreshDelayMs(seconds)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('shared token sources', () => {
  it('are one per bot, endpoint and transport', () => {
    const sources = createTokenSources();
    const { deps } = rig(inTurn(token('t1')));
    const source = sources.get(deps);
    expect(sources.get({ ...deps, secret: new Secret(SECRET) })).toBe(source);
    expect(sources.get({ ...deps, appId: '103' })).not.toBe(source);
    expect(sources.get({ ...deps, endpoint: 'https://other.example' })).not.toBe(source);
    expect(sources.get({ ...deps, http: new FakeHttp(inTurn(token('t1'))) })).not.toBe(source);
  });

  it('are made anew for a secret that was mended', () => {
    const sources = createTokenSources();
    const { deps } = rig(inTurn(token('t1')));
    const wrong = sources.get(deps);
    const right = sources.get({ ...deps, secret: new Secret('right') });
    expect(right).not.toBe(wrong);
    expect(sources.get({ ...deps, secret: new Secret('right') })).toBe(right);
  });
});
