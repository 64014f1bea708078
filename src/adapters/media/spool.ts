import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { safeFileName } from '../../domain/media-limits.js';
import type { MediaKind } from '../../domain/message.js';
import { RouterError } from '../../errors/router-error.js';
import type { Fetched } from '../../ports/files.js';
import { makeDir } from '../fs/make-dir.js';
import { formatOfHead } from './file-opener.js';

export type SpoolOptions = {
  /** Made where there is none; belongs to the spool alone. */
  readonly dir: string;
  readonly bytesMax: number;
  readonly filesMax: number;
  readonly lifeMs: number;
  readonly now: () => number;
};

type Kept = { readonly path: string; readonly bytes: number; readonly atMs: number };

const SNIFF_BYTES = 4_100;
const PART = '.part';

/** First words of the media types each kind may turn out to be; `null` is anything. */
const FORMATS: Readonly<Record<MediaKind, readonly string[] | null>> = {
  image: ['png', 'jpg', 'gif', 'webp', 'bmp', 'avif', 'heic', 'apng', 'tif', 'jxl'],
  video: ['mp4', 'mov', 'webm', 'mkv', 'avi', 'flv', '3gp', 'm4v', 'mpg'],
  voice: ['silk', 'amr', 'mp3', 'wav', 'ogg', 'm4a', 'aac', 'flac', 'mp4'],
  file: null,
};

/**
 * Received files on disk: never more bytes, more files or older ones than its limits say; the oldest leave first.
 * A file is there under its name only once it is whole and of the kind it was sent as; what an earlier life left half
 * written is removed.
 */
export class Spool {
  readonly #options: SpoolOptions;
  /** The oldest first. */
  readonly #kept: Kept[] = [];
  #bytes = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Errors: those of the file system. */
  async open(): Promise<void> {
    const { dir } = this.#options;
    await makeDir(dir);
    const found: Kept[] = [];
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      if (name.endsWith(PART)) await rm(path, { force: true });
      else {
        const { size, mtimeMs } = await stat(path);
        found.push({ path, bytes: size, atMs: mtimeMs });
      }
    }
    for (const kept of found.sort((a, b) => a.atMs - b.atMs)) this.#add(kept);
    await this.#trim(0);
  }

  get size(): { readonly files: number; readonly bytes: number } {
    return { files: this.#kept.length, bytes: this.#bytes };
  }

  /** Errors: `media.typeRefused`; those of reading it; `capacity.full` for one that is larger than the whole spool. */
  async save(kind: MediaKind, name: string | undefined, { bytes }: Fetched): Promise<string> {
    const { dir, now, bytesMax } = this.#options;
    const id = randomUUID();
    const part = join(dir, `${id}${PART}`);
    const handle = await open(part, 'wx', 0o600);
    let size = 0;
    const head: Uint8Array[] = [];
    try {
      for await (const chunk of bytes) {
        if (size < SNIFF_BYTES) head.push(chunk.slice(0, SNIFF_BYTES - size));
        size += chunk.byteLength;
        if (size > bytesMax) throw new RouterError('capacity.full', 'a received file is larger than the spool');
        await handle.write(chunk);
      }
      await refuseOther(kind, Buffer.concat(head));
      await handle.close();
      await this.#trim(size);
      const path = join(dir, `${id}-${safeFileName(name, kind)}`);
      await rename(part, path);
      this.#add({ path, bytes: size, atMs: now() });
      return path;
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(part, { force: true });
      throw error;
    }
  }

  /** Everything goes. */
  async clear(): Promise<void> {
    this.#kept.length = 0;
    this.#bytes = 0;
    await rm(this.#options.dir, { recursive: true, force: true });
  }

  #add(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
  }

  /** Makes room for so many bytes more. */
  async #trim(coming: number): Promise<void> {
    const { bytesMax, filesMax, lifeMs, now } = this.#options;
    const mayStay = ({ atMs }: Kept): boolean =>
      this.#bytes + coming <= bytesMax && this.#kept.length + (coming > 0 ? 1 : 0) <= filesMax && now() - atMs < lifeMs;
    for (let oldest = this.#kept[0]; oldest && !mayStay(oldest); oldest = this.#kept[0]) {
      this.#kept.shift();
      this.#bytes -= oldest.bytes;
      await rm(oldest.path, { force: true });
    }
  }
}

const refuseOther = async (kind: MediaKind, head: Uint8Array): Promise<void> => {
  const formats = FORMATS[kind];
  if (formats === null) return;
  const format = await formatOfHead(head);
  if (format !== undefined && formats.includes(format)) return;
  throw new RouterError('media.typeRefused', `a received ${kind} is ${format ?? 'of no known type'}`);
};
