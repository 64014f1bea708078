import type { Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { CancelReason } from '../domain/turn.js';
import type { Clock } from '../ports/clock.js';
import type { AgentFrames } from './frames/from-agent.js';
import type { ToLog, ToSay } from './frames/to-agent.js';
import type { NativeTurn } from './native-turn.js';

/** What a turn needs of the agent it is given to. */
export interface TurnHolder {
  readonly sid: string;
  readonly caps: AgentFrames['hello']['caps'];
  readonly isAttached: boolean;
  /** From now on what comes under that name is for this turn, which takes one of its slots. */
  hold(wire: string, turn: NativeTurn): void;
  /** Frames that are replayed until they are acknowledged. */
  record(frame: ToLog): void;
  /** Frames that are lost with the connection. */
  say(frame: ToSay): void;
  /** The turn's slot is free again. */
  freed(): void;
}

export type TurnTimes = {
  readonly acceptMs: number;
  readonly idleMs: number;
  readonly turnMs: Readonly<Record<Scene, number>>;
  readonly graceMs: number;
};

export type NativeTurnDeps = {
  readonly clock: Clock;
  readonly times: TurnTimes;
  /** A name of its own for every offer of this turn. */
  readonly nameOffer: (turn: string) => string;
  /** Looks for an agent, and calls `offerTo`; later, if there is none now. */
  readonly place: (turn: NativeTurn) => void;
  readonly withdraw: (turn: NativeTurn) => void;
  /** Who caused the cancel, where it was a message. */
  readonly causeOf: (turn: NativeTurn, reason: CancelReason) => Inbound | undefined;
};
