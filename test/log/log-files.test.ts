import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentLogFile, logFiles } from '../../src/log/log-files.js';
import { createLogger, type RootLogger } from '../../src/log/logger.js';
import { readLogs } from '../../src/log/read-logs.js';
import { mountSmall } from '../adapters/store/support/mounts.js';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const numberOf = (line: string): number => (JSON.parse(line) as { n: number }).n;
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

let dir: string;
let open: RootLogger[];
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'rookery-log-')), 'log');
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((root) => root.close()));
  await rm(join(dir, '..'), { recursive: true });
});

const logTo = (maxBytes: number, filesMax = 5): RootLogger => {
  const root = createLogger({ level: 'info', destination: null, file: { dir, maxBytes, filesMax } });
  open.push(root);
  return root;
};

const collect = async (lines: AsyncIterable<string>, into: string[] = []): Promise<string[]> => {
  for await (const line of lines) into.push(line);
  return into;
};

const until = async (claim: () => boolean): Promise<void> => {
  const end = Date.now() + 8_000;
  while (!claim() && Date.now() < end) await later(5);
  expect(claim()).toBe(true);
};

describe('log files', () => {
  it('are not made before the first line', async () => {
    await logTo(1_000).close();
    expect(await currentLogFile(dir)).toBeUndefined();
    expect(await logFiles(dir)).toEqual([]);
  });

  it('hold every line once the logger is closed, and closing twice does no harm', async () => {
    const root = logTo(1_000_000);
    for (const n of range(0, 500)) root.log.info({ n }, 'counted');
    await root.close();
    await root.close();
    expect(await currentLogFile(dir)).toBe(join(dir, 'rookery.1.log'));
    const lines = (await readFile(join(dir, 'rookery.1.log'), 'utf8')).trimEnd().split('\n');
    expect(lines.map(numberOf)).toEqual(range(0, 500));
  });

  it('are appended to by the next run', async () => {
    for (const n of [1, 2]) {
      const root = logTo(1_000_000);
      root.log.info({ n }, 'run');
      await root.close();
    }
    expect(await readdir(dir)).toEqual(['rookery.1.log']);
    expect((await collect(readLogs({ dir, follow: false }))).map(numberOf)).toEqual([1, 2]);
  });

  it('are bounded in size and number, the newest being kept', async () => {
    const root = logTo(2_000, 3);
    for (const n of range(0, 200)) {
      root.log.info({ n }, 'counted');
      await later(1);
    }
    await root.close();
    const files = await logFiles(dir);
    expect(files.length).toBeLessThanOrEqual(4);
    expect(files.at(-1)).not.toBe(join(dir, 'rookery.1.log'));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(Math.max(...sizes)).toBeLessThan(3_000);
    const kept = (await collect(readLogs({ dir, follow: false, lines: 10_000 }))).map(numberOf);
    expect(kept).toEqual(range(200 - kept.length, 200));
  });

  it('that cannot be written are told once, and cost nothing else', async () => {
    await writeFile(dir, 'a file in the directory’s place');
    const seen: string[] = [];
    const root = createLogger({ level: 'info', destination: { write: (text) => seen.push(text) }, file: { dir } });
    root.log.info('first');
    await until(() => seen.length === 2);
    root.log.info('second');
    await root.close();
    expect(seen.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'first',
      'log file cannot be written',
      'second',
    ]);
  });
});

describe('a full disk', () => {
  it('is said once, and does not hold the end of the process up', async ({ skip }) => {
    const small = mountSmall(1 << 16);
    if (!small) return skip('mounting needs root');
    await expect(writeFile(join(small, 'ballast'), Buffer.alloc(1 << 17))).rejects.toMatchObject({ code: 'ENOSPC' });
    const seen: string[] = [];
    const file = { dir: join(small, 'log') };
    const root = createLogger({ level: 'info', destination: { write: (text) => seen.push(text) }, file });
    for (const n of range(0, 3)) root.log.info({ n }, 'counted');
    await until(() => seen.length === 4);
    await root.close();
    expect(JSON.parse(seen.at(-1) ?? '')).toMatchObject({ msg: 'log file cannot be written', dir: file.dir });
  });
});

describe('readLogs', () => {
  it('begins with the last lines, over files', async () => {
    const root = logTo(1_000);
    for (const n of range(0, 50)) {
      root.log.info({ n }, 'counted');
      await later(1);
    }
    await root.close();
    expect((await logFiles(dir)).length).toBeGreaterThan(2);
    expect((await collect(readLogs({ dir, follow: false, lines: 30 }))).map(numberOf)).toEqual(range(20, 50));
    expect(await collect(readLogs({ dir, follow: false, lines: 0 }))).toEqual([]);
  });

  it('gives nothing where there is no log', async () => {
    expect(await collect(readLogs({ dir, follow: false }))).toEqual([]);
  });

  it('leaves out a line that is still being written', async () => {
    const root = logTo(1_000_000);
    root.log.info({ n: 1 }, 'whole');
    await root.close();
    await writeFile(join(dir, 'rookery.1.log'), '{"n":2', { flag: 'a' });
    expect((await collect(readLogs({ dir, follow: false }))).map(numberOf)).toEqual([1]);
  });

  it('follows over rotations: every line once, in order, until it is told to stop', async () => {
    const stop = new AbortController();
    const root = logTo(3_000, 100);
    root.log.info({ n: 0, text: '早' }, 'counted');
    await later(50);
    const seen: string[] = [];
    const reading = collect(readLogs({ dir, follow: true, signal: stop.signal }), seen);
    for (const n of range(1, 400)) {
      root.log.info({ n, text: '乌鸦'.repeat(5) }, 'counted');
      if (n % 3 === 0) await later(1);
    }
    await until(() => seen.length >= 400);
    stop.abort();
    await reading;
    expect((await logFiles(dir)).length).toBeGreaterThan(5);
    expect(seen.map(numberOf)).toEqual(range(0, 400));
  });

  it('waits for a log that does not exist yet', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = collect(readLogs({ dir, follow: true, signal: stop.signal }), seen);
    await later(20);
    logTo(1_000_000).log.info({ n: 7 }, 'late');
    await until(() => seen.length === 1);
    stop.abort();
    await reading;
    expect(seen.map(numberOf)).toEqual([7]);
  });
});
