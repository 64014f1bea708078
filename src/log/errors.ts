import { RouterError } from '../errors/router-error.js';

/** Causes of causes are told this deep. */
const DEPTH = 4;

const told = (error: unknown, depth: number): unknown => {
  if (!(error instanceof Error)) return error;
  const { code } = error as Error & { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: error.message,
    ...(error instanceof RouterError
      ? {
          next: error.next,
          retryAfterMs: error.more.retryAfterMs,
          platformCode: error.more.platformCode,
          traceId: error.more.traceId,
          status: error.more.status,
        }
      : { stack: error.stack }),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: told(error.cause, depth - 1) }),
  };
};

/**
 * What the log keeps of an error: named fields only, since libraries hang requests, with their headers, onto theirs.
 * An error of our own table is expected and needs no stack.
 */
export const errorFields = (error: unknown): unknown => told(error, DEPTH);
