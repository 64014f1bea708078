import { describe, expect, it } from 'vitest';
import { knownPlatformCodes, refusalOf, refusedWith } from '../../src/adapters/qq/error-codes.js';
import { createGatewayLocator } from '../../src/adapters/qq/gateway-locator.js';
import { createRest, type RestCall } from '../../src/adapters/qq/rest.js';
import { RouterError } from '../../src/errors/router-error.js';
import type { TokenSource } from '../../src/ports/token-source.js';
import { answer, FakeHttp, inTurn, type Script } from './fake-http.js';

/** Tokens `tok-1`, `tok-2` …: a new one each time the held one is refused. */
class Tokens implements TokenSource {
  readonly refused: string[] = [];
  get = async (): Promise<string> => `tok-${this.refused.length + 1}`;
  invalidate = (token: string): void => {
    this.refused.push(token);
  };
}

const rig = (script: Script) => {
  const http = new FakeHttp(script);
  const tokens = new Tokens();
  return { http, tokens, rest: createRest({ http, tokens, endpoint: 'https://api.example', appId: '102' }) };
};
const send: RestCall = {
  what: 'send',
  method: 'POST',
  path: '/v2/users/O/messages',
  body: { content: 'hi' },
  timeoutMs: 10_000,
  expects: 'object',
};
const refusal = (code: number, status = 400) => answer(status, { code, err_code: code, message: 'no' });
const sent = answer(200, { id: 'm1' });

describe('an authorised call', () => {
  // Trap 18: the legacy `Bot appid.token`.
  it('carries token, bot and body', async () => {
    const { http, rest } = rig(inTurn(sent));
    await expect(rest.call(send)).resolves.toEqual({ kind: 'done', body: { id: 'm1' }, traceId: 'trace-1' });
    expect(http.last).toEqual({
      method: 'POST',
      url: 'https://api.example/v2/users/O/messages',
      headers: { authorization: 'QQBot tok-1', 'content-type': 'application/json', 'x-union-appid': '102' },
      body: '{"content":"hi"}',
      timeoutMs: 10_000,
    });
  });

  // Trap 15: a token was never refreshed on 11244, after some 12 h.
  it.each([
    ['11244 in a 400', refusal(11244)],
    ['11241', refusal(11241, 401)],
    ['11243', refusal(11243, 401)],
    ['401 without a word', answer(401, '')],
  ])('is made once more with a new token after %s', async (_, first) => {
    const { http, tokens, rest } = rig(inTurn(first, sent));
    await expect(rest.call(send)).resolves.toMatchObject({ kind: 'done' });
    expect(tokens.refused).toEqual(['tok-1']);
    expect(http.requests.map(({ headers }) => headers['authorization'])).toEqual(['QQBot tok-1', 'QQBot tok-2']);
  });

  it('ends as expired where the new token is refused as well', async () => {
    const { http, rest } = rig(inTurn(refusal(11244, 401)));
    await expect(rest.call(send)).rejects.toMatchObject({ code: 'auth.expired' });
    expect(http.requests).toHaveLength(2);
  });

  it.each([11242, 11252, 11263])('is made once more with the same token after %i', async (code) => {
    const { http, tokens, rest } = rig(inTurn(refusal(code, 500), sent));
    await expect(rest.call(send)).resolves.toMatchObject({ kind: 'done' });
    expect(tokens.refused).toEqual([]);
    expect(http.requests).toHaveLength(2);
  });

  it('asks for no new token where the address is not allowed', async () => {
    // tencent-connect/openclaw-qqbot#240: it looks like a bad token, and refreshing loops.
    const { http, tokens, rest } = rig(inTurn(answer(401, { code: 11298, err_code: 40023002, message: 'ip' })));
    await expect(rest.call(send)).rejects.toMatchObject({
      code: 'auth.ipNotAllowed',
      next: 'wait',
      more: { platformCode: 40023002, status: 401, traceId: 'trace-1', retryAfterMs: 60_000 },
    });
    expect(tokens.refused).toEqual([]);
    expect(http.requests).toHaveLength(1);
  });

  it.each([
    ['empty', answer(200, '')],
    ['a web page', answer(200, '<html></html>')],
    ['a list', answer(200, '[]')],
  ])('has an unknown result where its answer is %s', async (_, unreadable) => {
    const { rest } = rig(inTurn(unreadable));
    await expect(rest.call(send)).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it('may be answered with nothing where nothing is expected', async () => {
    const { rest } = rig(inTurn(answer(204, '')));
    await expect(rest.call({ ...send, expects: 'nothing' })).resolves.toMatchObject({ kind: 'done', body: {} });
  });

  it.each([201, 202])('that waits for a review is no failure (%i)', async (status) => {
    const body = { code: 304023, message: 'waiting', data: { message_audit: { audit_id: 'a-17' } } };
    const { rest } = rig(inTurn(answer(status, body)));
    await expect(rest.call(send)).resolves.toMatchObject({ kind: 'audit', auditId: 'a-17' });
  });

  it.each([
    ['7', 7_000],
    ['86400', 600_000],
    ['soon', undefined],
  ])('hears how long a gateway wants it to wait (retry-after: %s)', async (header, retryAfterMs) => {
    const { rest } = rig(inTurn(answer(429, { code: 22009 }, { 'retry-after': header })));
    const { more } = (await rest.call(send).catch((error: unknown) => error)) as RouterError;
    expect([more.action, more.retryAfterMs]).toEqual(['backOff', retryAfterMs]);
  });

  it('that waits for a review without a number says so', async () => {
    const { rest } = rig(inTurn(answer(202, { code: 304024 })));
    await expect(rest.call(send)).rejects.toMatchObject({ code: 'platform.auditPending' });
  });

  it('reads a refusal that comes with 200', async () => {
    const { rest } = rig(inTurn(answer(200, { code: 40034128, message: 'too many' })));
    await expect(rest.call(send)).rejects.toMatchObject({ code: 'platform.windowClosed' });
  });

  it('takes the trace id from the body where the header has none', async () => {
    const bare = { ...answer(400, { err_code: 1, trace_id: 'trace-2' }), headers: {} };
    const { rest } = rig(inTurn(bare));
    await expect(rest.call(send)).rejects.toMatchObject({ more: { traceId: 'trace-2' } });
  });

  it('passes a lost connection on, once', async () => {
    const { http, rest } = rig(inTurn(new RouterError('transport.timeout', 'no answer')));
    await expect(rest.call(send)).rejects.toMatchObject({ code: 'transport.timeout' });
    expect(http.requests).toHaveLength(1);
  });
});

describe('the gate', () => {
  it('is asked after the token came, and stops the call', async () => {
    const { http, rest } = rig(inTurn(sent));
    await expect(rest.call({ ...send, mayStart: () => false })).resolves.toEqual({ kind: 'fenced' });
    expect(http.requests).toHaveLength(0);
  });

  it('is asked before the second try as well', async () => {
    let asked = 0;
    const { http, rest } = rig(inTurn(refusal(11244, 401), sent));
    const mayStart = (): boolean => {
      asked += 1;
      return asked === 1;
    };
    await expect(rest.call({ ...send, mayStart })).resolves.toEqual({ kind: 'fenced' });
    expect(http.requests).toHaveLength(1);
  });
});

describe('the table of refusals', () => {
  it.each([
    [40054005, 400, 'platform.arrived', 'arrived'],
    [40034128, 400, 'platform.windowClosed', 'active'],
    [40034024, 400, 'platform.refused', 'dropAnchor'],
    [40034105, 400, 'platform.notPermitted', 'stopActive'],
    [40034102, 400, 'platform.notPermitted', 'stopActive'],
    [40054013, 400, 'platform.targetGone', 'mute'],
    [40034101, 400, 'platform.targetGone', 'dropTarget'],
    [40054010, 400, 'platform.contentRefused', 'mendUrl'],
    [304003, 403, 'platform.contentRefused', 'mendUrl'],
    [40054007, 400, 'platform.contentRefused', 'split'],
    [40034012, 400, 'platform.notPermitted', 'noMarkdown'],
    [50057, 400, 'platform.contentRefused', 'plainText'],
    [40034006, 400, 'platform.blocked', 'blocked'],
    [304057, 500, 'platform.notPermitted', 'dropKeyboard'],
    [50059, 500, 'platform.contentRefused', 'dropTyping'],
    [304080, 400, 'platform.contentRefused', 'reupload'],
    [22009, 400, 'platform.busy', 'backOff'],
    [304047, 400, 'platform.busy', 'nextDay'],
    [50055001, 500, 'platform.unavailable', 'retry'],
    [40034020, 400, 'platform.refused', 'endStream'],
    [40007, 400, 'platform.refused', 'endStream'],
    [11265, 401, 'gateway.banned', undefined],
    [11245, 401, 'auth.rejected', undefined],
    [11255, 400, 'platform.refused', 'drop'],
    [99999999, 400, 'platform.refused', 'drop'],
    [99999999, 429, 'platform.busy', 'backOff'],
    [99999999, 503, 'platform.unavailable', 'retry'],
    [99999999, 403, 'platform.notPermitted', 'drop'],
  ])('%i in a %i is %s', (code, status, error, action) => {
    const thrown = refusedWith(refusalOf(status, { code, err_code: code }), 'send', { status });
    expect(thrown.code).toBe(error);
    expect(thrown.more.action).toBe(action);
  });

  it('trusts err_code over code, and either over the status', () => {
    expect(refusalOf(401, { code: 11298, err_code: 40023002 }).platformCode).toBe(40023002);
    expect(refusalOf(500, { code: 40054005, err_code: 40034128 }).row.code).toBe('platform.windowClosed');
    expect(refusalOf(400, { code: 40054005, err_code: 7 }).row.code).toBe('platform.arrived');
    expect(refusalOf(400, { code: 40054005, err_code: 0 }).row.code).toBe('platform.arrived');
    expect(refusalOf(502, undefined)).toMatchObject({ row: { code: 'platform.unavailable' } });
  });

  it('gives each number one meaning', () => {
    expect(new Set(knownPlatformCodes()).size).toBe(knownPlatformCodes().length);
    expect(knownPlatformCodes().length).toBeGreaterThan(150);
  });
});

describe('the locator', () => {
  const locate = (script: Script) => createGatewayLocator(rig(script).rest).locate();

  it('reads the whole answer', async () => {
    const limit = { total: 1_500, remaining: 1_498, reset_after: 43_200_000, max_concurrency: 2 };
    const body = { url: 'wss://gw.example/websocket', shards: 3, session_start_limit: limit };
    await expect(locate(inTurn(answer(200, body)))).resolves.toEqual({
      url: 'wss://gw.example/websocket',
      shards: 3,
      limit: { total: 1_500, remaining: 1_498, resetAfterMs: 43_200_000, maxConcurrency: 2 },
    });
  });

  it.each([
    [{}],
    [{ shards: null, session_start_limit: null }],
    [{ shards: 0, session_start_limit: { max_concurrency: 0, remaining: 'all' } }],
  ])('takes defaults for what is missing: %j', async (more) => {
    await expect(locate(inTurn(answer(200, { url: 'ws://127.0.0.1:1/', ...more })))).resolves.toEqual({
      url: 'ws://127.0.0.1:1/',
      shards: 1,
      limit: { total: 1_000, remaining: 1_000, resetAfterMs: 86_400_000, maxConcurrency: 1 },
    });
  });

  it('keeps a used-up limit', async () => {
    const body = { url: 'ws://gw.example', session_start_limit: { remaining: 0, reset_after: 5 } };
    await expect(locate(inTurn(answer(200, body)))).resolves.toMatchObject({
      limit: { remaining: 0, resetAfterMs: 5 },
    });
  });

  it.each([
    ['100017', refusal(100017), 'gateway.busy', 60_000],
    ['429', answer(429, ''), 'gateway.busy', 60_000],
    ['500', answer(500, 'oops'), 'gateway.unreachable', undefined],
    ['a web page', answer(200, '<html>'), 'gateway.unreachable', undefined],
    ['no address', answer(200, {}), 'gateway.unreachable', undefined],
    ['an address that is none', answer(200, { url: 'https://gw.example' }), 'gateway.unreachable', undefined],
    ['a lost connection', new RouterError('transport.lost', 'x'), 'gateway.unreachable', undefined],
    ['a foreign address', refusal(11298, 401), 'auth.ipNotAllowed', 60_000],
    ['a banned bot', refusal(11265, 401), 'gateway.banned', undefined],
  ])('says what is wrong: %s', async (_, first, code, retryAfterMs) => {
    const error: RouterError = await locate(inTurn(first)).then(
      () => new RouterError('config.invalid', 'it was located'),
      (thrown) => thrown,
    );
    expect(error.code).toBe(code);
    expect(error.more.retryAfterMs).toBe(retryAfterMs);
  });
});
