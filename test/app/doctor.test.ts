import { beforeEach, describe, expect, it } from 'vitest';
import { type Check, examine } from '../../src/app/doctor.js';
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
    for await (const check of examine(qq, { http, sockets, clock, agent: async () => agent })) seen.push(check);
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

it('a refused token leaves nothing to look at but clock and agent', async () => {
  http.script = () => answer(200, { code: 100007, message: 'invalid appid or secret' });
  const seen = await checks();
  expect(statuses(seen)).toEqual([
    'token finding',
    'gateway skipped',
    'sessions skipped',
    'handshake skipped',
    'intents skipped',
    'clock ok',
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
