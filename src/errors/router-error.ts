import type { PlatformAction } from '../domain/platform-action.js';
import { ERROR_CODES, type ErrorCode, type NextStep } from './codes.js';
import { platformCodeRemedy } from './platform-code-remedies.js';
import { platformRemedy } from './platform-remedies.js';

export type ErrorMore = {
  readonly cause?: unknown;
  /** Wait at least this long before the next try, in ms. */
  readonly retryAfterMs?: number;
  /** What may be done about the platform's refusal; finer than the code. */
  readonly action?: PlatformAction;
  /** The platform's own number (`err_code`, else `code`, else the close code). */
  readonly platformCode?: number;
  /** The platform's trace id, to be quoted in a report to it. */
  readonly traceId?: string;
  /** The HTTP status the platform or an agent answered with. */
  readonly status?: number;
};

/** The one error class. Callers read `next`, never a message. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly next: NextStep;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly more: ErrorMore = {},
  ) {
    super(`${code}: ${detail}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.next = ERROR_CODES[code].next;
  }

  /** What an operator can do about it: by the platform's number or its action where they say more, else by the code. */
  remedy(lang: 'en' | 'zh'): string {
    const { platformCode, action } = this.more;
    return (platformCodeRemedy(platformCode) ?? platformRemedy(action) ?? ERROR_CODES[this.code].remedy)[lang];
  }
}

/** Any thrown thing as a RouterError; one that is none already becomes `fallback`. */
export const asRouterError = (error: unknown, fallback: ErrorCode): RouterError =>
  error instanceof RouterError
    ? error
    : new RouterError(fallback, error instanceof Error ? error.message : String(error), { cause: error });
