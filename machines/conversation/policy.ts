import type { BusyPolicy } from '../../src/domain/turn.js';

/** How a conversation behaves; plain data, one per scene, replaceable while the conversation lives. Units: ms. */
export type ConversationPolicy = {
  readonly busy: BusyPolicy;
  /** A new turn waits until the user has been quiet this long … */
  readonly quietMs: number;
  /** … and at most this long after the first waiting message. */
  readonly atMostMs: number;
  /** Messages that wait; when full, the oldest is dropped and counted. */
  readonly waitingMax: number;
  /** How long a cancelled agent may take to stop before the next turn starts without it. */
  readonly graceMs: number;
  /** How long the outcome of a call in flight at the cancel point is waited for. */
  readonly settleMs: number;
  /** A turn is ended after this long. */
  readonly turnMaxMs: number;
  /** Show "typing" while the agent thinks. */
  readonly typing: boolean;
  /** Said once where the agent failed and nothing was delivered; empty says nothing. */
  readonly failureNotice: string;
};

/** Whether a message that arrives while a turn runs ends that turn. Source: turns §3.2. */
export const interruptsRunningTurn = (policy: ConversationPolicy): boolean => policy.busy === 'interrupt';
