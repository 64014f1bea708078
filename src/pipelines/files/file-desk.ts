import { randomUUID } from 'node:crypto';
import { peerOf, type Target } from '../../domain/conversation.js';
import { GUILD_IMAGE_BYTES_MAX, MEDIA_BYTES_MAX, MEDIA_FORMATS, safeFileName } from '../../domain/media-limits.js';
import type { MediaKind, OutgoingMedia } from '../../domain/message.js';
import type { MediaRef } from '../../domain/message-parts.js';
import { asRouterError, RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type { ByteSource, FileOpener, PeerTarget, Uploaded } from '../../ports/files.js';
import type { OutgoingFile } from '../../ports/message-api.js';
import type { Leave } from '../sending/readiness.js';
import type { Files } from '../sending/sending-deps.js';
import { FileInfoCache } from './file-info-cache.js';
import type { Uploader } from './upload.js';

/** Tells how far an upload is. Units: bytes. */
type Told = (sentBytes: number, totalBytes: number) => void;

/** One use of a file. `isFresh`: what is known of earlier uploads does not count. */
type Upload = {
  readonly media: MediaRef;
  readonly target: PeerTarget;
  readonly isLive: () => boolean;
  readonly isFresh: boolean;
  readonly onProgress: Told;
};

export type UploadProgress = {
  readonly target: Target;
  readonly kind: MediaKind;
  readonly name: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
};

export type FileDeskDeps = {
  readonly opener: FileOpener;
  readonly uploader: Uploader;
  readonly clock: Clock;
  readonly onProgress: (progress: UploadProgress) => void;
};

export type FileDeskOptions = {
  /** Units: bytes; less than what the platform takes, where an operator says so. */
  readonly sendBytesMax: number;
  /** Files whose bytes are kept until they are sent. @default 256 */
  readonly heldMax?: number;
  /** Units: bytes of them. @default 268_435_456 */
  readonly heldBytesMax?: number;
};

const DEFAULTS = { heldMax: 256, heldBytesMax: 256 * 1024 * 1024 } as const;

/** Bytes or a stream a caller gave; a stream is read once, when its turn has come. */
type Held = { readonly media: OutgoingMedia; readonly bytes: number; opened: Promise<ByteSource> | null };

const WRONG_FORMAT = 850019;

/**
 * The files of one bot's messages, from where a caller has them to where the platform can take them from.
 * Shape: what is too large or of the wrong type is refused before a byte of it is sent; the same bytes (or URL) to the same
 * peer are uploaded once, for as long as the platform knows them.
 * Source: qq-bot-api §6.8.
 */
export class FileDesk implements Files {
  readonly #deps: FileDeskDeps;
  readonly #options: Required<FileDeskOptions>;
  readonly #held = new Map<string, Held>();
  readonly #cache: FileInfoCache;
  #heldBytes = 0;

  constructor(deps: FileDeskDeps, options: FileDeskOptions) {
    this.#deps = deps;
    this.#options = { ...DEFAULTS, ...options };
    this.#cache = new FileInfoCache(deps.clock);
  }

  /** Keeps a caller's file until `release`. Errors: `capacity.full`, `media.tooLarge`. */
  hold(media: OutgoingMedia): MediaRef {
    const { kind, name } = media;
    const named = { kind, ...(name !== undefined && { name: safeFileName(name, kind) }) };
    if ('uploaded' in media) return { ...named, source: { uploaded: media.uploaded } };
    if ('path' in media) return { ...named, source: { path: media.path } };
    if ('url' in media) return { ...named, source: { url: media.url } };
    const bytes = 'data' in media ? media.data.byteLength : 0;
    this.#refuseSize(kind, bytes);
    const { heldMax, heldBytesMax } = this.#options;
    if (this.#held.size >= heldMax || this.#heldBytes + bytes > heldBytesMax) {
      throw new RouterError('capacity.full', 'media: too many files wait to be sent');
    }
    const id = randomUUID();
    this.#held.set(id, { media, bytes, opened: null });
    this.#heldBytes += bytes;
    return { ...named, source: { held: id } };
  }

  release({ source }: MediaRef): void {
    if (!('held' in source)) return;
    const held = this.#held.get(source.held);
    if (!held) return;
    this.#held.delete(source.held);
    this.#heldBytes -= held.bytes;
    held.opened?.then((opened) => opened.close()).catch(() => undefined);
  }

  async ready(media: MediaRef, target: Target, leave: Leave, isFresh: boolean): Promise<OutgoingFile> {
    if (target.scene === 'guild' || target.scene === 'dm') return this.#forGuild(media, isFresh);
    const upload = { media, target, isLive: leave.isLive, isFresh, onProgress: () => undefined };
    const { fileInfo } = await this.#upload(upload);
    return { fileInfo };
  }

  /** Uploads ahead of the message. Errors: as of `ready`. */
  upload(media: MediaRef, target: PeerTarget, onProgress: Told, isLive: () => boolean): Promise<Uploaded> {
    return this.#upload({ media, target, isLive, isFresh: false, onProgress });
  }

  async #upload(upload: Upload): Promise<Uploaded> {
    const { media, target, isLive, isFresh } = upload;
    const { source, kind } = media;
    if ('uploaded' in source) {
      if (isFresh) throw new RouterError('media.unreadable', 'the platform does not know this upload any more');
      return { fileInfo: source.uploaded, ttlS: 0 };
    }
    if (!('url' in source)) return this.#uploadBytes(upload);
    const key = `${target.scene}:${peerOf(target)}:${kind}:${source.url}`;
    const known = isFresh ? null : this.#cache.get(key);
    if (known) return known;
    const byLink = isFresh ? null : await this.#uploadLink(media, target, source.url, isLive);
    const uploaded = byLink ?? (await this.#uploadBytes(upload));
    this.#cache.set(key, uploaded);
    return uploaded;
  }

  /** Null where the platform cannot fetch it: once more, and then its bytes are brought. Source: qq-bot-api §8.2. */
  async #uploadLink(media: MediaRef, target: PeerTarget, url: string, isLive: () => boolean): Promise<Uploaded | null> {
    const name = nameOf(media);
    const bring = (kind: MediaKind): Promise<Uploaded> => this.#deps.uploader.url(target, { kind, name }, url, isLive);
    for (let tries = 1; tries <= 2; tries += 1) {
      try {
        return await elseAsFile(media.kind, bring);
      } catch (thrown) {
        const error = asRouterError(thrown, 'platform.refused');
        if (error.more.action !== 'reupload') throw error;
      }
    }
    return null;
  }

  async #uploadBytes({ media, target, isLive, isFresh, onProgress }: Upload): Promise<Uploaded> {
    const { opener, uploader } = this.#deps;
    return this.#withSource(media, MEDIA_BYTES_MAX[media.kind], async (source) => {
      await this.#refuseFormat(media.kind, source);
      const digests = await opener.digest(source);
      const key = `${target.scene}:${peerOf(target)}:${media.kind}:${digests.sha256}:${nameOf(media, source)}`;
      const known = isFresh ? null : this.#cache.get(key);
      if (known) return known;
      const bring = (kind: MediaKind): Promise<Uploaded> => {
        const head = { kind, name: nameOf(media, source) };
        const told: Told = (sentBytes, totalBytes) => {
          onProgress(sentBytes, totalBytes);
          this.#deps.onProgress({ target, ...head, sentBytes, totalBytes });
        };
        return uploader.bytes({ target, head, source, digests, isLive, onProgress: told });
      };
      const uploaded = await elseAsFile(media.kind, bring);
      this.#cache.set(key, uploaded);
      return uploaded;
    });
  }

  async #forGuild(media: MediaRef, isFresh: boolean): Promise<OutgoingFile> {
    const { source } = media;
    if ('url' in source && !isFresh) return { url: source.url };
    return this.#withSource(media, GUILD_IMAGE_BYTES_MAX, async (opened) => {
      await this.#refuseFormat(media.kind, opened);
      return { name: nameOf(media, opened), bytes: await opened.read(0, opened.sizeBytes) };
    });
  }

  /** Opens the file for one use; what a caller gave stays open until `release`. */
  async #withSource<T>(media: MediaRef, bytesMax: number, use: (source: ByteSource) => Promise<T>): Promise<T> {
    const { source } = media;
    const max = Math.min(bytesMax, this.#options.sendBytesMax);
    const isHeld = 'held' in source;
    const opened = await (isHeld ? this.#openHeld(source.held, max) : this.#open(source, max));
    try {
      this.#refuseSize(media.kind, opened.sizeBytes, max);
      return await use(opened);
    } finally {
      if (!isHeld) await opened.close();
    }
  }

  #open(source: Exclude<MediaRef['source'], { held: string }>, max: number): Promise<ByteSource> {
    const { opener } = this.#deps;
    if ('path' in source) return opener.path(source.path);
    if ('url' in source) return opener.url(source.url, max);
    return Promise.reject(new RouterError('media.unreadable', 'an upload has no bytes here'));
  }

  #openHeld(id: string, max: number): Promise<ByteSource> {
    const held = this.#held.get(id);
    const { opener } = this.#deps;
    if (!held) return Promise.reject(new RouterError('media.unreadable', 'its bytes are not kept any more'));
    const { media } = held;
    if ('data' in media) held.opened ??= Promise.resolve(opener.bytes(media.data, media.name));
    else if ('stream' in media) held.opened ??= opener.stream(media.stream, max);
    return held.opened ?? Promise.reject(new RouterError('media.unreadable', 'it has no bytes'));
  }

  #refuseSize(kind: MediaKind, bytes: number, max = Math.min(MEDIA_BYTES_MAX[kind], this.#options.sendBytesMax)): void {
    if (bytes > max) throw new RouterError('media.tooLarge', `the ${kind} has ${bytes} bytes; ${max} may be sent`);
  }

  async #refuseFormat(kind: MediaKind, source: ByteSource): Promise<void> {
    const formats = MEDIA_FORMATS[kind];
    if (formats === null) return;
    const format = await this.#deps.opener.formatOf(source);
    if (format === undefined || !formats.includes(format)) {
      throw new RouterError(
        'media.typeRefused',
        `its bytes are ${format ?? 'of no known type'}; as ${kind} the platform takes ${formats.join(', ')}`,
      );
    }
  }
}

/** What the platform cannot show as it is, it shows as a file. Source: qq-bot-api §8.2. */
const elseAsFile = async <T>(kind: MediaKind, bring: (kind: MediaKind) => Promise<T>): Promise<T> => {
  try {
    return await bring(kind);
  } catch (thrown) {
    const error = asRouterError(thrown, 'platform.refused');
    if (error.more.platformCode !== WRONG_FORMAT || kind === 'file') throw error;
    return bring('file');
  }
};

const nameOf = ({ name, kind, source }: MediaRef, opened?: ByteSource): string => {
  const ofUrl =
    'url' in source && URL.canParse(source.url) ? new URL(source.url).pathname.split('/').at(-1) : undefined;
  return safeFileName(name ?? opened?.name ?? ofUrl, kind);
};
