import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChannelStatus } from '../../src/app/events.js';
import type { ServerSettings } from '../../src/config/resolved.js';
import { Secret } from '../../src/config/secret.js';
import { RouterError } from '../../src/errors/router-error.js';
import { createLogger } from '../../src/log/logger.js';
import type { DeadLetter, StoreHealth } from '../../src/ports/store.js';
import type { Watched } from '../../src/server/readiness.js';
import { type RunningServer, type ServerDeps, startServer } from '../../src/server/server.js';

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
/** As long as the platform's ids get, and with what a path would take amiss. */
const LETTER_ID = `ROBOT1.0_a/b+c=!?#%2F ${'x'.repeat(150)}`;
const letter: DeadLetter = {
  id: LETTER_ID,
  appId: '1',
  attempts: 3,
  why: 'its turn never came to an end',
  buriedAtMs: 1,
  message: {
    id: LETTER_ID,
    conversation: 'qq:1:c2c:U1',
    target: { scene: 'c2c', openid: 'U1' },
    sender: { id: 'U1' },
    text: 'boom',
    mention: true,
    atMs: 0,
    attachments: [],
  },
};
const asked: string[] = [];
const settled = async (what: string, id: string): Promise<boolean> => {
  asked.push(`${what} ${id}`);
  return id === LETTER_ID;
};
const router: ServerDeps['router'] = {
  channels: () => channels,
  checkAgents: () => checkAgents(),
  storeHealth,
  deadLetters: async () => [letter],
  retryDeadLetter: (id) => settled('retry', id),
  dropDeadLetter: (id) => settled('drop', id),
  on: () => () => {},
  oldestWaitingMs: () => null,
  agents: null,
  conversations: async () => ({ conversations: [], next: null, total: 0 }),
  conversation: async () => null,
  stopTurn: () => false,
  retire: () => false,
  setBusy: async () => {},
  turn: async () => null,
  reconnect: () => false,
  send: async () => ({ status: 'rejected' as const }),
  pairing: async () => ({ requests: [], paired: [], trail: [] }),
  approvePairing: async () => ({ status: 'unknown' }),
  revokePairing: async () => [],
  webhook: (channel) =>
    channel === undefined || channel === 'qq'
      ? async ({ method, headers, body }) => {
          asked.push(`${channel ?? 'all'} ${method} ${headers['x-bot-appid']} ${Buffer.from(body).toString('hex')}`);
          return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"op":12}' };
        }
      : null,
};

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
  asked.length = 0;
});

/** `node:http` sends any `Host` it is told to, which `fetch` would not. */
const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: unknown }>((resolve, reject) => {
    const sent = request(url, { headers, method, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text && JSON.parse(text) });
      });
    });
    sent.on('error', reject);
    sent.end();
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

describe('an address', () => {
  it('that is asked by another method says which it takes', async () => {
    const { url } = await start();
    expect(await get(`${url}/v1/channels`, {}, 'DELETE')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
      body: { error: { code: 'method' } },
    });
    expect(await get(`${url}/v1/channels/qq/reconnect`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await get(`${url}/v1/nothing`)).toMatchObject({ status: 404, body: { error: { code: 'notFound' } } });
  });

  it('that takes JSON says so of anything else, in words of its own', async () => {
    const { url } = await start();
    const post = async (body: string, type: string) => {
      const answer = await fetch(`${url}/v1/send`, { method: 'POST', headers: { 'content-type': type }, body });
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
    };
    expect(await post('{}', 'text/csv')).toEqual([415, 'mediaType']);
    expect(await post('{bad', 'application/json')).toEqual([400, 'invalid']);
    expect(await post('', 'application/json')).toEqual([400, 'invalid']);
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
    let times = 0;
    let fail: (error: Error) => void = () => {};
    checkAgents = () => {
      times += 1;
      return new Promise((_, reject) => {
        fail = reject;
      });
    };
    const { url } = await start();
    const answers = [get(`${url}/readyz`), get(`${url}/readyz`)];
    while (times === 0) await new Promise((resolve) => setImmediate(resolve));
    await get(`${url}/healthz`);
    fail(new RouterError('agent.unreachable', 'connection refused'));
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({
        status: 503,
        body: { missing: [{ what: 'agent', why: 'agent.unreachable: connection refused' }] },
      });
    }
    expect(times).toBe(1);
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

describe('what was given up', () => {
  const post = (url: string, headers: Record<string, string> = {}) => get(url, headers, 'POST');

  it('is listed, retried and dropped by its id, whatever characters that has', async () => {
    const { url } = await start();
    expect(await get(`${url}/v1/dead-letters`)).toMatchObject({ status: 200, body: { deadLetters: [letter] } });
    for (const what of ['retry', 'drop']) {
      const answer = await post(`${url}/v1/dead-letters/${encodeURIComponent(LETTER_ID)}/${what}`);
      expect(answer).toMatchObject({ status: 200, body: { done: true } });
    }
    expect(asked).toEqual([`retry ${LETTER_ID}`, `drop ${LETTER_ID}`]);
  });

  it.each(['retry', 'drop'])(
    '%s of an unknown id is 404, and told from an address that is not served',
    async (what) => {
      const { url } = await start();
      const unknown = await post(`${url}/v1/dead-letters/unknown/${what}`);
      expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'unknownDeadLetter' } } });
      expect(await get(`${url}/v1/dead-letters/unknown/${what}`)).toMatchObject({
        status: 405,
        body: { error: { code: 'method' } },
      });
    },
  );

  it.each([
    ['GET', ''],
    ['POST', '/unknown/retry'],
    ['POST', '/unknown/drop'],
  ])('%s %s asks for the token, the Host and the Origin', async (method, path) => {
    const { url } = await start({ token: new Secret('canary-token') });
    const status = async (headers: Record<string, string>) =>
      (await get(`${url}/v1/dead-letters${path}`, headers, method)).status;
    const authorization = 'Bearer canary-token';
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ authorization, host: 'evil.example' })).toBe(403);
    expect(await status({ authorization, origin: 'https://evil.example' })).toBe(403);
    expect(asked).toEqual([]);
    expect(await status({ authorization })).toBe(method === 'GET' ? 200 : 404);
  });
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

describe('the platform’s callbacks', () => {
  const BYTES = Buffer.from('{ "op" : 0,\n "d":"\u00e9\ud83e\udd8a" }  ');
  const call = (url: string, headers: Record<string, string> = {}, body = BYTES) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request(
        url,
        { headers: { 'x-bot-appid': '1', ...headers }, method: 'POST', agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  // §12 trap 34: a body that is read and written again has no signature.
  it('are handed on byte for byte, whatever they say they are', async () => {
    const { url } = await start();
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      expect(await call(`${url}/webhooks/qq`, { 'content-type': type })).toEqual({ status: 200, body: '{"op":12}' });
    }
    expect(await call(`${url}/webhooks`)).toEqual({ status: 200, body: '{"op":12}' });
    const hex = BYTES.toString('hex');
    expect(asked).toEqual([...Array(3).fill(`qq POST 1 ${hex}`), `all POST 1 ${hex}`]);
  });

  it('need no token and come by any name: their signature guards them', async () => {
    const { url } = await start({ token: new Secret('a-token') });
    const proxied = { host: 'bot.example', origin: 'https://q.qq.com' };
    expect(await call(`${url}/webhooks/qq`, proxied)).toMatchObject({ status: 200 });
    expect(await get(`${url}/v1/channels`, proxied)).toMatchObject({ status: 403 });
    expect(await get(`${url}/v1/channels`)).toMatchObject({ status: 401 });
  });

  it('of nobody are not found, also with an empty body', async () => {
    const { url } = await start();
    expect(await call(`${url}/webhooks/nobody`)).toMatchObject({ status: 404 });
    expect(await call(`${url}/webhooks/qq/more`)).toMatchObject({ status: 404 });
    expect(await get(`${url}/webhooks/qq`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await call(`${url}/webhooks/qq`, {}, Buffer.alloc(0))).toMatchObject({ status: 200 });
    expect(asked).toEqual(['qq POST 1 ']);
  });

  it('that are far too long are refused before they are read', async () => {
    const { url } = await start();
    const { status } = await call(`${url}/webhooks/qq`, {}, Buffer.alloc(1_048_577));
    expect(status).toBe(413);
    expect(asked).toEqual([]);
  });
});
