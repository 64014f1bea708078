import { RouterError } from '../../errors/router-error.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { parseObject } from '../json.js';
import { AgentHttp, type Answer, readAll, sseOf } from './agent-http.js';
import type { ExchangeWatch } from './exchange-watch.js';
import { bodyFor, headersFor, historyOf, type OpenAiSettings } from './openai-request.js';
import { OpenAiStream } from './openai-stream.js';
import { runExchange } from './run-exchange.js';
import { scrubFor } from './scrub.js';

/** How long usage and `[DONE]` are waited for once the model has finished. */
const TAIL_MS = 1_000;

/** Closing the connection stops most servers, and none of them says that it did. Source: agents §1.3. */
const capabilitiesOf = (settings: OpenAiSettings): AgentCapabilities =>
  Object.freeze({
    cancel: settings.onDisconnect === 'stops' ? 'best-effort' : 'none',
    disconnect: settings.onDisconnect,
    steer: false,
    history: historyOf(settings),
    resume: false,
    progress: true,
  });

/**
 * An agent behind OpenAI's Chat Completions, streamed where the server streams.
 * Shape: any byte counts as life, so that a server which thinks for long may keep itself alive with comments.
 * Errors: `agent.unreachable` (no connection, 408, 429, 5xx; to be retried), `agent.refused` (other statuses),
 * `agent.timeout`, `agent.truncated` (closed without a finish), `agent.failed` (an error inside the stream).
 */
export const openaiDriver = (settings: OpenAiSettings, clock: Clock): AgentDriver => {
  const { baseUrl, apiKey, headers, idleMs } = settings;
  const scrub = scrubFor({ urls: [baseUrl], secrets: [apiKey], values: Object.values(headers) });
  const http = new AgentHttp(scrub, clock);

  async function* streamed({ pull }: Answer, stream: OpenAiStream): AsyncGenerator<AgentEvent> {
    let finishedAtMs: number | null = null;
    const waitMs = (): number => {
      if (stream.finished) finishedAtMs ??= clock.now();
      return finishedAtMs === null ? idleMs : finishedAtMs + TAIL_MS - clock.now();
    };
    for await (const event of sseOf(pull, waitMs)) {
      yield* stream.read(event);
      if (stream.isDone) return;
    }
    stream.close();
  }

  async function* whole({ pull }: Answer, stream: OpenAiStream): AsyncGenerator<AgentEvent> {
    const payload = parseObject(await readAll(pull, () => idleMs));
    if (!payload) throw new RouterError('agent.failed', 'the answer is no JSON object, or a too long one');
    yield* stream.readWhole(payload);
  }

  async function* exchange(turn: TurnInput, stream: OpenAiStream, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const answer = await http.open(
      {
        url: `${baseUrl}/chat/completions`,
        headers: headersFor(settings, turn),
        body: bodyFor(settings, turn),
        trace: turn.traceparent(),
        waitMs: idleMs,
      },
      watch,
    );
    yield* answer.type === 'application/json' ? whole(answer, stream) : streamed(answer, stream);
  }

  const run = (turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent> => {
    const state = new OpenAiStream(scrub);
    return runExchange({ signal, clock, state, exchange: (watch) => exchange(turn, state, watch) });
  };

  const check = (): Promise<void> =>
    http.probe({ url: `${baseUrl}/models`, method: 'GET', headers: headersFor(settings) }, clock);

  return { name: 'openai', capabilities: capabilitiesOf(settings), run, check, close: () => http.close() };
};
