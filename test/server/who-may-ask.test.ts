import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import type { ServerSettings } from '../../src/config/resolved.js';
import { Secret } from '../../src/config/secret.js';
import { createInspection } from '../../src/debug/inspection.js';
import { createRouter } from '../../src/index.js';
import { createLogger } from '../../src/log/logger.js';
import { type RunningServer, startServer } from '../../src/server/server.js';

/* The matrix of token, Host and Origin over every door there is: each route of the document, those it hides, and upgrades. */

const TOKEN = 'canary-token-of-the-matrix';
const BEARER = { authorization: `Bearer ${TOKEN}` };

type Door = { readonly method: string; readonly path: string; readonly isUpgrade?: boolean };
type Headers = Readonly<Record<string, string>>;

const nameOf = ({ method, path, isUpgrade }: Door): string => `${isUpgrade ? 'WebSocket' : method} ${path}`;

/** Doors that ask for no token: supervisors’, and the page’s own files. */
const OPEN: ReadonlySet<string> = new Set(['GET /healthz', 'GET /readyz', 'GET /']);
/** Guarded by the platform’s signature, whatever name they are called by. */
const isSigned = ({ path }: Door): boolean => path.startsWith('/webhooks');
/** Its token may come in the first frame: `test/server/agents.test.ts`. */
const bringsTokenLater = ({ path, isUpgrade }: Door): boolean => path === '/v1/agent' && isUpgrade === true;

const HIDDEN: readonly Door[] = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/v1/console' },
  { method: 'GET', path: '/v1/platform/state' },
  { method: 'POST', path: '/v1/platform/act' },
  { method: 'GET', path: '/v1/inspect', isUpgrade: true },
  { method: 'GET', path: '/v1/agent', isUpgrade: true },
  { method: 'GET', path: '/no/such/door' },
  { method: 'DELETE', path: '/v1/send' },
];

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const start = async (settings: Partial<ServerSettings> = {}): Promise<string> => {
  const router = createRouter({
    channels: { qq: { appId: '102000001', appSecret: 'secret', transport: 'webhook' } },
    agent: { driver: 'native' },
  });
  const { log } = createLogger({ level: 'silent', destination: null });
  running = await startServer({
    router,
    agents: router.agents,
    log,
    version: '1',
    settings: { host: '127.0.0.1', port: 0, ...settings },
    inspection: createInspection({ clock: systemClock, version: '1', texts: false, scrub: (text) => text }),
    platform: 'http://127.0.0.1:9',
  });
  return running.url;
};

/** Every door, with something in the place of each parameter. */
const doorsOf = async (url: string, headers: Headers): Promise<Door[]> => {
  const document = (await (await fetch(`${url}/openapi.json`, { headers })).json()) as {
    readonly paths: Readonly<Record<string, object>>;
  };
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'x'),
    })),
  );
  return [...listed, ...HIDDEN.filter((door) => !listed.some((one) => nameOf(one) === nameOf(door)))];
};

/** The status it answers with; 101 for what is upgraded. */
const knock = (url: string, { method, path, isUpgrade }: Door, headers: Headers): Promise<number> =>
  new Promise((resolve, reject) => {
    if (isUpgrade) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'rookery.v1', { headers });
      socket.on('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.on('unexpected-response', (_, answer) => {
        resolve(answer.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('error', () => undefined);
      return;
    }
    const sent = request(`${url}${path}`, { method, headers, agent: false }, (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.destroy();
    });
    sent.on('error', reject);
    sent.end();
  });

const statuses = async (url: string, doors: readonly Door[], headers: Headers): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(doors.map(async (door) => [nameOf(door), await knock(url, door, headers)] as const)),
  );

const all = (doors: readonly Door[], status: number): Record<string, number> =>
  Object.fromEntries(doors.map((door) => [nameOf(door), status]));

/** Neither asked for a token nor turned away. */
const expectOpen = (found: Record<string, number>): void => {
  expect(Object.entries(found).filter(([, status]) => status === 401 || status === 403)).toEqual([]);
};

describe('with a token', () => {
  it.each<[string, Headers]>([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer nonsense' }],
    ['one that begins with it', { authorization: `Bearer ${TOKEN}x` }],
    ['its beginning', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['nothing behind the word', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['it without a scheme', { authorization: TOKEN }],
    ['two of them', { authorization: `Bearer ${TOKEN} ${TOKEN}` }],
  ])('who brings %s is let in nowhere, but for the doors that are open', async (_, headers) => {
    const url = await start({ token: new Secret(TOKEN) });
    const doors = await doorsOf(url, BEARER);
    expect(doors.length).toBeGreaterThan(25);
    const isGuarded = (door: Door): boolean => !OPEN.has(nameOf(door)) && !isSigned(door);
    const guarded = doors.filter((door) => isGuarded(door) && !(bringsTokenLater(door) && !headers['authorization']));
    expect(await statuses(url, guarded, headers)).toEqual(all(guarded, 401));
    expectOpen(
      await statuses(
        url,
        doors.filter((door) => !isGuarded(door)),
        headers,
      ),
    );
  });

  it('who brings it is let in everywhere, in whatever case the scheme is written', async () => {
    const url = await start({ token: new Secret(TOKEN) });
    const doors = await doorsOf(url, BEARER);
    expectOpen(await statuses(url, doors, BEARER));
    expectOpen(await statuses(url, doors, { authorization: `bEARER   ${TOKEN}` }));
  });

  it.each<[string, Headers]>([
    ['under a name that is not of this machine', { host: 'evil.test' }],
    ['under a name that begins like this machine', { host: '127.0.0.1.evil.test' }],
    ['from a page of another site', { origin: 'https://evil.test' }],
    ['from a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['from a page of nobody’s', { origin: 'null' }],
  ])('who brings it %s is let in nowhere, but for the callbacks', async (_, headers) => {
    const url = await start({ token: new Secret(TOKEN) });
    const doors = (await doorsOf(url, BEARER)).filter((door) => !isSigned(door));
    expect(await statuses(url, doors, { ...BEARER, ...headers })).toEqual(all(doors, 403));
  });

  it('the callbacks are taken by any name and from anywhere, and say nothing without a signature', async () => {
    const url = await start({ token: new Secret(TOKEN) });
    const doors = (await doorsOf(url, BEARER)).filter(isSigned);
    expect(doors.length).toBeGreaterThanOrEqual(2);
    const found = await statuses(url, doors, { host: 'bot.example', origin: 'https://q.qq.com' });
    expect(Object.values(found).every((status) => status >= 400)).toBe(true);
    expectOpen(Object.fromEntries(Object.entries(found).filter(([, status]) => status !== 401)));
  });

  it('no other spelling of a path passes for an open one', async () => {
    const url = await start({ token: new Secret(TOKEN) });
    const paths = [
      '//healthz',
      '/healthz/',
      '/HEALTHZ',
      '/healthz%2F..%2Fv1%2Fchannels',
      '/%76%31/channels',
      '/healthz/../v1/channels',
    ];
    const doors = paths.map((path) => ({ method: 'GET', path }));
    expect(await statuses(url, doors, {})).toEqual(all(doors, 401));
  });
});

describe('without a token, bound to this machine', () => {
  it('who is on it may ask, by any of its names', async () => {
    const url = await start();
    const doors = await doorsOf(url, {});
    for (const headers of [{}, { host: 'localhost' }, { host: '[::1]:80' }, { origin: url }]) {
      expectOpen(
        await statuses(
          url,
          doors.filter((door) => !isSigned(door)),
          headers,
        ),
      );
    }
  });

  it.each<[string, Headers]>([
    ['a page that has its own name point here', { host: 'evil.test' }],
    ['a page of another site', { origin: 'https://evil.test' }],
    ['a page of nobody’s', { origin: 'null' }],
  ])('%s may ask nowhere', async (_, headers) => {
    const url = await start();
    const doors = (await doorsOf(url, {})).filter((door) => !isSigned(door));
    expect(await statuses(url, doors, headers)).toEqual(all(doors, 403));
  });
});

describe('bound to every address', () => {
  it('any name is served, and the token asked for; a page is one of ours if it comes from there', async () => {
    const url = (await start({ host: '0.0.0.0', token: new Secret(TOKEN) })).replace('0.0.0.0', '127.0.0.1');
    const door: Door = { method: 'GET', path: '/v1/channels' };
    const named = { host: 'bot.example:18800' };
    expect(await knock(url, door, named)).toBe(401);
    expect(await knock(url, door, { ...named, ...BEARER })).toBe(200);
    expect(await knock(url, door, { ...named, ...BEARER, origin: 'https://bot.example:18800' })).toBe(200);
    expect(await knock(url, door, { ...named, ...BEARER, origin: 'https://evil.test' })).toBe(403);
  });
});
