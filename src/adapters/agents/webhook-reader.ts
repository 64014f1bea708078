import type { Attachment } from '../../domain/inbound.js';
import type { AgentEvent } from '../../ports/agent-driver.js';
import { type Json, objectOf, objectsIn, parseObject, textOf } from '../json.js';
import { AnswerBound } from './answer-bound.js';
import { saidOf } from './http-failure.js';
import { mediaAt } from './media-at.js';
import { ProgressLabels, type ProgressState } from './progress-labels.js';
import type { AnswerState } from './run-exchange.js';
import type { Scrub } from './scrub.js';
import { usageOf } from './usage.js';

/** Where an answer's text stands, in what people's webhooks give; the first that is there counts. */
const TEXT_NAMES = ['text', 'reply', 'answer', 'output', 'content', 'message', 'response'] as const;
const KINDS: ReadonlySet<string> = new Set<Attachment['kind']>(['image', 'voice', 'video', 'file']);
const STATES: ReadonlySet<string> = new Set<ProgressState>(['running', 'done', 'error']);
const REASONS = { length: 'length', silent: 'silent', cancelled: 'cancelled' } as const;
const MEDIA_MAX = 10;

/**
 * The answer of a webhook, in any of its shapes.
 * Shape: a line or an event is an agent event, or anything with a text; one that is neither says nothing. The connection's
 * end is the answer's, unless it said its own before.
 */
export class WebhookReader implements AnswerState {
  finished: 'stop' | 'length' | 'silent' | 'cancelled' | null = null;
  readonly #scrub: Scrub;
  readonly #bound = new AnswerBound(() => {
    this.finished = 'length';
  });
  readonly #labels = new ProgressLabels();
  #hasShown = false;

  constructor(scrub: Scrub) {
    this.#scrub = scrub;
  }

  /** A piece of plain text, or of a stream of it. */
  say(text: string): AgentEvent[] {
    return text === '' ? [] : [{ type: 'text', delta: this.#bound.take(text) }];
  }

  /** A line of NDJSON, or the data of an event. */
  line(data: string): AgentEvent[] {
    if (data.trim() === '[DONE]') {
      this.close();
      return [];
    }
    const event = parseObject(data);
    if (event) return this.event(event);
    return data.startsWith('{') ? [this.#failure('an unreadable line')] : this.say(asText(data));
  }

  event(event: Json): AgentEvent[] {
    switch (textOf(event['type'])) {
      case 'replace':
        return [{ type: 'replace', text: this.#bound.take(textOf(event['text']) ?? '') }];
      case 'break':
        return [{ type: 'break' }];
      case 'progress':
        return this.#progress(event);
      case 'reasoning':
        return [{ type: 'reasoning', delta: this.#bound.take(textOf(event['delta']) ?? '') }];
      case 'media':
        return this.#media([objectOf(event['media']) ?? event]);
      case 'usage': {
        const usage = usageOf(event['usage']);
        return usage ? [{ type: 'usage', usage }] : [];
      }
      case 'begin':
        return [];
      case 'end':
        // n8n ends each of its nodes by one, with metadata.
        if (event['metadata'] === undefined) this.#end(textOf(event['reason']));
        return [];
      case 'error':
        return [this.#failure(event)];
      default:
        return this.#spoken(event);
    }
  }

  /** A whole answer in JSON; n8n and others give a list of one. */
  whole(value: unknown): AgentEvent[] {
    if (typeof value === 'string') return this.say(value);
    const answers = Array.isArray(value) ? objectsIn(value) : objectsIn([value]);
    return answers.flatMap((answer) => [...this.#spoken(answer), ...this.#media(objectsIn(answer['media']))]);
  }

  /** Nothing more comes. */
  close(): void {
    this.finished ??= this.#bound.hasSpoken || this.#hasShown ? 'stop' : 'silent';
  }

  #spoken(answer: Json): AgentEvent[] {
    const { error } = answer;
    if (error !== undefined && error !== null && error !== false) return [this.#failure(error)];
    const delta = textOf(answer['delta']);
    const text = delta ?? TEXT_NAMES.flatMap((name) => textOf(answer[name]) ?? [])[0];
    return this.say(text ?? '');
  }

  #progress(event: Json): AgentEvent[] {
    const state = textOf(event['state']) ?? 'running';
    const id = textOf(event['id']) ?? textOf(event['label']);
    return STATES.has(state) ? this.#labels.report(id, textOf(event['label']), state as ProgressState) : [];
  }

  #media(all: readonly Json[]): AgentEvent[] {
    const shown = all.slice(0, MEDIA_MAX).flatMap((media) => {
      const kind = textOf(media['kind']) ?? 'file';
      return KINDS.has(kind) ? mediaAt(media['url'], kind as Attachment['kind'], undefined, media['name']) : [];
    });
    if (shown.length > 0) this.#hasShown = true;
    return shown;
  }

  #end(reason: string | undefined): void {
    const named = REASONS[reason as keyof typeof REASONS];
    if (named) this.finished ??= named;
    else this.close();
  }

  #failure(error: unknown): AgentEvent {
    const message = this.#scrub(saidOf(error)) || 'the agent reported an error';
    return { type: 'error', code: 'agent.failed', message, retryable: false };
  }
}

/** A JSON string is meant by what it holds: its line ends could not be written otherwise. */
const asText = (data: string): string => {
  if (!data.startsWith('"')) return data;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'string' ? value : data;
  } catch {
    return data;
  }
};
