import type { SettingsOf } from '../../config/agent-settings.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { objectsIn, parseObject } from '../json.js';
import { AgentHttp, type Answer, CHECK_MS, readAll, sseOf, within } from './agent-http.js';
import { askedBy } from './asked.js';
import { type ExchangeWatch, watchExchange } from './exchange-watch.js';
import { LangGraphReader, runIdIn } from './langgraph-reader.js';
import { memoFor } from './memo.js';
import { RemoteStop } from './remote-stop.js';
import { runExchange } from './run-exchange.js';
import { scrubFor } from './scrub.js';
import { fill, fillHeaders } from './template.js';
import { uuid5 } from './uuid5.js';

export type LangGraphSettings = SettingsOf<'langgraph'>;

/** A cancel that waits is answered when the run has ended. Source: agents §1.2. */
const capabilitiesOf = ({ onDisconnect }: LangGraphSettings): AgentCapabilities =>
  Object.freeze({
    cancel: 'confirmed',
    disconnect: onDisconnect === 'cancel' ? 'stops' : 'continues',
    steer: false,
    history: 'agent',
    resume: false,
    progress: true,
  });

const ASKING = 'asking';
/** Runs of one thread that are ended before a new one. */
const LEFT_MAX = 10;

/**
 * A graph on a LangGraph server: one thread per conversation, one run per turn.
 * Shape: a run that is left from an earlier life is cancelled before the next one starts. A graph that interrupts itself
 * ends its turn with the question, and resumes with the next turn's words.
 * Errors: as for `openai`.
 */
export const langGraphDriver = (settings: LangGraphSettings, clock: Clock): AgentDriver => {
  const { baseUrl, apiKey, headers, idleMs } = settings;
  const scrub = scrubFor({ urls: [baseUrl], secrets: [apiKey], values: Object.values(headers) });
  const http = new AgentHttp(scrub, clock);
  const memo = memoFor('langgraph');
  const stops = new Map<string, RemoteStop>();

  const headersFor = (turn?: TurnInput): Record<string, string> => ({
    accept: 'text/event-stream, application/json',
    'content-type': 'application/json',
    ...(apiKey && { 'x-api-key': apiKey.reveal() }),
    ...fillHeaders(headers, turn),
  });
  const threadOf = (turn: TurnInput): string => `${baseUrl}/threads/${uuid5(turn.conversation.id)}`;

  const bodyFor = (turn: TurnInput): string => {
    const input = { ...(fill(settings.input, turn) as object), messages: [{ role: 'user', content: askedBy(turn) }] };
    return JSON.stringify({
      assistant_id: settings.assistantId,
      ...(memo.read(turn) === ASKING ? { command: { resume: turn.text } } : { input }),
      config: fill(settings.config, turn),
      stream_mode: ['messages-tuple', 'updates', 'custom'],
      multitask_strategy: 'reject',
      on_disconnect: settings.onDisconnect,
      if_not_exists: 'create',
    });
  };

  const cancelRun = async (turn: TurnInput, run: string, watch: ExchangeWatch): Promise<void> => {
    const url = `${threadOf(turn)}/runs/${run}/cancel?wait=1&action=interrupt`;
    const answer = await http.ask({ url, headers: headersFor(turn), body: '{}', waitMs: CHECK_MS }, watch);
    // One that is over already is not there to be cancelled.
    const isOver = answer.status < 300 || [404, 409, 422].includes(answer.status);
    if (!isOver) throw await http.refusalOf(answer);
    await readAll(answer.pull, within(clock, CHECK_MS));
  };

  /** The thread is this router's alone: whoever works there was left behind. */
  const cancelLeft = async (turn: TurnInput, watch: ExchangeWatch): Promise<void> => {
    const asked = { method: 'GET', headers: headersFor(turn), waitMs: CHECK_MS } as const;
    for (const status of ['running', 'pending']) {
      const url = `${threadOf(turn)}/runs?status=${status}&limit=${LEFT_MAX}`;
      const answer = await http.open({ ...asked, url }, watch);
      const listed = parseObject(`{"runs":${(await readAll(answer.pull, within(clock, CHECK_MS))) || '[]'}}`)?.['runs'];
      for (const { run_id } of objectsIn(listed).slice(0, LEFT_MAX)) {
        const run = runIdIn(run_id);
        if (run) await cancelRun(turn, run, watch);
      }
    }
  };

  const open = async (turn: TurnInput, watch: ExchangeWatch): Promise<Answer> => {
    const asked = {
      url: `${threadOf(turn)}/runs/stream`,
      headers: headersFor(turn),
      body: bodyFor(turn),
      trace: turn.traceparent(),
      waitMs: idleMs,
    };
    const answer = await http.askAgain(asked, watch);
    if (answer.status !== 409 && answer.status !== 422) return http.accepted(answer);
    const refusal = await http.refusalOf(answer);
    if (answer.status === 422 && !/already running/i.test(refusal.message)) throw refusal;
    await cancelLeft(turn, watch);
    return http.open(asked, watch);
  };

  async function* exchange(turn: TurnInput, reader: LangGraphReader, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const answer = await open(turn, watch);
    const run = runIdIn(/\/runs\/([^/?]+)/.exec(answer.header('content-location'))?.[1]);
    if (run) stops.get(turn.id)?.name(run);
    // Taken: a question is answered once, whatever becomes of this turn.
    if (memo.read(turn) === ASKING) memo.write(turn, '');
    for await (const event of sseOf(answer.pull, () => idleMs)) {
      yield* reader.read(event);
      if (reader.finished) break;
    }
    reader.close();
    if (reader.isAsking) memo.write(turn, ASKING);
  }

  async function* run(turn: TurnInput, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const call = async (name: string, late: AbortSignal): Promise<void> => {
      const watch = watchExchange(late, clock);
      await cancelRun(turn, name, watch).finally(() => watch.end());
    };
    const stop = new RemoteStop({ turn: signal, clock, call, isConfirmed: true });
    const state = new LangGraphReader({ scrub, nodes: settings.nodes, onRun: (name) => stop.name(name) });
    stops.set(turn.id, stop);
    try {
      yield* runExchange({ signal, clock, state, stop, exchange: (watch) => exchange(turn, state, watch) });
    } finally {
      stops.delete(turn.id);
    }
  }

  const check = (): Promise<void> =>
    http.probe({ url: `${baseUrl}/info`, method: 'GET', headers: headersFor() }, clock);

  return {
    name: 'langgraph',
    capabilities: capabilitiesOf(settings),
    run,
    kill: (turn) => stops.get(turn)?.giveUp(),
    check,
    close: () => http.close(),
  };
};
