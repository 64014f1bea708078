import type { GatewayCodec, GatewayFrame } from '../../ports/gateway-codec.js';
import { idOf, type Json, numberOf, objectOf, parseObject, textOf, withLongIntegersQuoted } from '../json.js';

const ACK: GatewayFrame = { kind: 'ack' };
const RECONNECT: GatewayFrame = { kind: 'reconnect' };
const HEARTBEAT_REQUEST: GatewayFrame = { kind: 'heartbeatRequest' };

const HEARTBEAT_MIN_MS = 1_000;
const HEARTBEAT_MAX_MS = 600_000;
/** The shortest interval ever documented: where hello names none, beating too often is the lesser harm. */
const HEARTBEAT_DEFAULT_MS = 30_000;

/** `s` lets the session's position move past an event that cannot be read, now or after a replay. */
const unreadable = (reason: string, s?: number): GatewayFrame =>
  s === undefined ? { kind: 'unreadable', reason } : { kind: 'unreadable', reason, s };

const isCount = (number: number | undefined): number is number => Number.isSafeInteger(number) && Number(number) >= 0;

const heartbeatIntervalOf = (d: unknown): number => {
  const ms = numberOf(objectOf(d)?.['heartbeat_interval']) ?? HEARTBEAT_DEFAULT_MS;
  return Math.min(HEARTBEAT_MAX_MS, Math.max(HEARTBEAT_MIN_MS, ms));
};

const readyOf = (s: number, d: unknown): GatewayFrame => {
  const ready = objectOf(d);
  const sessionId = textOf(ready?.['session_id']);
  if (sessionId === undefined) return unreadable('READY without a session id', s);
  const user = objectOf(ready?.['user']);
  return {
    kind: 'ready',
    s,
    sessionId,
    user: { id: idOf(user?.['id']) ?? '', username: textOf(user?.['username']) ?? '' },
  };
};

const dispatchOf = (frame: Json): GatewayFrame => {
  const { t } = frame;
  const seq = numberOf(frame['s']);
  if (!isCount(seq)) return unreadable('a dispatch without a sequence number');
  if (typeof t !== 'string') return unreadable('a dispatch without an event name', seq);
  if (t === 'READY') return readyOf(seq, frame['d']);
  if (t === 'RESUMED') return { kind: 'resumed', s: seq };
  const id = idOf(frame['id']);
  return id === undefined
    ? { kind: 'dispatch', s: seq, t, d: frame['d'] }
    : { kind: 'dispatch', s: seq, t, id, d: frame['d'] };
};

/**
 * Reads one text frame.
 * Shape: total; what is no frame, or one the gateway does not send, is `unreadable`, with why and never with the text.
 * Integers too long for a number are texts.
 * Units: `heartbeatIntervalMs` lies within 1 s and 10 min, whatever hello says.
 * Source: qq-bot-api §3.1–3.7.
 */
export const decodeFrame = (text: string): GatewayFrame => {
  const frame = parseObject(withLongIntegersQuoted(text));
  if (frame === undefined) return unreadable('not a JSON object');
  switch (numberOf(frame['op'])) {
    case 0:
      return dispatchOf(frame);
    case 1:
      return HEARTBEAT_REQUEST;
    case 7:
      return RECONNECT;
    case 9:
      return { kind: 'invalidSession', resumable: frame['d'] === true };
    case 10:
      return { kind: 'hello', heartbeatIntervalMs: heartbeatIntervalOf(frame['d']) };
    case 11:
      return ACK;
    default:
      return unreadable('an unknown opcode');
  }
};

/** `token` is bare; `intents` a bit mask; `shard` is [index, count]. Source: qq-bot-api §3.3. */
export const encodeIdentify = (identify: {
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
}): string =>
  JSON.stringify({
    op: 2,
    d: {
      token: `QQBot ${identify.token}`,
      intents: identify.intents,
      shard: identify.shard,
      properties: { $os: process.platform, $browser: 'rookery', $device: 'rookery' },
    },
  });

/** `seq` is the last event that is safe, not the last one seen. Source: qq-bot-api §3.5. */
export const encodeResume = (resume: {
  readonly token: string;
  readonly sessionId: string;
  readonly seq: number;
}): string =>
  JSON.stringify({ op: 6, d: { token: `QQBot ${resume.token}`, session_id: resume.sessionId, seq: resume.seq } });

/** `seq` is null before the first dispatch. Source: qq-bot-api §3.4. */
export const encodeHeartbeat = (seq: number | null): string => `{"op":1,"d":${seq}}`;

/** The platform's frames. */
export const gatewayCodec: GatewayCodec = {
  decode: decodeFrame,
  identify: encodeIdentify,
  resume: encodeResume,
  heartbeat: encodeHeartbeat,
};
