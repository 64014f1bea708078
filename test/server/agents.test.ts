import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Secret } from '../../src/config/secret.js';
import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import { TestAgent } from '../../src/testing/test-agent.js';
import { Events, greet, HELLO, Place, post } from '../support/agent-place.js';

const TOKEN = 'correct-horse-battery-staple';

let place = new Place();
afterEach(async () => {
  await place.close();
  place = new Place();
});

type Dialled = { readonly code: number; readonly reason: string } | 'attached';

/** How a WebSocket with these headers fares, up to its hello's answer. */
const dial = (url: string, headers: Record<string, string>, hello: object = {}): Promise<Dialled> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, 'rookery.v1', { headers });
    const base = { t: 'hello', v: 1, agent: { name: 'a', version: '1' }, caps: { history: 'router' }, turns: 1 };
    socket.on('open', () => socket.send(JSON.stringify({ ...base, ...hello })));
    socket.on('unexpected-response', (_, answer) => {
      resolve({ code: answer.statusCode ?? 0, reason: '' });
      socket.terminate();
    });
    socket.on('message', (data) => {
      const { t } = JSON.parse(String(data)) as RouterFrame;
      if (t !== 'hello.ok') return;
      resolve('attached');
      socket.terminate();
    });
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  });

describe('who may dial in', () => {
  const token = new Secret(TOKEN);

  it.each([
    ['with no token set, from this machine', {}, {}, {}, 'attached'],
    ['with the token as a header', { token }, { authorization: `Bearer ${TOKEN}` }, {}, 'attached'],
    ['with the token in its hello', { token }, {}, { token: TOKEN }, 'attached'],
    ['with a wrong header', { token }, { authorization: 'Bearer nonsense' }, {}, { code: 401 }],
    [
      'with a wrong header, whatever its hello says',
      { token },
      { authorization: 'Bearer nonsense' },
      { token: TOKEN },
      { code: 401 },
    ],
    ['with a wrong token in its hello', { token }, {}, { token: 'nonsense' }, { code: 1008, reason: 'auth' }],
    ['with no token at all', { token }, {}, {}, { code: 1008, reason: 'auth' }],
    ['under another name of this machine', {}, { host: 'evil.test' }, {}, { code: 403 }],
    ['from a page of another site', {}, { origin: 'https://evil.test' }, {}, { code: 403 }],
    ['from a page of nobody’s', {}, { origin: 'null' }, {}, { code: 403 }],
    [
      'from a page of another site, with the token',
      { token },
      { origin: 'https://evil.test', authorization: `Bearer ${TOKEN}` },
      {},
      { code: 403 },
    ],
  ])('a WebSocket %s', async (_, settings, headers, hello, fares) => {
    const url = await place.open(settings);
    const got = await dial(url, headers as unknown as Record<string, string>, hello);
    if (fares === 'attached') expect(got).toBe('attached');
    else expect(got).toMatchObject(fares as object);
  });

  it('a page of the router’s own', async () => {
    const url = await place.open();
    expect(await dial(url, { origin: url })).toBe('attached');
  });

  it.each([
    ['without the token', {}, 401],
    ['with a wrong one', { authorization: 'Bearer nonsense' }, 401],
    ['with the token', { authorization: `Bearer ${TOKEN}` }, 200],
    [
      'with the token, from a page of another site',
      { authorization: `Bearer ${TOKEN}`, origin: 'https://evil.test' },
      403,
    ],
  ])('a POST and a stream of events %s', async (_, headers, status) => {
    const url = await place.open({ token });
    const given = headers as unknown as Record<string, string>;
    const answer = await post(url, '/v1/agent/frames', [HELLO], given);
    expect(answer.status).toBe(status);
    const sid = (answer.frames[0] as RouterFrames['hello.ok'] | undefined)?.sid ?? 'x';
    const events = await new Events().open(url, `${sid}.0`, given);
    expect(events.status).toBe(status);
    events.cut();
  });

  it('nobody, where no channel is answered by agents that dial in', async () => {
    const url = await place.open({}, { driver: 'echo' });
    expect(await dial(url, {})).toMatchObject({ code: 404 });
    expect((await post(url, '/v1/agent/frames', [HELLO])).status).toBe(404);
  });

  it('only who asks for the sub-protocol, and a WebSocket', async () => {
    const url = await place.open();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(400);
    expect((await fetch(`${url}/v1/agent`)).status).toBe(426);
  });

  it('no more strangers at once than there is room for: the next one is told to come back', async () => {
    const url = await place.open();
    const strangers: WebSocket[] = [];
    for (let n = 0; n < 32; n += 1) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, 'rookery.v1');
      strangers.push(socket);
      await once(socket, 'open');
    }
    expect(await dial(url, {})).toEqual({ code: 1013, reason: 'full' });
    strangers[0]?.terminate();
    await expect.poll(() => dial(url, {})).toBe('attached');
    for (const socket of strangers) socket.terminate();
  });

  it('to who asks for no WebSocket says nothing without the token', async () => {
    const url = await place.open({ token: new Secret(TOKEN) });
    expect((await fetch(`${url}/v1/agent`)).status).toBe(401);
    expect((await fetch(`${url}/v1/agent`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(426);
  });
});

describe('/readyz', () => {
  it('says that no agent is attached until one is', async () => {
    const url = await place.open();
    const missing = async (): Promise<unknown> =>
      ((await (await fetch(`${url}/readyz`)).json()) as { missing: unknown }).missing;
    expect(await missing()).toEqual([{ what: 'agent', why: expect.stringMatching(/^agent\.detached/) }]);
    await TestAgent.connect(url);
    expect(await missing()).toEqual([]);
  });
});

describe('a WebSocket', () => {
  it('carries a whole turn', async () => {
    const url = await place.open();
    const agent = await TestAgent.connect(url);
    place.emulator?.sendC2c({ from: 'U', text: 'hello' });
    const start = await agent.answer('Hello over a socket.');
    expect(await agent.next('turn.closed')).toMatchObject({ turn: start.turn, delivered: 'Hello over a socket.' });
    // The agent asks for it by the only name it knows.
    const asked = await fetch(`${url}/v1/turns/${encodeURIComponent(start.turn)}`);
    expect(await asked.json()).toMatchObject({ delivered: 'Hello over a socket.' });
  });

  it('that says too much at once is told so, and goes on; far too much ends it', async () => {
    const url = await place.open();
    const agent = await TestAgent.connect(url);
    agent.raw(JSON.stringify({ t: 'ack', seq: 0, ballast: 'x'.repeat(300_000) }));
    expect(await agent.next('error')).toMatchObject({ code: 'too_large' });
    agent.raw('x'.repeat(1_100_000));
    await expect.poll(() => agent.closeCode).toBe(1009);
  });
});

// Scenario 15 of spec/scenarios.md §6.
describe('Server-Sent Events and POST', () => {
  it('carry a whole turn, each line answered', async () => {
    const url = await place.open();
    const { sid } = await greet(url);
    const events = await new Events().open(url, `${sid}.0`);
    expect(await events.next('hello.ok')).toMatchObject({ sid, resumed: true });
    place.emulator?.sendC2c({ from: 'U', text: 'hello' });
    const { turn, seq } = await events.next('turn.start');
    expect(events.lastId).toBe(`${sid}.${seq}`);
    const { frames } = await post(url, `/v1/agent/frames?sid=${sid}`, [
      { t: 'ack', seq },
      { t: 'turn.accept', turn },
      { t: 'turn.delta', turn, n: 1, text: 'Hello over HTTP.' },
      { t: 'turn.delta', turn, n: 3, text: 'too far' },
      { t: 'turn.delta', turn, n: 1, text: 'Hello over HTTP.' },
      { t: 'turn.end', turn, n: 1, reason: 'stop' },
    ]);
    expect(frames.map((frame) => [frame.t, 'code' in frame ? frame.code : undefined])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
      ['ok', undefined],
      ['error', 'gap'],
      ['ok', undefined],
      ['ok', undefined],
    ]);
    expect(frames[4]).toMatchObject({ dup: true, n: 1 });
    expect(await events.next('turn.closed')).toMatchObject({ turn, delivered: 'Hello over HTTP.' });
    events.cut();
  });

  it('reconnect in the middle of a turn, which goes on', async () => {
    const url = await place.open();
    const { sid } = await greet(url);
    const first = await new Events().open(url, `${sid}.0`);
    place.emulator?.sendC2c({ from: 'U', text: 'hello' });
    const { turn } = await first.next('turn.start');
    await post(url, `/v1/agent/frames?sid=${sid}`, [{ t: 'turn.delta', turn, n: 1, text: 'before, ' }]);
    first.cut();
    await expect.poll(() => place.router?.agents?.status().agents[0]?.isAttached).toBe(false);
    // What is said meanwhile is taken in: the agent is there, only its ear is not.
    await post(url, `/v1/agent/frames?sid=${sid}`, [{ t: 'turn.delta', turn, n: 2, text: 'between ' }]);
    const second = await new Events().open(url, first.lastId);
    expect(await second.next('hello.ok')).toMatchObject({ resumed: true, missed: 0 });
    await post(url, `/v1/agent/frames?sid=${sid}`, [
      { t: 'turn.delta', turn, n: 3, text: 'and after.' },
      { t: 'turn.end', turn, n: 3, reason: 'stop' },
    ]);
    expect(await second.next('turn.closed')).toMatchObject({ delivered: 'before, between and after.' });
    expect(second.frames.filter(({ t }) => t === 'turn.start')).toEqual([]);
    second.cut();
  });

  it('reconnect to a router that was started anew in the middle of a turn, which begins again under another name', async () => {
    const url = await place.open();
    const port = Number(new URL(url).port);
    const { sid } = await greet(url);
    const first = await new Events().open(url, `${sid}.0`);
    place.emulator?.sendC2c({ from: 'U', text: 'hello' });
    const { turn } = await first.next('turn.start');
    await post(url, `/v1/agent/frames?sid=${sid}`, [{ t: 'turn.accept', turn }]);
    // As a crash leaves it: nobody says goodbye to the agent, and nothing is finished.
    const old = place.router;
    first.cut();
    await place.server?.close();
    place.emulator?.closeAll(4009);
    await place.open({ port });
    const second = await new Events().open(url, first.lastId);
    expect(await second.next('hello.ok')).toMatchObject({ resumed: true, sid });
    expect(await second.next('turn.closed')).toMatchObject({ turn, status: 'failed', reason: 'router_restart' });
    const again = await second.next('turn.start');
    expect(again.turn).not.toBe(turn);
    const { frames } = await post(url, `/v1/agent/frames?sid=${sid}`, [
      { t: 'turn.delta', turn, n: 1, text: 'stale' },
      { t: 'turn.delta', turn: again.turn, n: 1, text: 'fresh' },
      { t: 'turn.end', turn: again.turn, n: 1, reason: 'stop' },
    ]);
    expect(frames[0]).toMatchObject({ t: 'error', code: 'stale_turn' });
    expect(await second.next('turn.closed', 1)).toMatchObject({ turn: again.turn, delivered: 'fresh' });
    const said = place.emulator?.transcript({ scene: 'c2c', id: 'U' }).filter(({ by }) => by === 'bot') ?? [];
    expect(said.filter(({ kind }) => kind !== 'typing').map(({ text }) => text)).toEqual(['fresh']);
    second.cut();
    await place.shut();
    await old?.stop();
  });

  it('whose client has left while its session was looked up is attached to nobody', async () => {
    const { store } = place;
    const url = await place.open();
    const { sid } = await greet(url);
    await place.shut();
    // The next life has to ask the store who that was, and the store takes its time.
    let answer = (): void => undefined;
    const free = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const loadFrames = store.loadFrames.bind(store);
    store.loadFrames = async (lease, of) => {
      await free;
      return loadFrames(lease, of);
    };
    const again = await place.open();
    const gone = new Events();
    const arrived = new Promise<ServerResponse>((resolve) => {
      const hear = (message: unknown): void => {
        unsubscribe('http.server.request.start', hear);
        resolve((message as { readonly response: ServerResponse }).response);
      };
      subscribe('http.server.request.start', hear);
    });
    void gone.open(again, `${sid}.0`);
    const left = once(await arrived, 'close');
    gone.cut();
    await left;
    answer();
    const status = () => place.router?.agents?.status().agents ?? [];
    await expect.poll(() => status().length).toBe(1);
    expect(status()).toMatchObject([{ sid, isAttached: false }]);
  });

  it('go on from what the header says, or from the address where no header can be set', async () => {
    const url = await place.open();
    const { sid } = await greet(url);
    const statusOf = async (after: string, headers: Record<string, string> = {}): Promise<number> => {
      const answer = await fetch(`${url}/v1/agent/events?after=${after}`, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await statusOf(`${sid}.0`)).toBe(200);
    expect(await statusOf(`${sid}.0`, { 'last-event-id': '' })).toBe(200);
    expect(await statusOf(`${sid}.0`, { 'last-event-id': 'nobody.0' })).toBe(410);
    expect(await statusOf('nonsense')).toBe(400);
  });

  it('of a session that is not known are gone: hello again', async () => {
    const url = await place.open();
    expect((await new Events().open(url, 'nobody.5')).status).toBe(410);
    expect((await new Events().open(url, 'no id at all')).status).toBe(400);
    expect((await post(url, '/v1/agent/frames?sid=nobody', [{ t: 'ack', seq: 1 }])).status).toBe(410);
    const { frames } = await post(url, '/v1/agent/frames', [{ t: 'ack', seq: 1 }, HELLO, { t: 'ack', seq: 0 }]);
    expect(frames.map(({ t }) => t)).toEqual(['error', 'hello.ok', 'ok']);
  });
});

describe('/asyncapi.json', () => {
  it('describes every frame, and real traffic fits it', async () => {
    const url = await place.open();
    const document = (await (await fetch(`${url}/asyncapi.json`)).json()) as {
      asyncapi: string;
      components: { messages: Record<string, { payload: object }>; schemas: object };
      operations: Record<string, { messages: { $ref: string }[] }>;
    };
    expect(document.asyncapi).toBe('3.0.0');
    const ajv = new Ajv({ strict: false });
    const { components } = document;
    const fits = (frame: { readonly t: string }): string => {
      const check = ajv.compile<unknown>({ ...(components.messages[frame.t]?.payload ?? { not: {} }), components });
      return check(frame as unknown) ? 'fits' : `${frame.t}: ${ajv.errorsText(check.errors)}`;
    };
    const agent = await TestAgent.connect(url);
    const said: { readonly t: string }[] = [];
    const { say } = agent;
    agent.say = (frame) => {
      said.push(frame);
      say.call(agent, frame);
    };
    place.emulator?.sendC2c({ from: 'U', text: 'one' });
    const first = await agent.next('turn.start');
    agent.accept(first.turn);
    agent.say({ t: 'turn.progress', turn: first.turn, id: 'p', label: 'looking', state: 'running' });
    agent.delta(first.turn, 'said');
    agent.break(first.turn);
    await agent.next('turn.delivered');
    place.emulator?.sendC2c({ from: 'U', text: 'two' });
    await agent.next('turn.cancel');
    agent.say({ t: 'turn.cancelled', turn: first.turn });
    const second = await agent.answer('done');
    await agent.next('turn.closed', ({ turn }) => turn === second.turn);
    agent.say({ t: 'send', id: 'k', conv: second.conv.id, content: { text: 'more' }, mode: 'auto' });
    await agent.next('send.result');
    place.emulator?.addFriend('V');
    await agent.next('conv.event');
    agent.raw('{"t":"dance"}');
    await agent.next('error');
    expect(agent.heard.map(fits)).toEqual(agent.heard.map(() => 'fits'));
    expect(said.map(fits)).toEqual(said.map(() => 'fits'));
    expect(new Set(agent.heard.map(({ t }) => t)).size).toBeGreaterThanOrEqual(8);
  });
});
