import { Agent, request } from 'undici';
import { RouterError } from '../../errors/router-error.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { parseObject } from '../json.js';
import { errorEvent } from './error-event.js';
import { type ExchangeWatch, watchExchange } from './exchange-watch.js';
import { refusal, unreachable } from './openai-failure.js';
import { bodyFor, headersFor, type OpenAiSettings, scrubFor } from './openai-request.js';
import { OpenAiStream } from './openai-stream.js';
import { SseReader } from './sse.js';

/** How long usage and `[DONE]` are waited for once the model has finished. */
const TAIL_MS = 1_000;
/** How long a check, or the text of an error, may take. */
const CHECK_MS = 5_000;
const CONNECT_MS = 10_000;
/** Units: bytes of an answer that is not streamed, and of one that is an error. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const ERROR_BYTES_MAX = 16 * 1024;

/** Closing the connection stops most servers, and none of them says that it did. Source: agents §1.3. */
const CAPABILITIES: AgentCapabilities = Object.freeze({
  cancel: 'best-effort',
  steer: false,
  history: 'router',
  resume: false,
  progress: true,
});

/** A body's bytes, one wait a chunk. */
type Pull = (ms: number) => Promise<IteratorResult<Uint8Array>>;

/** The text of a body, cut off at `bytesMax`. */
const readAll = async (pull: Pull, ms: number, bytesMax: number): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; bytes < bytesMax; ) {
    const step = await pull(ms);
    if (step.done) break;
    bytes += step.value.length;
    text += decoder.decode(step.value, { stream: true });
  }
  return text;
};

const endOf = (stream: OpenAiStream): AgentEvent =>
  stream.finished || stream.isDone
    ? { type: 'end', reason: stream.finished ?? 'stop' }
    : errorEvent(new RouterError('agent.truncated', 'the stream was closed before its end'), 'agent.truncated');

/** What a thrown thing is as the turn's last event; after the model's own end nothing can be lost any more. */
const endAfter = (error: unknown, stream: OpenAiStream): AgentEvent => {
  if (stream.finished && !stream.awaitsTool) return { type: 'end', reason: stream.finished };
  if (error instanceof RouterError) return errorEvent(error, error.code, error.next === 'retry');
  return errorEvent(new RouterError('agent.truncated', 'the connection broke', { cause: error }), 'agent.truncated');
};

/**
 * An agent behind OpenAI's Chat Completions, streamed where the server streams.
 * Shape: any byte counts as life, so that a server which thinks for long may keep itself alive with comments.
 * Errors: `agent.unreachable` (no connection, 408, 429, 5xx; to be retried), `agent.refused` (other statuses),
 * `agent.timeout`, `agent.truncated` (closed without a finish), `agent.failed` (an error inside the stream).
 */
export const openaiDriver = (settings: OpenAiSettings, clock: Clock): AgentDriver => {
  // Silence is timed by `clock`; undici's own timers would be a second opinion.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } });
  const scrub = scrubFor(settings);

  async function* streamed(pull: Pull, stream: OpenAiStream): AsyncGenerator<AgentEvent> {
    const reader = new SseReader();
    let finishedAtMs: number | null = null;
    while (!stream.isDone) {
      if (stream.finished && !stream.awaitsTool) finishedAtMs ??= clock.now();
      const step = await pull(finishedAtMs === null ? settings.idleMs : finishedAtMs + TAIL_MS - clock.now());
      for (const event of step.done ? reader.end() : reader.push(step.value)) {
        if (!stream.isDone) yield* stream.read(event);
      }
      if (step.done) return;
    }
  }

  async function* whole(pull: Pull, stream: OpenAiStream): AsyncGenerator<AgentEvent> {
    const payload = parseObject(await readAll(pull, settings.idleMs, ANSWER_BYTES_MAX));
    if (!payload) throw new RouterError('agent.failed', 'the answer is no JSON object, or a too long one');
    yield* stream.readBody(payload);
    if (stream.hasSpoken) stream.finished ??= 'stop';
  }

  async function* exchange(turn: TurnInput, stream: OpenAiStream, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const asked = request(`${settings.baseUrl}/chat/completions`, {
      dispatcher,
      signal: watch.signal,
      method: 'POST',
      headers: headersFor(settings, turn),
      body: bodyFor(settings, turn),
    });
    const answer = await watch.wait(
      asked.catch((error: unknown) => Promise.reject(unreachable(error))),
      settings.idleMs,
    );
    // The abort destroys the body, and nobody may be reading it at that moment.
    answer.body.on('error', () => undefined);
    const bytes: AsyncIterator<Uint8Array> = answer.body[Symbol.asyncIterator]();
    const pull: Pull = (ms) => watch.wait(bytes.next(), ms);
    const type = String(answer.headers['content-type'] ?? '');
    if (answer.statusCode !== 200) {
      const body = await readAll(pull, CHECK_MS, ERROR_BYTES_MAX).catch(() => '');
      throw refusal(answer.statusCode, body, scrub);
    }
    if (type.includes('text/html')) {
      throw new RouterError('agent.refused', 'the agent answered with a web page: check agent.baseUrl');
    }
    yield* type.includes('application/json') ? whole(pull, stream) : streamed(pull, stream);
  }

  async function* run(turn: TurnInput, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const watch = watchExchange(signal, clock);
    const stream = new OpenAiStream(scrub);
    try {
      for await (const event of exchange(turn, stream, watch)) {
        if (signal.aborted) break;
        yield event;
        if (event.type === 'error') return;
      }
      yield signal.aborted ? { type: 'end', reason: 'cancelled' } : endOf(stream);
    } catch (error) {
      yield signal.aborted ? { type: 'end', reason: 'cancelled' } : endAfter(error, stream);
    } finally {
      watch.end();
    }
  }

  const check = async (): Promise<void> => {
    const watch = watchExchange(new AbortController().signal, clock);
    try {
      const asked = request(`${settings.baseUrl}/models`, {
        dispatcher,
        signal: watch.signal,
        headers: headersFor(settings),
      });
      const { statusCode, body } = await watch.wait(asked, CHECK_MS).catch((error: unknown) => {
        throw unreachable(error);
      });
      body.on('error', () => undefined);
      if (statusCode === 401 || statusCode === 403) throw refusal(statusCode, '', scrub);
    } finally {
      watch.end();
    }
  };

  return { name: 'openai', capabilities: CAPABILITIES, run, check, close: () => dispatcher.destroy() };
};
