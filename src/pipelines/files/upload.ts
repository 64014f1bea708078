import { book, earliestMs, newPace, type Pace } from '../../domain/pace.js';
import { asRouterError, RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type {
  ByteSource,
  Digests,
  PeerTarget,
  UploadApi,
  Uploaded,
  UploadHead,
  UploadPart,
  UploadPlan,
} from '../../ports/files.js';
import { UploadQuota } from './upload-quota.js';

export type UploadDeps = { readonly api: UploadApi; readonly clock: Clock };

export type UploadOptions = {
  /** Larger files go up in blocks. Units: bytes. */
  readonly oneShotBytesMax: number;
};

/** Shape: from 0 to `totalBytes`, never less than before; `totalBytes` is told once, at the end. */
export type OnProgress = (sentBytes: number, totalBytes: number) => void;

export type Upload = {
  readonly target: PeerTarget;
  readonly head: UploadHead;
  readonly source: ByteSource;
  readonly digests: Digests;
  /** Asked before each call; a no ends the upload. */
  readonly isLive: () => boolean;
  readonly onProgress: OnProgress;
};

/** Calls a second, of one bot. Source: qq-bot-api §9. */
const FILES_PER_S = 50;
const PARTS_PER_S = 10;

/** A hiccup of the channel for blocks; it is asked again. Source: qq-bot-api §6.8. */
const HICCUP = 40093001;

/** Brings a file's bytes to the platform: at once where they are few, else in blocks, each with its sum. */
export class Uploader {
  readonly #deps: UploadDeps;
  readonly #options: UploadOptions;
  readonly #files = newPace(FILES_PER_S);
  readonly #parts = newPace(PARTS_PER_S);
  readonly #quota: UploadQuota;

  constructor(deps: UploadDeps, options: UploadOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#quota = new UploadQuota(deps.clock);
  }

  /** Errors: `platform.*`, `transport.*`, `media.unreadable`; `capacity.full` where `isLive` said no. */
  async url(target: PeerTarget, head: UploadHead, url: string, isLive: () => boolean): Promise<Uploaded> {
    await this.#turn(this.#files, isLive);
    return this.#deps.api.postUrl(target, head, url);
  }

  /** Errors: as of `url`. */
  async bytes(upload: Upload): Promise<Uploaded> {
    const { sizeBytes } = upload.source;
    this.#quota.check(sizeBytes);
    try {
      return await this.#bring(upload);
    } catch (thrown) {
      const error = asRouterError(thrown, 'platform.refused');
      this.#quota.note(sizeBytes, error);
      throw error;
    }
  }

  async #bring(upload: Upload): Promise<Uploaded> {
    const { target, head, source, isLive, onProgress } = upload;
    const { api } = this.#deps;
    const total = source.sizeBytes;
    onProgress(0, total);
    if (total > this.#options.oneShotBytesMax) return this.#inBlocks(upload);
    await this.#turn(this.#files, isLive);
    const uploaded = await api.postBytes(target, head, await source.read(0, total));
    onProgress(total, total);
    return uploaded;
  }

  async #inBlocks(upload: Upload): Promise<Uploaded> {
    const { target, head, source, digests, isLive, onProgress } = upload;
    const { api, clock } = this.#deps;
    await this.#turn(this.#parts, isLive);
    const plan = await api.prepare(target, head, source.sizeBytes, digests);
    const untilMs = clock.now() + plan.retryTimeoutMs;
    let sent = 0;
    const waiting = [...plan.parts];
    const worker = async (): Promise<void> => {
      for (let part = waiting.shift(); part; part = waiting.shift()) {
        await this.#block(upload, plan, part, untilMs);
        sent += part.to - part.from;
        // The last word is for when the platform has put it together.
        if (sent < source.sizeBytes) onProgress(sent, source.sizeBytes);
      }
    };
    const workers = Array.from({ length: plan.concurrency }, async () => {
      try {
        await worker();
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    });
    const failed = (await Promise.allSettled(workers)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    await this.#turn(this.#files, isLive);
    const uploaded = await this.#again(() => api.complete(target, head, plan.uploadId), plan, untilMs, isLive);
    onProgress(source.sizeBytes, source.sizeBytes);
    return uploaded;
  }

  async #block({ target, source, isLive }: Upload, plan: UploadPlan, part: UploadPart, untilMs: number): Promise<void> {
    const { api } = this.#deps;
    const bytes = await source.read(part.from, part.to);
    await this.#again(() => api.putPart(part.url, bytes), plan, untilMs, isLive);
    await this.#again(
      async () => {
        await this.#turn(this.#parts, isLive);
        await api.finishPart(target, plan.uploadId, part.index, bytes);
      },
      plan,
      untilMs,
      isLive,
    );
  }

  /** Until it works, or the platform's own time for it is over. */
  async #again<T>(call: () => Promise<T>, plan: UploadPlan, untilMs: number, isLive: () => boolean): Promise<T> {
    const { clock } = this.#deps;
    for (;;) {
      if (!isLive()) throw abandoned();
      try {
        return await call();
      } catch (thrown) {
        const error = asRouterError(thrown, 'platform.refused');
        const isPassing = error.more.platformCode === HICCUP || error.next === 'retry' || error.next === 'reconnect';
        if (!isPassing || clock.now() + plan.retryDelayMs >= untilMs) throw error;
      }
      await pause(clock, plan.retryDelayMs);
    }
  }

  async #turn(pace: Pace, isLive: () => boolean): Promise<void> {
    const { clock } = this.#deps;
    for (;;) {
      if (!isLive()) throw abandoned();
      const nowMs = clock.now();
      const atMs = earliestMs(pace, nowMs);
      if (atMs <= nowMs) {
        book(pace, nowMs);
        return;
      }
      await pause(clock, atMs - nowMs);
    }
  }
}

const abandoned = (): RouterError =>
  new RouterError('capacity.full', 'the upload was let go: nobody wants it any more');

const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimeout(resolve, delayMs);
  });
