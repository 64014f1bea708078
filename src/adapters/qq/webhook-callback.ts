import { numberOf, objectOf, parseObject, textOf } from '../json.js';
import { isSigned, signatureOf, type WebhookKey } from './webhook-signature.js';

/** A request as it came: names of headers in any case, the body untouched. */
export type CallbackRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
};

/** Why a request was not taken; a word that can be counted. */
export type CallbackRefusal =
  | 'method'
  | 'tooLarge'
  | 'otherBot'
  | 'noSignature'
  | 'badSignature'
  | 'stale'
  | 'replayed'
  | 'badToken';

export type Callback =
  | {
      readonly kind: 'event';
      readonly t: string;
      readonly id?: string;
      readonly d: unknown;
      readonly signature: string;
    }
  | { readonly kind: 'validation'; readonly answer: { readonly plain_token: string; readonly signature: string } }
  | { readonly kind: 'heartbeat'; readonly seq: number }
  /** The platform's own word, and nothing that can be read: another delivery would be no better. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 405 | 413; readonly why: CallbackRefusal };

export type CallbackTerms = {
  readonly appId: string;
  readonly key: WebhookKey;
  /** Units: epoch ms. */
  readonly nowMs: number;
  /** Signed longer ago than this, or ahead of this clock by more, is refused; 0 takes any age. Units: ms. */
  readonly maxAgeMs: number;
  /** Units: bytes. */
  readonly bodyMax: number;
};

/**
 * What a validation may ask to have signed. Anybody may ask, and what is signed is time and token in one string, as of an
 * event: a token that could begin a JSON object would be a way to have any event signed.
 */
const PLAIN_TOKEN = /^[\w.~+/=-]{1,256}$/;
const EVENT_TS = /^\d{1,16}$/;
const TIMESTAMP = /^\d{1,12}$/;

const refused = (status: 401 | 403 | 405 | 413, why: CallbackRefusal): Callback => ({ kind: 'refused', status, why });

/** How our own check of an address names itself, so that its calls are not taken for the platform's. */
export const CHECK_AGENT = 'Rookery-Doctor';

/** The first header of this name. Shape: undefined where there is none, or it says nothing. */
export const headerOf = ({ headers }: Pick<CallbackRequest, 'headers'>, name: string): string | undefined => {
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value = typeof entry?.[1] === 'object' ? entry[1][0] : entry?.[1];
  return value === undefined || value === '' ? undefined : value;
};

const validationOf = (d: unknown, key: WebhookKey): Callback => {
  const plainToken = textOf(objectOf(d)?.['plain_token']) ?? '';
  const eventTs = textOf(objectOf(d)?.['event_ts']) ?? '';
  if (!PLAIN_TOKEN.test(plainToken) || !EVENT_TS.test(eventTs)) return refused(403, 'badToken');
  return {
    kind: 'validation',
    answer: { plain_token: plainToken, signature: signatureOf(key, eventTs, plainToken) },
  };
};

const isStale = (timestamp: string, { nowMs, maxAgeMs }: CallbackTerms): boolean =>
  maxAgeMs > 0 && Math.abs(nowMs - Number(timestamp) * 1_000) > maxAgeMs;

/**
 * Judges one request to a bot's callback address.
 * Shape: total; nothing is believed, and nothing but a validation is answered, before the signature over the time and the
 * very bytes of the body is found right.
 * Source: qq-bot-api §10.2–10.5.
 */
export const readCallback = (request: CallbackRequest, terms: CallbackTerms): Callback => {
  const { appId, key, bodyMax } = terms;
  const { body } = request;
  if (request.method !== 'POST') return refused(405, 'method');
  if (body.length > bodyMax) return refused(413, 'tooLarge');
  const named = headerOf(request, 'x-bot-appid');
  if (named !== undefined && named !== appId) return refused(403, 'otherBot');
  const signature = headerOf(request, 'x-signature-ed25519');
  const timestamp = headerOf(request, 'x-signature-timestamp') ?? '';
  // Digits alone: a time that could hold the beginning of a body would let the border between the two be moved.
  const isRight = TIMESTAMP.test(timestamp) && isSigned(key, signature ?? '', timestamp, body);
  if (signature !== undefined && !isRight) return refused(401, 'badSignature');
  const envelope = parseObject(Buffer.from(body).toString('utf8'));
  if (envelope?.['op'] === 13) return validationOf(envelope['d'], key);
  if (signature === undefined) return refused(401, 'noSignature');
  if (isStale(timestamp, terms)) return refused(403, 'stale');
  if (envelope === undefined) return { kind: 'unreadable', reason: 'not a JSON object' };
  if (envelope['op'] === 1) return { kind: 'heartbeat', seq: numberOf(envelope['d']) ?? 0 };
  const t = textOf(envelope['t']);
  if (envelope['op'] !== 0) return { kind: 'unreadable', reason: 'an unknown opcode' };
  if (t === undefined) return { kind: 'unreadable', reason: 'an event without a name' };
  const id = textOf(envelope['id']);
  return { kind: 'event', t, ...(id !== undefined && { id }), d: envelope['d'], signature: signature.toLowerCase() };
};
