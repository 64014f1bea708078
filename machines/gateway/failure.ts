/** Why a request failed, as far as a chart cares. `next` is the error table's word for what to do. */
export type Failure = {
  readonly code: string;
  readonly next: string;
  readonly detail: string;
  readonly platformCode?: number;
  readonly retryAfterMs?: number;
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/**
 * Reads the router's errors by their shape, so that a chart need not import their class.
 * Shape: total; anything else thrown is a lost transport, which is tried again.
 */
export const failureOf = (error: unknown): Failure => {
  const { code, next, message, more } = fieldsOf(error);
  const { platformCode, retryAfterMs } = fieldsOf(more);
  return {
    code: typeof code === 'string' && typeof next === 'string' ? code : 'transport.lost',
    next: typeof next === 'string' ? next : 'reconnect',
    detail: typeof message === 'string' ? message : String(error),
    ...(typeof platformCode === 'number' && { platformCode }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  };
};
