import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type OutgoingAnswer,
  type OutgoingRequest,
  type Outside,
  type PlatformOptions,
  startEmulator,
} from '../../src/emulator/index.js';
import { callbackKey, signed } from '../../src/emulator/platform/signing.js';
import { C2C_AND_GROUP, type Frame, type Json, makeRig, textReply } from './rig.js';

const URL_OF_BOT = 'https://bot.example/callback';
const ACK: OutgoingAnswer = { status: 200, body: '{"op":12}' };

type Seen = OutgoingRequest & { readonly frame: Frame };
type Answering = (seen: Seen) => OutgoingAnswer | Promise<OutgoingAnswer>;

/** A bot's own server, in memory: it signs the handshake with `secret`, and answers events as told. */
const makeBotServer = (secret: string, answer: Answering = () => ACK) => {
  const seen: Seen[] = [];
  const state = { answer };
  const outside: Outside = {
    post: async (request) => {
      const frame = JSON.parse(request.body) as Frame;
      const one = { ...request, frame };
      seen.push(one);
      if (frame.op !== 13) return state.answer(one);
      const d = frame.d as { plain_token: string; event_ts: string };
      const signature = signed(callbackKey(secret), d.event_ts, d.plain_token);
      return { status: 200, body: JSON.stringify({ plain_token: d.plain_token, signature }) };
    },
  };
  return {
    outside,
    seen,
    events: () => seen.filter(({ frame }) => frame.op === 0),
    answerWith: (next: Answering) => {
      state.answer = next;
    },
  };
};

const SECRET = 'router-test-secret';
const makeWorld = async (options: Partial<PlatformOptions> = {}, answer?: Answering) => {
  const server = makeBotServer(SECRET, answer);
  const rig = makeRig({ bots: [{ appId: '1', appSecret: SECRET }], outside: server.outside, ...options });
  expect(await rig.platform.setWebhook(URL_OF_BOT)).toEqual({ ok: true });
  return { ...rig, server };
};

/** §10.3 read from the other side: a public key from the spec, and the bytes as they came. */
const isGood = ({ headers, body }: OutgoingRequest, publicKeyHex: string): boolean => {
  const key = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKeyHex, 'hex')]),
    format: 'der',
    type: 'spki',
  });
  const signature = Buffer.from(headers['X-Signature-Ed25519'] ?? '', 'hex');
  const message = Buffer.from(`${headers['X-Signature-Timestamp']}${body}`);
  return signature.length === 64 && (Number(signature[63]) & 0xe0) === 0 && verify(null, message, key, signature);
};
const PUBLIC_KEY = '6239fe049dccda95fa2e9dc9a9974e93d603dcb92ed8b038fce326d906d9fb71';

describe('signatures, §10.3, §10.6', () => {
  it.each([
    [
      'V1',
      'DG5g3B4j9X2KOErG',
      ['1725442341', 'Arq0D5A61EgUu4OxUvOp'],
      '87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706',
    ],
    [
      'V2',
      'naOC0ocQE3shWLAfffVLB1rhYPG7',
      ['1725442341', '{\n  "op": 0,\n  "d": {},\n  "t": "GATEWAY_EVENT_NAME"\n}'],
      '865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002',
    ],
    [
      // The vector of the platform's own Go SDK: tencent-connect/botgo, interaction/signature.
      'V3',
      '123456abcdef',
      [
        '1728981195',
        '{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","author":{"id":"675860273","user_openid":"675860273"}}',
      ],
      'e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004',
    ],
    [
      'V4',
      'router-test-secret',
      ['1760000000', '{"id":"ev-1","op":0,"s":7,"t":"C2C_MESSAGE_CREATE","d":{"content":"hi"}}'],
      '85ad5785f5fe44c507e4a64f6669629928297e31f5599a735d2bb685db927b1a385fc58d3c4c8728310ba743fcbb75c2034219e79dfcbc1993b606f2ede2ae06',
    ],
    [
      'V5',
      'router-test-secret',
      ['1760000000', 'plainTOKEN123'],
      '87c8a1cbcd9cc8caf611c5906e8223007504c2479aa1ef6ce22f205bb1350cde508d1799c7af3861a33f0145b0f1c465da0082502e63b1f92bf68f1c62105501',
    ],
    [
      'V6, a secret of more than 32 bytes',
      'a-secret-that-is-longer-than-thirty-two-bytes',
      ['1760000000', '{"op":0}'],
      '3b433436583712c9f01e81178c8aabd02ee913956d916b3e6b0aa418a0d8112693c11c8df9dba340aa2d836768637d15d9e85c710a731693a180eecdc2ee0802',
    ],
  ])('%s', (_, secret, texts, signature) => {
    expect(signed(callbackKey(secret), ...texts)).toBe(signature);
  });
});

describe('handshake, §10.4', () => {
  it('an address that signs the token takes the events from the sockets, and gives them back', async () => {
    const { platform, server, identify } = await makeWorld();
    const client = identify();
    expect(platform.webhooks()).toEqual([{ appId: '1', url: URL_OF_BOT, events: undefined }]);
    expect(server.seen[0]).toMatchObject({
      url: URL_OF_BOT,
      headers: { 'User-Agent': 'QQBot-Callback', 'X-Bot-Appid': '1' },
      frame: { op: 13, d: { plain_token: expect.any(String), event_ts: expect.stringMatching(/^\d{10}$/u) } },
    });
    expect(platform.sendC2c({ from: 'U', text: 'by webhook' }).sessions).toBe(1);
    await platform.waitFor(() => server.events().length === 1);
    platform.clearWebhook();
    platform.sendC2c({ from: 'U', text: 'by socket' });
    expect(server.events().map(({ frame }) => (frame.d as Json)['content'])).toEqual(['by webhook']);
    expect(client.last()).toMatchObject({ d: { content: 'by socket' } });
  });

  it('one that signs wrongly is 13007, one that is not there 10020, and nothing changes', async () => {
    const server = makeBotServer('another secret');
    const { platform } = makeRig({ bots: [{ appId: '1', appSecret: SECRET }], outside: server.outside });
    expect(await platform.setWebhook(URL_OF_BOT)).toMatchObject({ ok: false, code: 13007 });
    const gone = makeRig({ outside: { post: () => Promise.reject(new Error('ECONNREFUSED')) } });
    expect(await gone.platform.setWebhook(URL_OF_BOT)).toEqual({ ok: false, code: 10020, reason: 'ECONNREFUSED' });
    const failing = makeRig({ outside: { post: async () => ({ status: 502, body: '' }) } });
    expect(await failing.platform.setWebhook(URL_OF_BOT)).toMatchObject({ ok: false, code: 10020 });
    const html = makeRig({ outside: { post: async () => ({ status: 200, body: '<html>' }) } });
    expect(await html.platform.setWebhook(URL_OF_BOT)).toMatchObject({ ok: false, code: 13007 });
    for (const one of [platform, gone.platform, failing.platform, html.platform]) expect(one.webhooks()).toEqual([]);
    expect(platform.callbacks()).toMatchObject([{ kind: 'validation', outcome: 'refused', status: 200 }]);
    expect(gone.platform.callbacks()).toMatchObject([{ kind: 'validation', outcome: 'unreachable' }]);
  });

  it.each(['signed', 'bare'] as const)('is %s by the switch', async (webhookValidation) => {
    const { server } = await makeWorld({ switches: { webhookValidation } });
    const handshake = server.seen[0];
    if (!handshake) throw new Error('no handshake');
    expect(isGood(handshake, PUBLIC_KEY)).toBe(webhookValidation === 'signed');
    expect('X-Signature-Ed25519' in handshake.headers).toBe(webhookValidation === 'signed');
  });

  it('an address given at the start is asked until it answers', async () => {
    const server = makeBotServer(SECRET);
    let open = false;
    const outside: Outside = {
      post: (...args) => (open ? server.outside.post(...args) : Promise.reject(new Error('ECONNREFUSED'))),
    };
    const { clock, platform } = makeRig({
      bots: [{ appId: '1', appSecret: SECRET, webhookUrl: URL_OF_BOT }],
      outside,
    });
    await clock.advance(10_000);
    expect(platform.webhooks()).toEqual([]);
    open = true;
    await clock.advance(2000);
    expect(platform.webhooks()).toHaveLength(1);
    await clock.advance(60_000);
    expect(server.seen).toHaveLength(1);
    expect(() => makeRig({ webhookUrl: 'nonsense' })).toThrow(RangeError);
  });
});

describe('deliveries, §10.2, §10.5', () => {
  it('carry the envelope of the socket, signed over the exact bytes, with s rising by one', async () => {
    const { clock, platform, server } = await makeWorld();
    for (const text of ['a', 'b', '你好']) platform.sendC2c({ from: 'U', text });
    await clock.advance(0);
    const events = server.events();
    expect(events.map(({ frame }) => [frame.s, frame.t, (frame.d as Json)['content']])).toEqual([
      [1, 'C2C_MESSAGE_CREATE', 'a'],
      [2, 'C2C_MESSAGE_CREATE', 'b'],
      [3, 'C2C_MESSAGE_CREATE', '你好'],
    ]);
    expect(events.every((event) => isGood(event, PUBLIC_KEY))).toBe(true);
    expect(events[0]?.frame.id).toMatch(/^C2C_MESSAGE_CREATE:/u);
    expect(events[0]?.headers).toMatchObject({
      'X-Bot-Appid': '1',
      'X-Signature-Method': 'Ed25519',
      'X-Signature-Timestamp': String(clock.now() / 1000),
      'X-Tps-trace-ID': expect.any(String),
    });
    expect(platform.callbacks().slice(1)).toMatchObject(
      [1, 2, 3].map(() => ({ kind: 'event', attempt: 1, outcome: 'acknowledged', status: 200 })),
    );
  });

  it.each<[string, Answering, string]>([
    ['no op 12', () => ({ status: 200, body: '{}' }), 'refused'],
    ['no 200', () => ({ status: 500, body: '{"op":12}' }), 'refused'],
    ['no JSON', () => ({ status: 200, body: 'ok' }), 'refused'],
    ['op 12 with d 1, which asks for another', () => ({ status: 200, body: '{"op":12,"d":1}' }), 'refused'],
    ['no answer at all', () => Promise.reject(new Error('ECONNRESET')), 'unreachable'],
    ['silence', () => new Promise(() => undefined), 'timedOut'],
  ])('%s: three times in all, the same event, freshly signed', async (_, answering, outcome) => {
    const { clock, platform, server } = await makeWorld({}, answering);
    platform.sendC2c({ from: 'U', text: 'x' });
    await clock.advance(60_000);
    const events = server.events();
    expect(events).toHaveLength(3);
    expect(new Set(events.map(({ body }) => body)).size).toBe(1);
    expect(new Set(events.map(({ headers }) => headers['X-Signature-Timestamp'])).size).toBe(3);
    expect(events.every((event) => isGood(event, PUBLIC_KEY))).toBe(true);
    expect(platform.callbacks().slice(1)).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, outcome })));
  });

  it.each(['{"op":12}', '{"op":12,"d":0}', '{"op":12,"d":{}}'])('%s is an acknowledgement', async (body) => {
    const { clock, platform, server } = await makeWorld({}, () => ({ status: 200, body }));
    platform.sendC2c({ from: 'U', text: 'x' });
    await clock.advance(60_000);
    expect(server.events()).toHaveLength(1);
    expect(platform.callbacks().at(-1)?.outcome).toBe('acknowledged');
  });

  it('one event that is not acknowledged holds no other one back', async () => {
    const { clock, platform, server } = await makeWorld({}, ({ frame }) =>
      (frame.d as Json)['content'] === 'bad' ? { status: 500, body: '' } : ACK,
    );
    platform.sendC2c({ from: 'U', text: 'bad' });
    platform.sendC2c({ from: 'U', text: 'good' });
    await clock.advance(0);
    expect(server.events().map(({ frame }) => (frame.d as Json)['content'])).toEqual(['bad', 'good']);
  });

  it('the line is bounded: what finds it full is dropped, and said', async () => {
    const { clock, platform, server } = await makeWorld({ limits: { webhookWaiting: 2 } }, () => new Promise(() => {}));
    for (const text of ['a', 'b', 'c', 'd']) platform.sendC2c({ from: 'U', text });
    expect(platform.callbacks().slice(1)).toMatchObject([{ outcome: 'dropped' }]);
    server.answerWith(() => ACK);
    await clock.advance(60_000);
    expect(new Set(server.events().map(({ frame }) => (frame.d as Json)['content']))).toEqual(new Set(['a', 'b', 'c']));
  });

  it('a heartbeat is acknowledged with op 11', async () => {
    const { clock, platform, server } = await makeWorld({}, () => ({ status: 200, body: '{"op":11,"d":0}' }));
    platform.sendHeartbeat();
    await clock.advance(60_000);
    expect(server.seen.slice(1).map(({ frame }) => frame)).toEqual([{ op: 1, d: 0 }]);
    expect(platform.callbacks().at(-1)).toMatchObject({ kind: 'heartbeat', outcome: 'acknowledged' });
  });

  it('events chosen in the console, and rights withdrawn, keep the others away', async () => {
    const { clock, platform, server } = await makeWorld();
    await platform.setWebhook(URL_OF_BOT, { events: ['FRIEND_ADD'] });
    expect(platform.sendC2c({ from: 'U', text: 'x' }).sessions).toBe(0);
    platform.addFriend('U');
    await platform.setWebhook(URL_OF_BOT);
    platform.grantIntents(0);
    platform.addFriend('V');
    platform.grantIntents(C2C_AND_GROUP);
    await clock.advance(0);
    expect(server.events().map(({ frame }) => frame.t)).toEqual(['FRIEND_ADD']);
  });

  it('a reply to what came by webhook is a reply, and guild sends need no socket', async () => {
    const { post, platform } = await makeWorld();
    const { messageId } = platform.sendC2c({ from: 'U', text: 'x' });
    expect(post('/v2/users/U/messages', textReply(messageId)).status).toBe(200);
    platform.introduce('guild', 'C', { guildId: '7' });
    expect(post('/channels/C/messages', { content: 'hello' }).status).toBe(200);
  });

  it('each bot has its own address, secret and s', async () => {
    const [one, two] = [makeBotServer('secret-one'), makeBotServer('secret-two')];
    const outside: Outside = {
      post: (request, signal) => (request.url.endsWith('/1') ? one : two).outside.post(request, signal),
    };
    const bots = [
      { appId: '1', appSecret: 'secret-one' },
      { appId: '2', appSecret: 'secret-two' },
    ];
    const { clock, platform } = makeRig({ bots, outside });
    expect(await platform.setWebhook('http://bots.example/1', { bot: '1' })).toEqual({ ok: true });
    expect(await platform.setWebhook('http://bots.example/2', { bot: '2' })).toEqual({ ok: true });
    expect(await platform.setWebhook('http://bots.example/2', { bot: '1' })).toMatchObject({ code: 13007 });
    platform.sendC2c({ from: 'U', text: 'to one', bot: '1' });
    platform.sendC2c({ from: 'V', text: 'to two', bot: '2' });
    await clock.advance(0);
    expect(one.events()).toMatchObject([
      { headers: { 'X-Bot-Appid': '1' }, frame: { s: 1, d: { content: 'to one' } } },
    ]);
    expect(two.events()).toMatchObject([
      { headers: { 'X-Bot-Appid': '2' }, frame: { s: 1, d: { content: 'to two' } } },
    ]);
  });

  it('closing ends deliveries and leaves no timer', async () => {
    const { clock, platform, server } = await makeWorld({}, () => new Promise(() => {}));
    platform.sendC2c({ from: 'U', text: 'x' });
    await clock.advance(0);
    platform.close();
    await clock.advance(60_000);
    expect(server.events()).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('spoilt deliveries', () => {
  it.each(['wrongSignature', 'noSignature', 'alteredBody', 'otherAppId', 'stale'] as const)(
    '%s, once',
    async (fault) => {
      const { clock, platform, server } = await makeWorld();
      platform.spoilCallbacks(fault, { ageMs: 3_600_000 });
      platform.sendC2c({ from: 'U', text: 'spoilt' });
      platform.sendC2c({ from: 'U', text: 'sound' });
      await clock.advance(0);
      const [spoilt, sound] = server.events();
      if (!spoilt || !sound) throw new Error('two events');
      const isSigned = fault === 'otherAppId' || fault === 'stale';
      expect(isGood(spoilt, PUBLIC_KEY)).toBe(isSigned);
      expect(spoilt.headers['X-Bot-Appid'] === '1').toBe(fault !== 'otherAppId');
      const isOld = Number(spoilt.headers['X-Signature-Timestamp']) === clock.now() / 1000 - 3600;
      expect(isOld).toBe(fault === 'stale');
      expect(isGood(sound, PUBLIC_KEY)).toBe(true);
      expect(sound.headers['X-Bot-Appid']).toBe('1');
    },
  );

  it('can be taken back', async () => {
    const { clock, platform, server } = await makeWorld();
    platform.spoilCallbacks('noSignature', { next: 5 });
    platform.clearFaults();
    platform.sendC2c({ from: 'U', text: 'x' });
    await clock.advance(0);
    expect(server.events().every((event) => isGood(event, PUBLIC_KEY))).toBe(true);
  });
});

it('over HTTP: the handshake, an event, and its acknowledgement', async () => {
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      bodies.push(body);
      headers.push(request.headers);
      const frame = JSON.parse(body) as Frame;
      const d = frame.d as { plain_token: string; event_ts: string };
      const signature = frame.op === 13 ? signed(callbackKey(SECRET), d.event_ts, d.plain_token) : '';
      response.end(JSON.stringify(frame.op === 13 ? { plain_token: d.plain_token, signature } : { op: 12 }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/qq`;
  const emulator = await startEmulator({ appId: '1', appSecret: SECRET, webhookUrl });
  await emulator.waitFor(() => emulator.webhooks().length === 1);
  emulator.sendC2c({ from: 'U', text: 'grüße 你好' });
  await emulator.waitFor(() => emulator.callbacks().at(-1)?.kind === 'event');
  expect(emulator.callbacks().at(-1)).toMatchObject({ outcome: 'acknowledged', status: 200 });
  const [, event] = headers;
  const seen = {
    url: webhookUrl,
    body: bodies[1] ?? '',
    headers: {
      'X-Signature-Ed25519': String(event?.['x-signature-ed25519']),
      'X-Signature-Timestamp': String(event?.['x-signature-timestamp']),
    },
  };
  expect(isGood(seen, PUBLIC_KEY)).toBe(true);
  expect(event).toMatchObject({
    'x-bot-appid': '1',
    'user-agent': 'QQBot-Callback',
    'content-type': 'application/json',
  });
  await emulator.close();
  server.close();
});
