import type { ConversationId, Scene, Target } from '../domain/conversation.js';
import type { Inbound, Sender } from '../domain/inbound.js';
import type { OutgoingMedia, OutgoingMessage } from '../domain/message.js';
import type { ChatMessage, Dropped, Interrupted, Receipt, StreamMode, ToolState } from '../domain/turn.js';

/** Where a turn takes place, and with whom. */
export type ConversationInfo = {
  readonly id: ConversationId;
  readonly scene: Scene;
  readonly target: Target;
  readonly sender: Sender;
};

/** How an answer will be shown, and what there is room for. Source: sidecar §5.3. */
export type Surface = {
  readonly mode: StreamMode;
  /** Characters of the whole answer. */
  readonly maxChars: number;
  /** Messages that may still refer to the question. */
  readonly repliesLeft: number;
  readonly markdown: boolean;
  /** How long the question may still be answered. */
  readonly windowMs: number;
};

/** What a driver is given. Source: agents §2.2–2.3. */
export interface TurnInput {
  readonly id: string;
  readonly epoch: number;
  readonly conversation: ConversationInfo;
  readonly inputs: readonly Inbound[];
  /** The inputs' texts, joined by newlines. */
  readonly text: string;
  readonly interrupted?: Interrupted;
  /** For an agent that keeps its own history, a line each: what became of the last answer, what was left out. Source: turns §3.3. */
  readonly note?: string;
  /** Messages that were left out because too many waited. */
  readonly dropped?: Dropped;
  /** The transcript of what was *delivered*, ending with this turn's question. `limit` counts messages. */
  messages(options?: { readonly limit?: number; readonly note?: boolean }): ChatMessage[];
  /**
   * What became of all that was yielded up to the last `break` or `end` the driver has yielded: resolves once each of
   * its pieces has its outcome, or the turn is closed. Never rejects.
   */
  delivered(): Promise<Receipt>;
  /**
   * What the driver noted in this conversation's last closed turn, in whatever life of the process: the name of a session
   * that the agent keeps. Null at first.
   */
  readonly memo: string | null;
  /** Notes it for the next turn; safe once this turn is closed. Errors: RangeError for more than 4,096 characters. */
  remember(memo: string): void;
  /** While it is on, an interrupt waits; for at most a minute. */
  hold(on: boolean): void;
  /** How its steps stood when it had stopped: said after a cancel, from which on no event is read. */
  noteTools(tools: readonly ToolState[]): void;
  /**
   * Who decides whether a message that arrives now joins this turn. Without one, none does. The message waits until the
   * answer is there; where the turn is over by then, it is for the next one.
   */
  onSteer(accept: (message: Inbound) => boolean | Promise<boolean>): void;
  /** The trace its work belongs to, as W3C's `traceparent`; null where nothing records. */
  traceparent(): string | null;
  surface(): Surface;
  /** Whether some of the message that is being written is out: then it can only grow. */
  hasSaid(): boolean;
}

export type AgentEvent =
  | { readonly type: 'text'; readonly delta: string }
  /** The whole reply so far; what was delivered of it stays. */
  | { readonly type: 'replace'; readonly text: string }
  /**
   * What was said so far goes out now; what follows is a new message. Where the reply for that would be the last one, it
   * waits, and both are said as one.
   */
  | { readonly type: 'break' }
  | {
      readonly type: 'progress';
      readonly id: string;
      readonly label: string;
      readonly state: 'running' | 'done' | 'error';
      readonly detail?: string;
    }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'media'; readonly media: OutgoingMedia }
  /** A message of any kind, in its place behind what was said before. */
  | { readonly type: 'message'; readonly message: OutgoingMessage }
  | { readonly type: 'usage'; readonly usage: Readonly<Record<string, number>> }
  | { readonly type: 'end'; readonly reason: 'stop' | 'length' | 'silent' | 'cancelled' }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly retryable: boolean };

export type AgentCapabilities = {
  /** What an abort is worth: answered, hoped for, or without effect. */
  readonly cancel: 'confirmed' | 'best-effort' | 'none';
  /** What a connection that is closed, or breaks, does to the agent's work; absent where there is none. */
  readonly disconnect?: 'stops' | 'continues' | 'unknown';
  readonly steer: boolean;
  /** Who remembers what was said. */
  readonly history: 'router' | 'agent';
  readonly resume: boolean;
  readonly progress: boolean;
};

/**
 * One way to reach an agent.
 * Shape: `run` yields until `end` or `error`; ending without either is a normal end, throwing is `agent.failed`. Once
 * `signal` is aborted nothing it yields is read; it should finish at once. Each turn calls `run` once.
 */
export interface AgentDriver {
  readonly name: string;
  readonly capabilities: AgentCapabilities;
  run(turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Ends a run by force, where that is possible: its turn was cancelled, and it has neither stopped nor answered. */
  kill?(turn: string): void;
  /** Resolves if a turn could be taken now. Errors: `agent.unreachable`, `agent.refused`. */
  check?(): Promise<void>;
  close?(): Promise<void>;
}
