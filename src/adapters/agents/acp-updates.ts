import type { AgentEvent } from '../../ports/agent-driver.js';
import { type Json, numberOf, objectOf, objectsIn, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { mediaAt } from './media-at.js';
import { ProgressLabels, type ProgressState } from './progress-labels.js';

const STATE: Readonly<Record<string, ProgressState>> = { completed: 'done', failed: 'error' };
const PARAGRAPH = '\n\n';

/**
 * What an ACP agent reports while it works on a prompt, as events.
 * Shape: text that goes on after a tool, or in another message, is a new paragraph; what it does not know says nothing.
 * Source: agentclientprotocol.com/protocol/prompt-turn.
 */
export class AcpUpdates {
  readonly #bound = new AnswerBound();
  readonly #labels = new ProgressLabels();
  readonly #stale: ReadonlySet<string>;
  /** Of messages and tools; an update names these, and never its prompt. */
  readonly #named = new Set<string>();
  #message: string | undefined;
  #isAtGap = false;
  #shown = 0;

  /** `stale`: what a cancelled prompt of the same session had named. */
  constructor(stale: ReadonlySet<string> = new Set()) {
    this.#stale = stale;
  }

  /** More was said than any answer holds. */
  get isFull(): boolean {
    return this.#bound.isReached;
  }

  get hasSpoken(): boolean {
    return this.#bound.hasSpoken;
  }

  read(update: Json): AgentEvent[] {
    const id = namedIn(update);
    if (id !== undefined) {
      if (this.#stale.has(id)) return [];
      if (this.#named.size < NAMED_MAX) this.#named.add(id);
    }
    switch (textOf(update['sessionUpdate'])) {
      case 'agent_message_chunk':
        return this.#content(objectOf(update['content']), textOf(update['messageId']));
      case 'agent_thought_chunk': {
        const thought = textOf(objectOf(update['content'])?.['text']);
        return thought ? [{ type: 'reasoning', delta: this.#bound.take(thought) }] : [];
      }
      case 'tool_call':
      case 'tool_call_update':
        return this.#tool(update);
      case 'plan':
        return objectsIn(update['entries'])
          .slice(0, PLAN_MAX)
          .flatMap((entry, index) => this.#planned(entry, index));
      case 'usage_update': {
        const used = numberOf(update['used']);
        return used === undefined ? [] : [{ type: 'usage', usage: { contextTokens: used } }];
      }
      default:
        return [];
    }
  }

  /** The messages and tools of this prompt: an agent may talk on of them after it has answered the cancel. */
  get named(): ReadonlySet<string> {
    return this.#named;
  }

  #content(content: Json | undefined, message: string | undefined): AgentEvent[] {
    const type = textOf(content?.['type']);
    if (type === 'text') return this.#say(textOf(content?.['text']), message);
    if (type !== 'image' && type !== 'resource_link') return [];
    this.#shown += 1;
    if (this.#shown > MEDIA_MAX) return [];
    return type === 'image'
      ? mediaAt(content?.['uri'], 'image')
      : mediaAt(content?.['uri'], 'file', undefined, content?.['name']);
  }

  #say(text: string | undefined, message: string | undefined): AgentEvent[] {
    if (!text) return [];
    const isNext = message !== undefined && this.#message !== undefined && message !== this.#message;
    const gap = this.#bound.hasSpoken && (this.#isAtGap || isNext) ? PARAGRAPH : '';
    this.#message = message ?? this.#message;
    this.#isAtGap = false;
    return [{ type: 'text', delta: this.#bound.take(gap + text) }];
  }

  #tool(update: Json): AgentEvent[] {
    this.#isAtGap = true;
    const id = textOf(update['toolCallId']);
    const label = textOf(update['title']);
    const status = textOf(update['status']);
    if (label === undefined && status === undefined) return [];
    return this.#labels.report(id, label, STATE[status ?? ''] ?? 'running');
  }

  #planned(entry: Json, index: number): AgentEvent[] {
    const status = textOf(entry['status']);
    if (status !== 'in_progress' && status !== 'completed') return [];
    return this.#labels.report(`plan:${index}`, textOf(entry['content']), STATE[status] ?? 'running');
  }
}

const OF_PROMPT: ReadonlySet<string> = new Set([
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);

/** The message or tool that an update is about. */
export const namedIn = (update: Json): string | undefined =>
  textOf(update['messageId']) ?? textOf(update['toolCallId']);

/** Whether an update is work on a prompt; others, of modes and commands, come at any time. */
export const isOfPrompt = (update: Json): boolean => OF_PROMPT.has(textOf(update['sessionUpdate']) ?? '');

/** Entries of a plan that are told, and files of one answer that are shown. */
const PLAN_MAX = 20;
const MEDIA_MAX = 32;
/** Messages and tools of one prompt that are known again. */
const NAMED_MAX = 256;
