import type { InspectionEvent } from 'xstate';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import type { Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome } from '../domain/reply.js';
import type { CancelReason, Receipt, TurnInfo } from '../domain/turn.js';
import type { OutboundOptions, SendingDeps } from '../pipelines/outbound.js';
import type { BlockCutter, ReplyOptions } from '../pipelines/reply-pieces.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationRecord, Lease } from '../ports/store.js';
import type { ConversationUnit } from './conversation-unit.js';

/** How conversations of one scene behave. */
export type SceneRuntime = { readonly policy: ConversationPolicy; readonly reply: ReplyOptions };

/** What every conversation of one bot shares. */
export type ConversationDeps = {
  readonly clock: Clock;
  readonly lease: Lease;
  readonly driver: AgentDriver;
  readonly sending: SendingDeps;
  readonly outbound: OutboundOptions;
  readonly settingsFor: (scene: Scene) => SceneRuntime;
  readonly newCutter: (reply: ReplyOptions, scene: Scene) => BlockCutter;
  /** Messages of a transcript that are kept. */
  readonly transcriptMax: number;
  readonly inspect?: (event: InspectionEvent) => void;

  readonly onTurnStarted: (turn: TurnInfo) => void;
  readonly onTurnCancelled: (turn: TurnInfo, reason: CancelReason) => void;
  /** The closing record of a turn, and what the conversation is to be remembered by. */
  readonly onTurnClosed: (unit: ConversationUnit, turn: TurnInfo, receipt: Receipt, record: ConversationRecord) => void;
  readonly onOutcome: (outcome: Outcome) => void;
  /** A call that was in flight when its turn was closed has its outcome after all. */
  readonly onLateOutcome: (turn: string, outcome: Outcome) => void;
  /** These messages will be in no turn. */
  readonly onDropped: (messages: readonly Inbound[]) => void;
  readonly onAgentError: (turn: TurnInfo, error: unknown) => void;
  /** The conversation's actor is dead; the others live on. */
  readonly onFailed: (unit: ConversationUnit, error: unknown) => void;
};
