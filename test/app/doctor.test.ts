import { beforeEach, describe, expect, it } from 'vitest';
import { readCallback } from '../../src/adapters/qq/webhook-callback.js';
import { webhookKeyOf } from '../../src/adapters/qq/webhook-signature.js';
import { type Check, type DoctorDeps, examine } from '../../src/app/doctor.js';
import type { ChannelStatus } from '../../src/app/events.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { RouterError } from '../../src/errors/router-error.js';
import type { AgentDriver } from '../../src/ports/agent-driver.js';
import type { HttpRequest } from '../../src/ports/http.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { answer, FakeHttp } from '../adapters/fake-http.js';
import { type FakeSocket, FakeSockets } from '../support/fake-sockets.js';

const TOKEN = { access_token: 'a-token', expires_in: '7200' };
const limit = (remaining: number) => ({ total: 1000, remaining, reset_after: 3_600_000, max_concurrency: 1 });

let clock: VirtualClock;
let http: FakeHttp;
let sockets: FakeSockets;
let agent: AgentDriver | null;
let channel: Partial<WrittenConfig['channels'][string]>;
/** How far the platform's clock is ahead of ours. */
let aheadMs = 0;
let remaining = 1000;
let running: ChannelStatus | null = null;
let callback: DoctorDeps['callback'] = null;

const platform = ({ url }: HttpRequest) => {
  const date = { date: new Date(clock.now() + aheadMs).toUTCString() };
  return url.endsWith('/app/getAppAccessToken')
    ? answer(200, TOKEN, date)
    : answer(200, { url: 'wss://gateway.example', shards: 2, session_start_limit: limit(remaining) }, date);
};

beforeEach(() => {
  clock = new VirtualClock();
  http = new FakeHttp(platform);
  sockets = new FakeSockets();
  agent = null;
  channel = {};
  aheadMs = 0;
  remaining = 1000;
  running = null;
  callback = null;
});

const well = (socket: FakeSocket): void => {
  socket.accept().hello().ready();
  clock.setTimeout(() => socket.drop(1000), 5);
};

/** Examines the channel; `act` plays the platform on the one socket. */
const checks = async (act: (socket: FakeSocket) => void = well): Promise<Check[]> => {
  const written = { appId: '1', appSecret: 'a-secret', ...channel };
  const { qq } = resolveRouterOptions({ channels: { qq: written }, agent: { driver: 'echo' } }).channels;
  if (!qq) throw new Error('no channel');
  const seen: Check[] = [];
  let isDone = false;
  const read = async (): Promise<void> => {
    for await (const check of examine(qq, {
      http,
      sockets,
      clock,
      agent: async () => agent,
      running: async () => running,
      callback,
    }))
      seen.push(check);
    isDone = true;
  };
  const reading = read();
  for (let played = 0; !isDone; ) {
    await clock.advance(1_000);
    if (sockets.sockets.length > played) {
      played += 1;
      act(sockets.last);
    }
  }
  await reading;
  return seen;
};

const statuses = (seen: Check[]): string[] => seen.map(({ step, status }) => `${step} ${status}`);
const found = (seen: Check[]): Check[] => seen.filter(({ status }) => status === 'finding');

it('looks at everything once, in order, and says goodbye', async () => {
  expect(statuses(await checks())).toEqual([
    'token ok',
    'gateway ok',
    'sessions ok',
    'handshake ok',
    'intents ok',
    'running skipped',
    'clock ok',
    'agent ok',
  ]);
  expect(sockets.sockets).toHaveLength(1);
  expect(sockets.last.heard(2)).toMatchObject([{ token: 'QQBot a-token', shard: [0, 1] }]);
  expect(sockets.last.closedWith).toBe(1000);
});

it('asks for the shard that is configured', async () => {
  channel = { shards: { ids: [1], count: 3 } };
  await checks();
  expect(sockets.last.heard(2)).toMatchObject([{ shard: [1, 3] }]);
});

it('a refused token, in an answer without a date, leaves nothing to look at but the agent', async () => {
  http.script = () => answer(200, { code: 100007, message: 'invalid appid or secret' });
  const seen = await checks();
  expect(statuses(seen)).toEqual([
    'token finding',
    'gateway skipped',
    'sessions skipped',
    'handshake skipped',
    'intents skipped',
    'running skipped',
    'clock skipped',
    'agent ok',
  ]);
  expect(found(seen)).toMatchObject([{ error: { code: 'auth.rejected' } }]);
  expect(sockets.sockets).toEqual([]);
});

describe('session starts', () => {
  it('few are a finding, and one is used all the same', async () => {
    remaining = 10;
    expect(found(await checks())).toMatchObject([{ step: 'sessions', few: { remaining: 10, total: 1000 } }]);
    expect(sockets.sockets).toHaveLength(1);
  });

  it('none are a finding, and none is tried', async () => {
    remaining = 0;
    const seen = await checks();
    expect(found(seen)).toMatchObject([{ step: 'sessions', error: { code: 'gateway.sessionLimit' } }]);
    expect(statuses(seen)).toContain('handshake skipped');
    expect(sockets.sockets).toEqual([]);
  });
});

describe('the handshake', () => {
  it.each<[string, (socket: FakeSocket) => void, string]>([
    ['never opened', (socket) => socket.drop(1006), 'gateway.unreachable'],
    ['a banned bot', (socket) => socket.accept().hello().drop(4915), 'gateway.banned'],
    ['sandbox only', (socket) => socket.accept().hello().drop(4914), 'gateway.sandboxOnly'],
    ['a wrong shard', (socket) => socket.accept().hello().drop(4010), 'gateway.shardRefused'],
    ['a refused token', (socket) => socket.accept().hello().drop(4004), 'auth.expired'],
    ['a break in the midst', (socket) => socket.accept().hello().drop(1006), 'transport.lost'],
    ['silence', (socket) => socket.accept(), 'transport.timeout'],
  ])('%s', async (_, act, code) => {
    const seen = await checks(act);
    expect(found(seen)).toMatchObject([{ step: 'handshake', error: { code } }]);
    expect(statuses(seen)).toContain('intents skipped');
    expect(sockets.last.isDetached).toBe(true);
  });

  it.each<[string, (socket: FakeSocket) => void]>([
    ['op 9', (socket) => socket.accept().hello().say({ op: 9, d: false })],
    ['4014', (socket) => socket.accept().hello().drop(4014)],
  ])('%s: an intent is not granted, and the suspects are named', async (_, act) => {
    channel = { intents: ['public_guild_messages', 'group_and_c2c', 'interaction', 'direct_messages'] };
    const [finding, ...more] = found(await checks(act));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ step: 'intents', error: { code: 'gateway.intentsRefused' } });
    expect((finding as { error: RouterError }).error.message).toMatch(/to be granted are direct_message, interaction$/);
  });

  it('a webhook channel has none', async () => {
    channel = { transport: 'webhook' };
    expect(await checks()).toContainEqual({ status: 'skipped', step: 'handshake', because: 'webhook' });
    expect(sockets.sockets).toEqual([]);
  });
});

describe('nobody answers', () => {
  const deaf = (from: RegExp) => {
    http = new FakeHttp((request) => {
      if (from.test(request.url)) throw new RouterError('transport.lost', 'POST https://bots.qq.com: ENOTFOUND');
      return platform(request);
    });
  };

  it('the token’s host: the remedy is about the way there, and of the clock nothing is known', async () => {
    deaf(/./);
    const seen = await checks();
    const token = seen.find(({ step }) => step === 'token');
    expect(token).toMatchObject({ status: 'finding', error: { code: 'auth.unavailable' } });
    expect(token && 'error' in token && token.error.message).toBe(
      'auth.unavailable: POST https://bots.qq.com: ENOTFOUND',
    );
    expect(seen.find(({ step }) => step === 'clock')).toEqual({ status: 'skipped', step: 'clock', because: 'token' });
  });

  it('the API: the gateway’s address is not to be had', async () => {
    deaf(/gateway/);
    expect((await checks()).find(({ step }) => step === 'gateway')).toMatchObject({
      status: 'finding',
      error: { code: 'gateway.unreachable' },
    });
  });
});

describe('the clock', () => {
  it.each([
    [-3_600_000, 'finding'],
    [-10_000, 'ok'],
    [0, 'ok'],
    [10_000, 'ok'],
    [90_000, 'finding'],
  ])('%i ms beside the platform’s: %s', async (ms, status) => {
    aheadMs = ms;
    const check = (await checks()).find(({ step }) => step === 'clock');
    expect(check).toMatchObject({ status });
    expect(Math.abs((check as { skewMs: number }).skewMs - ms)).toBeLessThanOrEqual(1_000);
  });
});

it('an agent that does not answer is a finding, and is let go', async () => {
  let isClosed = false;
  agent = {
    name: 'openai',
    capabilities: { cancel: 'none', steer: false, history: 'router', resume: false, progress: false },
    run: () => {
      throw new Error('not asked for');
    },
    check: async () => {
      throw new RouterError('agent.unreachable', 'connection refused');
    },
    close: async () => {
      isClosed = true;
    },
  };
  expect(found(await checks())).toMatchObject([{ step: 'agent', error: { code: 'agent.unreachable' } }]);
  expect(isClosed).toBe(true);
});

const status = (more: Partial<ChannelStatus> = {}): ChannelStatus => ({
  name: 'qq',
  state: 'ready',
  appId: '1',
  transport: 'websocket',
  reconnects: 0,
  conversations: { living: 0, busy: 0 },
  ...more,
});

describe('the callback address', () => {
  const LOCAL = { url: 'http://127.0.0.1:18800/webhooks/qq', isPublic: false };
  const PUBLIC = { url: 'https://bot.example/webhooks/qq', isPublic: true };

  /** A router at the address, which holds `secret`; `alter` is what a proxy does on the way. */
  const answering = (secret: string, alter: (body: string) => string = (body) => body): void => {
    channel = { transport: 'webhook' };
    running = status({ transport: 'webhook' });
    http.script = (request) => {
      if (!request.url.includes('/webhooks/')) return platform(request);
      const told = readCallback(
        { method: request.method, headers: request.headers, body: Buffer.from(alter(request.body ?? '')) },
        { appId: '1', key: webhookKeyOf(secret), nowMs: clock.now(), maxAgeMs: 300_000, bodyMax: 10_000 },
      );
      if (told.kind === 'validation') return answer(200, told.answer);
      return told.kind === 'heartbeat' ? answer(200, { op: 11, d: told.seq }) : answer(401, {});
    };
  };
  const findings = async (): Promise<unknown[]> =>
    found(await checks()).map((one) => ('error' in one ? `${one.step} ${one.error.code}` : one.step));

  it('is asked to prove itself, and called with a signature', async () => {
    answering('a-secret');
    callback = PUBLIC;
    expect(await checks()).toContainEqual({
      status: 'ok',
      step: 'callback',
      url: PUBLIC.url,
      isPublic: true,
      tookMs: 0,
    });
  });

  it.each<[string, () => void, string[]]>([
    ['another secret', () => answering('another-secret'), ['callback webhook.unproven']],
    [
      'a proxy that writes the body anew',
      () => answering('a-secret', (body) => JSON.stringify(JSON.parse(body))),
      ['callback webhook.badSignature'],
    ],
    [
      'nobody there',
      () => {
        answering('a-secret');
        const { script } = http;
        http.script = (request) => {
          if (request.url.includes('/webhooks/')) throw new RouterError('transport.lost', 'ECONNREFUSED');
          return script(request, 0);
        };
      },
      ['callback webhook.unreachable'],
    ],
    [
      'a page of a proxy',
      () => {
        answering('a-secret');
        const { script } = http;
        http.script = (request) => (request.url.includes('/webhooks/') ? answer(502, '<html>') : script(request, 0));
      },
      ['callback webhook.unreachable'],
    ],
  ])('%s', async (_, act, codes) => {
    act();
    callback = LOCAL;
    expect(await findings()).toEqual(codes);
  });

  it.each(['http://bot.example/webhooks/qq', 'https://bot.example:8444/webhooks/qq'])(
    '%s is none the console takes',
    async (url) => {
      answering('a-secret');
      callback = { url, isPublic: true };
      expect(await findings()).toEqual(['callback webhook.address']);
    },
  );

  it('is not looked for where no router runs and nobody says what it is', async () => {
    answering('a-secret');
    running = null;
    callback = LOCAL;
    expect(statuses(await checks())).toContain('callback skipped');
    expect(http.requests.filter(({ url }) => url.includes('/webhooks/'))).toEqual([]);
  });
});

describe('what the running router has met', () => {
  const webhook = {
    lastVerifiedAtMs: 1,
    lastValidatedAtMs: null,
    events: 1,
    busy: 0,
    unreadable: 0,
    refused: {},
  };
  it.each<[string, Partial<ChannelStatus>, string[], RegExp]>([
    ['a fault', { fault: { code: 'auth.ipNotAllowed', detail: 'no' } }, ['auth.ipNotAllowed'], /IP/],
    ['an intent that was refused', { refusedIntents: ['interaction'] }, ['gateway.intentsRefused'], /事件/],
    [
      'no right to markdown',
      { lostRights: [{ right: 'markdown', scene: 'group' }] },
      ['platform.notPermitted'],
      /Markdown/,
    ],
    ['no right to buttons', { lostRights: [{ right: 'keyboard', scene: 'c2c' }] }, ['platform.notPermitted'], /按钮/],
    ['no typing', { lostRights: [{ right: 'typing' }] }, ['platform.notPermitted'], /正在输入/],
    ['no callback at all', { webhook: { ...webhook, lastVerifiedAtMs: null } }, ['webhook.silent'], /登记/],
    ['forged callbacks', { webhook: { ...webhook, refused: { badSignature: 2 } } }, ['webhook.badSignature'], /请求体/],
    ['old callbacks', { webhook: { ...webhook, refused: { stale: 1 } } }, ['webhook.stale'], /时钟/],
    [
      'callbacks of another bot',
      { webhook: { ...webhook, refused: { otherBot: 1 } } },
      ['webhook.otherBot'],
      /其他机器人/,
    ],
    ['strangers at the door', { webhook: { ...webhook, refused: { noSignature: 9 } } }, [], /^$/],
  ])('%s', async (_, more, codes, remedy) => {
    running = status(more);
    const errors = found(await checks()).flatMap((one) => ('error' in one ? [one.error] : []));
    expect(errors.map(({ code }) => code)).toEqual(codes);
    for (const error of errors) expect(error.remedy('zh')).toMatch(remedy);
  });

  it('nothing: it is well', async () => {
    running = status({ webhook: { ...webhook, lastVerifiedAtMs: clock.now() - 5_000 } });
    const check = (await checks()).find(({ step }) => step === 'running');
    expect(check).toMatchObject({ status: 'ok', state: 'ready' });
    expect((check as { lastCalledMs: number }).lastCalledMs).toBeGreaterThanOrEqual(5_000);
  });
});
