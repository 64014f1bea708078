import { describe, expect, it } from 'vitest';
import { GatewayRig } from '../support/gateway-rig.js';

describe('events', () => {
  it('are resumed from the safe one, not from the last one seen (trap 11)', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.event(2).event(3).event(4);
    rig.settleEvent(2);
    rig.settleEvent(4);
    expect(rig.saved.at(-1)).toMatchObject({ sessionId: 's1', seq: 2 });
    socket.drop(4009);
    const next = await rig.nextLink();
    expect(next.heard(6)).toMatchObject([{ seq: 2 }]);
    next.event(3).event(4).resumed(5);
    expect(rig.seqs).toEqual([2, 3, 4]);
    rig.settleEvent(3);
    expect(rig.gateway.snapshotStatus()).toMatchObject({ watermark: 5, lagEvents: 0, repeated: 2 });
  });

  it('of the old socket are not heard, nor is its close (trap 12: two sockets, every event twice)', async () => {
    const rig = new GatewayRig();
    const old = await rig.startReady();
    old.say({ op: 7 });
    const next = await rig.nextLink();
    expect(old.isDetached).toBe(true);
    next.resumed(2);
    old.event(3).drop(4915);
    old.say({ op: 9, d: false });
    expect(rig.seqs).toEqual([]);
    expect(rig.state).toBe('linked.ready.awaitingAck');
    expect(rig.sockets.sockets.filter((socket) => !socket.isDetached)).toEqual([next]);
  });

  it('flow after a RESUMED whose d is an empty string (trap 9)', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    (await rig.nextLink()).say('{"op":0,"s":2,"t":"RESUMED","d":""}').event(3);
    expect(rig.seqs).toEqual([3]);
    expect(rig.gateway.snapshotStatus().unreadable).toBe(0);
  });

  it('out of order pass, and the mark waits for the gap', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.event(3).event(2);
    rig.settleEvent(3);
    expect(rig.gateway.snapshotStatus().watermark).toBe(1);
    rig.settleEvent(2);
    expect(rig.gateway.snapshotStatus().watermark).toBe(3);
    expect(rig.seqs).toEqual([3, 2]);
  });

  it('that the platform leaves out of a replay do not hold the mark back, and are counted', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    (await rig.nextLink()).event(5).resumed(6);
    expect(rig.saved.at(-1)).toMatchObject({ sessionId: 's1', seq: 4 });
    rig.settleEvent(5);
    expect(rig.gateway.snapshotStatus()).toMatchObject({ watermark: 6, skipped: 3 });
    expect(rig.logged).toContain('the platform left numbers out of a replay');
  });

  it('of a session that is over do not move the mark of the next', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.event(2).event(3).drop(4006);
    (await rig.nextLink()).ready('s2').event(2);
    rig.settleEvent(2, 's1');
    expect(rig.gateway.snapshotStatus()).toMatchObject({ sessionId: 's2', watermark: 1, lagEvents: 1 });
    rig.settleEvent(2, 's2');
    expect(rig.gateway.snapshotStatus()).toMatchObject({ watermark: 2, lagEvents: 0 });
  });

  it('that nobody can read are counted, and the first of each hundred is told', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    socket.say('<html>');
    expect(rig.logged).toEqual(['a frame was skipped']);
    for (let n = 0; n < 99; n += 1) socket.say('<html>');
    expect(rig.gateway.snapshotStatus().unreadable).toBe(100);
    expect(rig.logged).toHaveLength(1);
    socket.say('<html>');
    expect(rig.logged).toHaveLength(2);
    expect(rig.state).toBe('linked.ready.acked');
  });
});

describe('a full line', () => {
  it('stops the reading, not the heartbeats, and is no reason to doubt the link', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    rig.gateway.pause();
    expect(socket.isPaused).toBe(true);
    await rig.clock.advance(10 * 45_000);
    expect(rig.state).toBe('linked.ready.paused');
    expect(socket.heard(1).length).toBeGreaterThanOrEqual(10);
    rig.gateway.flow();
    expect(socket.isPaused).toBe(false);
    expect(rig.state).toBe('linked.ready.acked');
    await rig.clock.advance(45_000);
    expect(rig.state).toBe('linked.ready.awaitingAck');
  });

  it('counts for no want of events: those are looked for from its end', async () => {
    const rig = new GatewayRig();
    const socket = await rig.startReady();
    rig.gateway.pause();
    await rig.clock.advance(5 * 3_600_000);
    rig.gateway.flow();
    for (let beat = 0; beat < 2 * 80; beat += 1) {
      await rig.clock.advance(45_000);
      socket.ack();
    }
    expect(rig.sockets.sockets).toEqual([socket]);
  });

  it('comes of itself when too many events are not settled, and ends when half of them are', async () => {
    const rig = new GatewayRig({ pendingMax: 10 });
    const socket = await rig.startReady();
    for (let s = 2; s < 12; s += 1) socket.event(s);
    expect(socket.isPaused).toBe(true);
    for (let s = 2; s < 6; s += 1) rig.settleEvent(s);
    expect(rig.gateway.snapshotStatus().isLinePaused).toBe(true);
    rig.settleEvent(6);
    expect(socket.isPaused).toBe(false);
    expect(rig.gateway.snapshotStatus().isLinePaused).toBe(false);
  });

  it('does not keep a new link from its handshake, and holds its events back after that', async () => {
    const rig = new GatewayRig();
    (await rig.startReady()).drop(4009);
    rig.gateway.pause();
    const next = await rig.nextLink();
    expect(next.heard(6)).toHaveLength(1);
    expect(next.isPaused).toBe(true);
    await rig.clock.advance(120_000);
    expect(rig.state).toBe('linked.resuming');
    rig.gateway.flow();
    next.event(2).resumed(3);
    expect(rig.seqs).toEqual([2]);
    expect(rig.state).toBe('linked.ready.awaitingAck');
  });

  it('is over with the session whose events filled it', async () => {
    const rig = new GatewayRig({ pendingMax: 2 });
    (await rig.startReady()).event(2).event(3).drop(4006);
    expect(rig.gateway.snapshotStatus().isLinePaused).toBe(false);
    (await rig.nextLink()).ready('s2').event(2).event(3).drop(4009);
    expect(rig.gateway.snapshotStatus().isLinePaused).toBe(true);
    // The platform may answer a resume with a session of its own choosing.
    (await rig.nextLink()).ready('s3');
    expect(rig.gateway.snapshotStatus().isLinePaused).toBe(false);
  });

  it('has as many keys as there are reasons', async () => {
    const rig = new GatewayRig({ pendingMax: 2 });
    const socket = await rig.startReady();
    rig.gateway.pause();
    socket.event(2).event(3);
    rig.gateway.flow();
    expect(socket.isPaused).toBe(true);
    rig.settleEvent(2);
    expect(socket.isPaused).toBe(false);
  });
});
