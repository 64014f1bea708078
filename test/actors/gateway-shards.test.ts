import { describe, expect, it } from 'vitest';
import { createShards, type Shards } from '../../src/actors/gateway-shards.js';
import type { SessionRecord } from '../../src/ports/store.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { FakeSockets } from '../support/fake-sockets.js';
import { FakeTokens, FULL_INTENTS, qqCodec } from '../support/gateway-rig.js';

/** All shards of one bot between fakes, on virtual time; each reads its session when the test lets it. */
class ShardsRig {
  readonly clock = new VirtualClock();
  readonly sockets = new FakeSockets();
  located = 0;
  /** Reads of sessions that wait; none do while it is null. */
  reads: (() => void)[] | null = null;
  shards!: Shards;

  static async of(count: number): Promise<ShardsRig> {
    const rig = new ShardsRig();
    const { clock, sockets } = rig;
    rig.shards = await createShards(
      {
        appId: 'app1',
        sockets,
        tokens: new FakeTokens(),
        locator: {
          locate: async () => {
            rig.located += 1;
            const limit = { total: 1000, remaining: 1000, resetAfterMs: 3_600_000, maxConcurrency: 2 * count };
            return { url: 'wss://gateway.test', shards: count, limit };
          },
        },
        codec: qqCodec,
        clock,
        random: () => 0.5,
        loadSession: () => rig.#read(),
        saveSession: () => undefined,
      },
      { intents: FULL_INTENTS, plan: 'auto' },
    );
    return rig;
  }

  async start(): Promise<void> {
    this.shards.start();
    await this.clock.advance(0);
  }

  #read(): Promise<SessionRecord | null> {
    const { reads } = this;
    return reads === null ? Promise.resolve(null) : new Promise((resolve) => reads.push(() => resolve(null)));
  }
}

describe('a bot that is being divided', () => {
  it('opens no socket any more once it was stopped', async () => {
    const rig = await ShardsRig.of(2);
    rig.reads = [];
    await rig.start();
    expect(rig.reads).toHaveLength(1);
    const stopped = rig.shards.stop();
    for (let read = rig.reads.shift(); read; read = rig.reads.shift()) {
      read();
      await rig.clock.advance(0);
    }
    await stopped;
    await rig.clock.advance(60_000);
    expect(rig.sockets.sockets).toEqual([]);
    expect(rig.clock.pending).toBe(0);
  });

  it('reads no events with any of its shards while its line is paused', async () => {
    const rig = await ShardsRig.of(2);
    rig.shards.pause();
    await rig.start();
    for (const socket of rig.sockets.sockets)
      socket
        .accept()
        .hello()
        .ready(`s${rig.sockets.sockets.indexOf(socket)}`);
    expect(rig.sockets.sockets.map(({ isPaused }) => isPaused)).toEqual([true, true]);
    rig.shards.flow();
    expect(rig.sockets.sockets.map(({ isPaused }) => isPaused)).toEqual([false, false]);
  });

  it('is told the address once for all shards, and each asks for itself when it is of no use any more', async () => {
    const rig = await ShardsRig.of(2);
    await rig.start();
    expect([rig.located, rig.sockets.sockets.length]).toEqual([1, 2]);
    const [first] = rig.sockets.sockets;
    first?.drop(1006);
    await rig.clock.advanceUntil(() => rig.sockets.sockets.length === 3);
    rig.sockets.last.drop(1006);
    await rig.clock.advanceUntil(() => rig.sockets.sockets.length === 4);
    expect(rig.located).toBe(2);
  });

  it('can send while one shard is online', async () => {
    const rig = await ShardsRig.of(2);
    const online: boolean[] = [];
    rig.shards.online$.subscribe((isOnline) => online.push(isOnline));
    await rig.start();
    const [first, second] = rig.sockets.sockets;
    first?.accept().hello().ready('s1');
    second?.accept().hello().ready('s2');
    first?.drop(1006);
    expect(online).toEqual([false, true]);
    second?.drop(1006);
    expect(online).toEqual([false, true, false]);
  });

  it('anew, waits until the last of its old sockets has ended', async () => {
    const rig = await ShardsRig.of(2);
    await rig.start();
    const [first, second] = rig.sockets.sockets;
    first?.accept().hello().ready('s1');
    second?.accept().hello().ready('s2');
    first?.drop(4010);
    await rig.clock.advance(100);
    expect([rig.sockets.sockets.length, second?.closedWith]).toEqual([2, 1000]);
    second?.drop(1000);
    await rig.clock.advanceUntil(() => rig.sockets.sockets.length === 4);
    expect([first?.isDetached, second?.isDetached]).toEqual([true, true]);
  });

  it('has no more shards than the largest bots, whatever the platform says', async () => {
    const rig = await ShardsRig.of(100_000);
    await rig.start();
    expect(rig.shards.statuses()).toHaveLength(256);
  }, 60_000);
});
