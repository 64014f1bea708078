import { describe, expect, it } from 'vitest';
import { MemoryStore, type MemoryStoreOptions } from '../../src/adapters/store/memory-store.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { messageOf, START_MS } from '../support/samples.js';

const LEASE = { appId: 'app', epoch: 1, valid: () => true };
const MINUTE_MS = 60_000;

const rig = (options: MemoryStoreOptions = {}) => {
  const clock = new VirtualClock(START_MS);
  const store = new MemoryStore(clock, options);
  return {
    clock,
    store,
    ingest: (...ids: readonly string[]) =>
      store.ingest(
        LEASE,
        ids.map((id) => ({ id, message: messageOf(id) })),
      ),
  };
};

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);

describe('MemoryStore: ids', () => {
  it('answers each event in its place', async () => {
    const { ingest } = rig();
    expect(await ingest('a', 'b', 'a')).toEqual(['new', 'new', 'duplicate']);
    expect(await ingest('b', 'c')).toEqual(['duplicate', 'new']);
  });

  it('are known for an hour, and not for ever where there are many', async () => {
    const { clock, ingest, store } = rig({ dedupeMin: 0 });
    await ingest('a');
    await store.settle(LEASE, ['a']);
    await clock.advance(60 * MINUTE_MS - 1);
    expect(await ingest('a')).toEqual(['duplicate']);
    await clock.advance(1);
    expect(await ingest('a')).toEqual(['new']);
  });

  it('are known behind twenty thousand others, and the last of them whatever their age', async () => {
    const { clock, ingest, store } = rig();
    await ingest('first');
    await store.settle(LEASE, ['first']);
    const others = idsOf(20_000);
    await ingest(...others);
    await store.settle(LEASE, others);
    expect(await ingest('first')).toEqual(['duplicate']);
    await clock.advance(24 * 60 * MINUTE_MS);
    expect(await ingest('m0')).toEqual(['duplicate']);
  });

  it('are bounded: the oldest is forgotten first', async () => {
    const { ingest, store } = rig({ dedupeMax: 2 });
    for (const id of ['a', 'b', 'c']) {
      await ingest(id);
      await store.settle(LEASE, [id]);
    }
    expect(await ingest('c')).toEqual(['duplicate']);
    expect(await ingest('a')).toEqual(['new']);
  });

  it('are known as long as their message waits for its answer', async () => {
    const { clock, ingest } = rig();
    await ingest('a');
    await clock.advance(31 * MINUTE_MS);
    expect(await ingest('a')).toEqual(['duplicate']);
  });

  it('belong to one bot', async () => {
    const { ingest, store } = rig();
    await ingest('a');
    const other = { ...LEASE, appId: 'other' };
    expect(await store.ingest(other, [{ id: 'a', message: messageOf('a') }])).toEqual(['new']);
  });
});

describe('MemoryStore: a full inbox', () => {
  it('makes the next wait until something is answered', async () => {
    const { clock, ingest, store } = rig({ unsettledMax: 2 });
    await ingest('a', 'b');
    let answer: unknown = null;
    void ingest('c').then((value) => {
      answer = value;
    });
    await clock.advance(1_000);
    expect(answer).toBeNull();
    await store.settle(LEASE, ['a', 'a', 'unknown']);
    await clock.advance(0);
    expect(answer).toEqual(['new']);
    await store.settle(LEASE, ['b']);
    expect(await ingest('d')).toEqual(['new']);
  });

  it('lets go of who waits when it closes', async () => {
    const { ingest, store } = rig({ unsettledMax: 1 });
    await ingest('a');
    const waiting = ingest('b');
    await store.close();
    await expect(waiting).rejects.toMatchObject({ code: 'store.closed' });
  });
});

describe('MemoryStore: records', () => {
  it('keeps one session a shard', async () => {
    const { store } = rig();
    const session = { sessionId: 's', seq: 7, atMs: START_MS };
    await store.saveSession(LEASE, 0, session);
    expect(await store.loadSession(LEASE, 0)).toEqual(session);
    expect(await store.loadSession(LEASE, 1)).toBeNull();
    await store.saveSession(LEASE, 0, null);
    expect(await store.loadSession(LEASE, 0)).toBeNull();
  });

  it('keeps so many conversations; the one longest untouched is forgotten', async () => {
    const { store } = rig({ conversationsMax: 2 });
    const save = (conversation: string) => store.saveConversation(LEASE, { conversation, epoch: 1, transcript: [] });
    for (const id of ['a', 'b', 'a', 'c']) await save(id);
    expect(await store.loadConversation(LEASE, 'a')).toMatchObject({ conversation: 'a' });
    expect(await store.loadConversation(LEASE, 'b')).toBeNull();
  });

  it('gives a lease that is valid until it closes', async () => {
    const { store } = rig();
    const lease = await store.lease('app');
    expect(lease.valid()).toBe(true);
    await store.close();
    expect(lease.valid()).toBe(false);
  });
});
