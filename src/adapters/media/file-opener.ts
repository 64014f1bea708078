import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileTypeFromBuffer } from 'file-type';
import { RouterError } from '../../errors/router-error.js';
import type { ByteSource, Digests, FileOpener, PublicFetch } from '../../ports/files.js';
import { makeDir } from '../fs/make-dir.js';

/** Source: qq-bot-api §6.8. */
const MD5_HEAD_BYTES = 10_002_432;
const STEP_BYTES = 1024 * 1024;
const SNIFF_BYTES = 4_100;

export type FileOpenerDeps = {
  readonly fetch: PublicFetch;
  /** Where what has to be read twice is kept meanwhile. Asked for when it is needed, and made where there is none. */
  readonly tempDir: () => string;
};

/** Files of this machine, of this process and of the public internet. */
export const createFileOpener = ({ fetch, tempDir }: FileOpenerDeps): FileOpener => {
  const gather = async (source: AsyncIterable<Uint8Array>, bytesMax: number, name?: string): Promise<ByteSource> => {
    const dir = tempDir();
    await makeDir(dir);
    const path = join(dir, `${randomUUID()}.part`);
    const handle = await open(path, 'wx+', 0o600);
    try {
      let size = 0;
      for await (const chunk of source) {
        size += chunk.byteLength;
        if (size > bytesMax) throw new RouterError('media.tooLarge', `the stream has more than ${bytesMax} bytes`);
        await handle.write(chunk);
      }
      return sourceOf(handle, size, name, () => rm(path, { force: true }));
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw unreadable('a stream', error);
    }
  };

  return {
    bytes: (data, name) => ({
      ...(name !== undefined && { name }),
      sizeBytes: data.byteLength,
      read: async (from, to) => data.subarray(from, to),
      close: async () => undefined,
    }),
    path: async (path) => {
      try {
        const handle = await open(path, 'r');
        const stat = await handle.stat();
        if (stat.isFile()) return sourceOf(handle, stat.size, basename(path));
        await handle.close();
        throw new Error('it is no file');
      } catch (error) {
        throw unreadable(path, error);
      }
    },
    stream: (source, bytesMax) => gather(source, bytesMax),
    url: async (url, bytesMax) => {
      const { bytes, name } = await fetch.fetch(url, bytesMax);
      return gather(bytes, bytesMax, name);
    },
    digest,
    formatOf,
  };
};

const sourceOf = (
  handle: FileHandle,
  sizeBytes: number,
  name?: string,
  onClosed: () => Promise<void> = async () => undefined,
): ByteSource => ({
  ...(name !== undefined && { name }),
  sizeBytes,
  read: async (from, to) => {
    const wanted = Math.max(0, Math.min(to, sizeBytes) - from);
    const bytes = Buffer.allocUnsafe(wanted);
    let at = 0;
    while (at < wanted) {
      const { bytesRead } = await handle.read(bytes, at, wanted - at, from + at);
      if (bytesRead === 0) throw new RouterError('media.unreadable', 'the file became shorter while it was read');
      at += bytesRead;
    }
    return bytes;
  },
  close: async () => {
    await handle.close();
    await onClosed();
  },
});

const digest = async (source: ByteSource): Promise<Digests> => {
  const [md5, sha1, sha256, head] = [hash('md5'), hash('sha1'), hash('sha256'), hash('md5')];
  for (let from = 0; from < source.sizeBytes; from += STEP_BYTES) {
    const bytes = await source.read(from, Math.min(source.sizeBytes, from + STEP_BYTES));
    for (const one of [md5, sha1, sha256]) one.update(bytes);
    if (from < MD5_HEAD_BYTES) head.update(bytes.subarray(0, MD5_HEAD_BYTES - from));
  }
  const [md5Text = '', sha1Text = '', sha256Text = '', md5Head = ''] = [md5, sha1, sha256, head].map((one) =>
    one.digest('hex'),
  );
  return { md5: md5Text, sha1: sha1Text, sha256: sha256Text, md5Head };
};

const hash = (name: string) => createHash(name);

/** Voice of QQ is SILK, with or without a byte before its name. */
const isSilk = (head: Buffer): boolean => head.subarray(0, 10).toString('latin1').includes('#!SILK');

export const formatOfHead = async (head: Uint8Array): Promise<string | undefined> => {
  if (isSilk(Buffer.from(head))) return 'silk';
  const found = (await fileTypeFromBuffer(head))?.ext;
  // One container, many names.
  if (found === 'oga' || found === 'opus' || found === 'ogg') return 'ogg';
  return found;
};

const formatOf = async (source: ByteSource): Promise<string | undefined> =>
  formatOfHead(await source.read(0, Math.min(SNIFF_BYTES, source.sizeBytes)));

const unreadable = (what: string, error: unknown): RouterError => {
  if (error instanceof RouterError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new RouterError('media.unreadable', `${what}: ${code ?? message}`, { cause: error });
};
