import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadDriver } from '../../../src/adapters/store/embedded/driver.js';
import { EmbeddedStore } from '../../../src/adapters/store/embedded/embedded-store.js';
import { examinePlace, STORE_FILE } from '../../../src/adapters/store/embedded/place.js';
import { mountReadOnly, mountSmall } from './support/mounts.js';
import { newDir, openEmbedded, removeDirs } from './support/store-dirs.js';
import { DatedClock, eventsOf } from './support/store-samples.js';

afterAll(removeDirs);

type Place = { readonly path: string; readonly code: string; readonly names: string };

/** What one place is, or why it cannot be had here. */
const PLACES: Readonly<Record<string, () => Place | string | Promise<Place | string>>> = {
  'below a directory of the kernel': () =>
    existsSync('/proc/self')
      ? { path: '/proc/rookery/data', code: 'store.failed', names: 'in /proc ' }
      : 'there is no /proc',
  'below a file': () => {
    const dir = newDir();
    writeFileSync(join(dir, 'file'), 'kept');
    return { path: join(dir, 'file', 'data'), code: 'store.failed', names: join(dir, 'file', 'data') };
  },
  'where a file is': () => {
    const path = join(newDir(), 'file');
    writeFileSync(path, 'kept');
    return { path, code: 'store.failed', names: path };
  },
  'below links that lead to each other': () => {
    const dir = newDir();
    symlinkSync('two', join(dir, 'one'));
    symlinkSync('one', join(dir, 'two'));
    return { path: join(dir, 'one', 'data'), code: 'store.failed', names: 'ELOOP' };
  },
  'where a directory has the file’s name': () => {
    const path = newDir();
    mkdirSync(join(path, STORE_FILE));
    return { path, code: 'store.failed', names: join(path, STORE_FILE) };
  },
  'on a file system that is only read': () => {
    const path = mountReadOnly();
    return path ? { path, code: 'store.failed', names: 'EROFS' } : 'mounting needs root';
  },
  'to be made on a file system that is only read': () => {
    const path = mountReadOnly();
    return path
      ? { path: join(path, 'data'), code: 'store.failed', names: `in ${path} (EROFS)` }
      : 'mounting needs root';
  },
  'on a full disk': () => {
    const path = mountSmall(1 << 16);
    if (!path) return 'mounting needs root';
    expect(() => writeFileSync(join(path, 'ballast'), Buffer.alloc(1 << 17))).toThrow('ENOSPC');
    return { path: join(path, 'data'), code: 'store.full', names: path };
  },
  'with a file that is no database': () => {
    const path = newDir();
    writeFileSync(join(path, STORE_FILE), 'not a database at all '.repeat(1_000));
    return { path, code: 'store.corrupt', names: path };
  },
  'with a store of a newer version': async () => {
    const path = newDir();
    await closed(path);
    const db = (await loadDriver()).open(join(path, STORE_FILE), 0);
    db.exec('pragma user_version = 99');
    db.close();
    return { path, code: 'store.tooNew', names: 'version 99' };
  },
};

const open = (path: string): Promise<void> => new EmbeddedStore(new DatedClock(), { path }).open();

/** A store with twenty events, closed in order. */
const closed = async (path: string): Promise<void> => {
  const store = await openEmbedded(path);
  await store.ingest(await store.lease('app'), eventsOf('m', 20));
  await store.close();
};

const filesIn = (path: string): Readonly<Record<string, string>> =>
  existsSync(path) && !path.startsWith('/proc')
    ? Object.fromEntries(
        readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name !== 'lock.db')
          .map(({ name }) => [name, readFileSync(join(path, name), 'base64')]),
      )
    : {};

describe('a place where no store can be is named, by the store and by who only looks, and left as it is', () => {
  it.for(Object.entries(PLACES))('%s', async ([_, make], { skip }) => {
    const place = await make();
    if (typeof place === 'string') return skip(place);
    const { path, code, names } = place;
    const isDir = !existsSync(path) || readdirOrNull(path) !== null;
    const before = isDir ? filesIn(path) : {};
    expect(() => examinePlace(path)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(names) }),
    );
    await expect(open(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(code === 'store.full' ? path : names),
    });
    expect(isDir ? filesIn(path) : {}).toMatchObject(before);
  });

  it('without rights', ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('to be somebody else takes root');
    const path = newDir();
    chmodSync(path, 0o755);
    const script = fileURLToPath(new URL('./support/opener.mjs', import.meta.url));
    const opened = (dir: string): string =>
      spawnSync(process.execPath, [script, dir], { uid: 65_534, gid: 65_534, timeout: 30_000, encoding: 'utf8' })
        .stdout;
    expect(opened(path)).toMatch(/^store\.failed: .*EACCES/);
    expect(opened(join(path, 'data'))).toMatch(/^store\.failed: .*no directory can be made in .* \(EACCES\)$/);
    expect(readdirSync(path)).toEqual([]);
  });
});

const readdirOrNull = (path: string): string[] | null => {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
};

describe('a place where a store can be', () => {
  it('is told from one that has to be made, and neither is touched', async () => {
    const path = newDir();
    expect(examinePlace(join(path, 'a', 'b'))).toBe(false);
    expect(readdirSync(path)).toEqual([]);
    expect(examinePlace(path)).toBe(false);
    await closed(path);
    const before = filesIn(path);
    expect(examinePlace(path)).toBe(true);
    expect(filesIn(path)).toEqual(before);
  });

  it('is one also while a router has it open', async () => {
    const path = newDir();
    const store = await openEmbedded(path);
    await store.lease('app');
    expect(examinePlace(path)).toBe(true);
  });

  it('opens with a log that was cut, at a commit before the cut', async () => {
    const path = newDir();
    const copy = newDir();
    const store = await openEmbedded(path);
    const lease = await store.lease('app');
    for (const n of [0, 1, 2, 3]) await store.ingest(lease, eventsOf(`m${n}-`, 20));
    // As a crash leaves them: the log is taken into the file at the end only.
    for (const name of [STORE_FILE, `${STORE_FILE}-wal`])
      writeFileSync(join(copy, name), readFileSync(join(path, name)));
    const log = join(copy, `${STORE_FILE}-wal`);
    truncateSync(log, readFileSync(log).length - 5_000);
    const again = await openEmbedded(copy);
    const found = await again.unsettled(await again.lease('app'), { limit: 1_000 });
    expect(found.length % 20).toBe(0);
    expect(found.length).toBeLessThan(80);
  });
});
