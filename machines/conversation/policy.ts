import type { Inbound } from '../../src/domain/inbound.js';
import type { BusyPolicy, DropPolicy, TurnInfo } from '../../src/domain/turn.js';

/** The router's own words to users; empty says nothing, for each uses a scarce reply up. */
export type Notices = {
  readonly stopped: string;
  readonly rejected: string;
  readonly expired: string;
  readonly failed: string;
  readonly blocked: string;
};

/** How a conversation behaves; plain data, replaceable while it lives. Units: ms. Source: turns §3.2. */
export type ConversationPolicy = {
  /** What a message does that arrives while a turn is under way. */
  readonly busy: BusyPolicy;
  /** Whose message may interrupt; `sender`: only of who asked all that the turn answers. */
  readonly interruptScope: 'sender' | 'anyone';
  /** After so many interrupts within the time, messages are collected until a turn has run to its end. */
  readonly patience: { readonly interruptsMax: number; readonly withinMs: number };
  /** A new turn waits until the user has been quiet this long … */
  readonly quietMs: number;
  /** … and at most this long after the first waiting message. */
  readonly atMostMs: number;
  /** A picture or file without a word waits this long for the question that belongs to it. */
  readonly mediaHoldMs: number;
  readonly waitingMax: number;
  readonly drop: DropPolicy;
  /** A message that waits for longer is dropped. */
  readonly waitingLifeMs: number;
  /** The longest an agent may hold off an interrupt. */
  readonly holdMaxMs: number;
  /** How long a cancelled agent may take to stop before the next turn starts without it. */
  readonly graceMs: number;
  /** How long the outcome of a call in flight at the cancel point is waited for. */
  readonly settleMs: number;
  /** A turn is ended after this long. */
  readonly turnMaxMs: number;
  /** Show "typing" while the agent thinks. */
  readonly typing: boolean;
  readonly notices: Notices;
};

export type Arrival = {
  readonly policy: ConversationPolicy;
  readonly message: Inbound;
  /** The turn under way. */
  readonly turn: TurnInfo;
  /** When the last interrupts were. */
  readonly interruptsAtMs: readonly number[];
};

/** What a message does that arrives while a turn is under way. */
export const onArrival = (arrival: Arrival): 'interrupt' | 'offer' | 'wait' | 'reject' => {
  switch (arrival.policy.busy) {
    case 'interrupt':
      return mayInterrupt(arrival) ? 'interrupt' : 'wait';
    case 'steer':
      return 'offer';
    case 'reject':
      return 'reject';
    case 'collect':
    case 'enqueue':
    case 'concurrent':
      return 'wait';
  }
};

/** Once so many interrupts have come so fast, it stays so until a turn has run to its end and they are forgotten. */
const isPatienceLost = (
  interruptsAtMs: readonly number[],
  { interruptsMax, withinMs }: ConversationPolicy['patience'],
): boolean => {
  const first = interruptsAtMs.at(-interruptsMax);
  const last = interruptsAtMs.at(-1);
  return first !== undefined && last !== undefined && last - first < withinMs;
};

/** Where each message is a turn of its own there is nothing to wait for. */
export const startsUndelayed = ({ busy }: ConversationPolicy): boolean => busy === 'enqueue' || busy === 'concurrent';

const mayInterrupt = ({ policy, message, turn, interruptsAtMs }: Arrival): boolean => {
  if (isPatienceLost(interruptsAtMs, policy.patience)) return false;
  return policy.interruptScope === 'anyone' || turn.inputs.every(({ sender }) => sender.id === message.sender.id);
};
