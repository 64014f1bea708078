import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { COMMANDS } from '../../src/emulator/control-commands.js';
import {
  type ControlEvent,
  ControlFailure,
  DEFAULT_APP_SECRET,
  type Emulator,
  EmulatorClient,
  startEmulator,
} from '../../src/emulator/index.js';
import { textReply } from './rig.js';

let emulator: Emulator;
let client: EmulatorClient;
beforeEach(async () => {
  emulator = await startEmulator();
  client = new EmulatorClient(`${emulator.urls.api}/`);
});
afterEach(() => emulator.close());

const token = async (): Promise<string> => {
  const response = await fetch(`${emulator.urls.token}/app/getAppAccessToken`, {
    method: 'POST',
    body: JSON.stringify({ appId: '102000001', clientSecret: DEFAULT_APP_SECRET }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
};

/** The bot's own call. */
const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(`${emulator.urls.api}${path}`, {
    method,
    headers: { authorization: `QQBot ${await token()}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** A request as a browser or a program might send it; `fetch` would not let these headers through. */
const raw = (
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: emulator.port, path, method, headers, setHost: headers['host'] === undefined },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    request.on('error', reject).end(body);
  });

describe('acting from another process', () => {
  it('a user writes, the bot answers, and the transcript is what the user sees', async () => {
    const said = await client.do('sendC2c', { from: 'U', text: '你好' });
    expect(said).toMatchObject({ messageId: expect.any(String), sessions: 0 });
    await call('POST', '/v2/users/U/messages', textReply(said.messageId, 1, 'pong'));
    expect(await client.transcript('c2c', 'U')).toMatchObject([
      { by: 'user', text: '你好', author: 'U' },
      { by: 'bot', text: 'pong', replyTo: said.messageId },
    ]);
    expect(await client.transcript('c2c', 'nobody')).toEqual([]);
  });

  it('in groups, channels and DMs, with files as base64', async () => {
    await client.do('sendGroup', { group: 'G', from: 'M', text: 'x', role: 'admin', mentions: ['N'] });
    const said = await client.do('sendGuild', { guild: '7', channel: 'C', from: '1', text: 'x' });
    await client.do('sendDm', { from: '1', text: 'x' });
    const data = Buffer.from('GIF89a', 'latin1').toString('base64');
    await client.do('sendC2c', { from: 'U', attachments: [{ data, filename: 'a.gif' }] });
    const [entry] = await client.transcript('c2c', 'U');
    expect(entry).toMatchObject({ kind: 'media', media: [{ fileType: 1, fileName: 'a.gif', sizeBytes: 6 }] });
    expect((await fetch(entry?.media[0]?.url ?? '')).headers.get('content-type')).toBe('image/gif');
    await client.do('reactAs', { from: '1', messageId: said.messageId, emoji: { type: 1, id: '4' } });
    await client.do('recallAs', { messageId: said.messageId });
    expect(await client.transcript('guild', 'C')).toMatchObject([{ recalled: true }]);
    const { conversations } = await client.state();
    expect(conversations.map(({ scene }) => scene).sort()).toEqual(['c2c', 'dm', 'group', 'guild']);
  });

  it('a button spins until the bot acknowledges it', async () => {
    const { interactionId } = await client.do('click', { scene: 'c2c', target: 'U', buttonData: 'yes' });
    expect((await call('PUT', `/interactions/${interactionId}`, { code: 0 })).status).toBe(204);
    expect(await client.records('interaction')).toMatchObject([
      { id: interactionId, change: 'clicked' },
      { id: interactionId, change: 'answered', code: 0 },
    ]);
  });

  it('faults and settings are those of the emulator itself', async () => {
    await client.do('failNext', { status: 500, match: { path: '/users/@me', method: 'GET' } });
    await client.do('rateLimit429', { times: 2 });
    await client.do('dropAcks', {});
    expect((await client.state()).faults).toMatchObject({ failures: 3, dropAcks: true });
    expect((await call('GET', '/gateway')).status).toBe(200);
    expect((await call('GET', '/users/@me')).status).toBe(500);
    await client.do('clearFaults', {});
    expect((await client.state()).faults).toMatchObject({ failures: 0, dropAcks: false });
    await client.do('setMuted', { scene: 'group', id: 'G', muted: true });
    expect(await (await call('POST', '/v2/groups/G/messages', { content: 'x' })).json()).toMatchObject({
      code: 850018,
    });
    await client.do('setRights', { rights: { ark: true, markdown: { guild: true } } });
    expect((await client.state()).bots[0]?.rights).toMatchObject({ ark: true, markdown: { guild: true, c2c: true } });
    await client.do('setSwitches', { switches: { urlFilter: 'off', timestamps: 'integer' } });
    expect((await client.state()).switches).toMatchObject({ urlFilter: 'off', timestamps: 'integer' });
  });

  it('a callback address that fails its handshake says why', async () => {
    expect(await client.do('setWebhook', { url: 'http://127.0.0.1:1/callback' })).toMatchObject({
      ok: false,
      code: 10020,
    });
  });
});

describe('input is checked', () => {
  const failure = async (work: Promise<unknown>): Promise<ControlFailure> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ControlFailure)) throw new Error('no failure');
    return error;
  };

  it('and each problem names its place', async () => {
    const error = await failure(client.do('sendC2c', { form: 'U', attachments: [{ size: -1 }] } as never));
    expect(error).toMatchObject({ status: 400, code: 'invalid' });
    expect(error.problems.map(({ at }) => at)).toEqual(expect.arrayContaining(['from', 'attachments.0.size']));
    expect(error.message).toContain('form');
  });

  it.each<[string, Promise<unknown> | (() => Promise<unknown>), number]>([
    ['an unknown command', () => client.do('explode' as never, {} as never), 404],
    ['an inherited name', () => client.do('toString' as never, {} as never), 404],
    ['an unknown bot', () => client.do('sendC2c', { bot: 'x', from: 'U' }), 409],
    ['an unknown message', () => client.do('recallAs', { messageId: 'x' }), 409],
    ['an attachment that is none', () => client.do('sendC2c', { from: 'U', attachments: [{}] }), 409],
    ['a callback address that is none', () => client.do('setWebhook', { url: 'ftp://x' }), 409],
    ['a side there is not', () => client.do('setSwitches', { switches: { urlFilter: 'sideways' as never } }), 400],
    ['a record there is not', () => client.records('__proto__' as never), 404],
    ['too many records', () => client.records('sent', 99_999), 400],
    ['a feed of what there is not', () => client.events({ kinds: ['x' as never] }).next(), 400],
    ['a transcript of an unknown bot', () => client.transcript('c2c', 'U', 'x'), 404],
  ])('%s', async (_, work, status) => {
    expect((await failure(typeof work === 'function' ? work() : work)).status).toBe(status);
  });

  it('bodies that are none, methods and paths that are none', async () => {
    const json = { 'content-type': 'application/json' };
    const post = (path: string, body: string) => raw(`/_emulator/${path}`, { method: 'POST', headers: json, body });
    expect((await post('sendC2c', '{"from":')).status).toBe(400);
    expect((await post('unstall', '')).status).toBe(200);
    expect((await post('sendC2c/more', '{"from":"U"}')).status).toBe(404);
    expect((await raw('/_emulator/sendC2c')).status).toBe(405);
    expect((await raw('/_emulator/state', { method: 'DELETE' })).status).toBe(405);
    expect((await raw('/_emulator/%zz')).status).toBe(400);
    expect((await raw('/_emulator/nothing')).status).toBe(404);
    expect((await raw('/_emulatorx')).status).toBe(401);
  });
});

describe('who may ask', () => {
  it.each<[string, Record<string, string>, number]>([
    ['this machine by its number', { host: '127.0.0.1:1' }, 200],
    ['this machine by its name', { host: 'localhost' }, 200],
    ['this machine in IPv6', { host: '[::1]:9' }, 200],
    ['another name that points here', { host: 'evil.example' }, 403],
    ['a name that begins like this machine', { host: 'localhost.evil.example' }, 403],
    ['a page of the same origin', { host: 'localhost:9', origin: 'http://localhost:9' }, 200],
    ['a page of another port', { host: 'localhost:9', origin: 'http://localhost:8' }, 403],
    ['a page of another site', { host: 'localhost:9', origin: 'https://evil.example' }, 403],
    ['a page of nobody’s', { host: 'localhost:9', origin: 'null' }, 403],
    ['an image on another site', { host: 'localhost:9', 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s', async (_, headers, status) => {
    expect((await raw('/_emulator/state', { headers })).status).toBe(status);
  });

  it('no form of another site can act', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      expect((await raw('/_emulator/unstall', { method: 'POST', headers, body: '{}' })).status).toBe(403);
    }
  });

  it('nobody, where it is switched off', async () => {
    await emulator.close();
    emulator = await startEmulator({ control: false });
    expect((await raw('/_emulator/state')).status).toBe(401);
  });

  it('neither secrets nor tokens are shown', async () => {
    const good = await token();
    await call('GET', '/users/@me');
    await fetch(`${emulator.urls.token}/app/getAppAccessToken`, {
      method: 'POST',
      body: JSON.stringify({ appId: '102000001', clientSecret: 'a wrong secret' }),
    });
    const ws = new WebSocket(emulator.urls.gateway);
    await emulator.waitFor(() => emulator.links().length === 1);
    ws.once('message', () => {
      ws.send(JSON.stringify({ op: 2, d: { token: `QQBot ${good}`, intents: 0, shard: [0, 1] } }));
    });
    await emulator.waitFor(() => emulator.sessions().length === 1);
    const pages = ['state', 'records/received', 'records/refused', 'records/session'];
    const texts = await Promise.all(pages.map(async (page) => (await raw(`/_emulator/${page}`)).body));
    for (const secret of [DEFAULT_APP_SECRET, good, 'a wrong secret']) expect(texts.join('')).not.toContain(secret);
    expect(texts[1]).toContain('getAppAccessToken');
  });
});

describe('the feed', () => {
  const collect = async (events: AsyncIterable<ControlEvent>, count: number): Promise<ControlEvent[]> => {
    const seen: ControlEvent[] = [];
    for await (const event of events) {
      seen.push(event);
      if (seen.length === count) break;
    }
    return seen;
  };

  it('tells of what happens, as it happens: a bubble grows, a message goes, a user’s view changes', async () => {
    const events = client.events({ kinds: ['entry', 'sent', 'interaction'] });
    expect((await events.next()).value).toMatchObject({ kind: 'ready' });
    const { messageId } = await client.do('sendC2c', { from: 'U', text: 'hi \u2028 there' });
    const chunk = { input_mode: 'replace', content_raw: 'ab', msg_id: messageId, msg_seq: 1 };
    const opened = await call('POST', '/v2/users/U/stream_messages', { ...chunk, index: 0, input_state: 1 });
    const { id } = (await opened.json()) as { id: string };
    const more = { ...chunk, content_raw: 'abcd', index: 1, input_state: 10, stream_msg_id: id };
    await call('POST', '/v2/users/U/stream_messages', more);
    await call('DELETE', `/v2/users/U/messages/${encodeURIComponent(id)}`);
    expect(await collect(events, 6)).toMatchObject([
      { kind: 'entry', data: { scene: 'c2c', target: 'U', entry: { by: 'user', text: 'hi \u2028 there' } } },
      { kind: 'sent', data: { kind: 'stream', text: 'ab' } },
      { kind: 'entry', data: { entry: { text: 'ab', stream: { state: 'open', chunks: 1 } } } },
      { kind: 'sent', data: { kind: 'stream', text: 'abcd' } },
      { kind: 'entry', data: { entry: { text: 'abcd', stream: { state: 'finished', chunks: 2 } } } },
      { kind: 'entry', data: { entry: { messageId: id, recalled: true } } },
    ]);
  });

  it('of everything but single calls, unless they are asked for', async () => {
    const usual = client.events();
    await usual.next();
    const all = client.events({ kinds: ['received'] });
    await all.next();
    await call('GET', '/users/@me');
    await client.do('sendC2c', { from: 'U', text: 'x' });
    expect((await collect(usual, 2)).map(({ kind }) => kind).sort()).toEqual(['entry', 'pushed']);
    expect((await collect(all, 1)).map(({ kind }) => kind)).toEqual(['received']);
  });

  it('a reader that does not read loses events and is told how many', async () => {
    const stop = new AbortController();
    const response = await fetch(`${emulator.urls.api}/_emulator/events?kinds=entry`, { signal: stop.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const text = 'x'.repeat(100_000);
    const total = 300;
    for (let at = 0; at < total; at += 1) {
      emulator.sendC2c({ from: `U${at}`, text });
      await new Promise((resolve) => setImmediate(resolve));
    }
    let heard = '';
    while (!/event: dropped\ndata: [^\n]*\n\n/u.test(heard)) {
      const { value, done } = await reader.read();
      if (done) break;
      heard += Buffer.from(value).toString('utf8');
    }
    stop.abort();
    const dropped = Number(/event: dropped\ndata: \{"count":(\d+)\}/u.exec(heard)?.[1]);
    const told = heard.match(/event: entry/gu)?.length ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(told + dropped).toBe(total);
  });

  it('so many and no more', async () => {
    const stop = new AbortController();
    const open = () => fetch(`${emulator.urls.api}/_emulator/events`, { signal: stop.signal });
    const feeds = await Promise.all(Array.from({ length: 33 }, open));
    expect(
      feeds
        .map(({ status }) => status)
        .sort()
        .at(-1),
    ).toBe(503);
    expect(feeds.filter(({ status }) => status === 200)).toHaveLength(32);
    stop.abort();
  });

  it('ends with the emulator', async () => {
    const events = client.events();
    await events.next();
    const end = events.next().then(
      ({ done }) => done,
      () => true,
    );
    await emulator.close();
    expect(await end).toBe(true);
  });
});

it('GET /_emulator describes every command with the schema of its input', async () => {
  const { commands } = JSON.parse((await raw('/_emulator')).body) as { commands: Record<string, object> };
  expect(Object.keys(commands)).toEqual(Object.keys(COMMANDS));
  expect(commands['sendC2c']).toMatchObject({
    kind: 'act',
    input: { required: ['from'], additionalProperties: false },
  });
});
