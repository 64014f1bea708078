import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findEverything, integrityOf, startWriter } from './support/killed-writer.js';
import { mountCuttable, mountSmall } from './support/mounts.js';
import { openEmbedded, removeDirs } from './support/store-dirs.js';
import { DatedClock, eventsOf } from './support/store-samples.js';

const CUTS = process.env['STORE_LONG'] ? 30 : 3;

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterAll(removeDirs);

/** Takes what room there is; gives it back when called. */
const fill = (dir: string): (() => void) => {
  const file = join(dir, 'ballast');
  for (const size of [1 << 16, 1 << 12, 1]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Full for pieces of this size.
    }
  }
  return () => rmSync(file);
};

describe('a full disk', () => {
  it('makes writes wait, says so, and loses nothing once there is room', async ({ skip }) => {
    const dir = mountSmall(4 << 20);
    if (!dir) return skip('mounting needs root');
    const path = join(dir, 'store');
    const store = await openEmbedded(path);
    const said: (string | undefined)[] = [];
    store.watch(({ degraded }) => said.push(degraded));
    const lease = await store.lease('app');
    await store.ingest(lease, eventsOf('before', 50));
    const empty = fill(dir);

    let takenIn = 0;
    const writes = Array.from({ length: 40 }, async (_, n) => {
      const answers = await store.ingest(lease, eventsOf(`e${n}-`, 50));
      takenIn += answers.filter((answer) => answer === 'new').length;
    });
    while (store.health().degraded === undefined) await elapse(5);
    await elapse(600);
    expect(store.health().degraded).toBe('store.full');
    expect(takenIn).toBeLessThan(2_000);
    const page = await store.unsettled(lease, { limit: 10_000 });
    expect(page.length).toBe(50 + takenIn);

    empty();
    await Promise.all(writes);
    expect(takenIn).toBe(2_000);
    expect(said).toEqual(['store.full', undefined]);
    expect(await store.unsettled(lease, { limit: 10_000 })).toHaveLength(2_050);
    await store.close();
    expect(await integrityOf(path)).toBe('ok');
  });

  it('a store that is closed on it keeps what it acknowledged', async ({ skip }) => {
    const dir = mountSmall(2 << 20);
    if (!dir) return skip('mounting needs root');
    const path = join(dir, 'store');
    const store = await openEmbedded(path);
    const lease = await store.lease('app');
    await store.ingest(lease, eventsOf('before', 50));
    const empty = fill(dir);
    const settled: string[] = [];
    const writes = Array.from({ length: 40 }, (_, n) =>
      store.ingest(lease, eventsOf(`e${n}-`, 50)).then(
        () => settled.push(`e${n}-`),
        (error: { code: string }) => error.code,
      ),
    );
    while (store.health().degraded === undefined) await elapse(5);
    await store.close();
    const ends = await Promise.all(writes);
    expect(ends.filter((end) => typeof end === 'string' && end !== 'store.closed')).toEqual([]);
    empty();
    const again = await openEmbedded(path);
    const found = await again.unsettled(await again.lease('app'), { limit: 10_000 });
    expect(found).toHaveLength(50 + settled.length * 50);
  });

  it('is named where the store cannot even be made', async ({ skip }) => {
    const dir = mountSmall(1 << 16);
    if (!dir) return skip('mounting needs root');
    fill(dir);
    const path = join(dir, 'store');
    await expect(openEmbedded(path, {}, new DatedClock())).rejects.toMatchObject({ code: 'store.full' });
  });
});

describe('a power cut', () => {
  it(`loses nothing that was acknowledged, ${CUTS} times`, { timeout: 300_000 }, async ({ skip }) => {
    const mount = mountCuttable(256);
    if (!mount) return skip('needs root, ext4 and a loop device');
    const path = join(mount.dir, 'store');
    mkdirSync(path);
    for (let round = 0; round < CUTS; round += 1) {
      const writer = startWriter(path, round);
      await writer.begun;
      await elapse(Math.random() * 300);
      // What is told during the cut does not count: ext4 may then call a sync done whose extents it never wrote, which a
      // machine without power cannot.
      const acknowledged = writer.told();
      mount.cut();
      await writer.kill();
      expect(acknowledged.closed.length).toBeGreaterThan(0);
      mount.mountAgain();
      await findEverything(path, round, acknowledged);
      expect(await integrityOf(path)).toBe('ok');
    }
  });
});
