import type { ConversationId } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import type { Outcome, Piece, PieceContent } from '../../src/domain/reply.js';
import type { CancelReason, Interrupted, Receipt, ToolState, TurnInfo } from '../../src/domain/turn.js';
import type { ConversationPolicy, Notices } from './policy.js';
import type { Progress } from './progress.js';
import type { DropReason, WaitingLine } from './waiting-line.js';

/** What a conversation begins with. */
export type ConversationInput = {
  readonly id: ConversationId;
  readonly policy: ConversationPolicy;
  /** The epoch of the last turn this conversation had; 0 for none. */
  readonly epoch: number;
  readonly interrupted: Interrupted | null;
  /** Text of an earlier answer that no reply could carry any more; it goes out with the next turn. */
  readonly parked: string;
};

/** The first cause; `by`: the message of a user who asked for a stop. */
export type HeldOff = { readonly reason: CancelReason; readonly atMs: number; readonly by: Inbound | null };

export type Unsettled = {
  readonly epoch: number;
  readonly index: number;
  /** Text of an earlier turn that this piece was to bring; where it does not, it waits again. */
  readonly carried: string;
};

/** What the chart remembers. */
export type ConversationContext = ConversationInput & {
  readonly line: WaitingLine;
  /**
   * The fence: the epoch whose pieces may still be handed to the transport. `null` from the instant of a cancel on,
   * so nothing of the old turn starts afterwards (turns §3.4, G1).
   */
  readonly liveEpoch: number | null;
  readonly current: Progress | null;
  /** When the last interrupts were; forgotten once a turn has run to its end. */
  readonly interruptsAtMs: readonly number[];
  /** What is done once the agent lets go of the turn it holds. */
  readonly held: HeldOff | null;
  /** Calls that were in flight when their turns were closed: the receipts named them, and are owed their outcomes. */
  readonly unsettled: readonly Unsettled[];
  /** One notice in a busy time is enough. */
  readonly hasNotified: boolean;
  readonly draining: boolean;
};

/** What the turn under way reports. `epoch` says whose it is; another's is refused before anything else is looked at. */
export type AgentReport =
  | { type: 'agent.spoke'; epoch: number }
  | { type: 'reply.piece'; epoch: number; content: PieceContent }
  /** The agent must not be interrupted, and may be again. */
  | { type: 'agent.held'; epoch: number; atMs: number }
  | { type: 'agent.released'; epoch: number; atMs: number }
  /** It took a message that came while it worked into its turn. */
  | { type: 'agent.steered'; epoch: number; id: string }
  /** Not a word, and no sign of work, for too long. */
  | { type: 'agent.silent'; epoch: number; atMs: number }
  | {
      type: 'agent.ended';
      /** The end of the answer, if it was not handed on before. */
      last?: readonly PieceContent[];
      epoch: number;
      generatedChars: number;
      tools: readonly ToolState[];
      failure: 'failed' | 'timed_out' | null;
    }
  /** The turn was cancelled while the agent worked; this much it had produced by then. */
  | { type: 'agent.left'; epoch: number; generatedChars: number; tools: readonly ToolState[] };

/** What the chart is told. */
export type ConversationEvent =
  | AgentReport
  | { type: 'message.received'; message: Inbound; atMs: number }
  | { type: 'message.recalled'; id: string; atMs: number }
  | { type: 'message.expired'; id: string }
  | { type: 'piece.settled'; outcome: Outcome; atMs: number }
  | { type: 'policy.changed'; policy: ConversationPolicy }
  /** `by`: the user's message that asked for it. */
  | { type: 'stop'; reason: CancelReason; atMs: number; all: boolean; by: Inbound | null }
  | { type: 'drain' };

/** What the chart says to whoever listens: to send, to tell, to offer. */
export type ConversationEmitted =
  | { type: 'send'; piece: Piece }
  | { type: 'notice'; notice: keyof Notices; to: Inbound; text: string }
  | { type: 'offer'; message: Inbound; epoch: number }
  /** The message waits while a turn is under way. */
  | { type: 'message.waiting'; message: Inbound }
  /** The message will be in no turn. */
  | { type: 'message.dropped'; message: Inbound; why: DropReason }
  | { type: 'turn.started'; turn: TurnInfo }
  /** With what is known at the cancel point. */
  | {
      type: 'turn.cancelled';
      turn: TurnInfo;
      reason: CancelReason;
      receipt: Receipt;
      interrupted: Interrupted | null;
      parked: string;
    }
  | { type: 'turn.closed'; turn: TurnInfo; receipt: Receipt; interrupted: Interrupted | null; parked: string }
  /** What the receipt had to leave open is known. */
  | { type: 'turn.settled'; turn: string; epoch: number; outcome: Outcome; parked: string };

export type ConversationTag = 'busy';
