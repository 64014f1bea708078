import { parseObject } from '../adapters/json.js';
import { CHECK_AGENT } from '../adapters/qq/webhook-callback.js';
import { signatureOf, webhookKeyOf } from '../adapters/qq/webhook-signature.js';
import type { ChannelSettings } from '../config/resolved.js';
import { RouterError } from '../errors/router-error.js';
import type { Clock } from '../ports/clock.js';
import type { HttpAnswer, HttpTransport } from '../ports/http.js';

/** The ports the console takes. Source: qq-bot-api §10.1. */
const CONSOLE_PORTS: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443']);
const TIMEOUT_MS = 5_000;
/** A token of the platform's form. */
const PLAIN_TOKEN = 'RookeryDoctorAsksHere';
/** A proxy that reads the body and writes it again would not keep these blanks. */
const HEARTBEAT = '{ "op": 1,  "d": 42 }';

export type CallbackCheck = {
  readonly url: string;
  /** It was given as the public address, and so must be one that the console takes. */
  readonly isPublic: boolean;
};

/**
 * Does what the platform does: has the address proved, and calls it with a signature.
 * Errors: `webhook.address`, `webhook.unreachable`, `webhook.unproven`, `webhook.badSignature`, `webhook.stale`.
 */
export const checkCallback = async (
  { appId, appSecret }: Pick<ChannelSettings, 'appId' | 'appSecret'>,
  { url, isPublic }: CallbackCheck,
  { http, clock }: { readonly http: HttpTransport; readonly clock: Clock },
): Promise<void> => {
  const { protocol, port } = new URL(url);
  if (isPublic && (protocol !== 'https:' || !CONSOLE_PORTS.has(port))) {
    throw new RouterError('webhook.address', `${url} is no https address on port 80, 443, 8080 or 8443`);
  }
  const key = webhookKeyOf(appSecret.reveal());
  const timestamp = String(Math.floor(clock.now() / 1_000));
  const post = async (body: string, signature?: string): Promise<HttpAnswer> => {
    const headers = {
      'content-type': 'application/json',
      'user-agent': CHECK_AGENT,
      'x-bot-appid': appId,
      ...(signature && { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature }),
    };
    try {
      return await http.request({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new RouterError('webhook.unreachable', `${url}: ${why}`, { cause });
    }
  };

  const asked = JSON.stringify({ op: 13, d: { plain_token: PLAIN_TOKEN, event_ts: timestamp } });
  const proof = await post(asked);
  if (proof.status !== 200) throw new RouterError('webhook.unreachable', `${url} answered ${proof.status}`);
  if (parseObject(proof.body)?.['signature'] !== signatureOf(key, timestamp, PLAIN_TOKEN)) {
    throw new RouterError('webhook.unproven', `${url} answered without this bot’s signature`);
  }
  const beat = await post(HEARTBEAT, signatureOf(key, timestamp, HEARTBEAT));
  if (beat.status === 403) throw new RouterError('webhook.stale', `${url} refused a request signed just now`);
  if (beat.status !== 200 || parseObject(beat.body)?.['op'] !== 11) {
    throw new RouterError(
      'webhook.badSignature',
      `${url} answered ${beat.status} to a request that was rightly signed`,
    );
  }
};
