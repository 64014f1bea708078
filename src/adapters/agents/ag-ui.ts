import { randomUUID } from 'node:crypto';
import type { SettingsOf } from '../../config/agent-settings.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { parseObject } from '../json.js';
import { approvalsIn, memoOf, resumeFor } from './ag-ui-approval.js';
import { AgUiReader, type Approval } from './ag-ui-reader.js';
import { AgentHttp, sseOf } from './agent-http.js';
import { askedBy } from './asked.js';
import type { ExchangeWatch } from './exchange-watch.js';
import { memoFor } from './memo.js';
import { runExchange } from './run-exchange.js';
import { scrubFor } from './scrub.js';
import { fill, fillHeaders, fillText } from './template.js';
import { uuid5 } from './uuid5.js';

export type AgUiSettings = SettingsOf<'ag-ui'>;

const PROTOCOL_VERSION = '1.0';

/** The protocol has no request to cancel, and who closes the connection hears no confirmation. Source: agents §1.2. */
const capabilitiesOf = ({ onDisconnect, history }: AgUiSettings): AgentCapabilities =>
  Object.freeze({
    cancel: onDisconnect === 'stops' ? 'best-effort' : 'none',
    disconnect: onDisconnect,
    steer: false,
    history,
    resume: false,
    progress: true,
  });

/**
 * An agent behind AG-UI 1.0.
 * Shape: one thread per conversation, one run per turn. A run that stops to ask a person ends its turn with the question,
 * and the next turn's words are the answer.
 * Errors: as for `openai`.
 */
export const agUiDriver = (settings: AgUiSettings, clock: Clock): AgentDriver => {
  const { url, apiKey, headers, idleMs } = settings;
  const scrub = scrubFor({ urls: [url], secrets: [apiKey], values: Object.values(headers) });
  const http = new AgentHttp(scrub, clock);
  const memo = memoFor('ag-ui');

  const headersFor = (turn?: TurnInput): Record<string, string> => ({
    accept: 'text/event-stream',
    'content-type': 'application/json',
    ...(apiKey && { authorization: `Bearer ${apiKey.reveal()}` }),
    ...fillHeaders(headers, turn),
  });

  const threadOf = (turn: TurnInput): string =>
    settings.threadId ? fillText(settings.threadId, turn) : uuid5(turn.conversation.id);

  const messagesOf = (turn: TurnInput): object[] => {
    if (settings.history === 'agent') return [{ id: turn.id, role: 'user', content: askedBy(turn) }];
    return turn.messages().map((message, index) => ({ id: `${turn.id}:${index}`, ...message }));
  };

  const bodyFor = (turn: TurnInput, approvals: readonly Approval[]): string =>
    JSON.stringify({
      threadId: threadOf(turn),
      runId: randomUUID(),
      protocolVersion: PROTOCOL_VERSION,
      state: fill(settings.state, turn),
      messages: messagesOf(turn),
      tools: [],
      context: [],
      forwardedProps: fill(settings.forwardedProps, turn),
      ...(approvals.length > 0 && { resume: resumeFor(approvals, turn.text, clock.now()) }),
    });

  async function* exchange(turn: TurnInput, reader: AgUiReader, watch: ExchangeWatch): AsyncGenerator<AgentEvent> {
    const answered = approvalsIn(memo.read(turn));
    const asked = {
      url,
      headers: headersFor(turn),
      body: bodyFor(turn, answered),
      trace: turn.traceparent(),
      waitMs: idleMs,
    };
    const { pull } = await http.open(asked, watch);
    // Taken: a question is answered once, whatever becomes of this turn.
    if (answered.length > 0) memo.write(turn, memoOf([]));
    for await (const { data } of sseOf(pull, () => idleMs)) {
      const event = parseObject(data);
      if (event) yield* reader.read(event);
      if (reader.finished) break;
    }
    if (reader.approvals.length > 0) memo.write(turn, memoOf(reader.approvals));
  }

  const run = (turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent> => {
    const state = new AgUiReader(scrub);
    return runExchange({ signal, clock, state, exchange: (watch) => exchange(turn, state, watch) });
  };

  const check = (): Promise<void> => http.probe({ url, method: 'GET', headers: headersFor() }, clock);

  return { name: 'ag-ui', capabilities: capabilitiesOf(settings), run, check, close: () => http.close() };
};
