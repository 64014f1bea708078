import type { Secret } from '../../config/secret.js';
import { asRouterError, RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type { HttpAnswer, HttpTransport } from '../../ports/http.js';
import type { TokenSource } from '../../ports/token-source.js';
import { numberOf, parseObject, textOf } from '../json.js';
import { BUSY_WAIT_MS, refusalOf } from './error-codes.js';

export type TokenSourceDeps = {
  readonly http: HttpTransport;
  readonly clock: Clock;
  /** The token service's base, without a trailing slash. */
  readonly endpoint: string;
  readonly appId: string;
  readonly secret: Secret;
};

type Held = { readonly token: string; readonly refreshAtMs: number; readonly expiresAtMs: number };

const TIMEOUT_MS = 5_000;
/** The platform promises no more; a larger number is a mistake of somebody's. */
const LIFE_MAX_S = 7_200;
/** What a token is taken to live whose life cannot be read. */
const LIFE_UNKNOWN_S = 60;
/** After a passing failure, so that a thousand waiting sends do not each ask the service that is down. */
const RETRY_AFTER_MS = 1_000;

/**
 * How long a token lives: a number, or a string of one, and small values are normal.
 * Shape: total; always within 1 and 7200. Units: s. Source: qq-bot-api §1.1, §1.2.
 */
export const lifeSecondsOf = (expiresIn: unknown): number =>
  Math.min(LIFE_MAX_S, Math.max(1, numberOf(expiresIn) ?? LIFE_UNKNOWN_S));

/**
 * When a token of that life is asked for again. Five minutes ahead; a shorter life is one the platform hands out unchanged
 * until its last minute, so 45 s ahead is inside that minute and the new token overlaps the old.
 * Shape: never below 1 s, never NaN. Units: s in, ms out. Source: qq-bot-api §1.2.
 */
export const refreshDelayMs = (lifeSeconds: number): number => {
  const life = lifeSecondsOf(lifeSeconds);
  return (life > 300 ? Math.max(5, life - 300) : Math.max(1, life - 45)) * 1_000;
};

/** Tokens travel in a header; anything else in them would break the request or smuggle a second header. */
const isToken = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

/** Failures often come with status 200. The platform's words stay out: they may quote the secret. Source: §1.3. */
const errorOf = ({ status }: HttpAnswer, platformCode: number | undefined, code: string): RouterError => {
  const said = platformCode === undefined ? 'no token' : `code ${platformCode}`;
  const more = { status, ...(platformCode === undefined ? {} : { platformCode }) };
  const detail = `the token service answered ${status} with ${said}`;
  if (code === 'auth.rejected' || code === 'auth.ipNotAllowed') return new RouterError(code, detail, more);
  if (code === 'auth.busy' || code === 'gateway.busy' || code === 'platform.busy') {
    return new RouterError('auth.busy', detail, { ...more, retryAfterMs: BUSY_WAIT_MS });
  }
  return new RouterError('auth.unavailable', detail, more);
};

const tokenOf = (answer: HttpAnswer): { readonly token: string; readonly lifeSeconds: number } => {
  const body = parseObject(answer.body);
  const token = textOf(body?.['access_token']);
  if (answer.status < 300 && token !== undefined && isToken(token)) {
    return { token, lifeSeconds: lifeSecondsOf(body?.['expires_in']) };
  }
  const refusal = refusalOf(answer.status, body);
  // Without a number of the platform's, only "too many requests" says something about the asker.
  const known = refusal.platformCode !== undefined || answer.status === 429;
  throw errorOf(answer, refusal.platformCode, known ? refusal.row.code : 'auth.unavailable');
};

/**
 * The token of one bot, fetched when it is needed: no timer runs.
 * Shape: one request at a time, however many wait. From the refresh time on a held token is still given out while a new
 * one is asked for beside it, and a failure of that is nobody's error. After a failure without a token the same error is
 * given again for 1 s, or 60 s where the service asked for rest or refused the bot.
 * Errors: as of the port; the secret and the token stand in none of them. Source: qq-bot-api §1.
 */
export const createTokenSource = ({ http, clock, endpoint, appId, secret }: TokenSourceDeps): TokenSource => {
  let held: Held | null = null;
  let asking: Promise<string> | null = null;
  let failed: { readonly error: RouterError; readonly atMs: number; readonly restMs: number } | null = null;

  const ask = async (): Promise<string> => {
    const answer = await http.request({
      method: 'POST',
      url: `${endpoint}/app/getAppAccessToken`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appId, clientSecret: secret.reveal() }),
      timeoutMs: TIMEOUT_MS,
    });
    const { token, lifeSeconds } = tokenOf(answer);
    const nowMs = clock.now();
    held = { token, refreshAtMs: nowMs + refreshDelayMs(lifeSeconds), expiresAtMs: nowMs + lifeSeconds * 1_000 };
    failed = null;
    return token;
  };

  const refresh = (): Promise<string> => {
    asking ??= ask()
      .catch((thrown: unknown) => {
        const error = asRouterError(thrown, 'auth.unavailable');
        const restMs = error.next === 'wait' || error.next === 'stop' ? BUSY_WAIT_MS : RETRY_AFTER_MS;
        failed = { error, atMs: clock.now(), restMs };
        throw error;
      })
      .finally(() => {
        asking = null;
      });
    return asking;
  };

  return {
    get: async () => {
      const nowMs = clock.now();
      // A failure ahead of now was before the machine's clock was set back, and would be rested for as long again.
      const resting = failed !== null && nowMs >= failed.atMs && nowMs < failed.atMs + failed.restMs;
      if (held !== null && nowMs < held.expiresAtMs) {
        if (nowMs >= held.refreshAtMs && !resting) refresh().catch(() => undefined);
        return held.token;
      }
      if (resting && asking === null && failed !== null) throw failed.error;
      return refresh();
    },
    invalidate: (token) => {
      if (held?.token === token) held = null;
    },
  };
};

/** Token sources by bot: who asks for the same bot over the same transport shares one, and no two bots ever do. */
export const createTokenSources = () => {
  const byTransport = new WeakMap<
    HttpTransport,
    Map<string, { readonly secret: Secret; readonly source: TokenSource }>
  >();
  return {
    /** A secret that has changed makes a new source. */
    get: (deps: TokenSourceDeps): TokenSource => {
      const sources = byTransport.get(deps.http) ?? new Map();
      byTransport.set(deps.http, sources);
      const key = `${deps.endpoint} ${deps.appId}`;
      const known = sources.get(key);
      if (known?.secret.reveal() === deps.secret.reveal()) return known.source;
      const source = createTokenSource(deps);
      sources.set(key, { secret: deps.secret, source });
      return source;
    },
  };
};

/** The process's own. One cache for several bots once made one bot speak with another's token (11255). */
export const sharedTokenSources = createTokenSources();
