import { assign, emit, enqueueActions, setup } from 'xstate';
import type { ConversationId } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { type Outcome, type Piece, wasDelivered } from '../../src/domain/reply.js';
import type { CancelReason, Interrupted, Receipt, ReceiptStatus, TurnInfo } from '../../src/domain/turn.js';
import { unprovided } from '../unprovided.js';
import { type ConversationPolicy, interruptsRunningTurn } from './policy.js';

export type ConversationInput = {
  readonly id: ConversationId;
  readonly policy: ConversationPolicy;
  /** The epoch of the last turn this conversation had; 0 for none. */
  readonly epoch: number;
  readonly interrupted: Interrupted | null;
};

/** What is known of the turn under way, or of the one being closed. */
export type Progress = {
  readonly turn: TurnInfo;
  readonly pieces: number;
  /** Pieces handed on whose outcome is not known. */
  readonly outstanding: number;
  readonly delivered: readonly string[];
  readonly messageIds: readonly string[];
  readonly generatedChars: number;
  /** A send of this turn ended with its result unknown. */
  readonly uncertain: boolean;
  readonly ending: { readonly status: ReceiptStatus; readonly reason?: CancelReason; readonly atMs: number } | null;
};

export type ConversationContext = ConversationInput & {
  readonly waiting: readonly Inbound[];
  /** When the first waiting message arrived, and the last one. */
  readonly waitingSinceMs: number;
  readonly lastMessageMs: number;
  /**
   * The fence: the epoch whose pieces may still be handed to the transport. `null` from the instant of a cancel on,
   * so nothing of the old turn starts afterwards (turns §3.4, G1).
   */
  readonly liveEpoch: number | null;
  readonly current: Progress | null;
  readonly draining: boolean;
};

/** What the turn under way reports. `epoch` says whose it is; another's is refused before anything else is looked at. */
export type AgentReport =
  | { type: 'agent.spoke'; epoch: number }
  | { type: 'reply.piece'; epoch: number; text: string }
  | { type: 'agent.ended'; epoch: number; generatedChars: number; failure: 'failed' | 'timed_out' | null }
  /** The turn was cancelled while the agent worked; this much it had produced by then. */
  | { type: 'agent.left'; epoch: number; generatedChars: number };

export type ConversationEvent =
  | AgentReport
  | { type: 'message.received'; message: Inbound; atMs: number }
  | { type: 'piece.settled'; outcome: Outcome; atMs: number }
  | { type: 'policy.changed'; policy: ConversationPolicy }
  | { type: 'stop'; reason: CancelReason; atMs: number; all: boolean }
  | { type: 'drain' };

export type ConversationEmitted =
  | { type: 'send'; piece: Piece }
  | { type: 'turn.started'; turn: TurnInfo }
  | { type: 'turn.cancelled'; turn: TurnInfo; reason: CancelReason }
  | { type: 'turn.closed'; turn: TurnInfo; receipt: Receipt; interrupted: Interrupted | null }
  | { type: 'turn.settled'; turn: string; epoch: number; outcome: Outcome }
  /** This message will be in no turn: the line was full, or the user dropped all that waits. */
  | { type: 'message.dropped'; message: Inbound };

export type ConversationTag = 'busy';

const newestInput = (turn: TurnInfo): Inbound => turn.inputs[turn.inputs.length - 1] as Inbound;

const pieceOf = (context: ConversationContext, content: Piece['content']): Piece => {
  const { turn, pieces } = context.current as Progress;
  const input = newestInput(turn);
  return {
    conversation: context.id,
    turn: turn.id,
    epoch: turn.epoch,
    index: pieces,
    target: input.target,
    anchor: { kind: 'message', id: input.id, atMs: input.atMs },
    content,
  };
};

/** The closing record: written from what is known at this instant. Source: turns §2.2, G6. */
export const receiptOf = (progress: Progress): Receipt => ({
  status: progress.ending?.status ?? 'completed',
  ...(progress.ending?.reason && { reason: progress.ending.reason }),
  delivered: progress.delivered.join(''),
  generatedChars: progress.generatedChars,
  certainty: progress.outstanding > 0 || progress.uncertain ? 'maybe-more' : 'exact',
  messageIds: progress.messageIds,
});

/** What the next turn is told; null after a turn that ran to its end. Source: turns §3.3. */
const interruptedBy = (progress: Progress): Interrupted | null => {
  const { turn, ending } = progress;
  if (!ending?.reason) return null;
  const receipt = receiptOf(progress);
  return {
    turn: turn.id,
    epoch: turn.epoch,
    reason: ending.reason,
    atMs: ending.atMs,
    inputs: turn.inputs.map(({ id, text }) => ({ id, text })),
    delivered: receipt.delivered,
    generatedChars: receipt.generatedChars,
    certainty: receipt.certainty,
    agent: ending.status === 'killed' ? 'killed' : 'acked',
  };
};

const withOutcome = (progress: Progress, outcome: Outcome): Progress => {
  const shown = wasDelivered(outcome) && outcome.piece.content.kind === 'text' ? outcome.piece.content.text : null;
  return {
    ...progress,
    outstanding: progress.outstanding - 1,
    delivered: shown === null ? progress.delivered : [...progress.delivered, shown],
    messageIds: outcome.status === 'sent' ? [...progress.messageIds, outcome.sentId] : progress.messageIds,
    uncertain: progress.uncertain || outcome.status === 'unknown',
  };
};

export const conversationSetup = setup({
  types: {
    input: {} as ConversationInput,
    context: {} as ConversationContext,
    events: {} as ConversationEvent,
    emitted: {} as ConversationEmitted,
    tags: {} as ConversationTag,
  },
  actors: {
    runTurn: unprovided.callback<ConversationEvent, { turn: TurnInfo; interrupted: Interrupted | null }>('runTurn'),
    awaitAgent: unprovided.promise<void, { conversation: ConversationId; epoch: number }>('awaitAgent'),
  },
  actions: {
    /** The line of waiting messages is bounded: when it is full the oldest leaves it, and that is said. */
    takeMessage: enqueueActions(({ context, enqueue }, { message, atMs }: { message: Inbound; atMs: number }) => {
      const { waiting, policy } = context;
      const oldest = waiting[0];
      const isFull = waiting.length >= policy.waitingMax;
      if (isFull && oldest) enqueue.emit({ type: 'message.dropped', message: oldest });
      enqueue.assign({
        waiting: [...(isFull ? waiting.slice(1) : waiting), message],
        waitingSinceMs: waiting.length === 0 ? atMs : context.waitingSinceMs,
        lastMessageMs: atMs,
      });
    }),
    /** A plain stop keeps what waits; users have lost messages to a stop that cleared the line (turns §3.2). */
    dropWaiting: enqueueActions(({ context, enqueue }, { all }: { all: boolean }) => {
      if (!all) return;
      for (const message of context.waiting) enqueue.emit({ type: 'message.dropped', message });
      enqueue.assign({ waiting: [] });
    }),
    beginTurn: assign(({ context }) => {
      const epoch = context.epoch + 1;
      const turn: TurnInfo = {
        id: `${context.id}:t${epoch}`,
        conversation: context.id,
        epoch,
        inputs: context.waiting,
        askedAtMs: context.lastMessageMs,
      };
      const current: Progress = {
        turn,
        pieces: 0,
        outstanding: 0,
        delivered: [],
        messageIds: [],
        generatedChars: 0,
        uncertain: false,
        ending: null,
      };
      return { epoch, liveEpoch: epoch, current, waiting: [] };
    }),
    reportStarted: emit(
      ({ context }): ConversationEmitted => ({
        type: 'turn.started',
        turn: (context.current as Progress).turn,
      }),
    ),
    sendText: emit(
      ({ context }, { text }: { text: string }): ConversationEmitted => ({
        type: 'send',
        piece: pieceOf(context, { kind: 'text', text }),
      }),
    ),
    /** Once a turn: the indication lasts up to a minute, and each one may count as a reply. Source: qq-bot-api §6.3. */
    showTyping: enqueueActions(({ context, enqueue }) => {
      const { turn } = context.current as Progress;
      if (!context.policy.typing || newestInput(turn).target.scene !== 'c2c') return;
      enqueue.emit({ type: 'send', piece: pieceOf(context, { kind: 'typing', seconds: 60 }) });
    }),
    sendFailureNotice: emit(
      ({ context }): ConversationEmitted => ({
        type: 'send',
        piece: pieceOf(context, { kind: 'text', text: context.policy.failureNotice }),
      }),
    ),
    countPiece: assign(({ context }) => {
      const current = context.current as Progress;
      return { current: { ...current, pieces: current.pieces + 1, outstanding: current.outstanding + 1 } };
    }),
    rememberOutcome: assign(({ context }, { outcome }: { outcome: Outcome }) => ({
      current: withOutcome(context.current as Progress, outcome),
    })),
    reportLateOutcome: emit(
      (_, { outcome }: { outcome: Outcome }): ConversationEmitted => ({
        type: 'turn.settled',
        turn: outcome.piece.turn,
        epoch: outcome.piece.epoch,
        outcome,
      }),
    ),
    rememberEnd: assign(
      (
        { context },
        { generatedChars, failure }: { generatedChars: number; failure: 'failed' | 'timed_out' | null },
      ) => ({
        current: {
          ...(context.current as Progress),
          generatedChars,
          ending: { status: failure ?? ('completed' as const), atMs: context.lastMessageMs },
        },
      }),
    ),
    rememberGenerated: assign(({ context }, { generatedChars }: { generatedChars: number }) => ({
      current: { ...(context.current as Progress), generatedChars },
    })),
    /** The cancel point. Leaving the state aborts the agent's signal in the same step. */
    fence: assign(
      ({ context }, { status, reason, atMs }: { status: ReceiptStatus; reason: CancelReason; atMs: number }) => ({
        liveEpoch: null,
        current: { ...(context.current as Progress), ending: { status, reason, atMs } },
      }),
    ),
    reportCancelled: emit(({ context }): ConversationEmitted => {
      const { turn, ending } = context.current as Progress;
      return { type: 'turn.cancelled', turn, reason: ending?.reason ?? 'policy' };
    }),
    markKilled: assign(({ context }) => {
      const current = context.current as Progress;
      return {
        current: {
          ...current,
          ending: { ...(current.ending as NonNullable<Progress['ending']>), status: 'killed' as const },
        },
      };
    }),
    reportClosed: emit(({ context }): ConversationEmitted => {
      const current = context.current as Progress;
      return {
        type: 'turn.closed',
        turn: current.turn,
        receipt: receiptOf(current),
        interrupted: interruptedBy(current),
      };
    }),
    endTurn: assign(({ context }) => ({
      interrupted: interruptedBy(context.current as Progress),
      liveEpoch: null,
      current: null,
    })),
    setPolicy: assign((_, { policy }: { policy: ConversationPolicy }) => ({ policy })),
    startDraining: assign({ draining: true }),
  },
  guards: {
    meansAll: (_, { all }: { all: boolean }) => all,
    mayStart: ({ context }) => !context.draining,
    startsAtOnce: ({ context }) => context.policy.quietMs === 0 && !context.draining,
    mayStartNext: ({ context }) => context.waiting.length > 0 && !context.draining,
    interrupts: ({ context }) => interruptsRunningTurn(context.policy),
    isCurrent: ({ context }, { epoch }: { epoch: number }) => context.current?.turn.epoch === epoch,
    allSettled: ({ context }) => context.current?.outstanding === 0,
    owesNotice: ({ context }, { epoch, failure }: { epoch: number; failure: string | null }) =>
      context.current?.turn.epoch === epoch &&
      failure !== null &&
      context.policy.failureNotice !== '' &&
      context.current.delivered.length === 0 &&
      context.current.outstanding === 0,
  },
  delays: {
    /** Quiet since the last message, but no longer than `atMostMs` since the first. `src` subtracts what has passed. */
    quiet: ({ context }) => Math.min(context.policy.quietMs, context.policy.atMostMs),
    grace: ({ context }) => context.policy.graceMs,
    settle: ({ context }) => context.policy.settleMs,
    turnMax: ({ context }) => context.policy.turnMaxMs,
  },
});
