import type { SettingsOf } from '../../config/agent-settings.js';
import type { Attachment } from '../../domain/inbound.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { AgentHttp, type Answer, CHECK_MS, sseOf } from './agent-http.js';
import { askedBy, attachmentsOf } from './asked.js';
import { DifyStream } from './dify-stream.js';
import { type ExchangeWatch, watchExchange } from './exchange-watch.js';
import { memoFor } from './memo.js';
import { RemoteStop } from './remote-stop.js';
import { runExchange } from './run-exchange.js';
import { scrubFor } from './scrub.js';
import { fill, fillHeaders, fillText } from './template.js';

export type DifySettings = SettingsOf<'dify'>;

/** The stop call only says that it was taken, and a closed connection alone lets the answer go on. Source: agents §1.2. */
const CAPABILITIES: AgentCapabilities = Object.freeze({
  cancel: 'best-effort',
  disconnect: 'continues',
  steer: false,
  history: 'agent',
  resume: false,
  progress: true,
});

const FILE_TYPE: Readonly<Record<Attachment['kind'], string>> = {
  image: 'image',
  voice: 'audio',
  video: 'video',
  file: 'document',
};

/**
 * An app of Dify behind its chat API, streamed.
 * Shape: Dify remembers the conversation; its id is kept in ours, and one that Dify has forgotten is begun anew. A cancel
 * tells Dify to stop, as the same user, and closes the connection.
 * Errors: as for `openai`.
 */
export const difyDriver = (settings: DifySettings, clock: Clock): AgentDriver => {
  const { baseUrl, apiKey, headers, idleMs } = settings;
  const scrub = scrubFor({ urls: [baseUrl], secrets: [apiKey], values: Object.values(headers) });
  const http = new AgentHttp(scrub, clock);
  const memo = memoFor('dify');

  const headersFor = (turn?: TurnInput): Record<string, string> => ({
    accept: 'text/event-stream, application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${apiKey.reveal()}`,
    ...fillHeaders(headers, turn),
  });
  const userOf = (turn: TurnInput): string => fillText(settings.user, turn);

  const bodyFor = (turn: TurnInput, conversation: string | null): string =>
    JSON.stringify({
      inputs: fill(settings.inputs, turn),
      query: askedBy(turn),
      response_mode: 'streaming',
      user: userOf(turn),
      auto_generate_name: false,
      ...(conversation && { conversation_id: conversation }),
      files: attachmentsOf(turn).map(({ kind, url }) => ({
        type: FILE_TYPE[kind],
        transfer_method: 'remote_url',
        url,
      })),
    });

  const ask = async (turn: TurnInput, watch: ExchangeWatch): Promise<Answer> => {
    const asked = (conversation: string | null) => ({
      url: `${baseUrl}/chat-messages`,
      headers: headersFor(turn),
      body: bodyFor(turn, conversation),
      trace: turn.traceparent(),
      waitMs: idleMs,
    });
    const known = memo.read(turn);
    if (known === null) return http.open(asked(null), watch);
    const answer = await http.askAgain(asked(known), watch);
    if (answer.status !== 404) return http.accepted(answer);
    await http.refusalOf(answer);
    return http.open(asked(null), watch);
  };

  async function* exchange(turn: TurnInput, stream: DifyStream, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const { pull } = await ask(turn, watch);
    for await (const event of sseOf(pull, () => idleMs)) {
      yield* stream.read(event);
      if (stream.finished) return;
    }
  }

  const stopTask = async (turn: TurnInput, task: string, signal: AbortSignal): Promise<void> => {
    const watch = watchExchange(signal, clock);
    try {
      const url = `${baseUrl}/chat-messages/${task}/stop`;
      const body = JSON.stringify({ user: userOf(turn) });
      await http.open({ url, headers: headersFor(turn), body, waitMs: CHECK_MS }, watch);
    } finally {
      watch.end();
    }
  };

  const run = (turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent> => {
    const stop = new RemoteStop({ turn: signal, clock, call: (task, late) => stopTask(turn, task, late) });
    const state = new DifyStream({
      scrub,
      baseUrl,
      onTask: (task) => stop.name(task),
      onConversation: (conversation) => memo.write(turn, conversation),
    });
    return runExchange({ signal, clock, state, stop, exchange: (watch) => exchange(turn, state, watch) });
  };

  const check = (): Promise<void> =>
    http.probe({ url: `${baseUrl}/info`, method: 'GET', headers: headersFor() }, clock);

  return { name: 'dify', capabilities: CAPABILITIES, run, check, close: () => http.close() };
};
