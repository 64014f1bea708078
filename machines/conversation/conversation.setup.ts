import { assign, emit, enqueueActions, setup } from 'xstate';
import type { ConversationId } from '../../src/domain/conversation.js';
import { type Inbound, newestOf } from '../../src/domain/inbound.js';
import type { Outcome, Piece, PieceContent } from '../../src/domain/reply.js';
import type { CancelReason, Interrupted, ReceiptStatus, ToolState, TurnInfo } from '../../src/domain/turn.js';
import { unprovided } from '../unprovided.js';
import type {
  ConversationContext,
  ConversationEmitted,
  ConversationEvent,
  ConversationInput,
  ConversationTag,
  HeldOff,
} from './conversation.types.js';
import { type ConversationPolicy, type Notices, onArrival, startsUndelayed } from './policy.js';
import {
  begun,
  endedInSilence,
  interruptedBy,
  isBlocked,
  isWithdrawn,
  nextPiece,
  type Progress,
  parkedAgain,
  parkedBy,
  receiptOf,
  unsettledBy,
  withOutcome,
  withPiece,
} from './progress.js';
import { type DropReason, join, leave, takeNext, waitsForWords } from './waiting-line.js';

/** Only in states where a turn is under way. */
const progressOf = ({ current }: ConversationContext): Progress => current as Progress;

const arrivalOf = (context: ConversationContext, { message }: { message: Inbound }) =>
  onArrival({
    policy: context.policy,
    message,
    turn: progressOf(context).turn,
    interruptsAtMs: context.interruptsAtMs,
  });

/** The router's own word, where it has one for this; of those about waiting, one in a busy time is enough. */
const noticeFor = (context: ConversationContext, notice: keyof Notices, to: Inbound): ConversationEmitted[] => {
  const text = context.policy.notices[notice];
  const isRepeated = context.hasNotified && (notice === 'rejected' || notice === 'expired');
  return text === '' || isRepeated ? [] : [{ type: 'notice', notice, to, text }];
};

const holdsFor = (waiting: readonly Inbound[], { mediaHoldMs }: ConversationPolicy): boolean =>
  mediaHoldMs > 0 && waitsForWords({ waiting });

const handOn = (context: ConversationContext, content: PieceContent, more: Pick<Piece, 'isCarried'> = {}) => {
  const piece: Piece = { ...nextPiece(progressOf(context), content), ...more };
  return { piece, current: withPiece(progressOf(context), piece) };
};

const fenced = (context: ConversationContext, { status, reason, atMs }: Cancel): Partial<ConversationContext> => ({
  liveEpoch: null,
  held: null,
  current: { ...progressOf(context), ending: { status, reason, atMs } },
  ...(reason === 'superseded' && {
    interruptsAtMs: [...context.interruptsAtMs, atMs].slice(-context.policy.patience.interruptsMax),
  }),
});

type Ended = {
  readonly generatedChars: number;
  readonly tools: readonly ToolState[];
  readonly failure: 'failed' | 'timed_out' | null;
};

type Cancel = { status: ReceiptStatus; reason: CancelReason; atMs: number };

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
    takeMessage: enqueueActions(({ context, enqueue }, { message, atMs }: { message: Inbound; atMs: number }) => {
      const { line, leftOut } = join(context.line, message, atMs, context.policy);
      enqueue.assign({ line });
      if (leftOut) enqueue.emit({ type: 'message.dropped', message: leftOut, why: 'full' });
      for (const notice of leftOut && context.policy.drop !== 'summarize'
        ? noticeFor(context, 'rejected', leftOut)
        : []) {
        enqueue.emit(notice);
        enqueue.assign({ hasNotified: true });
      }
      if (context.current !== null && leftOut !== message) enqueue.emit({ type: 'message.waiting', message });
    }),
    refuseMessage: enqueueActions(({ context, enqueue }, { message }: { message: Inbound }) => {
      enqueue.emit({ type: 'message.dropped', message, why: 'rejected' });
      for (const notice of noticeFor(context, 'rejected', message)) {
        enqueue.emit(notice);
        enqueue.assign({ hasNotified: true });
      }
    }),
    /** Unless the line was full and had no place for it. */
    offerMessage: enqueueActions(({ context, enqueue }, { message }: { message: Inbound }) => {
      if (!context.line.waiting.includes(message)) return;
      enqueue.emit({ type: 'offer', message, epoch: progressOf(context).turn.epoch });
    }),
    /** A message that joined the turn it was offered to waits no more, and is settled with it. */
    joinTurn: assign(({ context }, { id }: { id: string }) => {
      const message = context.line.waiting.find((one) => one.id === id);
      if (!message) return {};
      const current = progressOf(context);
      const turn = { ...current.turn, inputs: [...current.turn.inputs, message] };
      return { line: leave(context.line, id), current: { ...current, turn } };
    }),
    dropMessage: enqueueActions(({ context, enqueue }, { id, why }: { id: string; why: DropReason }) => {
      const message = context.line.waiting.find((one) => one.id === id);
      if (!message) return;
      enqueue.assign({ line: leave(context.line, id) });
      enqueue.emit({ type: 'message.dropped', message, why });
      for (const notice of why === 'expired' ? noticeFor(context, 'expired', message) : []) {
        enqueue.emit(notice);
        enqueue.assign({ hasNotified: true });
      }
    }),
    /** A plain stop keeps what waits; users have lost messages to a stop that cleared the line (turns §3.2). */
    dropWaiting: enqueueActions(({ context, enqueue }, { all }: { all: boolean }) => {
      if (!all) return;
      for (const message of context.line.waiting) enqueue.emit({ type: 'message.dropped', message, why: 'stopped' });
      enqueue.assign({ line: { ...context.line, waiting: [], dropped: null } });
    }),
    confirmStop: enqueueActions(({ context, enqueue }, { by }: { by: Inbound | null }) => {
      for (const notice of by ? noticeFor(context, 'stopped', by) : []) enqueue.emit(notice);
    }),
    confirmHeld: enqueueActions(({ context, enqueue }) => {
      const by = context.held?.by;
      for (const notice of by ? noticeFor(context, 'stopped', by) : []) enqueue.emit(notice);
    }),

    beginTurn: assign(({ context }) => {
      const epoch = context.epoch + 1;
      const { inputs, line } = takeNext(context.line, context.policy);
      const { dropped } = context.line;
      const turn: TurnInfo = {
        id: `${context.id}:t${epoch}`,
        conversation: context.id,
        epoch,
        inputs,
        askedAtMs: context.line.lastMessageMs,
        ...(dropped && { dropped }),
      };
      return { epoch, liveEpoch: epoch, current: begun(turn, context.parked), line, parked: '', held: null };
    }),
    reportStarted: emit(
      ({ context }): ConversationEmitted => ({ type: 'turn.started', turn: progressOf(context).turn }),
    ),
    /** What no reply could carry when it was written goes out first, now that there is a message to answer. */
    sayParked: enqueueActions(({ context, enqueue }) => {
      const { carried } = progressOf(context);
      if (carried === '') return;
      const { piece, current } = handOn(context, { kind: 'text', text: carried, via: 'reply' }, { isCarried: true });
      enqueue.assign({ current });
      enqueue.emit({ type: 'send', piece });
    }),
    sendPiece: enqueueActions(({ context, enqueue }, { content }: { content: PieceContent }) => {
      const { piece, current } = handOn(context, content);
      enqueue.assign({ current });
      enqueue.emit({ type: 'send', piece });
    }),
    sendLast: enqueueActions(({ context, enqueue }, { last = [] }: { last?: readonly PieceContent[] }) => {
      let current = progressOf(context);
      for (const content of last) {
        const piece = nextPiece(current, content);
        current = withPiece(current, piece);
        enqueue.emit({ type: 'send', piece });
      }
      enqueue.assign({ current });
    }),
    /** Once a turn: the indication lasts up to a minute, and each one may count as a reply. Source: qq-bot-api §6.3. */
    showTyping: enqueueActions(({ context, enqueue }) => {
      const current = progressOf(context);
      if (!context.policy.typing || newestOf(current.turn).target.scene !== 'c2c') return;
      enqueue.emit({ type: 'send', piece: nextPiece(current, { kind: 'typing', seconds: 60 }) });
    }),
    /** Once a turn, in neutral words: a user who sees nothing asks again and again. Source: qq-bot-api §8.2. */
    tellBlocked: enqueueActions(({ context, enqueue }, { outcome }: { outcome: Outcome }) => {
      const { turn, isBlocked: wasBlocked } = progressOf(context);
      if (wasBlocked || !isBlocked(outcome) || context.liveEpoch !== turn.epoch) return;
      for (const notice of noticeFor(context, 'blocked', newestOf(turn))) enqueue.emit(notice);
    }),
    rememberOutcome: assign(({ context }, { outcome }: { outcome: Outcome }) => ({
      current: withOutcome(progressOf(context), outcome),
    })),
    /** A piece that was only waiting when its turn was cancelled, and is now let go, is no news. */
    settleLate: enqueueActions(({ context, enqueue }, { outcome }: { outcome: Outcome }) => {
      const { epoch, index, turn } = outcome.piece;
      const owed = context.unsettled.find((one) => one.epoch === epoch && one.index === index);
      if (!owed && isWithdrawn(outcome)) return;
      const parked = owed ? parkedAgain(context.parked, owed, outcome) : context.parked;
      enqueue.assign({ unsettled: context.unsettled.filter((one) => one !== owed), parked });
      enqueue.emit({ type: 'turn.settled', turn, epoch, outcome, parked });
    }),
    rememberEnd: assign(({ context }, { generatedChars, tools, failure }: Ended) => ({
      current: {
        ...progressOf(context),
        generatedChars,
        tools,
        ending: { status: failure ?? ('completed' as const), atMs: context.line.lastMessageMs },
      },
      ...(failure === null && { interruptsAtMs: [] }),
    })),
    rememberLeft: assign(
      ({ context }, { generatedChars, tools }: { generatedChars: number; tools: readonly ToolState[] }) => ({
        current: { ...progressOf(context), generatedChars, tools },
      }),
    ),

    /** The cancel point. Leaving the state aborts the agent's signal in the same step. */
    fence: assign(({ context }, cancel: Cancel) => fenced(context, cancel)),
    fenceHeld: assign(({ context }) => (context.held ? fenced(context, { status: 'cancelled', ...context.held }) : {})),
    /** The first cause stands; a user's stop is confirmed once it has come to that. */
    holdOff: assign(({ context: { held } }, { reason, atMs, by }: HeldOff) => ({
      held: held ? { ...held, by: held.by ?? by } : { reason, atMs, by },
    })),
    reportCancelled: emit(({ context }): ConversationEmitted => {
      const current = progressOf(context);
      return {
        type: 'turn.cancelled',
        turn: current.turn,
        reason: current.ending?.reason ?? 'policy',
        receipt: receiptOf(current),
        interrupted: interruptedBy(current),
        parked: parkedBy(current),
      };
    }),
    markKilled: assign(({ context }) => {
      const current = progressOf(context);
      const { reason, atMs } = current.ending ?? { reason: 'policy' as const, atMs: 0 };
      return { current: { ...current, ending: { status: 'killed' as const, ...(reason && { reason }), atMs } } };
    }),
    reportClosed: emit(({ context }): ConversationEmitted => {
      const current = progressOf(context);
      return {
        type: 'turn.closed',
        turn: current.turn,
        receipt: receiptOf(current),
        interrupted: interruptedBy(current),
        parked: parkedBy(current),
      };
    }),
    apologise: enqueueActions(({ context, enqueue }) => {
      const current = progressOf(context);
      if (!endedInSilence(current)) return;
      for (const notice of noticeFor(context, 'failed', newestOf(current.turn))) enqueue.emit(notice);
    }),
    endTurn: assign(({ context }) => ({
      interrupted: interruptedBy(progressOf(context)),
      parked: parkedBy(progressOf(context)),
      unsettled: [...context.unsettled, ...unsettledBy(progressOf(context))],
      liveEpoch: null,
      current: null,
    })),
    rest: assign({ hasNotified: false }),
    setPolicy: assign((_, { policy }: { policy: ConversationPolicy }) => ({ policy })),
    startDraining: assign({ draining: true }),
  },
  guards: {
    mayStart: ({ context }) => !context.draining,
    startsAtOnce: ({ context: { policy, draining } }, { message }: { message: Inbound }) =>
      !draining && (startsUndelayed(policy) || (policy.quietMs === 0 && !holdsFor([message], policy))),
    mayStartNextAtOnce: ({ context: { policy, line, draining } }) =>
      !draining && line.waiting.length > 0 && startsUndelayed(policy),
    mayStartNext: ({ context }) => context.line.waiting.length > 0 && !context.draining,
    hasNothingWaiting: ({ context }) => context.line.waiting.length === 0,
    /** Not while no other turn may follow: it would cut an answer for a message that waits anyway. */
    interrupts: ({ context }, arrival: { message: Inbound }) =>
      arrivalOf(context, arrival) === 'interrupt' && !context.draining,
    refuses: ({ context }, arrival: { message: Inbound }) => arrivalOf(context, arrival) === 'reject',
    offers: ({ context }, arrival: { message: Inbound }) => arrivalOf(context, arrival) === 'offer',
    isAsked: ({ context }, { id }: { id: string }) =>
      context.current?.turn.inputs.some((input) => input.id === id) ?? false,
    isCurrent: ({ context }, { epoch }: { epoch: number }) => context.current?.turn.epoch === epoch,
    isHeldOff: ({ context }) => context.held !== null,
    endsHeldOff: ({ context }, { epoch }: { epoch: number }) =>
      context.held !== null && context.current?.turn.epoch === epoch,
    cannotWait: (_, { reason }: { reason: CancelReason }) => reason === 'shutdown',
    allSettled: ({ context }) => context.current?.open.length === 0,
  },
  delays: {
    /** Quiet since the last message, but no longer than `atMostMs` since the first. `src` subtracts what has passed. */
    quiet: ({ context }) => Math.min(context.policy.quietMs, context.policy.atMostMs),
    holdMax: ({ context }) => context.policy.holdMaxMs,
    grace: ({ context }) => context.policy.graceMs,
    settle: ({ context }) => context.policy.settleMs,
    /** `src` ends it before the reply window closes. */
    turnMax: ({ context }) => context.policy.turnMaxMs,
  },
});
