import { type ConversationId, type Scene, sharedConversationOf } from '../domain/conversation.js';
import type { PlatformEvent } from '../domain/platform-event.js';
import type { Logger } from '../log/logger.js';
import type { RouterEvent } from './events.js';

export type EventDeskDeps = {
  readonly channel: string;
  readonly log: Logger;
  readonly emit: (event: RouterEvent) => void;
  /** Whether the members of a place have a conversation each, or one together. */
  readonly isShared: (scene: Scene) => boolean;
  /** The user took this message back; it was delivered before, or never will be. */
  readonly recall: (conversation: ConversationId, messageId: string) => void;
};

/** Of the events that nobody knows, the first of a name and every hundredth go to the log. */
const SAMPLE_EVERY = 100;
/** Names that are counted; the platform has some fifty. */
const NAMES_MAX = 200;
const NAME_CHARS_MAX = 64;

/** One bot's events that are no messages: what the router itself does about them, and the telling of whoever listens. */
export class EventDesk {
  readonly #deps: EventDeskDeps;
  readonly #unknown = new Map<string, number>();
  #unknownTotal = 0;

  constructor(deps: EventDeskDeps) {
    this.#deps = deps;
  }

  /** Events without a reader, or without the ids they are about. */
  get unknown(): number {
    return this.#unknownTotal;
  }

  /** Which conversation an event belongs to, by the settings of its scene. */
  keyed<Event extends PlatformEvent>(event: Event): Event {
    const { target, conversation } = event;
    if (!target || conversation === undefined || !this.#deps.isShared(target.scene)) return event;
    // Where no actor is named, it is the place's own conversation already.
    return event.actor || event.kind === 'message.recalled'
      ? { ...event, conversation: sharedConversationOf(conversation) }
      : event;
  }

  hear(event: PlatformEvent): void {
    const { channel, emit, recall } = this.#deps;
    if (event.kind === 'unknown') this.#count(event.name);
    if (event.kind === 'message.recalled' && event.conversation !== undefined) {
      recall(event.conversation, event.messageId);
    }
    emit({ type: 'platform.event', channel, event });
  }

  #count(given: string): void {
    const name = given.slice(0, NAME_CHARS_MAX);
    const seen = this.#unknown.get(name) ?? 0;
    this.#unknownTotal += 1;
    if (seen > 0 || this.#unknown.size < NAMES_MAX) this.#unknown.set(name, seen + 1);
    const isFirst = seen === 0 && this.#unknown.has(name);
    if (isFirst || this.#unknownTotal % SAMPLE_EVERY === 0) {
      this.#deps.log.info({ event: name, unknown: this.#unknownTotal }, 'an event of a kind that is not known');
    }
  }
}
