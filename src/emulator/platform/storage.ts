import type { Context } from './context.js';
import { type Reply, refuse } from './errors.js';
import { formatOf } from './formats.js';
import type { PlatformRequest } from './request.js';
import { putPart } from './uploads.js';

/** A file the platform keeps: what was uploaded, what a user sent along, a part of an upload. */
export type StoredFile = {
  readonly id: string;
  readonly bytes: Buffer;
  readonly fileName: string;
  /** What the link is signed with, §5.1. */
  readonly key: string;
  readonly linkUntilMs: number;
};

/**
 * Bytes, by id.
 * Shape: holds `maxBytes` in all; the oldest go first, and one that is larger than all of it is not kept.
 */
export class Storage {
  readonly #files = new Map<string, StoredFile>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  put(file: StoredFile): void {
    this.drop(file.id);
    if (file.bytes.length > this.#maxBytes) return;
    this.#files.set(file.id, file);
    this.#bytes += file.bytes.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.drop(oldest);
    }
  }

  drop(id: string): void {
    const file = this.#files.get(id);
    if (!file) return;
    this.#files.delete(id);
    this.#bytes -= file.bytes.length;
  }
}

/** Keeps a file and makes the signed, short-lived link to it, §5.1. */
export const keepFile = (
  context: Context,
  bytes: Buffer,
  fileName: string | undefined,
): { readonly id: string; readonly url: string } => {
  const [id, key] = [context.ids.opaque('f'), context.ids.opaque('k')];
  // Half a surrogate pair fits in JSON and in no link.
  const name =
    Buffer.from(fileName ?? '')
      .toString()
      .replace(/[\\/]/gu, '_') || 'file';
  const linkUntilMs = context.timers.now() + context.limits.attachmentLinkMs;
  context.storage.put({ id, bytes, fileName: name, key, linkUntilMs });
  return { id, url: `${context.baseUrl}/files/${id}/${encodeURIComponent(name)}?rkey=${key}` };
};

/** Whether a path leads to files and parts, which need no token: their links are signed. */
export const isStoragePath = (path: string): boolean => path.startsWith('/files/') || path.startsWith('/uploads/');

/** `GET` of a file's link, `PUT` of a part to its pre-signed link. */
export const answerStorage = (context: Context, request: PlatformRequest): Reply => {
  const [path = '', query = ''] = request.path.split('?', 2);
  const [, root, id = '', tail = ''] = path.split('/');
  // §6.8: a signed link takes no token beside its signature.
  if (request.headers['authorization'] !== undefined) return { ...refuse(11255, 'signed twice'), status: 403 };
  const key = new URLSearchParams(query).get('rkey') ?? '';
  if (root === 'uploads') {
    if (request.method !== 'PUT') return { ...refuse(11255, 'no such interface'), status: 405 };
    return putPart(context, { uploadId: id, index: tail, key, bytes: request.bytes ?? Buffer.alloc(0) });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...refuse(11255, 'no such interface'), status: 405 };
  }
  const file = context.storage.get(id);
  if (!file) return { ...refuse(850026, 'no such file'), status: 404 };
  if (file.key !== key || context.timers.now() > file.linkUntilMs) {
    return { ...refuse(850026, 'the link is not valid, or not any more'), status: 403 };
  }
  return { status: 200, body: file.bytes, headers: headersOf(file) };
};

// A user's file may be a page: no browser is to run it beside the control surface.
const headersOf = ({ bytes, fileName }: StoredFile): Record<string, string> => {
  const mime = formatOf(bytes)?.mime;
  return {
    'content-type': mime ?? 'application/octet-stream',
    'content-disposition': `${mime ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(fileName)}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, max-age=60',
  };
};
