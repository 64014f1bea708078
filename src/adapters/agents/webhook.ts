import { createHmac } from 'node:crypto';
import type { SettingsOf } from '../../config/agent-settings.js';
import { RouterError } from '../../errors/router-error.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { AgentHttp, type Answer, readAll, sseOf } from './agent-http.js';
import type { ExchangeWatch } from './exchange-watch.js';
import { LineReader } from './line-reader.js';
import { runExchange } from './run-exchange.js';
import { scrubFor } from './scrub.js';
import { fillHeaders } from './template.js';
import { WebhookReader } from './webhook-reader.js';

export type WebhookSettings = SettingsOf<'webhook'>;

const capabilitiesOf = ({ onDisconnect }: WebhookSettings): AgentCapabilities =>
  Object.freeze({
    cancel: onDisconnect === 'stops' ? 'best-effort' : 'none',
    disconnect: onDisconnect,
    steer: false,
    history: 'router',
    resume: false,
    progress: true,
  });

const bodyOf = (turn: TurnInput): string => {
  const { id, scene, sender } = turn.conversation;
  return JSON.stringify({
    version: 1,
    turn: turn.id,
    epoch: turn.epoch,
    conversation: { id, scene, sender },
    text: turn.text,
    inputs: turn.inputs.map(({ id, text, atMs, attachments, sender }) => ({ id, text, atMs, sender, attachments })),
    messages: turn.messages(),
    ...(turn.interrupted && { interrupted: turn.interrupted }),
    ...(turn.dropped && { dropped: turn.dropped }),
  });
};

/** Units: `timestamp` in s. What is signed is the timestamp, a dot, and the body as it is sent. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/**
 * One POST a turn; the answer is JSON, plain text, NDJSON or server-sent events.
 * Errors: as for `openai`; a stream that ends is complete, for most webhooks have no word for it.
 */
export const webhookDriver = (settings: WebhookSettings, clock: Clock): AgentDriver => {
  const { url, apiKey, secret, headers, idleMs } = settings;
  const scrub = scrubFor({ urls: [url], secrets: [apiKey, secret], values: Object.values(headers) });
  const http = new AgentHttp(scrub, clock);

  const signed = (body: string): Record<string, string> => {
    if (!secret) return {};
    const timestamp = `${Math.floor(clock.now() / 1_000)}`;
    return {
      'x-rookery-timestamp': timestamp,
      'x-rookery-signature': signatureOf(secret.reveal(), timestamp, body),
    };
  };
  const headersFor = (turn?: TurnInput): Record<string, string> => ({
    accept: 'text/event-stream, application/x-ndjson, application/json, text/plain',
    'content-type': 'application/json',
    ...(apiKey && { authorization: `Bearer ${apiKey.reveal()}` }),
    ...fillHeaders(headers, turn),
  });

  async function* readJson({ pull }: Answer, reader: WebhookReader): AsyncGenerator<AgentEvent> {
    const text = await readAll(pull, () => idleMs);
    if (text.trim() === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new RouterError('agent.failed', 'the answer is no JSON, or a too long one', { cause });
    }
    yield* reader.whole(value);
  }

  async function* readLines({ pull }: Answer, reader: WebhookReader): AsyncGenerator<AgentEvent> {
    const lines = new LineReader();
    for (;;) {
      const step = await pull(idleMs);
      for (const line of step.done ? lines.end() : lines.push(step.value)) {
        yield* reader.line(line);
        if (reader.finished) return;
      }
      if (step.done) return;
    }
  }

  async function* readEvents({ pull }: Answer, reader: WebhookReader): AsyncGenerator<AgentEvent> {
    for await (const { data } of sseOf(pull, () => idleMs)) {
      yield* reader.line(data);
      if (reader.finished) return;
    }
  }

  async function* readText({ pull }: Answer, reader: WebhookReader): AsyncGenerator<AgentEvent> {
    const decoder = new TextDecoder();
    for (;;) {
      const step = await pull(idleMs);
      yield* reader.say(step.done ? decoder.decode() : decoder.decode(step.value, { stream: true }));
      if (step.done || reader.finished) return;
    }
  }

  const READ: Readonly<Record<string, typeof readText>> = {
    'application/json': readJson,
    'text/event-stream': readEvents,
    'application/x-ndjson': readLines,
    'application/ndjson': readLines,
    'application/jsonl': readLines,
  };

  async function* exchange(turn: TurnInput, reader: WebhookReader, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const body = bodyOf(turn);
    const asked = {
      url,
      headers: { ...headersFor(turn), ...signed(body) },
      body,
      trace: turn.traceparent(),
      waitMs: idleMs,
    };
    const answer = await http.open(asked, watch);
    yield* (READ[answer.type] ?? readText)(answer, reader);
    reader.close();
  }

  const run = (turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent> => {
    const state = new WebhookReader(scrub);
    return runExchange({ signal, clock, state, exchange: (watch) => exchange(turn, state, watch) });
  };

  const check = (): Promise<void> => http.probe({ url, method: 'GET', headers: headersFor() }, clock);

  return { name: 'webhook', capabilities: capabilitiesOf(settings), run, check, close: () => http.close() };
};
