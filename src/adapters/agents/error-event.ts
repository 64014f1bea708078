import type { ErrorCode } from '../../errors/codes.js';
import { asRouterError } from '../../errors/router-error.js';
import type { AgentEvent } from '../../ports/agent-driver.js';

/** A failure as the last event of a turn; the code stands in its own field. `retryable`: the same turn may be run again. */
export const errorEvent = (error: unknown, fallback: ErrorCode, retryable = false): AgentEvent => {
  const { code, message } = asRouterError(error, fallback);
  return { type: 'error', code, message: message.slice(`${code}: `.length), retryable };
};
