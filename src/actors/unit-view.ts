import type { SnapshotFrom } from 'xstate';
import type { ConversationId } from '../domain/conversation.js';
import { statePath } from '../domain/state-path.js';
import type { ConversationLogic } from './conversation.actor.js';

/** A turn that is under way. Units: epoch ms. */
export type RunningTurn = {
  readonly turn: string;
  readonly conversation: ConversationId;
  readonly epoch: number;
  /** `running`: the agent works, or what it said is on its way. `ending`: it is cancelled or over, and not closed yet. */
  readonly status: 'running' | 'ending';
  readonly inputIds: readonly string[];
  readonly askedAtMs: number;
  readonly delivered: string;
  /** Pieces that were handed on and have no outcome yet. */
  readonly open: number;
};

export type UnitView = {
  readonly state: string;
  readonly turn?: RunningTurn;
  readonly waiting: readonly { readonly id: string; readonly text: string; readonly atMs: number }[];
};

/** What an operator is shown of a living conversation. */
export const unitViewOf = (conversation: ConversationId, snapshot: SnapshotFrom<ConversationLogic>): UnitView => {
  const { current, line } = snapshot.context;
  return {
    state: statePath(snapshot.value),
    ...(current && {
      turn: {
        turn: current.turn.id,
        conversation,
        epoch: current.turn.epoch,
        status: current.ending ? 'ending' : 'running',
        inputIds: current.turn.inputs.map(({ id }) => id),
        askedAtMs: current.turn.askedAtMs,
        delivered: current.delivered,
        open: current.open.length,
      },
    }),
    waiting: line.waiting.map(({ id, text, atMs }) => ({ id, text, atMs })),
  };
};
