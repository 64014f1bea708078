import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { createHttpTransport } from '../../src/adapters/net/undici-http.js';
import { wsTransport } from '../../src/adapters/net/ws-socket.js';
import { gatewayCodec } from '../../src/adapters/qq/frames.js';
import { createGatewayLocator } from '../../src/adapters/qq/gateway-locator.js';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import { normalise } from '../../src/adapters/qq/normalise.js';
import { createRest } from '../../src/adapters/qq/rest.js';
import { createTokenSource } from '../../src/adapters/qq/token-source.js';
import { Secret } from '../../src/config/secret.js';
import type { Inbound } from '../../src/domain/inbound.js';
import type { Anchor } from '../../src/domain/reply.js';
import {
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../src/emulator/index.js';
import type { GatewayFrame } from '../../src/ports/gateway-codec.js';
import type { Socket } from '../../src/ports/socket.js';

const INTENTS = (1 << 0) | (1 << 9) | (1 << 12) | (1 << 25) | (1 << 30);
const PATIENCE = { interval: 5, timeout: 3_000 };
const yes = (): boolean => true;

/** A bot made of the adapters alone, on a platform that shares no code with them. */
const connect = async (options: EmulatorOptions = {}, secret = DEFAULT_APP_SECRET) => {
  const emulator: Emulator = await startEmulator({
    bots: [{ appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, private: true }],
    ...options,
  });
  const http = createHttpTransport();
  const appId = DEFAULT_APP_ID;
  const tokens = createTokenSource({
    http,
    clock: systemClock,
    endpoint: emulator.urls.token,
    appId,
    secret: new Secret(secret),
  });
  const rest = createRest({ http, tokens, endpoint: emulator.urls.api, appId });
  const frames: GatewayFrame[] = [];
  const closed: unknown[] = [];
  const sockets: Socket[] = [];

  const dial = async (): Promise<Socket> => {
    const { url } = await createGatewayLocator(rest).locate();
    const socket = wsTransport.open(url, {
      opened: () => undefined,
      text: (text) => frames.push(gatewayCodec.decode(text)),
      closed: (code, reason) => closed.push([code, reason]),
    });
    sockets.push(socket);
    return socket;
  };
  const heard = <Kind extends GatewayFrame['kind']>(kind: Kind) =>
    vi.waitFor(() => {
      const frame = frames.findLast((one): one is Extract<GatewayFrame, { kind: Kind }> => one.kind === kind);
      if (frame === undefined) throw new Error(`no ${kind} in ${JSON.stringify(frames)}`);
      return frame;
    }, PATIENCE);
  const identify = async () => {
    const socket = await dial();
    await heard('hello');
    socket.send(gatewayCodec.identify({ token: await tokens.get(), intents: INTENTS, shard: [0, 1] }));
    return { socket, ready: await heard('ready') };
  };
  const messages = (): Inbound[] =>
    frames.flatMap((frame) => {
      if (frame.kind !== 'dispatch') return [];
      const ready = frames.find((one) => one.kind === 'ready');
      const botId = ready?.kind === 'ready' ? ready.user.id : '';
      const read = normalise(frame, { appId, botId, nowMs: Date.now() });
      return read.kind === 'message' ? [read.message] : [];
    });
  const message = (count = 1): Promise<Inbound> =>
    vi.waitFor(() => {
      const one = messages()[count - 1];
      if (one === undefined) throw new Error(`no message ${count} in ${JSON.stringify(frames)}`);
      return one;
    }, PATIENCE);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.detach();
    await http.close();
    await emulator.close();
  };
  return { emulator, tokens, api: createMessageApi(rest), frames, closed, dial, heard, identify, message, close };
};

type Rig = Awaited<ReturnType<typeof connect>>;
const anchorTo = ({ id, atMs }: Inbound): Anchor => ({ kind: 'message', id, atMs });

let rig: Rig;
const start = async (...given: Parameters<typeof connect>): Promise<Rig> => {
  await rig.close();
  rig = await connect(...given);
  return rig;
};
beforeEach(async () => {
  rig = await connect();
});
afterEach(() => rig.close());

describe('a session', () => {
  it('is identified, beats and names the bot', async () => {
    const { socket, ready } = await rig.identify();
    expect(ready).toMatchObject({ s: 1, sessionId: expect.any(String) });
    await expect(rig.api.me()).resolves.toEqual({ id: ready.user.id, username: ready.user.username });
    socket.send(gatewayCodec.heartbeat(ready.s));
    await rig.heard('ack');
    expect(rig.frames.some(({ kind }) => kind === 'unreadable')).toBe(false);
  });

  it('is resumed with what was missed', async () => {
    const { ready } = await rig.identify();
    rig.emulator.closeAll(4009);
    await vi.waitFor(() => expect(rig.closed).toEqual([[4009, 'Session timed out']]));
    rig.emulator.sendC2c({ from: 'U1', text: 'meanwhile' });
    rig.frames.length = 0;
    const socket = await rig.dial();
    await rig.heard('hello');
    socket.send(gatewayCodec.resume({ token: await rig.tokens.get(), sessionId: ready.sessionId, seq: ready.s }));
    await rig.heard('resumed');
    await expect(rig.message()).resolves.toMatchObject({ text: 'meanwhile' });
  });

  it('hears op 7, op 9 and the platform’s own heartbeat', async () => {
    await rig.identify();
    rig.emulator.sendHeartbeat();
    await rig.heard('heartbeatRequest');
    rig.emulator.sendReconnect();
    await rig.heard('reconnect');
    rig.emulator.invalidateSession(true);
    await expect(rig.heard('invalidSession')).resolves.toEqual({ kind: 'invalidSession', resumable: true });
  });
});

describe('a message and its answer', () => {
  it('in private', async () => {
    await rig.identify();
    rig.emulator.sendC2c({ from: 'U1', text: 'what is this?', quote: 'the quoted' });
    const message = await rig.message();
    expect(message).toMatchObject({ text: 'what is this?', mention: true, quote: { text: 'the quoted' } });
    const reply = { target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'a <b> & c' };
    await expect(rig.api.sendText(reply, yes)).resolves.toEqual({
      sentId: expect.any(String),
      refIndex: expect.any(String),
    });
    expect(rig.emulator.transcript('U1').at(-1)).toMatchObject({ by: 'bot', text: 'a <b> & c', replyTo: message.id });
    await expect(rig.api.sendText(reply, yes)).rejects.toMatchObject({ code: 'platform.arrived' });
    expect(rig.emulator.transcript('U1').filter(({ by }) => by === 'bot')).toHaveLength(1);
  });

  it.each([
    [false, {}],
    [true, {}],
    [true, { groupMentions: 'kept' }],
    [false, { groupTrailingSpace: true, eventTimestamps: 'go', attachmentUrls: 'bare' }],
  ] as const)('in a group (hears all: %s, %j)', async (hearsAll, switches) => {
    await start({ switches });
    await rig.identify();
    if (hearsAll) rig.emulator.setGroupMode('G1', 'all');
    const attachments = [{ content_type: 'image/png', url: 'https://h.example/a.png', size: 7 }];
    rig.emulator.sendGroup({ group: 'G1', from: 'M1', text: '/weather Oslo', role: 'owner', attachments });
    const message = await rig.message();
    expect(message).toMatchObject({
      conversation: `qq:${DEFAULT_APP_ID}:group:G1:M1`,
      sender: { id: 'M1', role: 'owner' },
      text: '/weather Oslo',
      mention: true,
      attachments: [{ kind: 'image', url: 'https://h.example/a.png', bytes: 7 }],
    });
    expect(Math.abs(message.atMs - Date.now())).toBeLessThan(5_000);
    await rig.api.sendText({ target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'rain' }, yes);
    expect(rig.emulator.transcript('G1').at(-1)).toMatchObject({ by: 'bot', text: 'rain' });
  });

  it('that addresses nobody, in a group that is heard whole', async () => {
    await rig.identify();
    rig.emulator.setGroupMode('G1', 'all');
    rig.emulator.mentionsNull(1);
    rig.emulator.sendGroup({ group: 'G1', from: 'M1', text: 'just talking', at: false });
    await expect(rig.message()).resolves.toMatchObject({ text: 'just talking', mention: false });
  });

  it('in a guild’s channel, with a reaction', async () => {
    await rig.identify();
    rig.emulator.sendGuild({ channel: '100010', from: '77', text: '1 < 2 & <@5>' });
    const message = await rig.message();
    expect(message).toMatchObject({ text: '1 < 2 & <@5>', mention: true, sender: { id: '77', role: 'member' } });
    await rig.api.react('100010', message.id, { type: 1, id: '76' });
    await rig.api.react('100010', message.id, { type: 1, id: '76' });
    await rig.api.sendText({ target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'yes: 1 < 2' }, yes);
    const lines = rig.emulator.transcript('100010');
    expect(lines[0]?.reactions).toEqual(['1:76']);
    expect(rig.emulator.sends().at(-1)).toMatchObject({ scene: 'guild' });
    expect(lines.at(-1)).toMatchObject({ by: 'bot' });
  });

  it('in a guild’s private chat', async () => {
    await rig.identify();
    rig.emulator.sendDm({ from: '77', text: 'psst' });
    const message = await rig.message();
    await rig.api.sendText({ target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'yes?' }, yes);
    expect(rig.emulator.transcript({ scene: 'dm', id: '77' }).at(-1)).toMatchObject({ by: 'bot', text: 'yes?' });
  });

  it('that waits for a review', async () => {
    await rig.identify();
    rig.emulator.auditNext();
    rig.emulator.sendGuild({ channel: '100010', from: '77', text: 'hi' });
    const message = await rig.message();
    const reply = { target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'hello' };
    await expect(rig.api.sendText(reply, yes)).resolves.toEqual({ auditId: expect.any(String) });
  });

  it('after showing that it is being written', async () => {
    await rig.identify();
    rig.emulator.sendC2c({ from: 'U1', text: 'hi' });
    const { target, ...rest } = await rig.message();
    const anchor: Anchor = { kind: 'message', id: rest.id, atMs: rest.atMs };
    await rig.api.sendTyping({ target, anchor, msgSeq: 1, seconds: 60 }, yes);
    expect(rig.emulator.transcript('U1').at(-1)).toMatchObject({ kind: 'typing' });
  });
});

describe('trouble', () => {
  it('tokens that end are replaced within the call', async () => {
    await rig.identify();
    rig.emulator.sendC2c({ from: 'U1', text: 'hi' });
    const message = await rig.message();
    rig.emulator.expireTokens();
    const reply = { target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'hello' };
    await expect(rig.api.sendText(reply, yes)).resolves.toHaveProperty('sentId');
  });

  it('a wrong secret is named', async () => {
    await start({}, 'wrong');
    await expect(rig.api.me()).rejects.toMatchObject({ code: 'auth.rejected', more: { platformCode: 100016 } });
  });

  it('a number for expires_in and tokens of a few seconds are fine', async () => {
    await start({ limits: { tokenLifeS: 3 }, switches: { expiresInAs: 'number' } });
    await rig.identify();
    await expect(rig.api.me()).resolves.toHaveProperty('id');
  });

  it('an address off the allow-list asks for no new token', async () => {
    await rig.api.me();
    rig.emulator.refuseAddress();
    await expect(rig.api.me()).rejects.toMatchObject({ code: 'auth.ipNotAllowed', more: { platformCode: 40023002 } });
    expect(rig.emulator.calls().filter(({ path }) => path.startsWith('/app/'))).toHaveLength(1);
  });

  it('the gateway that was asked for too often wants rest', async () => {
    await start({ switches: { strictGateway: true } });
    await rig.dial();
    await rig.dial();
    await expect(rig.dial()).rejects.toMatchObject({ code: 'gateway.busy', more: { platformCode: 100017 } });
  });

  it('a call whose answer is lost is unknown, and its repeat has arrived', async () => {
    await rig.identify();
    rig.emulator.sendC2c({ from: 'U1', text: 'hi' });
    const message = await rig.message();
    rig.emulator.swallowNext({ how: 'cut' });
    const typing = { target: message.target, anchor: anchorTo(message), msgSeq: 1, seconds: 5 };
    await expect(rig.api.sendTyping(typing, yes)).rejects.toMatchObject({ code: 'transport.lost' });
    await expect(rig.api.sendTyping(typing, yes)).rejects.toMatchObject({ code: 'platform.arrived' });
  });

  it.each([
    [{ status: 502, body: '<html>bad gateway</html>' }, 'platform.unavailable'],
    [{ status: 200, body: '<html>welcome</html>' }, 'transport.lost'],
    [{ status: 429, code: 22009 }, 'platform.busy'],
    [{ status: 500, code: 50055001 }, 'platform.unavailable'],
  ])('an answer like %j is read', async (failure, code) => {
    await rig.identify();
    rig.emulator.sendC2c({ from: 'U1', text: 'hi' });
    const message = await rig.message();
    rig.emulator.failNext({ match: 'sends', ...failure });
    const reply = { target: message.target, anchor: anchorTo(message), msgSeq: 1, text: 'hello' };
    await expect(rig.api.sendText(reply, yes)).rejects.toMatchObject({ code });
  });
});
