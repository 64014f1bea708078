import { fromCallback, fromPromise } from 'xstate';
import { conversationMachine } from '../../machines/conversation/conversation.machine.js';
import type { ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { Progress } from '../../machines/conversation/progress.js';
import { waitsForWords } from '../../machines/conversation/waiting-line.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Interrupted, TurnInfo } from '../domain/turn.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationUnit } from './conversation-unit.js';

/** A turn ends this long before the reply window of its newest message, so that its answer still gets through. */
const WINDOW_MARGIN_MS = 20_000;

/**
 * The conversation chart with its actors. Made once per bot and shared by all its conversations, for a machine is dear to
 * make; which conversation an invoked actor belongs to is read from its input.
 */
export const conversationLogic = (unitOf: (id: ConversationId) => ConversationUnit | undefined, clock: Clock) =>
  conversationMachine.provide({
    actors: {
      runTurn: fromCallback<ConversationEvent, { turn: TurnInfo; interrupted: Interrupted | null }>(
        ({ input, sendBack }) => {
          const { turn, interrupted } = input;
          const unit = unitOf(turn.conversation);
          const run = unit?.beginRun(turn, interrupted, sendBack);
          return () => {
            if (run) unit?.endRun(run, turn.epoch);
          };
        },
      ),
      awaitAgent: fromPromise<void, { conversation: ConversationId; epoch: number }>(async ({ input, signal }) => {
        await unitOf(input.conversation)?.agentEnded(input.epoch, signal);
      }),
    },
    delays: {
      quiet: ({ context }) => {
        const { policy, line } = context;
        const quietMs = waitsForWords(line) ? Math.max(policy.quietMs, policy.mediaHoldMs) : policy.quietMs;
        const atMostMs = Math.max(policy.atMostMs, quietMs);
        const dueMs = Math.min(line.lastMessageMs + quietMs, line.waitingSinceMs + atMostMs);
        return Math.max(0, dueMs - clock.now());
      },
      turnMax: ({ context }) => {
        const { turn } = context.current as Progress;
        const windowMs = unitOf(context.id)?.replyWindowMs(turn) ?? context.policy.turnMaxMs;
        return Math.max(0, Math.min(context.policy.turnMaxMs, windowMs - WINDOW_MARGIN_MS));
      },
    },
  });

export type ConversationLogic = ReturnType<typeof conversationLogic>;
