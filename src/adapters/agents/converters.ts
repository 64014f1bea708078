import { RouterError } from '../../errors/router-error.js';
import type { AgentEvent } from '../../ports/agent-driver.js';
import type { TurnProgress } from '../../ports/turn-handler.js';
import { arrayOf, objectOf, textOf } from '../json.js';
import { AgUiReader } from './ag-ui-reader.js';
import { ProgressLabels, type ProgressState } from './progress-labels.js';

/** What the libraries' streams are: all of them can be iterated. Their parts are read by their shapes. */
type Parts = AsyncIterable<unknown>;

/** What a converter is given besides the stream. */
export type ConverterOptions = {
  /** Where tools and steps are reported to: `turn.progress`. */
  readonly progress?: (progress: TurnProgress) => void;
};

const PARAGRAPH = '\n\n';

const AI_SDK_STATE: Readonly<Record<string, ProgressState>> = {
  'tool-call': 'running',
  'tool-result': 'done',
  'tool-error': 'error',
  'tool-output-denied': 'error',
};

const report = (events: readonly AgentEvent[], { progress }: ConverterOptions): void => {
  for (const event of events) {
    if (event.type === 'progress') progress?.({ id: event.id, label: event.label, state: event.state });
  }
};

/**
 * The answer in an AI SDK `fullStream`, for `turn.reply`: `turn.reply(fromAiSdk(result.fullStream))`.
 * Shape: a new step is a new paragraph; an `abort` part ends it quietly, for the turn was cancelled.
 * Errors: what an `error` part holds.
 */
export async function* fromAiSdk(fullStream: Parts, options: ConverterOptions = {}): AsyncGenerator<string> {
  const labels = new ProgressLabels();
  let hasSpoken = false;
  let isAtGap = false;
  for await (const part of fullStream) {
    const fields = objectOf(part);
    const type = textOf(fields?.['type']) ?? '';
    if (type === 'abort') return;
    if (type === 'error') throw fields?.['error'];
    if (type === 'start-step') isAtGap = hasSpoken;
    const state = AI_SDK_STATE[type];
    if (state) report(labels.report(textOf(fields?.['toolCallId']), textOf(fields?.['toolName']), state), options);
    const text = type === 'text-delta' ? (textOf(fields?.['text']) ?? textOf(fields?.['textDelta'])) : undefined;
    if (text === undefined) continue;
    yield isAtGap ? PARAGRAPH + text : text;
    hasSpoken = true;
    isAtGap = false;
  }
}

/**
 * The answer in a stream of Chat Completions chunks, as the `openai` package gives it, for `turn.reply`.
 * Errors: `agent.failed` for an error in a chunk; whatever the stream throws.
 */
export async function* fromOpenAiChunks(stream: Parts): AsyncGenerator<string> {
  for await (const chunk of stream) {
    const fields = objectOf(chunk);
    const error = objectOf(fields?.['error']);
    if (error) throw new RouterError('agent.failed', textOf(error['message']) ?? 'the agent reported an error');
    const delta = objectOf(objectOf(arrayOf(fields?.['choices'])[0])?.['delta']);
    const text = textOf(delta?.['content']) ?? textOf(delta?.['refusal']);
    if (text !== undefined) yield text;
  }
}

/**
 * The answer in the events of an AG-UI run, for `turn.reply`. Two messages are two paragraphs.
 * Errors: `agent.failed` for a RUN_ERROR.
 */
export async function* fromAgUi(events: Parts, options: ConverterOptions = {}): AsyncGenerator<string> {
  const reader = new AgUiReader((words) => words);
  for await (const event of events) {
    const fields = objectOf(event);
    const read = fields ? reader.read(fields) : [];
    report(read, options);
    for (const one of read) {
      if (one.type === 'text') yield one.delta;
      if (one.type === 'error') throw new RouterError('agent.failed', one.message);
    }
    if (reader.finished) return;
  }
}
