import type { KeyObject } from 'node:crypto';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { intentFor } from './intents.js';
import { isObject, parseJson } from './json.js';
import type { OutgoingAnswer } from './outside.js';
import type { CallbackRecord } from './records.js';
import { callbackKey, signed } from './signing.js';

/** §10.4: the console's word on an address: 10020 it did not answer 200, 13007 it answered, and wrongly. */
export type WebhookCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 10020 | 13007; readonly reason: string };

type Parcel = {
  readonly kind: CallbackRecord['kind'];
  readonly t: string | undefined;
  readonly eventId: string | undefined;
  readonly body: string;
  attempt: number;
};

type Outcome = Pick<CallbackRecord, 'outcome' | 'status' | 'reason'>;

/** Where a spoilt signature comes from. */
const FOREIGN_SECRET = 'somebody-else-altogether';

/**
 * One bot's callback address and the line of what goes there, §10.
 * Shape: in order; `limits.webhookInFlight` at a time; what is not acknowledged with op 12 comes again after
 * `limits.webhookRetryMs`, `limits.webhookAttempts` times in all. When `limits.webhookWaiting` events wait, the next
 * one is `dropped`.
 */
export class Webhook {
  readonly url: string;
  /** Events chosen in the console; undefined takes all that the bot's rights allow. */
  readonly events: ReadonlySet<string> | undefined;
  readonly #context: Context;
  readonly #bot: Bot;
  readonly #key: KeyObject;
  readonly #stop = new AbortController();
  readonly #waiting: Parcel[] = [];
  #inFlight = 0;
  #s = 0;

  constructor(context: Context, bot: Bot, url: string, events?: readonly string[]) {
    this.url = url;
    this.events = events && new Set(events);
    this.#context = context;
    this.#bot = bot;
    this.#key = callbackKey(bot.appSecret);
  }

  /** Whether this address hears of such an event; rights stand before the console's choice, §3.10. */
  takes(t: string): boolean {
    if (this.#stop.signal.aborted || (intentFor(t) & ~this.#bot.granted) !== 0) return false;
    return this.events?.has(t) ?? true;
  }

  /** One event on its way; `tail` is the envelope from its `t` on. */
  dispatch(t: string, eventId: string, tail: string): void {
    this.#s += 1;
    this.#send({ kind: 'event', t, eventId, body: `{"op":0,"s":${this.#s},${tail}`, attempt: 0 });
  }

  /** §10.2: op 1, acknowledged with op 11. */
  heartbeat(): void {
    this.#send({ kind: 'heartbeat', t: undefined, eventId: undefined, body: `{"op":1,"d":${this.#s}}`, attempt: 0 });
  }

  /** §10.4: asks the address to sign a token. */
  async check(): Promise<WebhookCheck> {
    const plainToken = this.#context.ids.opaque('plain');
    const eventTs = String(Math.floor(this.#context.timers.now() / 1000));
    const body = JSON.stringify({ op: 13, d: { plain_token: plainToken, event_ts: eventTs } });
    const parcel: Parcel = { kind: 'validation', t: undefined, eventId: undefined, body, attempt: 1 };
    const isSigned = this.#context.switches.webhookValidation === 'signed';
    const answer = await this.#post(parcel, isSigned ? this.#headers(body) : this.#plainHeaders());
    const verdict = judgeCheck(answer, plainToken, signed(this.#key, eventTs, plainToken));
    const outcome = verdict.ok ? 'acknowledged' : verdict.code === 10020 ? unreached(answer) : 'refused';
    this.#record(parcel, { outcome, status: statusOf(answer), reason: verdict.ok ? undefined : verdict.reason });
    return verdict;
  }

  /** Ends what is under way; nothing goes there any more. */
  stop(): void {
    this.#stop.abort();
    this.#waiting.length = 0;
  }

  #send(parcel: Parcel): void {
    if (this.#waiting.length >= this.#context.limits.webhookWaiting) {
      this.#record(parcel, { outcome: 'dropped', status: undefined, reason: 'too many events wait' });
      return;
    }
    this.#waiting.push(parcel);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < this.#context.limits.webhookInFlight) {
      const parcel = this.#waiting.shift();
      if (!parcel) return;
      this.#inFlight += 1;
      void this.#deliver(parcel);
    }
  }

  async #deliver(parcel: Parcel): Promise<void> {
    const { limits, timers } = this.#context;
    parcel.attempt += 1;
    const spoilt = this.#spoil(parcel.body);
    const answer = await this.#post({ ...parcel, body: spoilt.body }, spoilt.headers);
    this.#inFlight -= 1;
    if (this.#stop.signal.aborted) return;
    const outcome = judge(answer, parcel.kind === 'heartbeat' ? 11 : 12);
    this.#record(parcel, outcome);
    if (outcome.outcome !== 'acknowledged' && parcel.attempt < limits.webhookAttempts) {
      timers.after(limits.webhookRetryMs, () => this.#send(parcel));
    }
    this.#pump();
  }

  // Never rejects: no answer is undefined.
  async #post({ body }: Parcel, headers: Readonly<Record<string, string>>): Promise<OutgoingAnswer | Error> {
    const limit = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, limit.signal]);
    const { outside, timers, limits } = this.#context;
    let cancel = (): void => undefined;
    const late = new Promise<Error>((resolve) => {
      cancel = timers.after(limits.webhookTimeoutMs, () => {
        resolve(new Error('timeout'));
        limit.abort();
      });
    });
    const answered = outside
      .post({ url: this.url, headers, body }, signal)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    const answer = await Promise.race([answered, late]);
    cancel();
    return answer;
  }

  #spoil(body: string): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
    const ordered = this.#context.webhookFaults.take();
    if (!ordered) return { body, headers: this.#headers(body) };
    const { fault, ageMs } = ordered;
    if (fault === 'noSignature') return { body, headers: this.#plainHeaders() };
    if (fault === 'wrongSignature') return { body, headers: this.#headers(body, callbackKey(FOREIGN_SECRET)) };
    if (fault === 'alteredBody') return { body: `${body} `, headers: this.#headers(body) };
    if (fault === 'stale') return { body, headers: this.#headers(body, this.#key, ageMs) };
    return { body, headers: { ...this.#headers(body), 'X-Bot-Appid': `${this.#bot.appId}0` } };
  }

  // §10.2.
  #plainHeaders(): Record<string, string> {
    return {
      'Content-Type': 'application/json',
      'User-Agent': 'QQBot-Callback',
      'X-Bot-Appid': this.#bot.appId,
      'X-Tps-trace-ID': this.#context.ids.trace(),
    };
  }

  #headers(body: string, key = this.#key, ageMs = 0): Record<string, string> {
    const timestamp = String(Math.floor((this.#context.timers.now() - ageMs) / 1000));
    return {
      ...this.#plainHeaders(),
      'X-Signature-Method': 'Ed25519',
      'X-Signature-Timestamp': timestamp,
      'X-Signature-Ed25519': signed(key, timestamp, body),
    };
  }

  #record({ kind, t, eventId, attempt }: Parcel, outcome: Outcome): void {
    const { records, timers } = this.#context;
    const about = { atMs: timers.now(), appId: this.#bot.appId, url: this.url, kind, t, eventId, attempt };
    records.add('callback', { ...about, ...outcome });
  }
}

const statusOf = (answer: OutgoingAnswer | Error): number | undefined =>
  answer instanceof Error ? undefined : answer.status;

const unreached = (answer: OutgoingAnswer | Error): CallbackRecord['outcome'] => {
  if (!(answer instanceof Error)) return 'refused';
  return answer.message === 'timeout' ? 'timedOut' : 'unreachable';
};

const judgeCheck = (answer: OutgoingAnswer | Error, plainToken: string, signature: string): WebhookCheck => {
  if (answer instanceof Error) return { ok: false, code: 10020, reason: answer.message };
  if (answer.status !== 200) return { ok: false, code: 10020, reason: `answered ${answer.status}` };
  const told = parseJson(answer.body);
  if (!isObject(told)) return { ok: false, code: 13007, reason: 'the answer is no JSON object' };
  if (told['plain_token'] !== plainToken) return { ok: false, code: 13007, reason: 'another plain_token came back' };
  if (told['signature'] !== signature) return { ok: false, code: 13007, reason: 'the signature is wrong' };
  return { ok: true };
};

// §10.5: 200 and the right op; botgo's `"d":1` asks for another delivery.
const judge = (answer: OutgoingAnswer | Error, op: 11 | 12): Outcome => {
  const status = statusOf(answer);
  if (answer instanceof Error) return { outcome: unreached(answer), status, reason: answer.message };
  const told = parseJson(answer.body);
  const isAcknowledged = answer.status === 200 && isObject(told) && told['op'] === op;
  if (!isAcknowledged) return { outcome: 'refused', status, reason: `no op ${op} came back` };
  const asksAgain = op === 12 && told['d'] === 1;
  return asksAgain
    ? { outcome: 'refused', status, reason: 'the bot asked for another delivery' }
    : { outcome: 'acknowledged', status, reason: undefined };
};
