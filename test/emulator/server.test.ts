import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as tcpConnect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Emulator, startEmulator } from '../../src/emulator/index.js';
import { C2C_AND_GROUP, type Frame, type Json, textReply } from './rig.js';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

const token = async (): Promise<string> => {
  const response = await fetch(`${emulator.urls.token}/app/getAppAccessToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appId: DEFAULT_APP_ID, clientSecret: DEFAULT_APP_SECRET }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
};

const post = async (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${emulator.urls.api}${path}`, {
    method: 'POST',
    headers: { authorization: `QQBot ${await token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });

type Socket = {
  readonly ws: WebSocket;
  readonly frames: Frame[];
  readonly closed: Promise<{ code: number; reason: string }>;
};

const open = async (): Promise<Socket> => {
  const ws = new WebSocket(emulator.urls.gateway);
  const frames: Frame[] = [];
  ws.on('message', (data) => frames.push(JSON.parse(data.toString()) as Frame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(ws, 'open');
  return { ws, frames, closed };
};

const identify = async (): Promise<Socket> => {
  const socket = await open();
  const d = { token: `QQBot ${await token()}`, intents: C2C_AND_GROUP, shard: [0, 1] };
  socket.ws.send(JSON.stringify({ op: 2, d }));
  await until(() => socket.frames.some(({ t }) => t === 'READY'));
  return socket;
};

const until = async (done: () => boolean): Promise<void> => {
  const endMs = Date.now() + 3000;
  while (!done()) {
    if (Date.now() > endMs) throw new Error(`never: ${done.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

describe('one loopback port', () => {
  it('carries the token, the API and the gateway', async () => {
    expect(emulator.urls).toEqual({
      token: `http://127.0.0.1:${emulator.port}`,
      api: `http://127.0.0.1:${emulator.port}`,
      gateway: `ws://127.0.0.1:${emulator.port}/websocket`,
    });
    const headers = { authorization: `QQBot ${await token()}` };
    const gateway = await fetch(`${emulator.urls.api}/gateway`, { headers });
    expect(await gateway.json()).toEqual({ url: emulator.urls.gateway });
    expect(gateway.headers.get('x-tps-trace-id')).toMatch(/./u);
  });

  it('a message goes to the socket, its reply to the user', async () => {
    const socket = await identify();
    const { messageId } = emulator.sendC2c({ from: 'U', text: 'grüße 你好' });
    await until(() => socket.frames.length === 3);
    expect(socket.frames[2]?.d).toMatchObject({ content: 'grüße 你好' });
    const response = await post('/v2/users/U/messages', textReply(messageId, 1, '你好'));
    expect(response.status).toBe(200);
    expect(emulator.transcript('U').at(-1)?.text).toBe('你好');
  });

  it('takes a gateway url with a trailing slash or a query, and no other path', async () => {
    for (const tail of ['/', '?x=1']) {
      const ws = new WebSocket(`${emulator.urls.gateway}${tail}`);
      await once(ws, 'open');
      ws.terminate();
    }
    const wrong = new WebSocket(`${emulator.urls.gateway}x`);
    const [error] = (await once(wrong, 'error')) as [Error];
    expect(error.message).toContain('404');
  });

  it('an empty answer is empty: 204 without a body', async () => {
    const { messageId } = emulator.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const response = await post(`/channels/C/messages/${messageId}/reactions/1/4`, {}, { method: 'PUT' });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(response.headers.get('content-type')).toBeNull();
    expect(response.headers.get('content-length')).toBeNull();
  });

  it('multipart: plain fields, objects as JSON, a file', async () => {
    const { messageId } = emulator.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const form = new FormData();
    form.set('msg_id', messageId);
    form.set('content', 'caption');
    form.set('message_reference', JSON.stringify({ message_id: messageId }));
    form.set('file_image', new Blob(['\x89PNG\r\n\x1a\n'].map((text) => Buffer.from(text, 'latin1'))), 'a.png');
    const headers = { authorization: `QQBot ${await token()}` };
    const response = await fetch(`${emulator.urls.api}/channels/C/messages`, { method: 'POST', headers, body: form });
    expect(response.status).toBe(200);
    expect(emulator.sends()).toMatchObject([
      {
        kind: 'media',
        text: 'caption',
        body: { message_reference: { message_id: messageId }, file_image: { bytes: 8 } },
      },
    ]);
  });

  it('a part goes up by its pre-signed link as bytes, and the file comes down as the same bytes', async () => {
    emulator.introduce('c2c', 'U');
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, at) => at % 256));
    const sum = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
    const named = { file_type: 4, file_name: '文件.bin' };
    const sums = { md5: sum('md5'), sha1: sum('sha1'), md5_10m: sum('md5') };
    const prepared = await post('/v2/users/U/upload_prepare', { ...named, file_size: '300', ...sums });
    const { upload_id: uploadId, parts } = (await prepared.json()) as {
      upload_id: string;
      parts: { index: number; presigned_url: string }[];
    };
    expect((await fetch(parts[0]?.presigned_url ?? '', { method: 'PUT', body: bytes })).status).toBe(200);
    const part = { upload_id: uploadId, part_index: 0, block_size: 300, md5: sums.md5 };
    expect((await post('/v2/users/U/upload_part_finish', part)).status).toBe(200);
    const file = (await (await post('/v2/users/U/files', { ...named, upload_id: uploadId })).json()) as Json;
    await post('/v2/users/U/messages', { msg_type: 7, media: { file_info: file['file_info'] } });
    const down = await fetch(emulator.transcript('U').at(-1)?.media[0]?.url ?? '');
    expect(Buffer.from(await down.arrayBuffer())).toEqual(bytes);
    expect(down.headers.get('content-disposition')).toContain(encodeURIComponent('文件.bin'));
  });

  it('a link to this machine is looked behind, one to elsewhere is taken as it is', async () => {
    emulator.introduce('c2c', 'U');
    emulator.introduce('c2c', 'V');
    emulator.sendC2c({ from: 'V', attachments: [{ data: Buffer.from('GIF89a and more', 'latin1') }] });
    const gif = emulator.transcript('V')[0]?.media[0]?.url ?? '';
    const upload = async (url: string) => (await post('/v2/users/U/files', { file_type: 1, url })).status;
    expect(await upload(gif)).toBe(200);
    expect(await upload(`${gif}guess`)).toBe(400);
    expect(await upload('http://127.0.0.1:1/a.png')).toBe(400);
    expect(await upload('https://nowhere.example/a.png')).toBe(200);
  });

  it('a body beyond the limit is 413', async () => {
    await emulator.close();
    emulator = await startEmulator({ limits: { bodyBytes: 1000 } });
    const response = await post('/v2/users/U/messages', { content: 'x'.repeat(2000) }).catch(() => undefined);
    // The answer may race with the client's own writing; what counts is that nothing was taken in.
    expect(response?.status ?? 413).toBe(413);
    expect(emulator.calls().some(({ path }) => path.startsWith('/v2/'))).toBe(false);
  });

  it('a body that is no JSON is refused, not thrown', async () => {
    emulator.introduce('c2c', 'U');
    const response = await post('/v2/users/U/messages', undefined, { body: '{"content":' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 12002 });
  });

  it('a port that is taken is an error', async () => {
    await expect(startEmulator({ port: emulator.port })).rejects.toThrow('EADDRINUSE');
  });

  it('survives whatever bytes come in', async () => {
    const raw = tcpConnect(emulator.port, '127.0.0.1');
    raw.end('\u0000\u0001 nonsense\r\n\r\n');
    await once(raw.resume(), 'close');
    const socket = await open();
    socket.ws.send(Buffer.from([1, 2, 3]));
    expect((await socket.closed).code).toBe(4002);
    const big = await open();
    big.ws.send('x'.repeat(2 * 1024 * 1024));
    expect((await big.closed).code).toBe(1009);
    expect((await post('/users/@me', undefined, { method: 'GET', body: null })).status).toBe(200);
  });
});

describe('closing', () => {
  it.each([4009, 4914, 1000])('closeAll(%i) sends the close frame', async (code) => {
    const socket = await identify();
    emulator.closeAll(code, 'because');
    expect(await socket.closed).toEqual({ code, reason: 'because' });
    await until(() => emulator.links().length === 0);
  });

  it('1006 is the end of the stream, after what was said before', async () => {
    const socket = await identify();
    emulator.invalidateSession(false);
    expect((await socket.closed).code).toBe(1006);
    expect(socket.frames.at(-1)).toEqual({ op: 9, d: false });
  });

  it('a client that leaves is noticed, and its session waits', async () => {
    const socket = await identify();
    socket.ws.close(1000);
    await until(() => emulator.sessions().every(({ connected }) => !connected));
    expect(emulator.sessions()).toHaveLength(1);
  });

  it('close() says 1001, ends what hangs, frees the port, and may be called twice', async () => {
    const socket = await identify();
    const { messageId } = emulator.sendC2c({ from: 'U', text: 'x' });
    emulator.swallowNext({ how: 'hang' });
    const hanging = post('/v2/users/U/messages', textReply(messageId)).catch((error: Error) => error);
    await emulator.waitFor(() => emulator.sends().length === 1);
    const { port } = emulator;
    await Promise.all([emulator.close(), emulator.close()]);
    expect((await socket.closed).code).toBe(1001);
    expect(await hanging).toBeInstanceOf(Error);
    emulator = await startEmulator({ port });
    expect(emulator.port).toBe(port);
  });
});

describe('faults on the wire', () => {
  it('swallowNext cut: the connection ends without an answer, the send arrived', async () => {
    const { messageId } = emulator.sendC2c({ from: 'U', text: 'x' });
    emulator.swallowNext();
    await expect(post('/v2/users/U/messages', textReply(messageId))).rejects.toThrow();
    expect(emulator.sends()).toHaveLength(1);
    expect(await (await post('/v2/users/U/messages', textReply(messageId))).json()).toMatchObject({ code: 40054005 });
  });

  it('swallowNext hang: no answer and no end, until the client gives up', async () => {
    const { messageId } = emulator.sendC2c({ from: 'U', text: 'x' });
    emulator.swallowNext({ how: 'hang' });
    const given = post('/v2/users/U/messages', textReply(messageId), { signal: AbortSignal.timeout(100) });
    await expect(given).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(emulator.sends()).toHaveLength(1);
  });

  it('delayNext holds the answer back', async () => {
    emulator.delayNext(60, { match: /@me/u });
    const startMs = performance.now();
    await post('/users/@me', undefined, { method: 'GET', body: null });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(58);
  });

  it('an HTML body has its type', async () => {
    emulator.failNext({ status: 502, body: '<html></html>' });
    const response = await post('/users/@me', undefined, { method: 'GET', body: null });
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toBe('<html></html>');
  });

  it('stall: the TCP stream stands still both ways, nothing is closed, and all of it arrives after unstall', async () => {
    const socket = await identify();
    emulator.stall();
    const before = socket.frames.length;
    const received = emulator.frames().length;
    emulator.sendC2c({ from: 'U', text: 'a' });
    emulator.sendC2c({ from: 'U', text: 'b' });
    socket.ws.send(JSON.stringify({ op: 1, d: 1 }));
    let pong = false;
    socket.ws.on('pong', () => {
      pong = true;
    });
    socket.ws.ping();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect([socket.frames.length, emulator.frames().length, pong]).toEqual([before, received, false]);
    expect(socket.ws.readyState).toBe(WebSocket.OPEN);
    // REST is another connection, and flows.
    expect((await post('/users/@me', undefined, { method: 'GET', body: null })).status).toBe(200);
    emulator.unstall();
    await until(() => socket.frames.length === before + 3 && pong);
    expect(socket.frames.slice(before).map(({ op, d }) => (op === 11 ? 'ack' : (d as Json)['content']))).toEqual([
      'a',
      'b',
      'ack',
    ]);
  });

  it('a Resume on a new socket takes the session from a stalled one, whose connection ends', async () => {
    const dead = await identify();
    const ready = dead.frames.find(({ t }) => t === 'READY')?.d as { session_id: string };
    emulator.stall();
    const fresh = await open();
    const d = { token: await token(), session_id: ready.session_id, seq: 1 };
    fresh.ws.send(JSON.stringify({ op: 6, d }));
    expect((await dead.closed).code).toBe(1006);
    await until(() => fresh.frames.some(({ t }) => t === 'RESUMED'));
    expect(emulator.links()).toHaveLength(1);
  });
});

it('thousands of sends on one keep-alive connection stay in order', async () => {
  await emulator.close();
  emulator = await startEmulator({ limits: { c2cSendsPerSecond: 1e9, c2cReplies: 1e9 } });
  const { messageId } = emulator.sendC2c({ from: 'U', text: 'x' });
  const authorization = `QQBot ${await token()}`;
  const send = (seq: number) =>
    new Promise<number>((resolve, reject) => {
      const body = JSON.stringify(textReply(messageId, seq, String(seq)));
      const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = httpRequest(
        `${emulator.urls.api}/v2/users/U/messages`,
        { method: 'POST', headers },
        (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        },
      );
      request.on('error', reject).end(body);
    });
  for (let seq = 1; seq <= 2000; seq += 1) expect(await send(seq)).toBe(200);
  expect(emulator.sends().map(({ text }) => Number(text))).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
});
