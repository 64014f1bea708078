import type { CancelReason } from './turn.js';

/** Why a turn's signal fired; the `cause` of its abort error. */
export type TurnCancel = { readonly type: 'turn.cancelled'; readonly reason: CancelReason };

/**
 * The reason a turn's signal aborts with. Its name is `AbortError`: agent libraries take anything else for a failure.
 * Source: agents §2.1.
 */
export const turnAbort = (reason: CancelReason): Error => {
  const error = new Error(`the turn was cancelled: ${reason}`, {
    cause: { type: 'turn.cancelled', reason } satisfies TurnCancel,
  });
  error.name = 'AbortError';
  return error;
};
