import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { KNOWN_INTENTS } from './intents.js';
import { integerOf, isObject, type JsonObject, textOf } from './json.js';
import type { Link } from './link.js';
import { Session } from './session.js';

/** Why a link may not start: a close of §3.8, or op 9. */
type Turned = { readonly bot?: Bot } & (
  | { readonly op9: true }
  | { readonly op9?: undefined; readonly code: number; readonly reason: string }
);
type Admitted = { readonly session: Session; readonly seq: number };

/** §3.3: Identify. Turns the link away with the code of §3.8 that fits, or opens a session and says READY. */
export const identify = (context: Context, link: Link, data: unknown): void => {
  const verdict = judgeIdentify(context, data);
  if (!('session' in verdict)) {
    turnAway(context, link, verdict);
    return;
  }
  const { session } = verdict;
  session.bot.addSession(session);
  attach(link, session);
  note(context, link, 'identified');
  session.announce('READY', {
    version: 1,
    session_id: session.id,
    user: { id: session.bot.userId, username: session.bot.username, bot: true },
    shard: context.switches.readyShard === 'zero' ? [0, 0] : session.shard,
  });
};

/** §3.5: Resume. Replays what came after `seq`, then says RESUMED. A socket that still had the session loses it. */
export const resume = (context: Context, link: Link, data: unknown): void => {
  const verdict = judgeResume(context, data);
  if (!('session' in verdict)) {
    turnAway(context, link, verdict);
    return;
  }
  const { session, seq } = verdict;
  const before = session.link;
  attach(link, session);
  before?.close(4902, 'reset by resume');
  note(context, link, 'resumed');
  session.replayAfter(seq);
  session.announce('RESUMED', '');
};

/** §3.7: op 9, and by default the end of the stream without a close frame. */
export const invalidSession = (context: Context, link: Link, resumable: boolean | undefined): void => {
  link.send(resumable === undefined ? '{"op":9}' : `{"op":9,"d":${resumable}}`);
  if (context.switches.afterInvalidSession === 'eof') link.close(1006, '');
  else link.detach();
};

const judgeIdentify = (context: Context, data: unknown): Admitted | Turned => {
  const token = isObject(data) ? textOf(data, 'token') : undefined;
  if (!isObject(data) || !token) return { code: 4002, reason: 'invalid payload' };
  const bot = botFor(context, token, false);
  if (!bot) return { code: 4004, reason: 'authentication failed' };
  const away = judgeState(bot);
  if (away) return away;
  const intents = integerOf(data, 'intents');
  if (intents === undefined || intents < 0 || intents > KNOWN_INTENTS || (intents & ~KNOWN_INTENTS) !== 0) {
    return { bot, code: 4013, reason: 'invalid intent' };
  }
  const shard = shardOf(data);
  if (!shard) return { bot, code: 4010, reason: 'invalid shard' };
  if (shard[1] < bot.shards) return { bot, code: 4011, reason: 'sharding required' };
  // §3.7 against §3.8: the field sees op 9 where the table promises 4014.
  if ((intents & ~bot.granted) !== 0) {
    const isClosed = context.switches.ungrantedIntent === '4014';
    return isClosed ? { bot, code: 4014, reason: 'intent not permitted' } : { bot, op9: true };
  }
  const nowMs = context.timers.now();
  // §2: more starts are refused; with which code is not written.
  if (!bot.takeStart(nowMs)) return { bot, code: 4008, reason: 'session start limit' };
  if (context.switches.maxConcurrency === 'enforced' && !bot.concurrency.tryTake(nowMs)) {
    return { bot, code: 4008, reason: 'too many session starts at once' };
  }
  return { session: new Session(context.ids.session(), bot, intents, shard, context.limits.replayEvents), seq: 0 };
};

const judgeResume = (context: Context, data: unknown): Admitted | Turned => {
  const token = isObject(data) ? textOf(data, 'token') : undefined;
  const sessionId = isObject(data) ? textOf(data, 'session_id') : undefined;
  const seq = isObject(data) ? integerOf(data, 'seq') : undefined;
  if (!token || !sessionId || seq === undefined) return { code: 4002, reason: 'invalid payload' };
  const bot = botFor(context, token, true);
  if (!bot) return { code: 4004, reason: 'authentication failed' };
  const away = judgeState(bot);
  if (away) return away;
  const ordered = context.faults.takeResumeRefusal();
  if (ordered === 'op9') return { bot, op9: true };
  if (ordered) return { bot, code: ordered, reason: ordered === 4902 ? 'reset by resume' : 'session invalid' };
  const session = bot.liveSession(sessionId, context.timers.now());
  if (!session) {
    const isClosed = context.switches.unknownSession === '4006';
    return isClosed ? { bot, code: 4006, reason: 'session id invalid' } : { bot, op9: true };
  }
  return session.covers(seq) ? { session, seq } : { bot, code: 4007, reason: 'bad seq' };
};

const turnAway = (context: Context, link: Link, turned: Turned): void => {
  const closed = turned.op9 ? undefined : turned;
  note(context, link, 'refused', turned.bot, closed?.code, closed?.reason);
  if (closed) link.close(closed.code, closed.reason);
  else invalidSession(context, link, false);
};

const attach = (link: Link, session: Session): void => {
  session.link = link;
  session.resumableUntilMs = Number.POSITIVE_INFINITY;
  link.session = session;
};

const note = (
  context: Context,
  link: Link,
  change: 'identified' | 'resumed' | 'refused',
  bot = link.session?.bot,
  code?: number,
  reason?: string,
): void => {
  const about = { appId: bot?.appId, link: link.number, sessionId: link.session?.id };
  context.records.add('session', { atMs: context.timers.now(), ...about, change, code, reason });
};

// §3.5: on Resume some clients send the bare token.
const botFor = (context: Context, token: string, bareToo: boolean): Bot | undefined => {
  if (token.startsWith('QQBot ')) return context.tokens.ownerOf(token.slice('QQBot '.length));
  return bareToo ? context.tokens.ownerOf(token) : undefined;
};

const judgeState = (bot: Bot): Turned | undefined => {
  if (bot.state === 'offline') return { bot, code: 4914, reason: 'bot offline, sandbox only' };
  return bot.state === 'banned' ? { bot, code: 4915, reason: 'bot banned' } : undefined;
};

const shardOf = (data: JsonObject): readonly [number, number] | undefined => {
  const given = data['shard'];
  if (given === undefined || given === null) return [0, 1];
  if (!Array.isArray(given) || given.length !== 2) return undefined;
  const [index, count]: unknown[] = given;
  const valid = Number.isSafeInteger(index) && Number.isSafeInteger(count);
  return valid && (index as number) >= 0 && (index as number) < (count as number)
    ? [index as number, count as number]
    : undefined;
};
