import type { AgentEvent } from '../../ports/agent-driver.js';
import { arrayOf, type Json, numberOf, objectOf, parseObject, textOf } from '../json.js';
import { saidOf } from './http-failure.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';
import type { SseEvent } from './sse.js';

type State = 'running' | 'done' | 'error';

/** Units: UTF-16 code units of text and reasoning that one turn may bring. */
const ANSWER_MAX = 1_000_000;
/** Tools whose names are remembered for the report of their end. */
const LABELS_MAX = 256;

const STATE: Readonly<Record<string, State>> = {
  completed: 'done',
  complete: 'done',
  done: 'done',
  success: 'done',
  failed: 'error',
  error: 'error',
};

/** A content part or a plain string, as text. */
const contentOf = (content: unknown): string | undefined =>
  Array.isArray(content)
    ? textOf(content.map((part) => textOf(objectOf(part)?.['text']) ?? '').join(''))
    : textOf(content);

/**
 * A Chat Completions stream, read event by event.
 * Shape: an event that is neither a chunk nor known by its name says nothing. `finished` is the end of the answer, after
 * which usage may follow; `isDone` is the end of the stream, or an error in it.
 * Source: platform.openai.com/docs/api-reference/chat-streaming; agents §1.2 for the named events of Hermes and FastGPT.
 */
export class OpenAiStream implements AnswerState {
  isDone = false;
  #model: 'stop' | 'length' | null = null;
  /** The model has asked for a tool of the server's: text may follow its finish. */
  #awaitsTool = false;
  #chars = 0;
  readonly #labels = new Map<string, string>();
  readonly #scrub: Scrub;

  constructor(scrub: Scrub) {
    this.#scrub = scrub;
  }

  get finished(): 'stop' | 'length' | null {
    if (this.isDone) return this.#model ?? 'stop';
    return this.#awaitsTool ? null : this.#model;
  }

  /** The server has closed the stream: many leave out the last word, but not the model's. */
  close(): void {
    if (this.#model) this.isDone = true;
  }

  read({ name, data }: SseEvent): AgentEvent[] {
    if (data.trim() === '[DONE]') {
      this.isDone = true;
      return [];
    }
    const payload = parseObject(data);
    if (name === 'error') return this.#fail(payload ?? data);
    // A line that is no JSON object is a server's way of keeping the connection open.
    if (!payload) return data.startsWith('{') ? this.#fail('an unreadable chunk') : [];
    const tool = objectOf(payload['tool']);
    switch (name) {
      case 'hermes.tool.progress':
        return [this.#hermesTool(payload)];
      case 'flowNodeStatus':
        return this.#progress(
          `node:${textOf(payload['name']) ?? ''}`,
          textOf(payload['name']),
          stateOf(payload['status']),
        );
      case 'toolCall':
        return this.#progress(
          textOf(tool?.['id']),
          textOf(tool?.['toolName']) ?? textOf(tool?.['functionName']),
          'running',
        );
      case 'toolResponse':
        return this.#progress(textOf(tool?.['id']), undefined, 'done');
      default:
        return this.readChunk(payload);
    }
  }

  /** The whole answer of a server that does not stream. */
  readWhole(payload: Json): AgentEvent[] {
    const events = this.readChunk(payload);
    if (this.#chars > 0) this.isDone = true;
    return events;
  }

  readChunk(payload: Json): AgentEvent[] {
    const error = payload['error'] ?? (payload['object'] === 'error' ? payload : undefined);
    if (error !== undefined && error !== null) return this.#fail(error);
    const choice = objectOf(arrayOf(payload['choices'])[0]);
    const delta = objectOf(choice?.['delta']) ?? objectOf(choice?.['message']);
    const events: AgentEvent[] = [];
    const reasoning = textOf(delta?.['reasoning_content']) ?? textOf(delta?.['reasoning']);
    if (reasoning) events.push({ type: 'reasoning', delta: this.#bounded(reasoning) });
    const text = contentOf(delta?.['content']) ?? textOf(delta?.['refusal']);
    if (text) events.push({ type: 'text', delta: this.#bounded(text) });
    const usage = usageOf(payload['usage']);
    if (usage) events.push({ type: 'usage', usage });
    this.#finish(textOf(choice?.['finish_reason']));
    return events;
  }

  #finish(reason: string | undefined): void {
    if (reason === undefined || this.isDone) return;
    this.#awaitsTool = reason === 'tool_calls' || reason === 'function_call';
    this.#model = reason === 'length' ? 'length' : 'stop';
  }

  /** The part of `text` that is still within the answer's bound; the stream ends where it is reached. */
  #bounded(text: string): string {
    const left = ANSWER_MAX - this.#chars;
    this.#chars += text.length;
    if (text.length <= left) return text;
    this.#model = 'length';
    this.isDone = true;
    return text.slice(0, left).replace(/[\uD800-\uDBFF]$/, '');
  }

  #fail(error: unknown): AgentEvent[] {
    this.isDone = true;
    const message = this.#scrub(saidOf(error)) || 'the agent reported an error';
    return [{ type: 'error', code: 'agent.failed', message, retryable: false }];
  }

  #hermesTool(payload: Json): AgentEvent {
    const name = textOf(payload['tool']) ?? textOf(payload['name']) ?? 'tool';
    const id = textOf(payload['toolCallId']) ?? textOf(payload['tool_call_id']) ?? name;
    return { type: 'progress', id, label: textOf(payload['label']) ?? name, state: stateOf(payload['status']) };
  }

  #progress(id: string | undefined, label: string | undefined, state: State): AgentEvent[] {
    if (id === undefined) return [];
    const known = label ?? this.#labels.get(id) ?? id;
    if (this.#labels.size >= LABELS_MAX) this.#labels.clear();
    this.#labels.set(id, known);
    return [{ type: 'progress', id, label: known, state }];
  }
}

const stateOf = (status: unknown): State => STATE[textOf(status) ?? ''] ?? 'running';

/** The numbers of a usage object, under the server's own names. */
const usageOf = (usage: unknown): Record<string, number> | null => {
  const numbers = Object.entries(objectOf(usage) ?? {}).flatMap(([name, value]) => {
    const number = numberOf(value);
    return number === undefined ? [] : [[name, number] as const];
  });
  return numbers.length === 0 ? null : Object.fromEntries(numbers);
};
