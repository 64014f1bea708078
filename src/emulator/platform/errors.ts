import type { JsonObject } from './json.js';

/** What came back from the REST side. `body` undefined: an empty body. Strings (HTML) and bytes go out as they are. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** `cut`: the connection ends without an answer; `hang`: it stays open without one. */
  readonly fault?: 'cut' | 'hang';
  /** How long the answer is held back, in ms. */
  readonly delayMs: number;
};

/** A refusal in the making: the code of §8.2, and where it differs from the table, status and `err_code`. */
export type Refusal = {
  readonly code: number;
  readonly status?: number;
  readonly errCode?: number;
  readonly message?: string;
  readonly data?: JsonObject;
};

/** An answer before the trace id is put on it. */
export type Reply =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | Refusal;

/** Whether a step ended in a refusal; nothing else here has a `code`. */
export const isRefusal = (value: object): value is Refusal => 'code' in value;
export const ok = (body: unknown): Reply => ({ status: 200, body });
export const refuse = (code: number, message?: string): Refusal => (message ? { code, message } : { code });

// §8.1, §8.2. Messages are informal on the platform, and are never branched on.
const ERRORS: Readonly<Record<number, readonly [status: number, message: string]>> = {
  11241: [401, 'token missing'],
  11243: [401, 'token check not passed'],
  11244: [401, 'token expired or unknown'],
  11245: [401, 'fixed token disabled'],
  11253: [403, 'permission missing'],
  11255: [400, 'invalid request'],
  11265: [401, 'bot banned'],
  11298: [401, 'source ip not on the allow-list'],
  12001: [400, 'id replacement failed'],
  12002: [400, 'body unreadable'],
  20028: [429, 'channel write limit'],
  22006: [400, 'message type and content do not match'],
  22009: [429, 'message limit exceeded'],
  40007: [400, 'delivered prefix changed'],
  50002: [429, 'stream rate'],
  50006: [400, 'empty message'],
  50035: [400, 'invalid parameter'],
  50057: [400, 'markdown content and template exclude each other'],
  50059: [500, 'input_notify invalid'],
  100017: [400, 'call frequency exceeded'],
  304003: [403, 'url not allowed'],
  304004: [400, 'ark not permitted'],
  304005: [400, 'message too long'],
  304018: [400, 'bot offline'],
  304020: [400, 'file too large'],
  304023: [202, 'push message is waiting for audit now'],
  304024: [202, 'reply message is waiting for audit now'],
  304025: [400, 'content blocked'],
  304026: [400, 'msg_id wrong'],
  304028: [400, 'event may not be replied to'],
  304031: [400, 'direct messages closed'],
  304035: [400, 'active message quota used'],
  304037: [500, 'keyboard template not permitted'],
  304041: [400, 'markdown not permitted'],
  304045: [400, 'active messages of this channel used up today'],
  304046: [400, 'active channels of this guild used up today'],
  304049: [400, 'active direct messages to this user used up today'],
  304050: [400, 'active direct messages used up today'],
  304057: [400, 'not allowed custom keyboard'],
  304080: [400, 'file_info invalid'],
  304082: [400, 'image transfer failed'],
  304083: [400, 'image conversion failed'],
  304103: [400, 'message too old to reply'],
  306002: [400, 'message id wrong'],
  306004: [403, 'no right to recall'],
  306009: [400, 'openid wrong'],
  620002: [400, 'too many kinds of reaction'],
  620003: [400, 'reaction already set'],
  620004: [400, 'reaction not set'],
  630001: [400, 'interaction unknown'],
  630003: [400, 'interaction already answered'],
  630004: [400, 'interaction timed out'],
  850018: [400, 'group muted'],
  850019: [400, 'format not supported'],
  850026: [400, 'file transfer failed'],
  850031: [400, 'file too large'],
  40034005: [400, 'message too old to reply'],
  40034006: [400, 'content blocked'],
  40034012: [400, 'markdown not permitted'],
  40034016: [400, 'stream message type changed'],
  40034017: [400, 'stream markdown must end with a newline'],
  40034018: [400, 'stream ended'],
  40034020: [400, 'stream chunk interval timeout'],
  40034021: [400, 'another stream is active'],
  40034022: [400, 'superseded by a new stream'],
  40034024: [400, 'msg_id wrong'],
  40034025: [400, 'event_id wrong'],
  40034027: [400, 'event may not be replied to'],
  40034029: [400, 'keyboard too large'],
  40034100: [400, 'active message rate'],
  40034101: [400, 'bot not in group'],
  40034102: [400, 'active message not permitted'],
  40034105: [400, 'active message not permitted'],
  40034122: [400, 'wake-up quota used'],
  40034123: [400, 'wake-up not supported'],
  40034128: [400, 'passive window or count exceeded'],
  40054002: [400, 'bot muted'],
  40054004: [400, 'no friend relation'],
  40054005: [400, 'duplicate msg_seq'],
  40054007: [400, 'message too long'],
  40054010: [400, 'url not allowed'],
  40054013: [400, 'user refuses messages'],
  40054014: [400, 'stream chunk too long'],
  40054015: [400, 'too many stream chunks'],
  40061001: [400, 'message id wrong'],
  40062003: [400, 'no right to recall'],
  40064004: [400, 'too late to recall'],
  40093001: [400, 'chunk channel busy'],
  40093002: [400, 'upload quota of the day used'],
};

/** Every code the platform here may give. */
export const ERROR_CODES: readonly number[] = Object.keys(ERRORS).map(Number);

/** The whole answer to a refusal: both `code` and `err_code`, and the trace id, §8.1. */
export const refusalAnswer = (refusal: Refusal, traceId: string): { status: number; body: JsonObject } => {
  const [status, message] = ERRORS[refusal.code] ?? [400, 'failed'];
  return {
    status: refusal.status ?? status,
    body: {
      message: refusal.message ?? message,
      code: refusal.code,
      err_code: refusal.errCode ?? refusal.code,
      trace_id: traceId,
      ...(refusal.data && { data: refusal.data }),
    },
  };
};
