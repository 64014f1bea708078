import type { AgentEvent } from '../../ports/agent-driver.js';
import { type Json, objectOf, parseObject, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { saidOf } from './http-failure.js';
import { mediaAt } from './media-at.js';
import { ProgressLabels, type ProgressState } from './progress-labels.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';
import type { SseEvent } from './sse.js';
import { usageOf } from './usage.js';

const NODE_STATE: Readonly<Record<string, ProgressState>> = { failed: 'error', exception: 'error', running: 'running' };

const KINDS = { image: 'image', audio: 'voice', video: 'video' } as const;

/** Ids of Dify are UUIDs; anything else is not passed on into an address. */
const idOf = (value: unknown): string | undefined => /^[\w-]{1,128}$/.exec(textOf(value) ?? '')?.[0];

export type DifyStreamDeps = {
  readonly scrub: Scrub;
  /** What relative addresses of files start from. */
  readonly baseUrl: string;
  /** What the server calls this answer, told by its first event. */
  readonly onTask: (id: string) => void;
  readonly onConversation: (id: string) => void;
};

/**
 * A stream of Dify's chat API, read event by event; the events' names stand in their data.
 * Shape: `message_end` is the end; events it does not know say nothing.
 * Source: docs.dify.ai/api-reference/chat/send-chat-message.
 */
export class DifyStream implements AnswerState {
  finished: 'stop' | 'length' | null = null;
  readonly #deps: DifyStreamDeps;
  readonly #bound = new AnswerBound(() => {
    this.finished = 'length';
  });
  readonly #labels = new ProgressLabels();
  #conversation: string | undefined;

  constructor(deps: DifyStreamDeps) {
    this.#deps = deps;
  }

  read({ name, data }: SseEvent): AgentEvent[] {
    const payload = parseObject(data);
    if (!payload) return data.startsWith('{') ? [this.#failure('an unreadable event')] : [];
    this.#note(payload);
    const inner = objectOf(payload['data']);
    switch (textOf(payload['event']) ?? name) {
      case 'message':
      case 'agent_message':
        return this.#text(textOf(payload['answer']));
      case 'message_replace':
        return [{ type: 'replace', text: this.#bound.take(textOf(payload['answer']) ?? '') }];
      case 'agent_thought':
        return this.#thought(payload);
      case 'message_file':
        return this.#file(payload);
      case 'node_started':
        return this.#labels.report(textOf(inner?.['node_id']), textOf(inner?.['title']), 'running');
      case 'node_finished':
        return this.#labels.report(
          textOf(inner?.['node_id']),
          textOf(inner?.['title']),
          NODE_STATE[textOf(inner?.['status']) ?? ''] ?? 'done',
        );
      case 'workflow_finished':
        return textOf(inner?.['status']) === 'failed' ? [this.#failure(inner?.['error'])] : [];
      case 'message_end':
        this.finished = 'stop';
        return this.#usage(payload);
      case 'error':
        return [this.#failure(payload)];
      default:
        return [];
    }
  }

  #note(payload: Json): void {
    const task = idOf(payload['task_id']);
    if (task) this.#deps.onTask(task);
    const conversation = idOf(payload['conversation_id']);
    if (!conversation || conversation === this.#conversation) return;
    this.#conversation = conversation;
    this.#deps.onConversation(conversation);
  }

  #text(answer: string | undefined): AgentEvent[] {
    return answer ? [{ type: 'text', delta: this.#bound.take(answer) }] : [];
  }

  #thought(payload: Json): AgentEvent[] {
    const tool = textOf(payload['tool']);
    if (!tool) return [];
    const state = textOf(payload['observation']) === undefined ? 'running' : 'done';
    return this.#labels.report(textOf(payload['id']) ?? tool, tool, state);
  }

  #file(payload: Json): AgentEvent[] {
    if (textOf(payload['belongs_to']) === 'user') return [];
    const kind = KINDS[textOf(payload['type']) as keyof typeof KINDS] ?? 'file';
    return mediaAt(payload['url'], kind, this.#deps.baseUrl);
  }

  #usage(payload: Json): AgentEvent[] {
    const usage = usageOf(objectOf(payload['metadata'])?.['usage']);
    return usage ? [{ type: 'usage', usage }] : [];
  }

  #failure(error: unknown): AgentEvent {
    const message = this.#deps.scrub(saidOf(error)) || 'the agent reported an error';
    return { type: 'error', code: 'agent.failed', message, retryable: false };
  }
}
