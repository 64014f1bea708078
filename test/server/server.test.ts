import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChannelStatus } from '../../src/app/events.js';
import type { ServerSettings } from '../../src/config/resolved.js';
import { Secret } from '../../src/config/secret.js';
import { RouterError } from '../../src/errors/router-error.js';
import { createLogger } from '../../src/log/logger.js';
import type { StoreHealth } from '../../src/ports/store.js';
import type { Watched } from '../../src/server/readiness.js';
import { type RunningServer, startServer } from '../../src/server/server.js';

const channel = (more: Partial<ChannelStatus> = {}): ChannelStatus => ({
  name: 'qq',
  state: 'ready',
  appId: '1',
  transport: 'websocket',
  reconnects: 0,
  conversations: { living: 0, busy: 0 },
  ...more,
});

let channels: readonly ChannelStatus[] = [channel()];
let checkAgents: Watched['checkAgents'] = async () => {};
let degraded: StoreHealth['degraded'];
const storeHealth = (): StoreHealth => ({
  driver: 'memory',
  schemaVersion: 1,
  unsettled: 0,
  outbox: 0,
  bytes: 0,
  lastSyncMs: null,
  ...(degraded && { degraded }),
});
const router: Watched = { channels: () => channels, checkAgents: () => checkAgents(), storeHealth };

let running: RunningServer | undefined;
const start = async (settings: Partial<ServerSettings> = {}): Promise<RunningServer> => {
  const { log } = createLogger({ level: 'silent', destination: null });
  running = await startServer({ router, log, version: '1.2.3', settings: { host: '127.0.0.1', port: 0, ...settings } });
  return running;
};

afterEach(async () => {
  await running?.close();
  running = undefined;
  channels = [channel()];
  checkAgents = async () => {};
});

/** `node:http` sends any `Host` it is told to, which `fetch` would not. */
const get = (url: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: unknown }>((resolve, reject) => {
    const asked = request(url, { headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text && JSON.parse(text) });
      });
    });
    asked.on('error', reject);
    asked.end();
  });

describe('health', () => {
  it('is alive, whatever the channels are', async () => {
    channels = [channel({ state: 'stopped' })];
    const { url } = await start();
    expect(await get(`${url}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('names nothing of what it is made of', async () => {
    const { url } = await start();
    const { headers } = await get(`${url}/healthz`);
    expect(Object.keys(headers)).not.toContain('server');
    expect(Object.keys(headers)).not.toContain('x-powered-by');
  });
});

describe('readiness', () => {
  it('says yes when every channel is READY and the agent answers', async () => {
    channels = [channel(), channel({ name: 'other', state: 'disabled' })];
    const { url } = await start();
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
  });

  it('names a store that cannot be written, and is ready again once it can', async () => {
    channels = [channel()];
    degraded = 'store.full';
    const { url } = await start();
    expect(await get(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: {
        ready: false,
        missing: [{ what: 'store', why: expect.stringMatching(/^store\.full: The disk is full/) }],
      },
    });
    degraded = undefined;
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
  });

  it.each([
    [
      'a channel that waits',
      { state: 'waiting', fault: { code: 'transport.lost', platformCode: 4009, detail: 'closed' } },
      'waiting: transport.lost (4009): closed',
    ],
    [
      'a channel that stopped',
      { state: 'stopped', fault: { code: 'gateway.banned', platformCode: 4915, detail: 'closed' } },
      'stopped: gateway.banned (4915): closed',
    ],
    ['a channel that connects', { state: 'connecting' }, 'connecting'],
  ] as const)('names %s', async (_, more, why) => {
    channels = [channel(more), channel({ name: 'well' })];
    const { url } = await start();
    expect(await get(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: { ready: false, missing: [{ what: 'channels.qq', why }] },
    });
  });

  it('is not ready before the first channel was looked at', async () => {
    channels = [];
    const { url } = await start();
    expect((await get(`${url}/readyz`)).status).toBe(503);
  });

  it('names the agent, and asks it once for all who ask', async () => {
    let asked = 0;
    let fail: (error: Error) => void = () => {};
    checkAgents = () => {
      asked += 1;
      return new Promise((_, reject) => {
        fail = reject;
      });
    };
    const { url } = await start();
    const answers = [get(`${url}/readyz`), get(`${url}/readyz`)];
    while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
    await get(`${url}/healthz`);
    fail(new RouterError('agent.unreachable', 'connection refused'));
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({
        status: 503,
        body: { missing: [{ what: 'agent', why: 'agent.unreachable: connection refused' }] },
      });
    }
    expect(asked).toBe(1);
  });

  it('is over as soon as the router drains', async () => {
    const server = await start();
    server.drain();
    expect(await get(`${server.url}/readyz`)).toMatchObject({ status: 503, body: { missing: [{ what: 'router' }] } });
    expect((await get(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('who may ask', () => {
  it.each([
    ['127.0.0.1', 200],
    ['localhost:18800', 200],
    ['[::1]:18800', 200],
    ['127.9.9.9', 200],
    ['LOCALHOST', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['evil.example@127.0.0.1', 403],
    ['127.0.0.1/evil', 403],
  ])('Host %s → %i', async (host, status) => {
    const { url } = await start();
    expect((await get(`${url}/healthz`, { host })).status).toBe(status);
  });

  it.each([
    ['http://127.0.0.1:1', '127.0.0.1:1', 200],
    ['http://localhost', 'localhost', 200],
    ['http://127.0.0.1:2', '127.0.0.1:1', 403],
    ['https://evil.example', '127.0.0.1', 403],
    ['null', '127.0.0.1', 403],
  ])('Origin %s at Host %s → %i', async (origin, host, status) => {
    const { url } = await start();
    expect((await get(`${url}/v1/channels`, { origin, host })).status).toBe(status);
  });

  it('serves the host it is bound to by name', async () => {
    const { url } = await start({ host: 'localhost' });
    expect((await get(`${url}/healthz`, { host: 'localhost:1' })).status).toBe(200);
  });

  it('asks for the token, but not of supervisors', async () => {
    const { url } = await start({ token: new Secret('canary-token') });
    const ask = (authorization?: string) =>
      get(`${url}/v1/channels`, authorization === undefined ? {} : { authorization }).then(({ status }) => status);
    expect(await ask()).toBe(401);
    expect(await ask('Bearer wrong')).toBe(401);
    expect(await ask('Bearer ')).toBe(401);
    expect(await ask('Basic canary-token')).toBe(401);
    expect(await ask('Bearer canary-token')).toBe(200);
    expect((await get(`${url}/healthz`)).status).toBe(200);
    expect((await get(`${url}/readyz`)).status).toBe(200);
    expect((await get(`${url}//healthz`)).status).toBe(401);
    expect((await get(`${url}/nothing-here`)).status).toBe(401);
  });
});

it('lists the channels', async () => {
  const { url } = await start();
  expect(await get(`${url}/v1/channels`)).toMatchObject({ status: 200, body: { version: '1.2.3', channels } });
});

it('names a taken port', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({ code: 'server.portTaken' });
  await new Promise((resolve) => other.close(resolve));
});

it('names an address that is not this machine’s', async () => {
  await expect(start({ host: '192.0.2.1', token: new Secret('canary-token') })).rejects.toMatchObject({
    code: 'config.invalid',
  });
});
