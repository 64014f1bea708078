import type { AgentEvent } from '../../ports/agent-driver.js';
import { type Json, numberOf, objectOf, objectsIn, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { saidOf } from './http-failure.js';
import { ProgressLabels } from './progress-labels.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';

/** Something the agent asks a person before it goes on; not an interrupt in our sense. */
export type Approval = { readonly id: string; readonly schema?: Json; readonly expiresAt?: string };

/** Questions of one run that are kept for the next turn. */
const APPROVALS_MAX = 8;
const PARAGRAPH = '\n\n';

/**
 * The events of one AG-UI run, read one by one; of 1.0 and of producers before it.
 * Shape: only what the agent itself says to the user is text: a subagent's words and other roles are not. Two messages
 * are two paragraphs. A run that says nothing but in its snapshot is heard at its end. Unknown events say nothing.
 * Source: docs.ag-ui.com/concepts/events; the schemas of @ag-ui/core 1.0.
 */
export class AgUiReader implements AnswerState {
  finished: 'stop' | 'length' | 'silent' | 'cancelled' | null = null;
  approvals: readonly Approval[] = [];
  readonly #scrub: Scrub;
  readonly #bound = new AnswerBound(() => {
    this.finished = 'length';
  });
  readonly #labels = new ProgressLabels();
  /** The message whose text was said last. */
  #message: string | null = null;
  /** What chunks belong to that do not say so. */
  #open: string | undefined;
  #openTool: string | undefined;
  #unheard = new Set<string>();
  #snapshot = '';

  constructor(scrub: Scrub) {
    this.#scrub = scrub;
  }

  read(event: Json): AgentEvent[] {
    const type = textOf(event['type']) ?? '';
    if (type.startsWith('TEXT_MESSAGE_')) return this.#text(type, event);
    if (type.startsWith('TOOL_CALL_')) return this.#tool(type, event);
    const subagent = textOf(event['subagentRunId']);
    const step = textOf(event['stepName']);
    switch (type) {
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
      case 'THINKING_TEXT_MESSAGE_CONTENT':
        return this.#reasoning(textOf(event['delta']));
      case 'STEP_STARTED':
        return this.#labels.report(step && `step:${step}`, step, 'running');
      case 'STEP_FINISHED':
        return this.#labels.report(step && `step:${step}`, step, 'done');
      case 'SUBAGENT_STARTED':
        return this.#labels.report(subagent && `subagent:${subagent}`, textOf(event['name']), 'running');
      case 'SUBAGENT_FINISHED':
        return this.#labels.report(subagent && `subagent:${subagent}`, undefined, 'done');
      case 'SUBAGENT_ERROR':
        return this.#labels.report(subagent && `subagent:${subagent}`, undefined, 'error');
      case 'MESSAGES_SNAPSHOT':
        this.#snapshot = answerIn(objectsIn(event['messages']));
        return [];
      case 'RUN_FINISHED':
        return this.#finish(event);
      case 'RUN_ERROR':
        return [this.#failure(event)];
      default:
        return [];
    }
  }

  #text(type: string, event: Json): AgentEvent[] {
    const id = textOf(event['messageId']) ?? this.#open;
    if (id === undefined) return [];
    if (type === 'TEXT_MESSAGE_END') {
      this.#unheard.delete(id);
      this.#open = undefined;
      return [];
    }
    const role = textOf(event['role']);
    const isOthers = (role !== undefined && role !== 'assistant') || textOf(event['subagentRunId']) !== undefined;
    if (isOthers) this.#unheard.add(id);
    if (type !== 'TEXT_MESSAGE_CONTENT') this.#open = id;
    return this.#unheard.has(id) ? [] : this.#say(id, textOf(event['delta']));
  }

  #say(message: string, delta: string | undefined): AgentEvent[] {
    if (!delta) return [];
    const isNext = this.#message !== null && this.#message !== message;
    this.#message = message;
    return [{ type: 'text', delta: this.#bound.take(isNext ? PARAGRAPH + delta : delta) }];
  }

  #reasoning(delta: string | undefined): AgentEvent[] {
    return delta ? [{ type: 'reasoning', delta: this.#bound.take(delta) }] : [];
  }

  #tool(type: string, event: Json): AgentEvent[] {
    const id = textOf(event['toolCallId']) ?? this.#openTool;
    const name = textOf(event['toolCallName']);
    switch (type) {
      case 'TOOL_CALL_START':
        return this.#labels.report(id, name, 'running');
      case 'TOOL_CALL_CHUNK':
        this.#openTool = id;
        return name ? this.#labels.report(id, name, 'running') : [];
      case 'TOOL_CALL_RESULT':
        return this.#labels.report(id, undefined, 'done');
      default:
        return [];
    }
  }

  #finish(event: Json): AgentEvent[] {
    const outcome = objectOf(event['outcome']);
    const kind = textOf(outcome?.['type']) ?? 'success';
    const missed = this.#message === null ? this.#say('', this.#snapshot) : [];
    const asked = kind === 'interrupt' ? this.#ask(objectsIn(outcome?.['interrupts'])) : [];
    this.finished ??= kind === 'cancelled' ? 'cancelled' : this.#message === null ? 'silent' : 'stop';
    return [...missed, ...asked, ...usageIn(objectsIn(event['usage']))];
  }

  /** The user is asked in the agent's words; the next turn answers. */
  #ask(interrupts: readonly Json[]): AgentEvent[] {
    const known = interrupts.slice(0, APPROVALS_MAX);
    this.approvals = known.flatMap((one) => {
      const id = textOf(one['id']);
      const schema = objectOf(one['responseSchema']);
      const expiresAt = textOf(one['expiresAt']);
      return id ? [{ id, ...(schema && { schema }), ...(expiresAt && { expiresAt }) }] : [];
    });
    return known.flatMap((one, index) => this.#say(`ask:${index}`, textOf(one['message']) ?? textOf(one['reason'])));
  }

  #failure(event: Json): AgentEvent {
    const message = this.#scrub(saidOf(event)) || 'the agent reported an error';
    return { type: 'error', code: 'agent.failed', message, retryable: false };
  }
}

/** What the assistant has said since the last question. */
const answerIn = (known: readonly Json[]): string => {
  const asked = known.findLastIndex((message) => message['role'] === 'user');
  return known
    .slice(asked + 1)
    .filter((message) => message['role'] === 'assistant' && message['subagentRunId'] === undefined)
    .flatMap((message) => textOf(message['content']) ?? [])
    .join(PARAGRAPH);
};

/** One entry per model, summed by name. */
const usageIn = (entries: readonly Json[]): AgentEvent[] => {
  const sums: Record<string, number> = {};
  for (const name of COUNTS) {
    const counts = entries.flatMap((entry) => numberOf(entry[name]) ?? []);
    if (counts.length > 0) sums[name] = counts.reduce((sum, count) => sum + count, 0);
  }
  return Object.keys(sums).length === 0 ? [] : [{ type: 'usage', usage: sums }];
};

const COUNTS = [
  ...['inputTokens', 'outputTokens', 'totalTokens'],
  ...['reasoningTokens', 'cachedInputTokens', 'cacheWriteInputTokens'],
];
