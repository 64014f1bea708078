import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { type Answer, isRefusal, type Refusal, type Reply, refusalAnswer, refuse } from './errors.js';
import type { Failure } from './faults.js';
import { isObject, type JsonObject } from './json.js';
import type { PlatformRequest } from './request.js';
import { route } from './routes.js';
import { answerStorage, isStoragePath } from './storage.js';

const TOKEN_PATH = '/app/getAppAccessToken';

/** One REST call, answered: faults first, then the token or the API; everything goes into the records. */
export const answerCall = (context: Context, request: PlatformRequest): Answer => {
  const obstacle = context.faults.takeFor(request);
  const { failure, swallow } = obstacle;
  const isLost = (failure && !failure.processed) || swallow?.processed === false;
  const traceId = context.ids.trace();
  // Links to files are signed, and take no token.
  const bot = isStoragePath(request.path) ? undefined : authorize(context, request);
  const reply = isLost ? { status: 0, body: undefined } : perform(context, request, bot);
  const plain = failure ? failed(failure, traceId) : { type: 'application/json', ...finish(reply, traceId) };
  const fault = swallow && (swallow.how ?? 'cut');
  record(context, request, bot && isRefusal(bot) ? undefined : bot, plain, fault ?? (failure && 'injected'));
  return {
    status: plain.status,
    headers: {
      // What has no body has no type: clients decode by it.
      ...(plain.body !== undefined && { 'content-type': plain.type }),
      'X-Tps-trace-ID': traceId,
      ...plain.headers,
    },
    body: plain.body,
    delayMs: obstacle.delayMs,
    ...(fault && { fault }),
  };
};

const perform = (context: Context, request: PlatformRequest, bot: Bot | Refusal | undefined): Reply => {
  if (bot === undefined) return answerStorage(context, request);
  if (isTokenCall(request)) {
    return request.method === 'POST' ? context.tokens.answer(request.body) : { ...refuse(11255), status: 405 };
  }
  return isRefusal(bot) ? bot : route(context, bot, request);
};

const isTokenCall = ({ path }: PlatformRequest): boolean => path.split('?', 1)[0] === TOKEN_PATH;

/**
 * §1.4: exactly `QQBot {token}`, one space.
 * Errors: 11241 missing, 11245 the legacy form, 11243 any other form, 11244 expired or unknown, 11298 address refused.
 */
export const authorize = (context: Context, { headers }: PlatformRequest): Bot | Refusal => {
  if (context.faults.refuseAddress) return { code: 11298, errCode: 40023002 };
  const given = headers['authorization'];
  if (!given) return refuse(11241);
  if (given.startsWith('Bot ')) return refuse(11245);
  const token = /^QQBot (\S+)$/u.exec(given)?.[1];
  if (token === undefined) return refuse(11243);
  const bot = context.tokens.ownerOf(token);
  if (!bot) return refuse(11244);
  return bot.state === 'banned' ? refuse(11265) : bot;
};

type Plain = { status: number; body: unknown; type: string; headers?: Readonly<Record<string, string>> };

const finish = (reply: Reply, traceId: string): Omit<Plain, 'type'> =>
  isRefusal(reply) ? refusalAnswer(reply, traceId) : reply;

const failed = (failure: Failure, traceId: string): Plain => {
  const { status, code = status === 429 ? 22009 : 50055001, errCode, message, body } = failure;
  if (typeof body === 'string') return { status, body, type: 'text/html' };
  if (body) return { status, body, type: 'application/json' };
  const refusal = { code, status, message: message ?? 'failed', ...(errCode !== undefined && { errCode }) };
  return { ...refusalAnswer(refusal, traceId), type: 'application/json' };
};

const record = (
  context: Context,
  request: PlatformRequest,
  bot: Bot | undefined,
  answer: { status: number; body: unknown },
  fault: 'cut' | 'hang' | 'injected' | undefined,
): void => {
  const { method, path, headers } = request;
  const body = recordable(request);
  const told: JsonObject = isObject(answer.body) ? answer.body : {};
  const code = typeof told['code'] === 'number' ? told['code'] : undefined;
  const common = { atMs: context.timers.now(), appId: bot?.appId, method, path, status: answer.status, code, body };
  context.records.add('received', { kind: 'call', ...common, headers, fault });
  if (answer.status < 400 && !(isTokenCall(request) && code !== undefined)) return;
  const message = typeof told['message'] === 'string' ? told['message'] : undefined;
  context.records.add('refused', { ...common, message });
};

const RECORDED_CHARS = 64 * 1024;

// A record holds no megabytes: of files it tells the size.
const recordable = ({ body, bytes }: PlatformRequest): unknown => {
  if (bytes) return { bytes: bytes.length };
  if (!isObject(body)) return body;
  const data = body['file_data'];
  if (typeof data !== 'string' || data.length <= RECORDED_CHARS) return body;
  return { ...body, file_data: `<${data.length} characters of base64>` };
};
