import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool, type SpoolOptions } from '../../src/adapters/media/spool.js';
import { safeFileName } from '../../src/domain/media-limits.js';
import { bytesOf, inChunks, PNG, SILK } from '../support/files.js';

const HOUR_MS = 3_600_000;
let dir = '';
let nowMs = 0;
const spoolOf = async (options: Partial<SpoolOptions> = {}): Promise<Spool> => {
  const spool = new Spool({ dir, bytesMax: 10_000, filesMax: 100, lifeMs: HOUR_MS, now: () => nowMs, ...options });
  await spool.open();
  return spool;
};
const sent = (bytes: Uint8Array) => ({ bytes: inChunks(bytes, 7) });
const names = async (): Promise<string[]> => (await readdir(dir)).map((name) => name.slice(37)).sort();

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'rookery-spool-')), 'received');
  nowMs = Date.now();
});
afterEach(() => rm(dirname(dir), { recursive: true, force: true }));

describe('the spool of received files', () => {
  it('keeps a file as it came, under a safe name', async () => {
    const spool = await spoolOf();
    const path = await spool.save('file', '../../etc/pass\u0000wd', sent(bytesOf(500)));
    expect(dirname(path)).toBe(dir);
    expect(basename(path)).toMatch(/^[0-9a-f-]{36}-passwd$/);
    expect(await readFile(path)).toEqual(Buffer.from(bytesOf(500)));
  });

  it('is never larger than it may be: the oldest leave', async () => {
    const spool = await spoolOf({ bytesMax: 1_000 });
    for (const name of ['a', 'b', 'c']) await spool.save('file', name, sent(bytesOf(400)));
    expect(await names()).toEqual(['b', 'c']);
    expect(spool.size).toEqual({ files: 2, bytes: 800 });
    await expect(spool.save('file', 'd', sent(bytesOf(1_001)))).rejects.toMatchObject({ code: 'capacity.full' });
    expect(await names()).toEqual(['b', 'c']);
  });

  it('has never more files than it may', async () => {
    const spool = await spoolOf({ filesMax: 2 });
    for (const name of ['a', 'b', 'c']) await spool.save('file', name, sent(bytesOf(1)));
    expect(await names()).toEqual(['b', 'c']);
  });

  it('lets go of what is old, with the next that comes and when it opens again', async () => {
    const spool = await spoolOf();
    await spool.save('file', 'a', sent(bytesOf(1)));
    nowMs += HOUR_MS;
    await spool.save('file', 'b', sent(bytesOf(1)));
    expect(await names()).toEqual(['b']);
    const [left] = await readdir(dir);
    await utimes(join(dir, left ?? ''), new Date(nowMs - HOUR_MS), new Date(nowMs - HOUR_MS));
    await spoolOf();
    expect(await names()).toEqual([]);
  });

  it('counts what an earlier life has left, and removes what that had not finished', async () => {
    await (await spoolOf()).save('file', 'a', sent(bytesOf(10)));
    await writeFile(join(dir, 'x.part'), 'half');
    expect((await spoolOf()).size).toEqual({ files: 1, bytes: 10 });
    expect(await names()).toEqual(['a']);
  });

  it.each([
    ['image', PNG, true],
    ['image', bytesOf(100), false],
    ['image', new Uint8Array(Buffer.from('<html><script>')), false],
    ['voice', SILK, true],
    ['voice', PNG, false],
    ['video', PNG, false],
    ['file', bytesOf(100), true],
  ] as const)('keeps what is sent as %s only where it is one', async (kind, bytes, isKept) => {
    const saving = (await spoolOf()).save(kind, 'x', sent(bytes));
    if (isKept) await expect(saving).resolves.toContain('-x');
    else await expect(saving).rejects.toMatchObject({ code: 'media.typeRefused' });
    expect(await names()).toEqual(isKept ? ['x'] : []);
  });

  it('keeps nothing of a file that breaks off', async () => {
    const spool = await spoolOf();
    const broken = (async function* () {
      yield bytesOf(10);
      throw new Error('gone');
    })();
    await expect(spool.save('file', 'x', { bytes: broken })).rejects.toThrow('gone');
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('law: a name made safe is one part of a path, whatever it was', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('..', '/', '\\', '\u0000', '\u202e', 'a', '.', ' ', 'CON', ':', '😀', '\ud800'))
      .map((parts) => parts.join('')),
  );
  test.prop([hostile], { numRuns: 3_000 })('not empty, not long, without a way out', (name) => {
    const safe = safeFileName(name, 'file');
    expect(basename(safe)).toBe(safe);
    expect(safe).not.toMatch(/^\.|[/\\:\p{Cc}\p{Cf}]/u);
    expect(safe).not.toBe('');
    expect([...safe].length).toBeLessThanOrEqual(120);
    expect(safeFileName(safe, 'file')).toBe(safe);
  });
});
