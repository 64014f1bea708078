import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { createLogger } from '../../src/log/logger.js';
import { startAgentServer } from '../../src/server/server.js';
import { AgentDesk } from '../../src/sidecar/agent-desk.js';
import { CLOSE_ABOVE_BYTES, DROP_ABOVE_BYTES } from '../../src/sidecar/agent-link.js';
import { FRAME_BYTES_MAX } from '../../src/sidecar/frames/parts.js';
import type { RouterFrame } from '../../src/sidecar/frames/to-agent.js';
import { TestAgent } from '../../src/testing/test-agent.js';
import { greet, HELLO, Place, post } from '../support/agent-place.js';

/* What an agent may do to the router over real sockets: too much, too deep, too often, or not reading what it is sent. */

const closing: (() => unknown)[] = [];
let place = new Place();
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await place.close();
  place = new Place();
});

/** An agent that keeps to the rules is answered as ever. */
const expectServed = async (url: string, user: string): Promise<void> => {
  const honest = await TestAgent.connect(url);
  place.emulator?.sendC2c({ from: user, text: 'hello' });
  const { turn } = await honest.answer('Still here.');
  expect(await honest.next('turn.closed', (frame) => frame.turn === turn)).toMatchObject({ delivered: 'Still here.' });
  honest.hangUp();
};

describe('a frame', () => {
  const padded = (bytes: number): string => {
    const bare = JSON.stringify({ t: 'ack', seq: 0, ballast: '' });
    return bare.replace('""', `"${'x'.repeat(bytes - bare.length)}"`);
  };

  it('may be as large as is said, and not a byte more; bytes are counted, not letters', async () => {
    const url = await place.open();
    const agent = await TestAgent.connect(url);
    agent.raw(padded(FRAME_BYTES_MAX));
    agent.raw(padded(FRAME_BYTES_MAX + 1));
    agent.raw(JSON.stringify({ t: 'ack', seq: 0, ballast: '一'.repeat(FRAME_BYTES_MAX / 3) }));
    agent.say({ t: 'stop', id: 'last', conv: 'nobody', reason: 'user_stop' });
    await agent.next('error', ({ re }) => re === 'last');
    expect(agent.all('error').map(({ code }) => code)).toEqual(['too_large', 'too_large', 'not_permitted']);
    const { sid } = await greet(url);
    const lines = [padded(FRAME_BYTES_MAX), padded(FRAME_BYTES_MAX + 1)].map((line) => JSON.parse(line) as object);
    const { frames } = await post(url, `/v1/agent/frames?sid=${sid}`, lines);
    expect(frames.map((frame) => ('code' in frame ? frame.code : frame.t))).toEqual(['ok', 'too_large']);
  });

  it('that is no text is refused as one that is too large, unread', async () => {
    const url = await place.open();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, 'rookery.v1');
    const heard: RouterFrame[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(String(data)) as RouterFrame));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(Buffer.from(JSON.stringify(HELLO)));
    await expect.poll(() => heard.map((frame) => ('code' in frame ? frame.code : frame.t))).toEqual(['too_large']);
    socket.terminate();
  });

  it('may be as deep as it likes, wherever that is', async () => {
    const url = await place.open();
    const agent = await TestAgent.connect(url);
    place.emulator?.sendC2c({ from: 'U', text: 'hello' });
    const { turn, conv } = await agent.next('turn.start');
    const deep = (open: string, close: string): string => open.repeat(20_000) + close.repeat(20_000);
    const arrays = deep('[', ']');
    const objects = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    for (const value of [arrays, objects]) {
      agent.raw(value);
      agent.raw(`{"t":${value}}`);
      agent.raw(`{"t":"ack","seq":${value}}`);
      agent.raw(`{"t":"ack","seq":0,"later":${value}}`);
      agent.raw(`{"t":"turn.delta","turn":"${turn}","n":1,"text":${value}}`);
      agent.raw(`{"t":"turn.end","turn":"${turn}","n":0,"reason":"stop","usage":${value}}`);
      agent.raw(`{"t":"turn.media","turn":"${turn}","n":1,"media":${value}}`);
      agent.raw(`{"t":"hello","v":1,"filter":${value}}`);
    }
    const send = (id: string, content: string): void =>
      agent.raw(`{"t":"send","id":"${id}","conv":"${conv.id}","mode":"auto","content":${content}}`);
    send('k1', objects);
    send('k2', `{"text":${arrays}}`);
    send('k3', `{"markdown":${objects}}`);
    send('k4', `{"media":${arrays}}`);
    for (const id of ['k1', 'k2', 'k3', 'k4']) {
      expect(await agent.next('send.result', (frame) => frame.id === id)).toMatchObject({ status: 'rejected' });
    }
    expect(agent.closeCode).toBeNull();
    agent.accept(turn);
    agent.delta(turn, 'And yet.');
    agent.end(turn);
    expect(await agent.next('turn.closed')).toMatchObject({ delivered: 'And yet.' });
  });

  it('of more lines or bytes than a request takes is refused as a whole', async () => {
    const url = await place.open();
    const { sid } = await greet(url);
    const ack = { t: 'ack', seq: 0 };
    const path = `/v1/agent/frames?sid=${sid}`;
    expect((await post(url, path, Array(1_000).fill(ack))).frames).toHaveLength(1_000);
    expect((await post(url, path, Array(1_001).fill(ack))).status).toBe(413);
    expect((await post(url, path, Array(5).fill({ ...ack, ballast: 'x'.repeat(240_000) }))).status).toBe(413);
  });

  it('that acknowledges what was never said, or was acknowledged before, loses nothing that comes', async () => {
    const url = await place.open();
    const agent = await TestAgent.connect(url, { isPolite: false });
    place.emulator?.sendC2c({ from: 'U', text: 'one' });
    const first = await agent.next('turn.start');
    agent.say({ t: 'ack', seq: Number.MAX_SAFE_INTEGER });
    agent.accept(first.turn);
    agent.end(first.turn, 'silent');
    const closed = await agent.next('turn.closed');
    agent.say({ t: 'ack', seq: first.seq });
    agent.say({ t: 'ack', seq: 0 });
    agent.hangUp();
    const back = await TestAgent.connect(url, { hello: { resume: `${agent.sid}.${first.seq}` } });
    expect(await back.next('turn.closed')).toMatchObject({ turn: first.turn, seq: closed.seq });
  });
});

/** The last connection that was made: what waits for it, and the codes it was closed with. */
const watched = (desk: AgentDesk): { buffered: () => number; readonly closes: number[] } => {
  const last = { buffered: () => 0, closes: [] as number[] };
  const { connect } = desk;
  desk.connect = (link, isToken) => {
    last.buffered = () => link.buffered();
    const close = (code: number, reason: string): void => {
      last.closes.push(code);
      link.close(code, reason);
    };
    return connect.call(desk, { ...link, close }, isToken);
  };
  return last;
};

/** Raised for a soak. */
const FLOOD = Number(process.env['FLOOD_FRAMES'] ?? 60_000);
/** What the system itself holds back of a connection, at most. */
const KERNEL_BYTES_MAX = 12_000_000;

describe('a flood of small frames', () => {
  it('neither fills the memory nor keeps another agent from its turn', async () => {
    const url = await place.open();
    const last = watched(place.router?.agents as AgentDesk);
    const flooding = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, 'rookery.v1', { perMessageDeflate: false });
    closing.push(() => flooding.terminate());
    await new Promise((resolve) => flooding.on('open', resolve));
    flooding.send(JSON.stringify({ ...HELLO, filter: { scene: ['group'] } }));
    await new Promise((resolve) => flooding.once('message', resolve));
    flooding.pause();
    const flooded = last.buffered;
    let isServed = false;
    const served = expectServed(url, 'U').then(() => {
      isServed = true;
    });
    // Half of them are wrong, and answered at length; the answers are not read.
    const wrong = JSON.stringify({ t: 'turn.delta', turn: 'x'.repeat(500), n: 1, text: '' });
    let most = 0;
    for (let n = 0; n < FLOOD || !isServed; n += 1) {
      flooding.send(n % 2 === 0 ? '{"t":"pong","re":"x"}' : wrong);
      if (n % 100 !== 0) continue;
      while (flooding.bufferedAmount > 65_536) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, flooded());
    }
    await served;
    expect((FLOOD / 2) * wrong.length).toBeGreaterThan(KERNEL_BYTES_MAX);
    expect(most).toBeGreaterThan(DROP_ABOVE_BYTES / 2);
    expect(most).toBeLessThan(DROP_ABOVE_BYTES + 65_536);
    expect(place.router?.agents?.status().droppedFrames).toBeGreaterThan(0);
    // It is an agent still: nothing that it says is wrong enough to be sent away.
    expect(place.router?.agents?.status().agents.filter(({ isAttached }) => isAttached).length).toBeGreaterThan(0);
    await expectServed(url, 'V');
  });
});

describe('an agent that does not read', () => {
  const BLOB = 'x'.repeat(64_000);
  const CONVERSATION = 'qq:1:c2c:U';

  /** Doors without a router: frames of any size and number can be given to the agent at once. */
  const doors = async () => {
    const { log } = createLogger({ level: 'silent', destination: null });
    const desk = new AgentDesk({
      clock: systemClock,
      name: (length) => 'n'.repeat(length),
      log,
      times: { acceptMs: 5_000, idleMs: 120_000, turnMs: { c2c: 1, group: 1, guild: 1, dm: 1 }, graceMs: 2_000 },
      commands: {
        stopTurn: () => false,
        showTyping: () => null,
        send: async () => ({ status: 'rejected' as const }),
      },
    });
    const last = watched(desk);
    await desk.open(new MemoryStore(systemClock));
    const { url, close } = await startAgentServer({
      agents: desk,
      settings: { host: '127.0.0.1', port: 0 },
      log,
      version: '1',
    });
    closing.push(async () => {
      await desk.close();
      await close();
    });
    return { desk, url, last };
  };

  /** Pushes frames until it is sent away. Gives the most that ever waited for it. */
  const push = async ({ desk, last }: Awaited<ReturnType<typeof doors>>): Promise<number> => {
    const isHere = (): boolean => desk.status().agents[0]?.isAttached === true;
    let most = 0;
    for (let n = 0; n < 3_000 && isHere(); n += 1) {
      desk.onEvent(CONVERSATION, 'c2c', 'recalled', { n, blob: BLOB });
      most = Math.max(most, last.buffered());
      if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(last.closes.at(-1)).toBe(1013);
    return most;
  };

  const expectBounded = async (opened: Awaited<ReturnType<typeof doors>>): Promise<void> => {
    const most = await push(opened);
    expect(most).toBeGreaterThan(CLOSE_ABOVE_BYTES / 2);
    expect(most).toBeLessThan(CLOSE_ABOVE_BYTES + 2 * BLOB.length);
    // And what is kept for it is bounded, however much more comes: 16 Mi characters, the oldest given up first.
    const { desk } = opened;
    for (let n = 0; n < 1_000; n += 1) desk.onEvent(CONVERSATION, 'c2c', 'recalled', { n, blob: BLOB });
    const [agent] = desk.status().agents;
    expect((agent?.unackedFrames ?? 0) * BLOB.length).toBeLessThan(16.1 * 1_048_576);
    expect(desk.status().lostFrames).toBeGreaterThan(700);
  };

  it('over a WebSocket is sent away with 1013 and may come back for what is kept', async () => {
    const opened = await doors();
    const { url } = opened;
    const agent = await TestAgent.connect(url, { isPolite: false });
    const codes: number[] = [];
    // The far side of a socket that is not read: only its close is looked at, later.
    const paused = new WebSocket(`${url.replace('http', 'ws')}/v1/agent`, 'rookery.v1');
    closing.push(() => paused.terminate());
    await new Promise((resolve) => paused.on('open', resolve));
    paused.on('close', (code) => codes.push(code));
    paused.send(JSON.stringify({ ...HELLO, resume: `${agent.sid}.0` }));
    await new Promise((resolve) => paused.once('message', resolve));
    paused.pause();
    await expectBounded(opened);
    paused.resume();
    await expect.poll(() => codes.length, { timeout: 10_000 }).toBe(1);
    const back = await TestAgent.connect(url, { hello: { resume: `${agent.sid}.0` } });
    const [hello] = back.all('hello.ok');
    expect(hello).toMatchObject({ resumed: true, sid: agent.sid });
    expect(hello?.missed).toBeGreaterThan(700);
    await expect.poll(() => opened.desk.status().agents[0]?.unackedFrames, { timeout: 10_000 }).toBe(0);
    const numbers = back.all('conv.event').map(({ seq }) => seq);
    expect(numbers.every((seq, index) => index === 0 || seq === (numbers[index - 1] ?? 0) + 1)).toBe(true);
  });

  it('over Server-Sent Events is cut off', async () => {
    const opened = await doors();
    const { url } = opened;
    const { sid } = await greet(url);
    await new Promise<void>((resolve) => {
      const asked = get(`${url}/v1/agent/events`, { headers: { 'last-event-id': `${sid}.0` } }, (answer) => {
        answer.pause();
        answer.on('error', () => undefined);
        closing.push(() => answer.destroy());
        resolve();
      });
      asked.on('error', () => undefined);
    });
    await expect.poll(() => opened.desk.status().agents[0]?.isAttached).toBe(true);
    await expectBounded(opened);
  });
});
