import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as tcpConnect } from 'node:net';
import { fc, it } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it as plainIt } from 'vitest';
import { WebSocket } from 'ws';
import { COMMANDS } from '../../src/emulator/control-commands.js';
import { DEFAULT_APP_SECRET, type Emulator, EmulatorClient, startEmulator } from '../../src/emulator/index.js';

let emulator: Emulator;
let authorization = '';

const freshToken = async (): Promise<string> => {
  const response = await fetch(`${emulator.urls.token}/app/getAppAccessToken`, {
    method: 'POST',
    body: JSON.stringify({ appId: '102000001', clientSecret: DEFAULT_APP_SECRET }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
};

beforeAll(async () => {
  emulator = await startEmulator({ limits: { clientFramesPerMinute: Number.POSITIVE_INFINITY }, sandbox: true });
  emulator.introduce('c2c', 'U');
  emulator.introduce('group', 'G');
  emulator.introduce('guild', 'C', { guildId: '7' });
  authorization = `QQBot ${await freshToken()}`;
});
afterAll(() => emulator.close());

/** It still answers. An exception or a rejection nobody caught ends the test run by itself. */
const isWell = async (): Promise<void> => {
  const response = await fetch(`${emulator.urls.api}/gateway`, {
    headers: { authorization: `QQBot ${await freshToken()}` },
  });
  expect(response.status).toBe(200);
};

const call = (method: string, path: string, headers: Record<string, string>, body: Buffer | string): Promise<number> =>
  new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port: emulator.port, method, path, headers }, (response) => {
      response.resume().on('close', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', () => resolve(0));
    request.end(body);
  });

const PATHS = [
  '/app/getAppAccessToken',
  '/v2/users/U/messages',
  '/v2/users/U/stream_messages',
  '/v2/users/U/files',
  '/v2/users/U/upload_prepare',
  '/v2/users/U/upload_part_finish',
  '/v2/groups/G/messages',
  '/v2/groups/G/members?limit=x',
  '/v2/groups/G/approval_join_request/M',
  '/channels/C/messages',
  '/channels/C/messages/x',
  '/channels/C/messages/x/reactions/1/4?cookie=x',
  '/guilds/7',
  '/guilds/7/members?after=1&limit=2',
  '/users/@me/dms',
  '/users/@me/guilds?before=x',
  '/interactions/x',
  '/files/x/y?rkey=z',
  '/uploads/x/0?rkey=z',
  '/_emulator/state',
  '/_emulator/records/received?limit=5',
  '/_emulator/conversations/c2c/%00',
  '/_emulator/%',
  '/%',
  '//',
];

const hostileText = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.json(),
  fc.constantFrom('{"a":', '[', '\u0000', '{"__proto__":{"x":1}}', `{"file_data":"${'A'.repeat(100)}"}`),
);
const contentType = fc.constantFrom(
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'multipart/form-data; boundary=',
  'multipart/form-data',
  'application/octet-stream',
);
const form = fc
  .array(
    fc.oneof(fc.constantFrom('--x', '--x--', '\r\n', 'Content-Disposition: form-data; name="a"', '\n\n'), fc.string()),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join('\r\n'));

describe('the emulator answers, whatever comes in', () => {
  it.prop(
    [
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      fc.constantFrom(...PATHS),
      contentType,
      fc.oneof(hostileText, form),
    ],
    { numRuns: 200 },
  )('calls with a good token and a hostile body', async (method, path, type, body) => {
    const storage = path.startsWith('/files') || path.startsWith('/uploads');
    const headers = { 'content-type': type, ...(!storage && { authorization }) };
    expect(await call(method, path, headers, body)).toBeGreaterThanOrEqual(200);
    await isWell();
  });

  it.prop([fc.constantFrom(...Object.keys(COMMANDS)), fc.oneof(fc.json(), fc.string())], { numRuns: 150 })(
    'commands with input of any shape',
    async (name, body) => {
      // What ends streams and what makes the next calls fail would hide the rest.
      const status = await call('POST', `/_emulator/${name}`, { 'content-type': 'application/json' }, body);
      expect([200, 400, 409]).toContain(status);
      emulator.clearFaults();
      emulator.unstall();
      emulator.setBotState('online');
      await isWell();
    },
  );

  it.prop([fc.uint8Array({ maxLength: 300 }), fc.boolean()], { numRuns: 60 })(
    'bytes that are no HTTP, or that break off',
    async (bytes, begun) => {
      const socket = tcpConnect(emulator.port, '127.0.0.1');
      socket.on('error', () => undefined);
      if (begun) socket.write('POST /v2/users/U/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n');
      socket.end(Buffer.from(bytes));
      await once(socket.resume(), 'close');
      await isWell();
    },
  );

  it.prop(
    [
      fc.array(
        fc.oneof(
          fc.string().map((text) => Buffer.from(text)),
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          fc
            .record({ op: fc.oneof(fc.integer(), fc.jsonValue()), d: fc.jsonValue() })
            .map((f) => Buffer.from(JSON.stringify(f))),
        ),
        { maxLength: 6 },
      ),
      fc.boolean(),
    ],
    { numRuns: 60 },
  )('frames of any kind, also below the WebSocket', async (frames, isRaw) => {
    const ws = new WebSocket(emulator.urls.gateway);
    ws.on('error', () => undefined);
    await once(ws, 'open');
    const { _socket: below } = ws as unknown as { _socket: { write(bytes: Buffer): void } };
    for (const frame of frames) {
      if (isRaw) below.write(frame);
      else if (ws.readyState === WebSocket.OPEN) ws.send(frame, { binary: frame.length % 2 === 0 });
    }
    ws.terminate();
    await isWell();
  });
});

// JSON can nest deeper than a stack is; it is parsed without one, and written with one.
describe('nesting deeper than a stack', () => {
  const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;

  plainIt('in a body that would be told again', async () => {
    const { messageId } = emulator.sendGuild({ guild: '7', channel: 'C', from: '1', text: 'x' });
    const json = { 'content-type': 'application/json' };
    const body = `{"embed":{"title":"t","fields":${deep}},"msg_id":${JSON.stringify(messageId)}}`;
    expect(
      await call('POST', '/channels/C/messages', { ...json, authorization: `QQBot ${await freshToken()}` }, body),
    ).toBe(400);
    expect(await call('POST', '/_emulator/push', json, `{"t":"X","d":{"a":${deep}}}`)).toBe(400);
    const client = new EmulatorClient(emulator.urls.api);
    expect((await client.records('received')).length).toBeGreaterThan(0);
    await isWell();
  });

  plainIt('in a frame that is looked at from outside', async () => {
    const ws = new WebSocket(emulator.urls.gateway);
    const closed = once(ws, 'close');
    await once(ws, 'open');
    ws.send(`{"op":1,"d":${deep}}`);
    expect((await closed)[0]).toBe(4002);
    const client = new EmulatorClient(emulator.urls.api);
    expect((await client.records('received')).length).toBeGreaterThan(0);
    await isWell();
  });
});
