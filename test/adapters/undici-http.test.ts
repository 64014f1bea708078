import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpTransport, type HttpTransportOptions } from '../../src/adapters/net/undici-http.js';
import type { HttpRequest } from '../../src/ports/http.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const listen = async (listener: RequestListener): Promise<{ readonly origin: string; readonly server: Server }> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};
const transport = (options?: HttpTransportOptions) => {
  const http = createHttpTransport(options);
  open.push(() => http.close());
  return http;
};
const get = (url: string, timeoutMs = 2_000): HttpRequest => ({ method: 'GET', url, headers: {}, timeoutMs });

describe('an exchange', () => {
  it('carries method, path, headers and body there, and status, headers and body back', async () => {
    const { origin } = await listen((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        response.writeHead(418, { 'X-Trace-ID': 't1', 'set-cookie': ['a', 'b'] });
        response.write('接');
        response.end(JSON.stringify([request.method, request.url, request.headers['x-one'], body]));
      });
    });
    const answer = await transport().request({
      method: 'POST',
      url: `${origin}/a/b?c=1`,
      headers: { 'x-one': '1' },
      body: '好',
      timeoutMs: 2_000,
    });
    expect(answer.status).toBe(418);
    expect(answer.headers).toMatchObject({ 'x-trace-id': 't1', 'set-cookie': 'a, b' });
    expect(answer.body).toBe('接["POST","/a/b?c=1","1","好"]');
  });

  it('may have no body either way', async () => {
    const { origin } = await listen((_, response) => response.writeHead(204).end());
    await expect(transport().request(get(origin))).resolves.toMatchObject({ status: 204, body: '' });
  });

  it('keeps a character whole that comes in two chunks', async () => {
    const bytes = Buffer.from('好');
    const { origin } = await listen((_, response) => {
      response.write(bytes.subarray(0, 1));
      setTimeout(() => response.end(bytes.subarray(1)), 20);
    });
    await expect(transport().request(get(`${origin}/`))).resolves.toMatchObject({ body: '好' });
  });

  it('goes over a connection that was there already', async () => {
    let connections = 0;
    const { origin, server } = await listen((_, response) => response.end('ok'));
    server.on('connection', () => {
      connections += 1;
    });
    const http = transport();
    for (let turn = 0; turn < 20; turn += 1) await http.request(get(`${origin}/`));
    // A request made within the end of the one before finds its connection not quite free.
    expect(connections).toBeLessThanOrEqual(2);
  });
});

describe('transport.timeout', () => {
  it('is a server that does not answer', async () => {
    const { origin } = await listen(() => undefined);
    await expect(transport().request(get(`${origin}/`, 50))).rejects.toMatchObject({ code: 'transport.timeout' });
  });

  it('is an answer that does not end, however often a byte of it comes', async () => {
    const { origin } = await listen((_, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    await expect(transport().request(get(`${origin}/`, 100))).rejects.toMatchObject({ code: 'transport.timeout' });
  });

  it('is a wait for a connection, after which the request is not sent any more', async () => {
    const seen: (string | undefined)[] = [];
    const { origin } = await listen((request, response) => {
      seen.push(request.url);
      setTimeout(() => response.end('ok'), 150);
    });
    const http = transport({ connectionsMax: 1 });
    const first = http.request(get(`${origin}/first`));
    await expect(http.request(get(`${origin}/second`, 30))).rejects.toMatchObject({ code: 'transport.timeout' });
    await expect(first).resolves.toMatchObject({ body: 'ok' });
    await expect(http.request(get(`${origin}/third`))).resolves.toMatchObject({ body: 'ok' });
    expect(seen).toEqual(['/first', '/third']);
  });
});

describe('transport.lost', () => {
  it('is a server that is not there', async () => {
    const { origin, server } = await listen((_, response) => response.end());
    await new Promise((resolve) => server.close(resolve));
    await expect(transport().request(get(`${origin}/`))).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it('is a connection that breaks before the answer', async () => {
    const { origin } = await listen((request) => request.socket.destroy());
    await expect(transport().request(get(`${origin}/`))).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it('is a connection that breaks within the answer', async () => {
    const { origin } = await listen((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(transport().request(get(`${origin}/`))).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it.each(['nonsense', 'ftp://127.0.0.1/', 'http://'])('is an address that is none: %s', async (url) => {
    await expect(transport().request(get(url))).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it('is a header that would split the request', async () => {
    const { origin } = await listen((_, response) => response.end());
    const request = { ...get(`${origin}/`), headers: { authorization: 'canary\r\nx: 1' } };
    const error = await transport()
      .request(request)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'transport.lost' });
    expect(`${error.message} ${error.cause.message} ${JSON.stringify(error)}`).not.toContain('canary');
  });
});

it('protocol.unreadable is an answer that is too long', async () => {
  const { origin } = await listen((_, response) => response.end('x'.repeat(2_000)));
  const http = transport({ bodyBytesMax: 1_000 });
  await expect(http.request(get(`${origin}/`))).rejects.toMatchObject({ code: 'protocol.unreadable' });
});

describe('the pools', () => {
  it('open no more connections than they may', async () => {
    let now = 0;
    let most = 0;
    const { origin } = await listen((_, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end('ok');
      }, 10);
    });
    const http = transport({ connectionsMax: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.request(get(`${origin}/`))));
    expect(answers.every(({ body }) => body === 'ok')).toBe(true);
    expect(most).toBe(3);
  });

  it('let the oldest origin go for a new one, with what is under way there', async () => {
    const slow = await listen((_, response) => setTimeout(() => response.end('slow'), 50));
    const fast = await listen((_, response) => response.end('fast'));
    const http = transport({ originsMax: 1 });
    const underWay = http.request(get(`${slow.origin}/`));
    await expect(http.request(get(`${fast.origin}/`))).resolves.toMatchObject({ body: 'fast' });
    await expect(underWay).resolves.toMatchObject({ body: 'slow' });
    await expect(http.request(get(`${slow.origin}/`))).resolves.toMatchObject({ body: 'slow' });
  });

  it('end at close', async () => {
    const { origin } = await listen(() => undefined);
    const http = createHttpTransport();
    const underWay = http.request(get(`${origin}/`));
    await http.close();
    await expect(underWay).rejects.toMatchObject({ code: 'transport.lost' });
  });
});
