/** A wait that a user is left with rather than with an error. Units: ms. */
export const PATIENCE_MS = 10_000;

/**
 * When a server wants to be asked again. Units: ms from `nowMs`; null where it does not say.
 * Source: RFC 9110 §10.2.3, in seconds or as a date; `retry-after-ms` is OpenAI's own.
 */
export const retryAfterMs = (header: (name: string) => string, nowMs: number): number | null => {
  const exact = header('retry-after-ms');
  if (/^\d+(?:\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const written = header('retry-after').trim();
  if (/^\d+(?:\.\d+)?$/.test(written)) return Math.ceil(Number(written) * 1_000);
  const atMs = /\d:\d\d:\d\d/.test(written) ? Date.parse(written) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
};
