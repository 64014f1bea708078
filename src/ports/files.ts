import type { Target } from '../domain/conversation.js';
import type { MediaKind } from '../domain/message.js';

/** A file's bytes, to be read in any order and more than once. Units: bytes. */
export interface ByteSource {
  readonly name?: string;
  readonly sizeBytes: number;
  /** `from` is included, `to` is not. Errors: `media.unreadable`. */
  read(from: number, to: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** `md5Head`: of the first 10,002,432 bytes. All in lower-case hexadecimal. */
export type Digests = {
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly md5Head: string;
};

/** How a file is got hold of. Errors: `media.unreadable`, `media.tooLarge`, `media.addressRefused`, `transport.*`. */
export interface FileOpener {
  bytes(data: Uint8Array, name?: string): ByteSource;
  path(path: string): Promise<ByteSource>;
  /** Reads it to its end first. */
  stream(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<ByteSource>;
  /** Fetches it, from public addresses only. */
  url(url: string, bytesMax: number): Promise<ByteSource>;
  digest(source: ByteSource): Promise<Digests>;
  /** What its first bytes say it is, as a file name's ending; undefined where they say nothing. */
  formatOf(source: ByteSource): Promise<string | undefined>;
}

export type Fetched = {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** As the sender named it. */
  readonly name?: string;
  readonly contentType?: string;
};

/** Fetches files that strangers have named. */
export interface PublicFetch {
  /**
   * Errors: `media.addressRefused`, `media.tooLarge` (also while it is read), `media.unreadable`, `transport.timeout`.
   */
  fetch(url: string, bytesMax: number): Promise<Fetched>;
  close(): Promise<void>;
}

export type PeerTarget = Extract<Target, { scene: 'c2c' | 'group' }>;

/** `untilMs`: how long its `file_info` is good for, epoch ms; `Infinity` without an end. */
export type Uploaded = { readonly fileInfo: string; readonly fileUuid?: string; readonly ttlS: number };

export type UploadPart = { readonly index: number; readonly url: string; readonly from: number; readonly to: number };

export type UploadPlan = {
  readonly uploadId: string;
  readonly parts: readonly UploadPart[];
  readonly concurrency: number;
  readonly retryTimeoutMs: number;
  readonly retryDelayMs: number;
};

export type UploadHead = { readonly kind: MediaKind; readonly name: string };

/** The platform's uploads. Source: qq-bot-api §6.8. Errors: as of `MessageApi`. */
export interface UploadApi {
  postUrl(target: PeerTarget, head: UploadHead, url: string): Promise<Uploaded>;
  postBytes(target: PeerTarget, head: UploadHead, bytes: Uint8Array): Promise<Uploaded>;
  /** Errors also: `protocol.unreadable` where the plan does not cover the file. */
  prepare(target: PeerTarget, head: UploadHead, sizeBytes: number, digests: Digests): Promise<UploadPlan>;
  /** Without the bot's token: the URL is the right. */
  putPart(url: string, bytes: Uint8Array): Promise<void>;
  finishPart(target: PeerTarget, uploadId: string, index: number, bytes: Uint8Array): Promise<void>;
  complete(target: PeerTarget, head: UploadHead, uploadId: string): Promise<Uploaded>;
}
