import type { Inbound } from '../domain/inbound.js';
import type { OutgoingMessage } from '../domain/message.js';
import type { ChatMessage, Dropped, Interrupted, Receipt } from '../domain/turn.js';
import type { ConversationInfo } from './agent-driver.js';

/** What an Observable looks like from outside; RxJS, zen-observable and the TC39 draft all fit. */
export interface TextObservable {
  subscribe(observer: { next(text: string): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

/** What a ReadableStream looks like from outside; Node's, a browser's and a polyfill's all fit. */
export interface TextStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: string | undefined }>;
    cancel(): Promise<void>;
  };
}

/** Anything an answer may come from. */
export type ReplySource = string | AsyncIterable<string> | TextStream | TextObservable;

/** A step of an agent’s work. */
export type TurnProgress = {
  /** The same for every report of one step. */
  readonly id: string;
  readonly label: string;
  readonly state: 'running' | 'done' | 'error';
  readonly detail?: string;
};

/** What became of the turn that a new one replaces. `at` is when, epoch ms, under the name it has in frames. */
export type TurnInterrupted = Interrupted & { readonly at: number };

/** A user's turn as a handler sees it. Source: agents §2.2. */
export interface Turn {
  readonly id: string;
  readonly epoch: number;
  readonly conversation: ConversationInfo;
  /** At least one; merged messages in arrival order. */
  readonly inputs: readonly Inbound[];
  /** The inputs' texts, joined by newlines. */
  readonly text: string;
  /** What became of the turn that this one replaces. */
  readonly interrupted?: TurnInterrupted;
  /** Messages that were left out because too many waited. */
  readonly dropped?: Dropped;
  /** Aborts at the cancel point; its reason is an `AbortError` whose cause is `{ type: 'turn.cancelled', reason }`. */
  readonly signal: AbortSignal;
  /** The transcript of what was *delivered*, ending with this turn's question. `limit` counts messages. */
  messages(options?: { readonly limit?: number; readonly note?: boolean }): ChatMessage[];
  /**
   * Says something; resolves with what became of it. Each call is a message of its own, sent in the order of the calls.
   * Shape: a cancel never makes it throw, it resolves with the receipt; after the cancel it sends nothing.
   * Errors: what the source itself throws, `capacity.full` where an Observable runs ahead of what can be sent.
   */
  reply(source: ReplySource): Promise<Receipt>;
  /**
   * Says a message of any kind, in its place among the replies: markdown with buttons, a card, a file. Each platform
   * message it takes uses up a reply. Fenced like `reply`.
   * Errors: `message.invalid`, before anything is sent.
   */
  send(message: OutgoingMessage): Promise<Receipt>;
  /**
   * Does what must not be cut in half, a payment or a deletion: an interrupt waits until it is done, `maxMs` at most, and
   * never longer than `conversation.holdMaxMs`.
   * Errors: what `work` throws; the abort of a turn that is over already, without starting it.
   */
  hold<T>(work: () => T | Promise<T>, maxMs?: number): Promise<T>;
  /** Under `busy: "steer"`: whether a message that arrives now is taken into this turn. Without it, none is. */
  onSteer(accept: (message: Inbound) => boolean | Promise<boolean>): void;
  /** Says what the agent is doing; shown where the channel can show it. Nothing after the cancel. */
  progress(progress: TurnProgress): void;
}

/**
 * Answers one turn. Returning, or throwing after the signal has aborted, says that the work has stopped; anything else
 * it throws is `agent.failed`. A receipt may be handed back, and is not looked at: `(turn) => turn.reply(…)` is a handler.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: what an async function without a `return` gives is nothing else.
export type TurnHandler = (turn: Turn) => void | Promise<void | Receipt>;
