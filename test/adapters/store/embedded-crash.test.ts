import { cpSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { STORE_FILE } from '../../../src/adapters/store/embedded/place.js';
import { findEverything, integrityOf, startWriter } from './support/killed-writer.js';
import { newDir, openEmbedded, removeDirs } from './support/store-dirs.js';
import { eventOf, eventsOf } from './support/store-samples.js';

const KILLS = 20;

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

afterAll(removeDirs);

describe('a process killed in the middle of its writes', () => {
  it(`loses nothing it was told, ${KILLS} times on one store`, { timeout: 120_000 }, async () => {
    const dir = newDir();
    const openedInMs: number[] = [];
    let told = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const writer = startWriter(dir, round);
      await writer.begun;
      await elapse(Math.random() * 100);
      const acknowledged = await writer.kill();
      told += acknowledged.takenIn + acknowledged.queued.length + acknowledged.closed.length;
      openedInMs.push(await findEverything(dir, round, acknowledged));
      expect(await integrityOf(dir)).toBe('ok');
    }
    openedInMs.sort((one, other) => one - other);
    expect(told).toBeGreaterThan(KILLS * 10);
    // 100 ms on a quiet machine; the thread's own start is most of it.
    expect(openedInMs[KILLS / 2]).toBeLessThan(400);
  });
});

describe('a log whose end was torn', () => {
  /** A store that was not closed: most of it is still in the log. */
  const leftBehind = async (): Promise<string> => {
    const dir = newDir();
    const store = await openEmbedded(dir);
    const lease = await store.lease('app');
    for (const event of eventsOf('m', 20)) await store.ingest(lease, [event]);
    const copy = newDir();
    for (const file of [STORE_FILE, `${STORE_FILE}-wal`]) cpSync(join(dir, file), join(copy, file));
    return copy;
  };

  /** How many of the twenty are there; they must be the first ones. */
  const countIn = async (dir: string): Promise<number> => {
    const store = await openEmbedded(dir);
    const lease = await store.lease('app');
    const ids = (await store.unsettled(lease, { limit: 99 })).map(({ id }) => id);
    expect(ids).toEqual(eventsOf('m', ids.length).map(({ id }) => id));
    expect(await store.ingest(lease, [eventOf('after')])).toEqual(['new']);
    await store.close();
    expect(await integrityOf(dir)).toBe('ok');
    return ids.length;
  };

  it('holds everything when it is whole', async () => {
    expect(await countIn(await leftBehind())).toBe(20);
  });

  it('loses its last write alone when that was cut off in the middle', async () => {
    const dir = await leftBehind();
    const log = join(dir, `${STORE_FILE}-wal`);
    truncateSync(log, statSync(log).size - 1_000);
    expect(await countIn(dir)).toBe(19);
  });

  it('loses its last write alone when that is garbled', async () => {
    const dir = await leftBehind();
    const log = join(dir, `${STORE_FILE}-wal`);
    const bytes = readFileSync(log);
    bytes.fill(0xa5, bytes.length - 3_000, bytes.length - 2_000);
    writeFileSync(log, bytes);
    expect(await countIn(dir)).toBe(19);
  });

  it('is an earlier state of the store, wherever it was cut', async () => {
    const dir = await leftBehind();
    const whole = readFileSync(join(dir, `${STORE_FILE}-wal`));
    for (const share of [0.9, 0.6, 0.3]) {
      const copy = newDir();
      cpSync(join(dir, STORE_FILE), join(copy, STORE_FILE));
      writeFileSync(join(copy, `${STORE_FILE}-wal`), whole.subarray(0, Math.floor(whole.length * share)));
      expect(await countIn(copy)).toBeLessThan(20);
    }
  });
});
