import { describe, expect, it } from 'vitest';
import { SessionStarts } from '../../src/domain/session-starts.js';
import { RouterError } from '../../src/errors/router-error.js';
import { FULL_INTENTS, GatewayRig, REDUCED_INTENTS } from '../support/gateway-rig.js';

const BEAT_MS = 45_000;

describe('a fresh start', () => {
  it('identifies with the token, the intents and the shard, and beats at once', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    expect(socket.heard(2)).toMatchObject([{ token: 'QQBot tok1', intents: FULL_INTENTS, shard: [0, 1] }]);
    expect(socket.heard(1)).toEqual([1]);
    expect(rig.state).toBe('linked.ready.acked');
    expect(rig.notices).toEqual([{ type: 'ready', sessionId: 's1', bot: { id: '9001', username: 'router-bot' } }]);
  });

  it('resumes the session of an earlier life from where its events were safe', async () => {
    const rig = new GatewayRig({ session: { sessionId: 'old', seq: 41, atMs: 0 } });
    rig.gateway.start();
    const socket = await rig.greet();
    expect(socket.heard(6)).toEqual([{ token: 'QQBot tok1', session_id: 'old', seq: 41 }]);
    socket.event(41).event(42).resumed(43);
    expect(rig.seqs).toEqual([42]);
    expect(rig.state).toBe('linked.ready.awaitingAck');
  });

  it('reports whether it is online, the present first', async () => {
    const rig = new GatewayRig();
    const seen: boolean[] = [];
    rig.gateway.online$.subscribe((online) => seen.push(online));
    const socket = await rig.startReady();
    socket.drop(4009);
    (await rig.nextLink()).resumed(2);
    const stopped = rig.gateway.stop();
    rig.socket.drop(1000);
    await stopped;
    expect(seen).toEqual([false, true, false, true, false]);
  });
});

describe('heartbeats', () => {
  it('carry the last number received, whatever is safe (trap 2: none or wrong ones are cut every minute)', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.event(2).event(3);
    for (let beat = 0; beat < 3; beat += 1) {
      await rig.clock.advance(BEAT_MS);
      socket.ack();
    }
    expect(socket.heard(1)).toEqual([1, 3, 3, 3]);
  });

  it('keep their rhythm when answers come late', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    for (let beat = 0; beat < 4; beat += 1) {
      await rig.clock.advance(40_000);
      socket.ack();
      await rig.clock.advance(5_000);
    }
    expect(socket.heard(1)).toHaveLength(5);
    expect(rig.gateway.snapshotStatus().heartbeatLatencyMs).toBe(40_000);
  });

  it('are answered as late as the first that was not', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    await rig.clock.advance(BEAT_MS + 1_000);
    socket.event(2);
    await rig.clock.advance(BEAT_MS);
    expect(rig.state).toBe('linked.ready.missedOne');
    socket.ack();
    expect(rig.gateway.snapshotStatus().heartbeatLatencyMs).toBe(BEAT_MS + 1_000);
    // What nobody asked for says nothing of the next one.
    socket.ack();
    await rig.clock.advance(BEAT_MS - 1_000);
    await rig.clock.advance(300);
    socket.ack();
    expect(rig.gateway.snapshotStatus().heartbeatLatencyMs).toBe(300);
  });

  it('run once on the next link, not twice and not never (trap 3)', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    await rig.clock.advance(BEAT_MS);
    socket.ack().drop(4009);
    const next = (await rig.nextLink()).resumed(2).ack();
    for (let beat = 0; beat < 3; beat += 1) {
      await rig.clock.advance(BEAT_MS);
      next.ack();
    }
    expect(next.heard(1)).toHaveLength(4);
    expect(socket.heard(1)).toHaveLength(2);
  });

  it('are answered when the platform asks for one', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.say({ op: 1, d: null });
    expect(socket.heard(1)).toHaveLength(2);
  });

  it('go on through a replay longer than their interval', async () => {
    const rig = new GatewayRig({ session: { sessionId: 'old', seq: 1, atMs: 0 } });
    rig.gateway.start();
    const socket = await rig.greet();
    for (let s = 2; s < 12; s += 1) {
      await rig.clock.advance(10_000);
      socket.event(s);
    }
    expect(rig.state).toBe('linked.resuming');
    expect(socket.heard(1)).toHaveLength(2);
    socket.resumed(12);
    expect(rig.seqs).toHaveLength(10);
  });
});

describe('a dead link', () => {
  it('that answers no heartbeat is resumed within two beats, though events still come (trap 1)', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    await rig.clock.advance(BEAT_MS);
    const firstUnansweredMs = rig.clock.now();
    for (let s = 2; rig.state.startsWith('linked'); s += 1) {
      await rig.clock.advance(5_000);
      if (!socket.isDetached) socket.event(s);
    }
    expect(rig.clock.now() - firstUnansweredMs).toBeLessThanOrEqual(2 * BEAT_MS);
    expect(socket.isDetached).toBe(true);
    expect((await rig.nextLink()).heard(6)).toMatchObject([{ session_id: 's1' }]);
  });

  // tencent-connect/openclaw-qqbot#301.
  it('that says nothing at all is resumed after one and a half beats (scenario 1: half-open socket)', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    await rig.clock.advance(10_000);
    socket.event(2);
    await rig.clock.advance(1.5 * BEAT_MS - 1);
    expect(rig.state).toBe('linked.ready.awaitingAck');
    await rig.clock.advance(1);
    expect(rig.faults()).toEqual(['transport.lost']);
    expect((await rig.nextLink()).heard(6)).toMatchObject([{ session_id: 's1', seq: 1 }]);
  });

  it('without hello is left after 30 s, without READY after 15 s', async () => {
    const rig = new GatewayRig();
    rig.gateway.start();
    await rig.settle();
    rig.socket.accept();
    await rig.clock.advance(29_999);
    expect(rig.state).toBe('linked.awaitingHello');
    await rig.clock.advance(1);
    expect(rig.state).toBe('backingOff');
    await rig.greet();
    await rig.clock.advance(14_999);
    expect(rig.state).toBe('linked.identifying');
    await rig.clock.advance(1);
    expect(rig.state).toBe('backingOff');
  });

  it('without RESUMED is left 15 s after its last frame', async () => {
    const rig = new GatewayRig({ session: { sessionId: 'old', seq: 1, atMs: 0 } });
    rig.gateway.start();
    const socket = await rig.greet();
    await rig.clock.advance(14_000);
    socket.event(2);
    await rig.clock.advance(14_999);
    expect(rig.state).toBe('linked.resuming');
    await rig.clock.advance(1);
    expect(rig.state).toBe('backingOff');
  });
});

describe('a link that lives less than 5 s', () => {
  it('counts from when it was open, however long that took', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    for (const s of [2, 3]) {
      const known = rig.sockets.sockets.length;
      await rig.clock.advanceUntil(() => rig.sockets.sockets.length > known);
      await rig.clock.advance(6_000);
      rig.socket.accept().hello().resumed(s).drop(4009);
    }
    expect(rig.state).toBe('pausing');
  });
});

describe('the session', () => {
  it('that the platform changes under way is the one that is resumed', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.ready('s2', 5).drop(4009);
    expect((await rig.nextLink()).heard(6)).toMatchObject([{ session_id: 's2', seq: 5 }]);
  });

  it('is resumed after 4009, not lost (trap 4)', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    const next = await rig.nextLink();
    expect(next.heard(2)).toEqual([]);
    expect(next.heard(6)).toHaveLength(1);
  });

  // NousResearch/hermes-agent#22179; tencent-connect/bot-node-sdk#94.
  it('is asked for anew after three resumes closed in silence, and after one 4902 (trap 5)', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(1006);
    for (let resume = 0; resume < 3; resume += 1) {
      const link = await rig.nextLink();
      expect(link.heard(6)).toHaveLength(1);
      link.drop(1006);
    }
    const fresh = await rig.nextLink();
    expect(fresh.heard(2)).toHaveLength(1);
    fresh.ready('s2').drop(4902);
    expect((await rig.nextLink()).heard(2)).toHaveLength(1);
    expect(rig.saved).toContain(null);
  });

  it('is resumed at once after op 7, with no fault', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).say({ op: 7 });
    await rig.settle();
    expect(rig.state).toBe('linked.connecting');
    expect(rig.socket.accept().hello().heard(6)).toHaveLength(1);
    expect(rig.faults()).toEqual([]);
  });

  it('is resumed with a fresh token when the old one has run out', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    rig.tokens.expire();
    expect((await rig.nextLink()).heard(6)).toMatchObject([{ token: 'QQBot tok2' }]);
  });

  it('is resumed after 4004 with a token that is not the refused one', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4004);
    expect((await rig.nextLink()).heard(6)).toMatchObject([{ token: 'QQBot tok2', session_id: 's1' }]);
    expect(rig.tokens.invalidated).toEqual(['tok1']);
  });
});

describe('the outside', () => {
  // riba2534/happyclaw#538.
  it('is tried for ever: a night without network ends with a bot that is online (trap 6)', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(1006);
    rig.tokens.failure = new RouterError('auth.unavailable', 'no network');
    await rig.clock.advance(10 * 3_600_000);
    expect(rig.faults().length).toBeGreaterThan(500);
    rig.tokens.failure = null;
    (await rig.nextLink()).resumed(2);
    expect(rig.state).toBe('linked.ready.awaitingAck');
  });

  it('is asked for the gateway’s address once in twenty reconnects (trap 7)', async () => {
    const rig = new GatewayRig();
    let link = await rig.startReady();
    for (let s = 2; s < 22; s += 1) {
      await rig.clock.advance(6_000);
      link.drop(4009);
      link = (await rig.nextLink()).resumed(s).ack();
    }
    expect(rig.gateway.snapshotStatus().reconnects).toBe(20);
    expect(rig.locator.asked).toBe(1);
  });

  it('whose address no socket can be opened to is a fault like another', async () => {
    const rig = new GatewayRig();
    const open = rig.sockets.open.bind(rig.sockets);
    rig.sockets.open = () => {
      throw new SyntaxError('Invalid URL');
    };
    rig.gateway.start();
    await rig.settle();
    expect(rig.state).toBe('backingOff');
    expect(rig.faults()).toEqual(['gateway.unreachable']);
    rig.sockets.open = open;
    expect((await rig.greet()).heard(2)).toHaveLength(1);
  });

  it('that asks for patience (100017) is given a minute', async () => {
    const rig = new GatewayRig();
    rig.locator.failure = new RouterError('gateway.busy', 'too often', { platformCode: 100_017 });
    rig.gateway.start();
    await rig.clock.advance(59_999);
    expect(rig.locator.asked).toBe(1);
    await rig.clock.advance(1);
    expect(rig.locator.asked).toBe(2);
  });

  it('that refuses an intent with op 9 gets the reduced mask, then a minute’s rest a try (trap 8)', async () => {
    const rig = new GatewayRig();
    rig.gateway.start();
    (await rig.greet()).say({ op: 9, d: false });
    const second = await rig.nextLink();
    expect(second.heard(2)).toMatchObject([{ intents: REDUCED_INTENTS }]);
    for (let tries = 0; tries < 3; tries += 1) {
      rig.socket.say({ op: 9, d: false });
      const refusedAtMs = rig.clock.now();
      await rig.nextLink();
      expect(rig.clock.now() - refusedAtMs).toBeGreaterThanOrEqual(60_000);
    }
    expect(rig.faults()).toEqual(Array(4).fill('gateway.intentsRefused'));
  });

  it('whose day of session starts is over is left alone until it says otherwise', async () => {
    const rig = new GatewayRig();
    rig.locator.limit = { total: 1000, remaining: 0, resetAfterMs: 7_200_000, maxConcurrency: 1 };
    rig.gateway.start();
    await rig.clock.advance(7_199_999);
    expect(rig.sockets.sockets).toHaveLength(0);
    expect(rig.notices).toEqual([
      { type: 'fault', fault: { code: 'gateway.sessionLimit', detail: expect.any(String) }, nextTryInMs: 7_200_000 },
    ]);
    rig.locator.limit = { ...rig.locator.limit, remaining: 1000 };
    await rig.clock.advance(1);
    expect(rig.sockets.sockets).toHaveLength(1);
    expect(rig.locator.asked).toBe(2);
  });

  it('is not asked for two sessions within 5 s', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4006);
    const identifiedAtMs = rig.clock.now();
    await rig.nextLink();
    expect(rig.clock.now() - identifiedAtMs).toBe(5_000);
  });
});

describe('a session start', () => {
  it('that was permitted and not made is another shard’s', async () => {
    const starts = new SessionStarts();
    const first = new GatewayRig({}, { starts, shard: [0, 2] });
    const second = new GatewayRig({}, { starts, shard: [1, 2] }, first);
    first.gateway.start();
    await first.settle();
    second.gateway.start();
    await second.settle();
    expect([first.state, second.state]).toEqual(['linked.connecting', 'awaitingSessionStart']);
    // It is lost for longer than the other one waits.
    first.tokens.failure = new RouterError('auth.unavailable', 'no');
    first.socket.drop(1006);
    await first.clock.advance(1_000);
    expect(second.state).toBe('linked.connecting');
  });

  it('that is waited for leaves no timer behind', async () => {
    const rig = new GatewayRig();
    rig.locator.limit = { total: 1000, remaining: 0, resetAfterMs: 7_200_000, maxConcurrency: 1 };
    rig.gateway.start();
    await rig.settle();
    expect(rig.state).toBe('awaitingSessionStart');
    await rig.gateway.stop();
    expect(rig.clock.pending).toBe(0);
  });
});

it('after op 9 the platform has 1 to 5 s, as chance will', async () => {
  const rig = new GatewayRig();
  (await rig.startReady()).say({ op: 9, d: true });
  await rig.clock.advance(2_999);
  expect(rig.state).toBe('coolingOff');
  await rig.clock.advance(1);
  expect(rig.state).toBe('linked.connecting');
});

describe('stopping', () => {
  it('is not undone by a reconnect that comes meanwhile', async () => {
    const rig = new GatewayRig();
    await rig.startReady();
    const stopped = rig.gateway.stop();
    rig.gateway.reconnect();
    await rig.settle();
    expect(rig.state).toBe('linked.closing');
    rig.socket.drop(1000);
    await stopped;
    expect(rig.sockets.sockets).toHaveLength(1);
  });

  it('is no fault, and hides none', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    (await rig.nextLink()).resumed(2);
    const stopped = rig.gateway.stop();
    rig.socket.drop(1000);
    await stopped;
    expect(rig.gateway.snapshotStatus().lastFault).toMatchObject({ code: 'transport.lost', platformCode: 4009 });
  });

  it('says goodbye with 1000, and what comes after that is not handed on', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    const stopped = rig.gateway.stop();
    expect(socket.closedWith).toBe(1000);
    socket.event(2).drop(1000);
    await stopped;
    expect(rig.seqs).toEqual([]);
    expect(socket.isDetached).toBe(true);
    expect(rig.saved.at(-1)).toMatchObject({ sessionId: 's1', seq: 1 });
    expect(rig.clock.pending).toBe(0);
  });

  it('does not wait for a platform that does not answer', async () => {
    const rig = new GatewayRig();
    await rig.startReady();
    let isDone = false;
    void rig.gateway.stop().then(() => {
      isDone = true;
    });
    await rig.clock.advance(3_000);
    expect(isDone).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  it('before it was started is no trouble, and twice is once', async () => {
    const rig = new GatewayRig();
    await rig.gateway.stop();
    await rig.gateway.stop();
    expect(rig.sockets.sockets).toEqual([]);
  });

  it('leads back in by reconnect after a refusal for good', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4914);
    expect(rig.state).toBe('stopped');
    expect(rig.notices.at(-1)).toMatchObject({ type: 'stopped', reason: { code: 'gateway.sandboxOnly' } });
    await rig.clock.advance(3_600_000);
    expect(rig.sockets.sockets).toHaveLength(1);
    rig.gateway.reconnect();
    expect((await rig.greet()).ready('s2').heard(2)).toHaveLength(1);
  });
});
