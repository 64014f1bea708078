import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDriver } from '../../../src/adapters/store/embedded/driver.js';
import { STORE_FILE } from '../../../src/adapters/store/embedded/place.js';
import type { ConversationQuery, Store } from '../../../src/ports/store.js';
import { newDir, openEmbedded, removeDirs } from './support/store-dirs.js';
import { closedOf, DatedClock, entryOf, eventOf, eventsOf, recordOf } from './support/store-samples.js';

const KNOWN = process.env['STORE_LONG'] ? 1_000_000 : 20_000;

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterAll(removeDirs);

describe(`${KNOWN} known conversations`, { timeout: 600_000 }, () => {
  it('are listed, searched and read while others are written', async () => {
    const clock = new DatedClock();
    const store = await openEmbedded(newDir(), {}, clock);
    const lease = await store.lease('app');
    for (let n = 0; n < KNOWN; n += 2_000) {
      clock.move(1);
      await Promise.all(
        Array.from({ length: 2_000 }, (_, index) => store.saveConversation(lease, recordOf(`u${n + index}`))),
      );
    }
    expect(await store.countConversations()).toBe(KNOWN);

    const walk = async (query: ConversationQuery): Promise<Set<string>> => {
      const seen = new Set<string>();
      let after: string | null | undefined;
      do {
        const page = await store.listConversations({ ...query, ...(after && { after }) });
        for (const { conversation } of page.conversations) seen.add(conversation);
        after = page.next;
      } while (after !== null);
      return seen;
    };
    expect((await walk({ limit: 1_000 })).size).toBe(KNOWN);

    // A search through all of them lets the writes of others in between.
    let longestMs = 0;
    let isSearching = true;
    const writing = (async () => {
      for (let n = 0; isSearching; n += 1) {
        const fromMs = performance.now();
        await store.ingest(lease, [eventOf(`m${n}`)]);
        longestMs = Math.max(longestMs, performance.now() - fromMs);
      }
    })();
    expect(await walk({ limit: 10, text: `u${KNOWN - 1}` })).toEqual(new Set([`qq:app:c2c:u${KNOWN - 1}`]));
    expect(await walk({ limit: 10, text: 'nobody has said this' })).toEqual(new Set());
    isSearching = false;
    await writing;
    expect(longestMs).toBeLessThan(250);
    expect(await store.loadConversation(lease, 'qq:app:c2c:u7')).toEqual(recordOf('u7'));
  });
});

describe('pruning', () => {
  it('works through thousands of rows in steps, with writes in between', async () => {
    const clock = new DatedClock();
    const store = await openEmbedded(newDir(), { dedupeMin: 10, dedupeMs: 1_000, receiptsMs: 1_000 }, clock);
    const lease = await store.lease('app');
    const events = eventsOf('m', 5_000);
    await store.ingest(lease, events);
    await Promise.all(events.map(({ id }) => store.closeTurn(lease, closedOf(`t-${id}`, [id]))));
    clock.move(1_000);
    const order: string[] = [];
    const pruned = store.prune(clock.now()).then((gone) => {
      order.push('pruned');
      return gone;
    });
    await store.ingest(lease, [eventOf('meanwhile')]).then(() => order.push('written'));
    expect(await pruned).toBeGreaterThanOrEqual(4_990 + 5_000);
    expect(order).toEqual(['written', 'pruned']);
    expect(await store.prune(clock.now())).toBe(0);
  });

  it('happens by itself', async () => {
    const clock = new DatedClock();
    const store = await openEmbedded(newDir(), { receiptsMs: 1_000, pruneEveryMs: 10 }, clock);
    await store.closeTurn(await store.lease('app'), closedOf('t1', []));
    clock.move(1_000);
    while (await store.loadTurn('t1')) await elapse(5);
  });
});

describe('the line to the writer', () => {
  /** Holds the file, so that the writer blocks, for as long as the work lasts. */
  const whileBlocked = async (dir: string, work: () => Promise<void>): Promise<void> => {
    const db = (await loadDriver()).open(join(dir, STORE_FILE), 0);
    db.exec('begin immediate');
    await work();
    db.exec('rollback');
    db.close();
  };

  it('a writer that is held up holds nothing else up, and what waited is written in order', async () => {
    const dir = newDir();
    const store = await openEmbedded(dir);
    const lease = await store.lease('app');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 5);
    let writes: Promise<unknown>[] = [];
    await whileBlocked(dir, async () => {
      writes = eventsOf('m', 5_000).map((event) => store.ingest(lease, [event]));
      writes.push(store.enqueueSend(lease, entryOf('m0', 1)), store.settle(lease, ['m0']));
      await elapse(300);
    });
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(15);
    await Promise.all(writes);
    const ids = (await store.unsettled(lease, { limit: 10_000 })).map(({ id }) => id);
    expect(ids).toEqual(
      eventsOf('m', 5_000)
        .map(({ id }) => id)
        .slice(1),
    );
  });

  it('has a bound', async () => {
    const dir = newDir();
    const store = await openEmbedded(dir, { underWayMax: 10, waitingMax: 20 });
    const lease = await store.lease('app');
    await whileBlocked(dir, async () => {
      const asked = (n: number): Promise<string> =>
        store.ingest(lease, [eventOf(`m${n}`)]).then(
          () => 'written',
          (error: { code: string }) => error.code,
        );
      const first = Array.from({ length: 20 }, (_, n) => asked(n));
      await elapse(20);
      const second = Array.from({ length: 20 }, (_, n) => asked(20 + n));
      await elapse(20);
      expect(await Promise.race([...second.slice(10), elapse(1_000)])).toBe('capacity.full');
      void first;
    });
    await until(store, 30);
  });

  const until = async (store: Store, unsettled: number): Promise<void> => {
    while (store.health().unsettled < unsettled) await elapse(5);
  };
});
