import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Database, loadDriver } from '../../../src/adapters/store/embedded/driver.js';
import { EmbeddedStore } from '../../../src/adapters/store/embedded/embedded-store.js';
import { STORE_FILE } from '../../../src/adapters/store/embedded/place.js';
import { MIGRATIONS, migrate } from '../../../src/adapters/store/embedded/schema.js';
import { newDir, openEmbedded, removeDirs } from './support/store-dirs.js';
import { DatedClock, eventsOf } from './support/store-samples.js';

afterAll(removeDirs);

const open = (path: string): Promise<void> => new EmbeddedStore(new DatedClock(), { path }).open();

const inFile = async <T>(dir: string, work: (db: Database) => T): Promise<T> => {
  const db = (await loadDriver()).open(join(dir, STORE_FILE), 0);
  try {
    return work(db);
  } finally {
    db.close();
  }
};

/** A store with twenty events, closed in order. */
const leftBehind = async (): Promise<string> => {
  const dir = newDir();
  const store = await openEmbedded(dir);
  await store.ingest(await store.lease('app'), eventsOf('m', 20));
  await store.close();
  return dir;
};

describe('a store in use', () => {
  it('is refused to another process at once, and free the moment its process dies', async () => {
    const dir = newDir();
    const script = fileURLToPath(new URL('./support/locker.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const fromMs = performance.now();
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.locked', message: expect.stringContaining(dir) });
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await openEmbedded(dir);
  });

  it('is refused to the same process too', async () => {
    const dir = newDir();
    await openEmbedded(dir);
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.locked' });
  });

  it('can be looked into', async () => {
    const dir = newDir();
    const store = await openEmbedded(dir);
    await store.ingest(await store.lease('app'), eventsOf('m', 3));
    const rows = await inFile(dir, (db) => db.prepare('select id from inbox order by n').all());
    expect(rows).toMatchObject([{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }]);
  });

  it('leaves one file without a log when it is closed', async () => {
    const dir = await leftBehind();
    expect(() => readFileSync(join(dir, `${STORE_FILE}-wal`))).toThrow('ENOENT');
  });
});

describe('a store that cannot be used', () => {
  it('of a newer version is named, and left as it is', async () => {
    const dir = await leftBehind();
    await inFile(dir, (db) => db.exec('pragma user_version = 99'));
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.tooNew', message: expect.stringContaining('99') });
    expect(await inFile(dir, (db) => db.pragma('user_version'))).toBe(99);
  });

  it('whose file is no database is named, and left as it is', async () => {
    const dir = newDir();
    const file = join(dir, STORE_FILE);
    writeFileSync(file, 'not a database at all '.repeat(1_000));
    const before = readFileSync(file);
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.corrupt', message: expect.stringContaining(dir) });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('whose schema is damaged is named', async () => {
    const dir = await leftBehind();
    const file = join(dir, STORE_FILE);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 100, 4_096));
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.corrupt' });
  });

  it('whose rows are damaged says so where it meets them, and takes no more writes', async () => {
    const dir = await leftBehind();
    const file = join(dir, STORE_FILE);
    const root = await inFile(dir, (db) => {
      return db.prepare("select rootpage as n from sqlite_schema where name = 'inbox'").get<{ n: number }>()?.n ?? 0;
    });
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, (root - 1) * 4_096, root * 4_096));
    const store = await openEmbedded(dir);
    const lease = await store.lease('app');
    await expect(store.ingest(lease, eventsOf('n', 1))).rejects.toMatchObject({ code: 'store.corrupt' });
    expect(store.health().degraded).toBe('store.corrupt');
    await expect(store.saveSession(lease, 0, null)).rejects.toMatchObject({ code: 'store.corrupt' });
  });

  it('another program’s database is not taken for a store', async () => {
    const dir = newDir();
    await inFile(dir, (db) => db.exec('create table notes(text)'));
    await expect(open(dir)).rejects.toMatchObject({ code: 'store.corrupt' });
  });

  it('whose directory cannot be made is named', async () => {
    const dir = newDir();
    writeFileSync(join(dir, 'file'), '');
    const path = join(dir, 'file', 'store');
    await expect(open(path)).rejects.toMatchObject({ code: 'store.failed', message: expect.stringContaining(path) });
  });
});

describe('migrations', () => {
  const NEXT = 'create table extra(k text primary key) strict; insert into extra values (1);';

  it('take a store to the newest version, once, with what is in it', async () => {
    const dir = await leftBehind();
    await inFile(dir, (db) => {
      const newer = [...MIGRATIONS, NEXT];
      expect(migrate(db, dir, newer)).toBe(MIGRATIONS.length);
      expect(migrate(db, dir, newer)).toBe(newer.length);
      expect(db.prepare('select count(*) as n from extra').get()).toMatchObject({ n: 1 });
      expect(db.prepare('select count(*) as n from inbox').get()).toMatchObject({ n: 20 });
    });
  });

  it('one that fails leaves the version before', async () => {
    const dir = await leftBehind();
    await inFile(dir, (db) => {
      expect(() => migrate(db, dir, [...MIGRATIONS, `${NEXT} select no_such_thing();`])).toThrow();
      expect(db.pragma('user_version')).toBe(MIGRATIONS.length);
      expect(() => db.prepare('select * from extra')).toThrow();
    });
    await openEmbedded(dir);
  });
});
