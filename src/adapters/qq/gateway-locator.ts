import { asRouterError, RouterError } from '../../errors/router-error.js';
import type { GatewayLocation, GatewayLocator, SessionStartLimit } from '../../ports/gateway-locator.js';
import { numberOf, objectOf, textOf } from '../json.js';
import { BUSY_WAIT_MS } from './error-codes.js';
import type { Rest } from './rest.js';

const TIMEOUT_MS = 5_000;
const DAY_MS = 86_400_000;
/** The documents' own example; what counts is that a missing limit stops nobody. */
const SESSIONS_PER_DAY = 1_000;

const whole = (value: unknown, min: number): number | undefined => {
  const number = numberOf(value);
  return number === undefined ? undefined : Math.max(min, Math.floor(number));
};

const limitOf = (value: unknown): SessionStartLimit => {
  const limit = objectOf(value);
  const total = whole(limit?.['total'], 1) ?? SESSIONS_PER_DAY;
  return {
    total,
    remaining: whole(limit?.['remaining'], 0) ?? total,
    resetAfterMs: whole(limit?.['reset_after'], 0) ?? DAY_MS,
    maxConcurrency: whole(limit?.['max_concurrency'], 1) ?? 1,
  };
};

/** A refusal in the gateway's words: whatever is neither the token's nor "too often" means "not now". */
const gatewayErrorOf = (thrown: unknown): RouterError => {
  const error = asRouterError(thrown, 'gateway.unreachable');
  if (error.code.startsWith('auth.') || error.code.startsWith('gateway.')) return error;
  const busy = error.code === 'platform.busy';
  return new RouterError(busy ? 'gateway.busy' : 'gateway.unreachable', error.message, {
    ...error.more,
    cause: error,
    ...(busy ? { retryAfterMs: BUSY_WAIT_MS } : {}),
  });
};

/**
 * Asks the OpenAPI where the gateway is. The platform allows some two calls in a while (100017): keep the answer across
 * reconnects and ask again only once the address has failed.
 * Errors: as of the port; `gateway.busy` asks for a minute's wait. Source: qq-bot-api §2.
 */
export const createGatewayLocator = (rest: Rest): GatewayLocator => ({
  locate: async (): Promise<GatewayLocation> => {
    const answer = await rest
      .call({
        what: 'locate the gateway',
        method: 'GET',
        path: '/gateway/bot',
        timeoutMs: TIMEOUT_MS,
        expects: 'object',
      })
      .catch((thrown: unknown) => {
        throw gatewayErrorOf(thrown);
      });
    const body = answer.kind === 'done' ? answer.body : undefined;
    const url = textOf(body?.['url']);
    if (url === undefined || !/^wss?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new RouterError('gateway.unreachable', 'locate the gateway: the answer names no address');
    }
    return { url, shards: whole(body?.['shards'], 1) ?? 1, limit: limitOf(body?.['session_start_limit']) };
  },
});
