/**
 * One HTTP call, without HTTP.
 * Shape: header names in lower case; `body` is parsed JSON, or the raw string where it was none; `path` with its query.
 * `bytes` is the body of a `PUT` to a pre-signed link, `files` are those of a multipart body, and `fetched` is what the
 * link in the body (`linkOf`) led to, where whoever brought the request has looked.
 */
export type PlatformRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly bytes?: Buffer;
  readonly files?: Readonly<Record<string, UploadedFile>>;
  readonly fetched?: { readonly bytes: Buffer } | { readonly error: 'failed' | 'tooLarge' };
};

/** A file of a multipart body. */
export type UploadedFile = { readonly fileName: string | undefined; readonly bytes: Buffer };
