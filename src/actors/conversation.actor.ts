import { fromCallback, fromPromise } from 'xstate';
import { conversationMachine } from '../../machines/conversation/conversation.machine.js';
import type { ConversationEvent } from '../../machines/conversation/conversation.setup.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Interrupted, TurnInfo } from '../domain/turn.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationUnit } from './conversation-unit.js';

/** How long a picture or file waits for the text that explains it. Source: turns §3.2. */
const TEXT_HOLD_MS = 1_500;

/** Nothing but attachments so far: the question comes after its picture. */
const wantsItsText = (waiting: readonly Inbound[]): boolean =>
  waiting.every(({ text, attachments }) => text === '' && attachments.length > 0);

/**
 * The conversation chart with its actors. Made once per bot and shared by all its conversations, for a machine is dear to
 * make; which conversation an invoked actor belongs to is read from the id of its parent.
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
        const { policy, waiting, lastMessageMs, waitingSinceMs } = context;
        const quietMs = wantsItsText(waiting) ? Math.max(policy.quietMs, TEXT_HOLD_MS) : policy.quietMs;
        const dueMs = Math.min(lastMessageMs + quietMs, waitingSinceMs + policy.atMostMs);
        return Math.max(0, dueMs - clock.now());
      },
    },
  });

export type ConversationLogic = ReturnType<typeof conversationLogic>;
