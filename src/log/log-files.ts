import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import roll from 'pino-roll';
import { makeDir } from '../adapters/fs/make-dir.js';

export type LogFileOptions = {
  /** Made if it is not there. */
  readonly dir: string;
  /** A new file begins past this size. Units: bytes. @default 10 MiB */
  readonly maxBytes?: number;
  /** Older ones are deleted. @default 5 */
  readonly filesMax?: number;
};

/** What takes finished lines, each with its newline. */
export type LogSink = { write(line: string): void; close(): Promise<void> };

const MAX_BYTES = 10 * 1024 * 1024;
const FILES_MAX = 5;

/** Lines kept while the file is being opened. */
const PENDING_MAX = 10_000;

/** `rookery.1.log`, `rookery.2.log`…: the numbers grow, the highest is being written. */
const NUMBERED = /^rookery\.(\d+)\.log$/;

/** Shape: absolute or relative as `dir` is; oldest first; empty if there is no such directory. */
export const logFiles = async (dir: string): Promise<string[]> => {
  const names = await readdir(dir).catch((): string[] => []);
  return names
    .flatMap((name) => {
      const number = NUMBERED.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => join(dir, name));
};

/** The file that is being written. Shape: undefined before the first line. */
export const currentLogFile = async (dir: string): Promise<string | undefined> => (await logFiles(dir)).at(-1);

/**
 * The rotated files in `dir`, bounded in size and number. Each line is written before `write` returns, once the file
 * is open, so that a crash loses none. Nothing is created before the first line.
 * Errors: none thrown; the first one goes to `onError`, and lines are dropped from then on.
 */
export const openLogFile = (options: LogFileOptions, onError: (error: Error) => void): LogSink => {
  const { dir, maxBytes = MAX_BYTES, filesMax = FILES_MAX } = options;
  const pending: string[] = [];
  let stream: Awaited<ReturnType<typeof roll>> | undefined;
  let opening: Promise<void> | undefined;
  let failed = false;

  const fail = (error: Error): void => {
    pending.length = 0;
    if (failed) return;
    failed = true;
    onError(error);
  };

  const open = async (): Promise<void> => {
    try {
      await makeDir(dir);
      const opened = await roll({
        file: join(dir, 'rookery'),
        extension: '.log',
        size: `${maxBytes}b`,
        limit: { count: filesMax, removeOtherLogFiles: true },
        sync: true,
      });
      opened.on('error', fail);
      for (const line of pending.splice(0)) opened.write(line);
      stream = opened;
    } catch (error) {
      fail(error as Error);
    }
  };

  return {
    write(line) {
      if (failed) return;
      if (stream) {
        stream.write(line);
        return;
      }
      if (pending.length < PENDING_MAX) pending.push(line);
      opening ??= open();
    },
    async close() {
      await opening;
      const closing = stream;
      if (closing === undefined) return;
      stream = undefined;
      failed = true;
      await new Promise<void>((resolve) => {
        closing.once('close', resolve);
        // What cannot be written is tried for ever otherwise.
        closing.once('error', () => closing.destroy());
        closing.end();
      });
    },
  };
};
