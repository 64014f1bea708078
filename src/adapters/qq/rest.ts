import { RouterError } from '../../errors/router-error.js';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../ports/http.js';
import type { SendGate } from '../../ports/message-api.js';
import type { TokenSource } from '../../ports/token-source.js';
import { type Json, numberOf, parseObject, textOf } from '../json.js';
import { auditIdOf, refusalOf, refusedWith } from './error-codes.js';
import type { Multipart } from './multipart.js';

export type RestCall = {
  /** What the call is, in an error's words: `send to a group`. */
  readonly what: string;
  readonly method: HttpRequest['method'];
  /** From the first slash; ids in it are URL-encoded already. */
  readonly path: string;
  readonly body?: Json;
  /** Sent in place of `body`, with its own type. */
  readonly multipart?: Multipart;
  readonly timeoutMs: number;
  /** `object`: without a JSON object the result is unknown. `nothing`: an empty body is the usual answer. */
  readonly expects: 'object' | 'nothing';
  /** Asked in the same synchronous step as each hand-over to the transport; a no ends the call unsent. */
  readonly mayStart?: SendGate;
};

export type RestAnswer =
  | { readonly kind: 'done'; readonly body: Json; readonly traceId?: string }
  | { readonly kind: 'audit'; readonly auditId: string; readonly traceId?: string }
  | { readonly kind: 'fenced' };

/** Authorised calls of one bot. */
export interface Rest {
  /**
   * Errors: by the table of `error-codes.ts`, with the platform's number, the status and the trace id; `transport.*`
   * and, where an object was expected and none came, `transport.lost`: the result is unknown; `auth.*` of the token.
   * Source: qq-bot-api §1.4, §8.1.
   */
  call(call: RestCall): Promise<RestAnswer>;
}

export type RestDeps = {
  readonly http: HttpTransport;
  readonly tokens: TokenSource;
  /** The OpenAPI's base, without a trailing slash. */
  readonly endpoint: string;
  readonly appId: string;
};

const MESSAGE_MAX = 200;
/** A platform that asks for more patience than that is asked again all the same. Units: ms. */
const RETRY_AFTER_MAX_MS = 10 * 60_000;
const EMPTY: Json = {};
const FENCED: RestAnswer = { kind: 'fenced' };

type Attempt = {
  readonly answer: HttpAnswer;
  readonly body: Json | undefined;
  readonly traceId: string | undefined;
};

/** Business answers have a word for failure also where the status has none. */
const isRefusal = ({ answer, body }: Attempt): boolean => {
  if (answer.status < 200 || answer.status >= 300) return true;
  if (body === undefined || body['id'] !== undefined) return false;
  return (numberOf(body['err_code']) ?? numberOf(body['code']) ?? 0) !== 0;
};

const bodyOf = ({ body, multipart }: RestCall): Pick<HttpRequest, 'body' | 'bytes'> => {
  if (multipart) return { bytes: multipart.body };
  return body === undefined ? {} : { body: JSON.stringify(body) };
};

/** The platform's own docs name no such header; what stands before it, a gateway, may send one, in seconds. */
const retryAfterOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Math.min(Number(text) * 1_000, RETRY_AFTER_MAX_MS) : undefined;

/** The one place that speaks to the OpenAPI with a token. */
export const createRest = ({ http, tokens, endpoint, appId }: RestDeps): Rest => {
  const attempt = async (call: RestCall, token: string): Promise<Attempt> => {
    const answer = await http.request({
      method: call.method,
      url: endpoint + call.path,
      headers: {
        authorization: `QQBot ${token}`,
        'content-type': call.multipart?.contentType ?? 'application/json',
        'x-union-appid': appId,
      },
      ...bodyOf(call),
      timeoutMs: call.timeoutMs,
    });
    const body = answer.body === '' ? undefined : parseObject(answer.body);
    return { answer, body, traceId: answer.headers['x-tps-trace-id'] ?? textOf(body?.['trace_id']) };
  };

  const errorOf = (call: RestCall, { answer, body, traceId }: Attempt, token: string): RouterError => {
    const refusal = refusalOf(answer.status, body);
    const code = refusal.platformCode === undefined ? '' : ` ${refusal.platformCode}`;
    const retryAfterMs = retryAfterOf(answer.headers['retry-after']);
    // An answer may quote what it refuses; the token is the one thing in a request that must not be repeated.
    const said = refusal.message?.replaceAll(token, '[secret]').slice(0, MESSAGE_MAX);
    return refusedWith(refusal, `${call.what}: ${answer.status}${code}${said === undefined ? '' : ` ${said}`}`, {
      status: answer.status,
      ...(traceId === undefined ? {} : { traceId }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  };

  const call = async (call: RestCall): Promise<RestAnswer> => {
    const fenced = (): boolean => call.mayStart !== undefined && !call.mayStart();
    let token = await tokens.get();
    if (fenced()) return FENCED;
    let seen = await attempt(call, token);
    const again = isRefusal(seen) ? refusalOf(seen.answer.status, seen.body).row.again : undefined;
    if (again !== undefined) {
      if (again === 'newToken') {
        tokens.invalidate(token);
        token = await tokens.get();
      }
      // The first try was refused, so that nothing of the message has been sent yet.
      if (fenced()) return FENCED;
      seen = await attempt(call, token);
    }
    const { answer, body, traceId } = seen;
    const trace = traceId === undefined ? {} : { traceId };
    const auditId = auditIdOf(body);
    if (auditId !== undefined && answer.status < 300) return { kind: 'audit', auditId, ...trace };
    if (isRefusal(seen)) throw errorOf(call, seen, token);
    if (body === undefined && call.expects === 'object') {
      throw new RouterError('transport.lost', `${call.what}: the answer was unreadable`, {
        status: answer.status,
        ...trace,
      });
    }
    return { kind: 'done', body: body ?? EMPTY, ...trace };
  };

  return { call };
};
