import type { AgentEvent } from '../../ports/agent-driver.js';
import { arrayOf, type Json, objectOf, parseObject, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { saidOf } from './http-failure.js';
import { ProgressLabels, type ProgressState } from './progress-labels.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';
import type { SseEvent } from './sse.js';
import { usageOf } from './usage.js';

const STATE: Readonly<Record<string, ProgressState>> = {
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
  readonly #bound = new AnswerBound(() => {
    this.#model = 'length';
    this.isDone = true;
  });
  readonly #labels = new ProgressLabels();
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
        return this.#labels.report(
          `node:${textOf(payload['name']) ?? ''}`,
          textOf(payload['name']),
          stateOf(payload['status']),
        );
      case 'toolCall':
        return this.#labels.report(
          textOf(tool?.['id']),
          textOf(tool?.['toolName']) ?? textOf(tool?.['functionName']),
          'running',
        );
      case 'toolResponse':
        return this.#labels.report(textOf(tool?.['id']), undefined, 'done');
      default:
        return this.readChunk(payload);
    }
  }

  /** The whole answer of a server that does not stream. */
  readWhole(payload: Json): AgentEvent[] {
    const events = this.readChunk(payload);
    if (this.#bound.hasSpoken) this.isDone = true;
    return events;
  }

  readChunk(payload: Json): AgentEvent[] {
    const error = payload['error'] ?? (payload['object'] === 'error' ? payload : undefined);
    if (error !== undefined && error !== null) return this.#fail(error);
    const choice = objectOf(arrayOf(payload['choices'])[0]);
    const delta = objectOf(choice?.['delta']) ?? objectOf(choice?.['message']);
    const events: AgentEvent[] = [];
    const reasoning = textOf(delta?.['reasoning_content']) ?? textOf(delta?.['reasoning']);
    if (reasoning) events.push({ type: 'reasoning', delta: this.#bound.take(reasoning) });
    const text = contentOf(delta?.['content']) ?? textOf(delta?.['refusal']);
    if (text) events.push({ type: 'text', delta: this.#bound.take(text) });
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
}

const stateOf = (status: unknown): ProgressState => STATE[textOf(status) ?? ''] ?? 'running';
