import type { WebhookConnection } from '../actors/webhook.actor.js';
import {
  type CallbackRefusal,
  type CallbackRequest,
  CHECK_AGENT,
  headerOf,
  readCallback,
} from '../adapters/qq/webhook-callback.js';
import { webhookKeyOf } from '../adapters/qq/webhook-signature.js';
import type { ChannelSettings } from '../config/resolved.js';
import { RecentIds } from '../domain/recent-ids.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';

/** What is to be sent back for one callback, as it stands. */
export type WebhookAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Takes one request of the platform as it came, and gives what is to be sent back. Never rejects. */
export type WebhookHandler = (request: CallbackRequest) => Promise<WebhookAnswer>;

/** How a channel's callbacks stand. Counters run from its start. */
export type WebhookStatus = {
  /** When the last request came whose signature was right, epoch ms; null before the first. */
  readonly lastVerifiedAtMs: number | null;
  /** When the platform last asked to have this address proved, epoch ms. */
  readonly lastValidatedAtMs: number | null;
  readonly events: number;
  /** Events that were sent away to come again. */
  readonly busy: number;
  readonly unreadable: number;
  readonly refused: Readonly<Partial<Record<CallbackRefusal, number>>>;
};

export type WebhookDeskDeps = {
  readonly settings: Pick<ChannelSettings, 'appId' | 'appSecret' | 'webhook'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Signatures that are known again; what is refused for its age is known long enough. */
const REPLAYS_MAX = 20_000;
/** Of requests that are refused, the first of each kind and every hundredth go to the log. */
const SAMPLE_EVERY = 100;

const json = (status: number, value: unknown): WebhookAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** Wrong signature: no body. Source: qq-bot-api §10.5. */
const bare = (status: number, headers: Readonly<Record<string, string>> = {}): WebhookAnswer => {
  return { status, headers, body: '' };
};

const ACCEPTED = json(200, { op: 12 });
/** Not acknowledged, so it comes again; by then it may be safe, and is known again if so. */
const COME_AGAIN: WebhookAnswer = { ...json(503, { op: 12, d: 1 }), headers: { 'retry-after': '2' } };

/** One channel's callback address: judges each request, and answers an event once it is safe. */
export class WebhookDesk {
  readonly #deps: WebhookDeskDeps;
  readonly #key: ReturnType<typeof webhookKeyOf>;
  readonly #taken = new RecentIds(REPLAYS_MAX);
  readonly #refused: Partial<Record<CallbackRefusal, number>> = {};
  #connection: WebhookConnection | null = null;
  #lastVerifiedAtMs: number | null = null;
  #lastValidatedAtMs: number | null = null;
  #events = 0;
  #busy = 0;
  #unreadable = 0;

  constructor(deps: WebhookDeskDeps) {
    this.#deps = deps;
    this.#key = webhookKeyOf(deps.settings.appSecret.reveal());
  }

  /** From now on events are handed on; before, they are sent away. A validation is answered all the same. */
  open(connection: WebhookConnection): void {
    this.#connection = connection;
  }

  readonly handle: WebhookHandler = async (request) => {
    const { settings, clock, log } = this.#deps;
    const { appId, webhook } = settings;
    const nowMs = clock.now();
    const isCheck = headerOf(request, 'user-agent') === CHECK_AGENT;
    const callback = readCallback(request, { appId, key: this.#key, nowMs, ...webhook });
    switch (callback.kind) {
      case 'refused':
        return this.#refuse(callback.status, callback.why);
      case 'validation':
        if (!isCheck) this.#lastValidatedAtMs = nowMs;
        log.info({ isCheck }, 'the callback address was proved');
        return json(200, callback.answer);
      case 'heartbeat':
        if (!isCheck) this.#lastVerifiedAtMs = nowMs;
        return json(200, { op: 11, d: callback.seq });
      case 'unreadable':
        this.#lastVerifiedAtMs = nowMs;
        this.#sample(
          this.#unreadable,
          { code: 'protocol.unreadable', reason: callback.reason },
          'a callback was skipped',
        );
        this.#unreadable += 1;
        return ACCEPTED;
      case 'event':
        return this.#take(callback, nowMs);
    }
  };

  status(): WebhookStatus {
    return {
      lastVerifiedAtMs: this.#lastVerifiedAtMs,
      lastValidatedAtMs: this.#lastValidatedAtMs,
      events: this.#events,
      busy: this.#busy,
      unreadable: this.#unreadable,
      refused: { ...this.#refused },
    };
  }

  async #take(
    event: { readonly t: string; readonly id?: string; readonly d: unknown; readonly signature: string },
    nowMs: number,
  ): Promise<WebhookAnswer> {
    if (this.#deps.settings.webhook.refuseReplays && this.#taken.has(event.signature)) {
      return this.#refuse(403, 'replayed');
    }
    this.#lastVerifiedAtMs = nowMs;
    this.#events += 1;
    const taken = (await this.#connection?.take(event)) ?? 'busy';
    if (taken === 'safe') {
      // Only what was acknowledged: what was not may come again as it is.
      this.#taken.take(event.signature);
      return ACCEPTED;
    }
    this.#sample(this.#busy, { event: event.t }, 'a callback was not acknowledged: it was not safe in time');
    this.#busy += 1;
    return COME_AGAIN;
  }

  #refuse(status: number, why: CallbackRefusal): WebhookAnswer {
    const before = this.#refused[why] ?? 0;
    this.#sample(before, { why }, 'a callback was refused');
    this.#refused[why] = before + 1;
    return bare(status, status === 405 ? { allow: 'POST' } : {});
  }

  #sample(before: number, fields: object, message: string): void {
    if (before % SAMPLE_EVERY === 0) this.#deps.log.warn({ ...fields, count: before + 1 }, message);
  }
}
