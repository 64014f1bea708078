import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { RouterError } from '../../../src/errors/router-error.js';
import { Uploader } from '../../../src/pipelines/files/upload.js';
import type { ByteSource, UploadApi, UploadPart } from '../../../src/ports/files.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { bytesOf } from '../../support/files.js';

const DIGESTS = { md5: 'm', sha1: 's', sha256: 'h', md5Head: 'd' };

/** A platform that takes blocks, loses some of the answers, and puts together what it has. */
class BlockTaker implements UploadApi {
  readonly #blocks = new Map<string, Uint8Array>();
  readonly #finished = new Set<number>();
  whole: Uint8Array | null = null;
  #calls = 0;

  constructor(
    readonly blockBytes: number,
    readonly concurrency: number,
    readonly failing: readonly boolean[],
    readonly firstIndex: number,
  ) {}

  async postUrl(): Promise<never> {
    throw new Error('no URLs here');
  }

  async postBytes(_: unknown, __: unknown, bytes: Uint8Array) {
    this.whole = bytes;
    return { fileInfo: 'f', ttlS: 0 };
  }

  async prepare(_: unknown, __: unknown, sizeBytes: number) {
    const parts: UploadPart[] = [];
    for (let from = 0; from < sizeBytes; from += this.blockBytes) {
      const index = this.firstIndex + parts.length;
      parts.push({ index, url: `https://s.example/${index}`, from, to: Math.min(sizeBytes, from + this.blockBytes) });
    }
    return { uploadId: 'u', parts, concurrency: this.concurrency, retryTimeoutMs: 300_000, retryDelayMs: 1_000 };
  }

  async putPart(url: string, bytes: Uint8Array): Promise<void> {
    this.#stumble();
    this.#blocks.set(url, bytes);
  }

  async finishPart(_: unknown, __: string, index: number): Promise<void> {
    this.#stumble();
    this.#finished.add(index);
  }

  async complete() {
    this.#stumble();
    if (this.#finished.size !== this.#blocks.size) throw new Error('a block was not finished');
    const byIndex = [...this.#blocks].sort(([a], [b]) => Number(a.split('/').at(-1)) - Number(b.split('/').at(-1)));
    this.whole = Buffer.concat(byIndex.map(([, bytes]) => bytes));
    return { fileInfo: 'f', ttlS: 0 };
  }

  #stumble(): void {
    const isFailing = this.failing[this.#calls] ?? false;
    this.#calls += 1;
    if (isFailing)
      throw new RouterError('platform.unavailable', 'a hiccup', { platformCode: 40093001, action: 'retry' });
  }
}

const sourceOf = (bytes: Uint8Array): ByteSource => ({
  sizeBytes: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
  close: async () => undefined,
});

describe('law: the progress of an upload goes up from nothing to the whole, which is told once and then is there', () => {
  test.prop(
    [
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.constantFrom(0, 1),
    ],
    { numRuns: 300 },
  )(
    'of any size, in any blocks, through any hiccups',
    async (size, block, oneShot, concurrency, failing, firstIndex) => {
      const clock = new VirtualClock();
      const api = new BlockTaker(block, concurrency, failing, firstIndex);
      const bytes = bytesOf(size);
      const told: number[] = [];
      const uploading = new Uploader({ api, clock }, { oneShotBytesMax: oneShot }).bytes({
        target: { scene: 'c2c', openid: 'U' },
        head: { kind: 'file', name: 'a' },
        source: sourceOf(bytes),
        digests: DIGESTS,
        isLive: () => true,
        onProgress: (sent, total) => {
          expect(total).toBe(size);
          told.push(sent);
        },
      });
      await clock.advance(250_000);
      await uploading;
      expect(told[0]).toBe(0);
      expect(told.at(-1)).toBe(size);
      expect(told.filter((sent) => sent === size)).toHaveLength(1);
      expect([...told].sort((a, b) => a - b)).toEqual(told);
      expect(Buffer.from(api.whole ?? []).equals(Buffer.from(bytes))).toBe(true);
    },
  );
});
