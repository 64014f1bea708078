import { commandIn } from '../domain/command.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Quarantine, Verdict } from './quarantine.js';

/** Why it is among the dead letters; a word for people, which the command line also says in Chinese. */
export const NEVER_ENDED = 'its turn never came to an end';

export type IntakeDeps = {
  readonly quarantine: Quarantine;
  /** A message as it is known over all bots. */
  readonly keyOf: (id: string) => string;
  readonly now: () => number;
  readonly deliver: (message: Inbound, takenAtMs: number) => void;
  /** It waits behind what is resumed in its conversation. */
  readonly preempt: (message: Inbound) => void;
  readonly giveUp: (message: Inbound) => void;
  /** To be written down before they are settled. */
  readonly onDoubt: (ids: readonly string[]) => void;
  readonly onDropped: (message: Inbound, why: 'recalled' | 'stopped') => void;
};

type Held = { readonly message: Inbound; readonly takenAtMs: number };

/** What waits before one conversation. */
type Line = {
  waiting: Held[];
  /** The message it waits for: a suspect that is being tried, or that waits for its trial. */
  suspect: string | null;
  /** What is resumed in it, in how many lanes: that goes first. */
  resuming: number;
};

/**
 * The way into the conversations: a suspect waits here for its trial, and is tried as a turn of its own; what comes after
 * it in its conversation waits behind it, so that the order holds. All else passes through.
 * Shape: what waits here is unsettled in the store, whose bound is its bound.
 */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #lines = new Map<ConversationId, Line>();
  /** The conversations of the messages that are tried, or wait to be. */
  readonly #suspects = new Map<string, ConversationId>();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** Messages that wait here. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.#lines.values()) count += waiting.length;
    return count;
  }

  /** `takenAtMs`: when it was taken in, which may have been in an earlier life. */
  take(message: Inbound, takenAtMs = this.#deps.now()): void {
    const { conversation } = message;
    const known = this.#lines.get(conversation);
    const command = commandIn(message.text);
    if (known && command?.all) this.#dropOf(message, known);
    // What is resumed is told of it below; the conversation hears it when that is over.
    if (command && !known?.resuming) {
      this.#deps.deliver(message, takenAtMs);
      return;
    }
    if (!known && !this.#deps.quarantine.holds(this.#deps.keyOf(message.id))) {
      this.#pass({ message, takenAtMs });
      return;
    }
    const line = known ?? this.#lineOf(conversation);
    line.waiting.push({ message, takenAtMs });
    if (line.resuming > 0) this.#deps.preempt(message);
    this.#advance(conversation, line);
  }

  /** What comes for this conversation waits until `resumed` was called as often. */
  hold(conversation: ConversationId): void {
    this.#lineOf(conversation).resuming += 1;
  }

  /** `again`: messages that begin their turn anew, before all that waits. */
  resumed(conversation: ConversationId, again: readonly Inbound[]): void {
    const line = this.#lineOf(conversation);
    line.resuming -= 1;
    line.waiting.unshift(...again.map((message) => ({ message, takenAtMs: message.atMs })));
    this.#advance(conversation, line);
  }

  /** What waits in this conversation. */
  behind(conversation: ConversationId): readonly Inbound[] {
    return this.#lines.get(conversation)?.waiting.map(({ message }) => message) ?? [];
  }

  /** Whether it was still here. */
  recall(conversation: ConversationId, id: string): boolean {
    const line = this.#lines.get(conversation);
    const held = line?.waiting.find(({ message }) => message.id === id);
    if (!line || !held) return false;
    line.waiting = line.waiting.filter((one) => one !== held);
    this.#deps.onDropped(held.message, 'recalled');
    return true;
  }

  /** These are closed without having come to an end of their own, and are not tried again: nothing speaks for them. */
  doubt(ids: readonly string[]): void {
    const { quarantine, keyOf, onDoubt } = this.#deps;
    const suspects = ids.filter((id) => quarantine.doubt(keyOf(id)));
    if (suspects.length > 0) onDoubt(suspects);
  }

  /** These are answered, or will never be. */
  settled(ids: readonly string[]): void {
    for (const id of ids) {
      this.#deps.quarantine.settled(this.#deps.keyOf(id));
      const conversation = this.#suspects.get(id);
      if (conversation === undefined) continue;
      this.#suspects.delete(id);
      // Its conversation is in the middle of a step: what follows is taken after that.
      queueMicrotask(() => this.#goOn(conversation, id));
    }
  }

  #lineOf(conversation: ConversationId): Line {
    const line = this.#lines.get(conversation) ?? { waiting: [], suspect: null, resuming: 0 };
    this.#lines.set(conversation, line);
    return line;
  }

  #goOn(conversation: ConversationId, id: string): void {
    const line = this.#lines.get(conversation);
    if (line?.suspect !== id) return;
    line.suspect = null;
    this.#advance(conversation, line);
  }

  #advance(conversation: ConversationId, line: Line): void {
    const { quarantine, keyOf } = this.#deps;
    if (line.resuming > 0) return;
    for (let head = line.waiting[0]; head && line.suspect === null; head = line.waiting[0]) {
      const { id } = head.message;
      if (quarantine.holds(keyOf(id))) {
        line.suspect = id;
        this.#suspects.set(id, conversation);
        const held = head;
        quarantine.wait(keyOf(id), (verdict) => this.#onVerdict(line, held, verdict));
      } else {
        line.waiting.shift();
        this.#pass(head);
      }
    }
    if (line.waiting.length === 0 && line.suspect === null && this.#lines.get(conversation) === line) {
      this.#lines.delete(conversation);
    }
  }

  #onVerdict(line: Line, held: Held, verdict: Verdict): void {
    const { message, takenAtMs } = held;
    const { conversation, id } = message;
    if (verdict !== 'free') line.waiting = line.waiting.filter((one) => one !== held);
    if (verdict === 'try') {
      this.#deps.deliver(message, takenAtMs);
      return;
    }
    this.#suspects.delete(id);
    if (verdict === 'giveUp') this.#deps.giveUp(message);
    this.#goOn(conversation, id);
  }

  #pass({ message, takenAtMs }: Held): void {
    const { quarantine, keyOf, deliver } = this.#deps;
    quarantine.begin(keyOf(message.id));
    deliver(message, takenAtMs);
  }

  /** Whoever stops it all drops what waits of their own. */
  #dropOf({ sender }: Inbound, line: Line): void {
    const dropped = line.waiting.filter(({ message }) => message.sender.id === sender.id);
    line.waiting = line.waiting.filter((held) => !dropped.includes(held));
    for (const { message } of dropped) this.#deps.onDropped(message, 'stopped');
  }
}
