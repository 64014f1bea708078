import type { ConversationId } from './conversation.js';
import type { Inbound } from './inbound.js';

/** Why a turn was cancelled. */
export type CancelReason =
  | 'superseded'
  | 'user_stop'
  | 'operator_stop'
  | 'recalled'
  | 'deadline'
  | 'disconnected'
  | 'shutdown'
  | 'policy';

/** One question-and-answer of a conversation. Epochs grow by one per turn of a conversation. */
export type TurnInfo = {
  readonly id: string;
  readonly conversation: ConversationId;
  readonly epoch: number;
  /** At least one; merged messages in arrival order. */
  readonly inputs: readonly Inbound[];
  /** When its last input arrived, epoch ms. */
  readonly askedAtMs: number;
  /** Messages that were left out because too many waited; their texts are cut to 80 characters. */
  readonly dropped?: Dropped;
};

/** Messages that were left out because too many waited; `texts` are their beginnings. */
export type Dropped = { readonly count: number; readonly texts: readonly string[] };

/** A step of an agent's work, as it was last reported. */
export type ToolState = { readonly id: string; readonly label: string; readonly state: 'running' | 'done' | 'error' };

/** How a turn ended. `killed`: cancelled, and the agent did not say that it stopped. */
export type ReceiptStatus = 'completed' | 'cancelled' | 'killed' | 'failed' | 'timed_out';

/** The closing record of a turn. */
export type Receipt = {
  readonly status: ReceiptStatus;
  readonly reason?: CancelReason;
  /** Exactly what the platform accepted, in order; see `certainty`. */
  readonly delivered: string;
  /** How many characters the agent had produced. */
  readonly generatedChars: number;
  /** `maybe-more`: the result of one last call was not known when the turn was closed. */
  readonly certainty: 'exact' | 'maybe-more';
  readonly messageIds: readonly string[];
};

/** What a turn is told about the one it replaced. */
export type Interrupted = {
  readonly turn: string;
  readonly epoch: number;
  readonly reason: CancelReason;
  readonly atMs: number;
  readonly inputs: readonly { readonly id: string; readonly text: string }[];
  readonly delivered: string;
  readonly generatedChars: number;
  readonly certainty: 'exact' | 'maybe-more';
  /** The text of the one call whose result is not known. */
  readonly maybe?: string;
  readonly agent: 'acked' | 'killed';
  /** An action may have run although its answer was cut. */
  readonly tools?: readonly ToolState[];
};

/** One message of a transcript, as models take it. */
export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

/** How an answer is shown: as one message, as one message after typing, in blocks, or as a native stream. */
export type StreamMode = 'final' | 'typing' | 'block' | 'native';

/** What a message does that arrives while a turn runs. */
export type BusyPolicy = 'interrupt' | 'steer' | 'collect' | 'enqueue' | 'reject' | 'concurrent';

/** What happens to a message that finds the line full. */
export type DropPolicy = 'summarize' | 'old' | 'new';

/** The text a turn asks: its inputs joined by newlines. */
export const textOf = (inputs: readonly Inbound[]): string =>
  inputs
    .map((input) => input.text)
    .filter((text) => text !== '')
    .join('\n');
