/**
 * One HTTP call, without HTTP.
 * Shape: header names in lower case; `body` is parsed JSON, or the raw string where it was none; `path` with its query.
 */
export type PlatformRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
};
