import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { logFiles } from './log-files.js';

export type ReadLogsOptions = {
  readonly dir: string;
  /** Go on with lines as they come, over rotations, until `signal` aborts. */
  readonly follow: boolean;
  /** How many of the last lines to begin with. @default 200 */
  readonly lines?: number;
  readonly signal?: AbortSignal;
};

const LINES = 200;

/** Some file systems tell no changes, and a directory that is not there cannot be watched. Units: ms. */
const LOOK_AGAIN_MS = 1_000;

const CHUNK_BYTES = 64 * 1024;

type Tail = { readonly lines: string[]; readonly last?: { readonly file: string; readonly bytes: number } };

/** The last `count` lines over all files, and how far the newest was read. A file that is deleted meanwhile is skipped. */
const tail = async (dir: string, count: number): Promise<Tail> => {
  const files = await logFiles(dir);
  const newest = files.at(-1);
  let bytes = 0;
  let lines: string[] = [];
  for (const file of files.reverse()) {
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    // What follows the last newline is a line that is still being written.
    const whole = content.subarray(0, content.lastIndexOf(0x0a) + 1);
    if (file === newest) bytes = whole.length;
    lines = [...whole.toString('utf8').split('\n').slice(0, -1), ...lines];
    if (lines.length >= count) break;
  }
  return {
    lines: count === 0 ? [] : lines.slice(-count),
    ...(newest === undefined ? {} : { last: { file: newest, bytes } }),
  };
};

/** Wakes its one sleeper when something in `dir` may have changed. */
class Watch {
  private watcher: FSWatcher | undefined;
  private wake: (() => void) | undefined;
  private changed = false;

  constructor(
    private readonly dir: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.notice);
  }

  private readonly notice = (): void => {
    this.changed = true;
    this.wake?.();
  };

  private begin(): void {
    try {
      this.watcher ??= watch(this.dir, { persistent: false }, this.notice).on('error', () => this.end());
    } catch {
      // Not there yet: the timer looks again.
    }
  }

  private end(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }

  async sleep(): Promise<void> {
    this.begin();
    if (!this.changed && !this.signal?.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_AGAIN_MS);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.changed = false;
    this.wake = undefined;
  }

  close(): void {
    this.end();
    this.signal?.removeEventListener('abort', this.notice);
  }
}

/** One open file, read onwards. Its handle stays good when rotation deletes the name. */
class Reader {
  private readonly decoder = new StringDecoder('utf8');
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);
  private rest = '';

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    private bytes: number,
  ) {}

  static async at(file: string, bytes: number): Promise<Reader | undefined> {
    const handle = await open(file, 'r').catch(() => undefined);
    return handle && new Reader(file, handle, bytes);
  }

  /** The whole lines that were added since. */
  async *onwards(): AsyncGenerator<string> {
    for (;;) {
      const { bytesRead } = await this.handle.read(this.chunk, 0, CHUNK_BYTES, this.bytes);
      if (bytesRead === 0) return;
      this.bytes += bytesRead;
      const lines = `${this.rest}${this.decoder.write(this.chunk.subarray(0, bytesRead))}`.split('\n');
      this.rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The file after `file`, or the oldest that is left if rotation has outrun the reader. */
const nextFile = async (dir: string, file: string | undefined): Promise<string | undefined> => {
  const files = await logFiles(dir);
  return file === undefined ? files[0] : files[files.indexOf(file) + 1];
};

async function* follow(dir: string, last: Tail['last'], signal: AbortSignal | undefined): AsyncGenerator<string> {
  const changes = new Watch(dir, signal);
  let file = last?.file;
  let reader = last && (await Reader.at(last.file, last.bytes));
  try {
    while (!signal?.aborted) {
      // Looked up before reading: what the old file got until the new one appeared is then certainly read.
      const next = await nextFile(dir, file);
      if (reader) yield* reader.onwards();
      if (next === undefined) {
        await changes.sleep();
        continue;
      }
      await reader?.close();
      file = next;
      reader = await Reader.at(next, 0);
    }
  } finally {
    changes.close();
    await reader?.close();
  }
}

/**
 * The running router's log, line by line as JSON, oldest first; `formatLogLine` makes it readable.
 * Shape: ends after the last line, or with `follow` when `signal` aborts; empty if there is no log.
 */
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<string> {
  const { dir, lines = LINES, signal } = options;
  const { lines: latest, last } = await tail(dir, lines);
  for (const line of latest) {
    if (signal?.aborted) return;
    yield line;
  }
  if (options.follow) yield* follow(dir, last, signal);
}
