import type { AgentEvent } from '../../ports/agent-driver.js';
import { arrayOf, type Json, objectOf, objectsIn, parseObject, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { saidOf } from './http-failure.js';
import { ProgressLabels } from './progress-labels.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';
import type { SseEvent } from './sse.js';
import { usageOf } from './usage.js';

const PARAGRAPH = '\n\n';

export type LangGraphReaderDeps = {
  readonly scrub: Scrub;
  /** Whose words are the answer; everybody's where it is empty. */
  readonly nodes: readonly string[];
  readonly onRun: (id: string) => void;
};

/** Ids of the server are UUIDs; anything else is not passed on into an address. */
export const runIdIn = (value: unknown): string | undefined => /^[\w-]{1,128}$/.exec(textOf(value) ?? '')?.[0];

/**
 * The stream of one LangGraph run, in the modes `messages-tuple`, `updates` and `custom`.
 * Shape: the assistant's words are text, one paragraph a message; a message that was streamed is not said again when its
 * node gives it whole. Tools and nodes are progress.
 * Source: docs.langchain.com/langgraph-platform/streaming.
 */
export class LangGraphReader implements AnswerState {
  finished: 'stop' | 'length' | 'silent' | null = null;
  /** The graph waits for a person; the next turn's words are what it resumes with. */
  isAsking = false;
  readonly #deps: LangGraphReaderDeps;
  readonly #bound = new AnswerBound(() => {
    this.finished = 'length';
  });
  readonly #labels = new ProgressLabels();
  #message: string | null = null;
  readonly #seen = new Set<string>();

  constructor(deps: LangGraphReaderDeps) {
    this.#deps = deps;
  }

  read({ name, data }: SseEvent): AgentEvent[] {
    // A subgraph's events carry its name behind a bar.
    switch (name.split('|')[0]) {
      case 'metadata': {
        const run = runIdIn(parseObject(data)?.['run_id']);
        if (run) this.#deps.onRun(run);
        return [];
      }
      case 'messages':
        return this.#spoken(listOf(data));
      case 'updates':
        return this.#updates(parseObject(data));
      case 'custom':
        return this.#custom(parseObject(data));
      case 'error':
        return [this.#failure(parseObject(data) ?? data)];
      case 'end':
        this.close();
        return [];
      default:
        return [];
    }
  }

  /** Many servers have no last word but the end of the stream. */
  close(): void {
    this.finished ??= this.#bound.hasSpoken ? 'stop' : 'silent';
  }

  #spoken([message, metadata]: readonly unknown[]): AgentEvent[] {
    const fields = objectOf(message);
    if (!fields) return [];
    const type = textOf(fields['type']);
    const id = textOf(fields['id']) ?? '';
    if (type === 'tool') return this.#labels.report(textOf(fields['tool_call_id']), textOf(fields['name']), 'done');
    if (type !== 'ai' && type !== 'AIMessageChunk') return [];
    const calls = [...objectsIn(fields['tool_calls']), ...objectsIn(fields['tool_call_chunks'])].flatMap((call) => {
      const called = textOf(call['name']);
      return called ? this.#labels.report(textOf(call['id']), called, 'running') : [];
    });
    const node = textOf(objectOf(metadata)?.['langgraph_node']) ?? '';
    const isHeard = this.#deps.nodes.length === 0 || this.#deps.nodes.includes(node);
    // The server in JavaScript calls its chunks `ai`, too; what tells them from a whole message is this list.
    const isChunk = type === 'AIMessageChunk' || Array.isArray(fields['tool_call_chunks']);
    const isRepeated = !isChunk && this.#seen.has(id);
    const said = isHeard && !isRepeated ? this.#say(id, contentOf(fields['content'])) : [];
    const usage = usageOf(fields['usage_metadata']);
    return [...said, ...calls, ...(usage ? [{ type: 'usage', usage } as const] : [])];
  }

  #say(message: string, text: string): AgentEvent[] {
    if (text === '') return [];
    const isNext = this.#message !== null && this.#message !== message;
    this.#message = message;
    if (message !== '' && this.#seen.size < SEEN_MAX) this.#seen.add(message);
    return [{ type: 'text', delta: this.#bound.take(isNext ? PARAGRAPH + text : text) }];
  }

  #updates(update: Json | undefined): AgentEvent[] {
    return Object.entries(update ?? {})
      .slice(0, NODES_MAX)
      .flatMap(([node, value]) =>
        node === '__interrupt__' ? this.#ask(objectsIn(value)) : this.#labels.report(`node:${node}`, node, 'done'),
      );
  }

  #ask(interrupts: readonly Json[]): AgentEvent[] {
    if (interrupts.length > 0) this.isAsking = true;
    return interrupts.flatMap(({ value }, index) => this.#say(`ask:${index}`, questionIn(value)));
  }

  /** What a graph writes of its own: progress where it looks like that. */
  #custom(event: Json | undefined): AgentEvent[] {
    const label = textOf(event?.['label']) ?? textOf(event?.['progress']) ?? textOf(event?.['status']);
    return label ? this.#labels.report(textOf(event?.['id']) ?? `custom:${label}`, label, 'running') : [];
  }

  #failure(error: unknown): AgentEvent {
    const message = this.#deps.scrub(saidOf(error)) || 'the agent reported an error';
    return { type: 'error', code: 'agent.failed', message, retryable: false };
  }
}

/** Messages that are remembered as said, and nodes that are told of one step. */
const SEEN_MAX = 256;
const NODES_MAX = 32;

const listOf = (data: string): readonly unknown[] => {
  try {
    return arrayOf(JSON.parse(data));
  } catch {
    return [];
  }
};

const contentOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : objectsIn(content)
        .flatMap((part) => (part['type'] === 'text' ? (textOf(part['text']) ?? []) : []))
        .join('');

const QUESTION_NAMES = ['question', 'message', 'prompt', 'query', 'text', 'description'] as const;

const questionIn = (value: unknown): string => {
  const fields = objectOf(value);
  if (!fields) return textOf(value) ?? '';
  return QUESTION_NAMES.flatMap((name) => textOf(fields[name]) ?? [])[0] ?? JSON.stringify(fields);
};
