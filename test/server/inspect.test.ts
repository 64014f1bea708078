import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { Secret } from '../../src/config/secret.js';
import { CLIENTS_MAX } from '../../src/debug/inspect-feed.js';
import { createInspection } from '../../src/debug/inspection.js';
import { createLogger } from '../../src/log/logger.js';
import { createApp } from '../../src/server/app.js';
import { serveInspect } from '../../src/server/inspect.js';
import { platformOf, servePlatform } from '../../src/server/platform.js';
import { guard, listenOn } from '../../src/server/server.js';

const TOKEN = 'canary-token';
const authorization = `Bearer ${TOKEN}`;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const { log } = createLogger({ level: 'silent', destination: null });
const settings = { host: '127.0.0.1', port: 0, token: new Secret(TOKEN) };

const start = async () => {
  const inspection = createInspection({ clock: systemClock, version: '1.2.3', texts: false, scrub: (text) => text });
  const app = await createApp(log, '1.2.3', guard(settings));
  await serveInspect(app, inspection.feed);
  const url = await listenOn(app, settings);
  closers.push(() => app.close());
  return { url, feed: inspection.feed };
};

const connect = (url: string, query = '', headers: Record<string, string> = { authorization }): WebSocket => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/inspect${query}`, { headers });
  // Refused ones end in an error as well.
  socket.on('error', () => undefined);
  closers.push(() => socket.terminate());
  return socket;
};

const refusal = async (socket: WebSocket): Promise<number> => {
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return answer.statusCode;
};

describe('the feed as a WebSocket', () => {
  it('begins with hello and tells of the router once a second; a client that leaves is forgotten', async () => {
    const { url, feed } = await start();
    const socket = connect(url);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    await expect.poll(() => heard.length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(heard.map((text) => JSON.parse(text).type)).toEqual(['hello', 'rookery.overview']);
    socket.close();
    await expect.poll(() => feed.clients).toBe(0);
  });

  it('asks for the token, and who sent the page', async () => {
    const { url } = await start();
    expect(await refusal(connect(url, '', {}))).toBe(401);
    expect(await refusal(connect(url, '', { authorization: 'Bearer wrong' }))).toBe(401);
    expect(await refusal(connect(url, '', { authorization, origin: 'https://evil.example' }))).toBe(403);
    expect(await refusal(connect(url, '', { authorization, host: 'evil.example' }))).toBe(403);
  });

  it('follows so many actors, and no more; so many clients, and no more', async () => {
    const { url, feed } = await start();
    const many = Array.from({ length: 17 }, (_, index) => `actor=${index}`).join('&');
    expect((await once(connect(url, `?${many}`), 'close'))[0]).toBe(1008);
    for (let count = 0; count < CLIENTS_MAX; count += 1) await once(connect(url), 'open');
    await expect.poll(() => feed.clients).toBe(CLIENTS_MAX);
    expect((await once(connect(url), 'close'))[0]).toBe(1013);
    expect((await fetch(`${url}/v1/inspect`, { headers: { authorization } })).status).toBe(503);
  });

  it('does not keep the server from closing', async () => {
    const { url } = await start();
    const socket = connect(url);
    await once(socket, 'open');
    const controller = new AbortController();
    const events = await fetch(`${url}/v1/inspect`, { headers: { authorization }, signal: controller.signal });
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const gone = once(socket, 'close');
    await closers.shift()?.();
    await gone;
    await events.text().catch(() => undefined);
  });
});

describe('the emulator passed on', () => {
  const upstream = async () => {
    const asked: { url: string; method: string; headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked.push({ url: request.url ?? '', method: request.method ?? '', headers: request.headers, body });
      const isState = request.url === '/_emulator/state';
      response.writeHead(isState ? 200 : 409, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isState ? { gatewayUrl: 'ws://x' } : { error: { code: 'no' } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };

  it('says what the emulator says, and keeps the router’s token to itself', async () => {
    const { asked, url: emulator } = await upstream();
    const app = await createApp(log, '1.2.3', guard(settings));
    const isThere = servePlatform(app, emulator);
    const url = await listenOn(app, settings);
    closers.push(() => app.close());
    expect(await isThere()).toBe(true);
    const answer = await fetch(`${url}/v1/platform/sendC2c?x=1`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{"from":"U"}',
    });
    expect([answer.status, await answer.json()]).toEqual([409, { error: { code: 'no' } }]);
    expect(asked.at(-1)).toMatchObject({ url: '/_emulator/sendC2c?x=1', method: 'POST', body: '{"from":"U"}' });
    expect(JSON.stringify(asked)).not.toContain(TOKEN);
    expect((await fetch(`${url}/v1/platform/state`)).status).toBe(401);
    const sneaky = await fetch(`${url}/v1/platform/..%2f..%2fapp`, { headers: { authorization } });
    expect(sneaky.status).toBe(404);
    expect(asked.every((one) => one.url.startsWith('/_emulator/'))).toBe(true);
  });

  it('is looked for on this machine only', () => {
    const config = (api: string) => ({ channels: { qq: { endpoints: { api } } } }) as never;
    expect(platformOf(config('https://api.sgroup.qq.com'))).toBeNull();
    expect(platformOf(config('http://127.0.0.1.evil.example'))).toBeNull();
    expect(platformOf(config('http://127.0.0.1:9000'))).toBe('http://127.0.0.1:9000');
  });

  it('is not there where something else answers, or nothing', async () => {
    const app = await createApp(log, '1.2.3', guard(settings));
    closers.push(() => app.close());
    expect(await servePlatform(app, 'http://127.0.0.1:1')()).toBe(false);
  });
});
