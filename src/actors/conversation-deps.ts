import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import type { DropReason } from '../../machines/conversation/waiting-line.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome } from '../domain/reply.js';
import type { CancelReason, Dropped, Interrupted, Receipt, TurnInfo } from '../domain/turn.js';
import type { OutboundOptions, SendingDeps } from '../pipelines/outbound.js';
import type { PieceStrategy, StrategyPort } from '../pipelines/pieces/strategy.js';
import type { ReplyOptions } from '../pipelines/reply-pieces.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationRecord, Lease, OutboxEntry, SendOutcome } from '../ports/store.js';
import type { ConversationUnit } from './conversation-unit.js';
import type { Inspector } from './inspect.js';
import type { StopOfferText } from './stop-offer.js';

/** How conversations of one scene behave. */
export type SceneRuntime = {
  readonly policy: ConversationPolicy;
  readonly reply: ReplyOptions;
  /** Absent: none is wanted, or the answer's own pieces carry it. */
  readonly stopOffer?: StopOfferText;
  /** Turns of one conversation that run side by side under `concurrent`. */
  readonly concurrentMax: number;
  /** Who runs the place, besides those of whom the platform says so: openids. */
  readonly admins: readonly string[];
  /** Between two messages of one answer; drawn anew each time. Absent: none. */
  readonly pauseMs?: () => number;
  /** What becomes of an interrupted turn in the transcript: `rollback` leaves its question and answer out. */
  readonly interruptedHistory: 'delivered' | 'rollback';
  /** How long a message may be answered, in ms from its time; a turn ends before that. */
  readonly replyWindowMs: number;
};

/** What the last life left undone in one conversation. */
export type Unfinished = {
  readonly id: ConversationId;
  readonly scene: Scene;
  /** Sends whose outcome is not known, in order: they are tried again with the same pair. */
  readonly sends: readonly OutboxEntry[];
  /** Outcomes of what was said in answer to those messages. */
  readonly settled: readonly SendOutcome[];
  /** Messages whose turn had begun to speak, in order. */
  readonly messages: readonly Inbound[];
};

/** What every conversation of one bot shares. */
export type ConversationDeps = {
  readonly clock: Clock;
  readonly lease: Lease;
  readonly driver: AgentDriver;
  readonly sending: SendingDeps;
  readonly outbound: OutboundOptions;
  readonly settingsFor: (scene: Scene) => SceneRuntime;
  readonly newStrategy: (scene: Scene, port: StrategyPort) => PieceStrategy;
  /** Messages of a transcript that are kept. */
  readonly transcriptMax: number;
  /** An agent that says nothing for so long, not even that it works, is given up. Units: ms. */
  readonly silenceMaxMs: number;
  /** What an agent that keeps its own history is told of an interrupted answer; absent: nothing. */
  readonly noteOf?: (interrupted: Interrupted) => string;
  /** What an agent is told of messages that were left out; absent: it may ask for them itself. */
  readonly droppedNoteOf?: (dropped: Dropped) => string;
  /** How long after a cancel an agent that has not stopped is ended by force, where its driver can. Units: ms. */
  readonly killMs?: number;
  /** The trace that the work of a turn belongs to. */
  readonly traceparentOf?: (turn: string) => string | null;
  readonly inspectorOf?: (id: ConversationId) => Inspector;

  /** Writes down that a turn begins, before its agent may do harm. */
  readonly admit: (turn: TurnInfo, signal: AbortSignal) => Promise<void>;
  /** The same for one more message that the agent of a running turn is asked to take. */
  readonly claim: (message: Inbound) => Promise<void>;
  readonly onTurnStarted: (turn: TurnInfo) => void;
  /** At the cancel point, with the closing record as far as it is known then. */
  readonly onTurnCancelled: (
    turn: TurnInfo,
    reason: CancelReason,
    receipt: Receipt,
    record: ConversationRecord,
  ) => void;
  /** The closing record of a turn, and what the conversation is to be remembered by. */
  readonly onTurnClosed: (unit: ConversationUnit, turn: TurnInfo, receipt: Receipt, record: ConversationRecord) => void;
  /** `tookMs`: since the piece was handed on. */
  readonly onOutcome: (outcome: Outcome, tookMs: number) => void;
  /** A call that was in flight when its turn was closed has its outcome after all; the record is to be saved again. */
  readonly onLateOutcome: (turn: string, outcome: Outcome, record: ConversationRecord) => void;
  /** The files of a turn's messages, which it waits for, for a while. */
  readonly received?: {
    readonly has: (inputs: readonly Inbound[]) => boolean;
    readonly settled: (inputs: readonly Inbound[], signal: AbortSignal) => Promise<readonly Inbound[]>;
  };
  /** Something was said outside of a turn; the record is to be saved again. */
  readonly onSaid?: (record: ConversationRecord) => void;
  /** This message will be in no turn. */
  readonly onDropped: (message: Inbound, why: DropReason | 'command') => void;
  /** Nothing of this conversation is under way to the platform any more. */
  readonly onLineQuiet: (unit: ConversationUnit) => void;
  readonly onAgentError: (turn: TurnInfo, error: unknown) => void;
  /** The conversation's actor is dead; the others live on. */
  readonly onFailed: (unit: ConversationUnit, error: unknown) => void;
};
