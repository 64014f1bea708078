/** How frames leave the router: one connection of an agent, whatever it is made of. */
export interface AgentLink {
  readonly binding: 'websocket' | 'sse';
  /** `seq`: the frame's number, where it has one. */
  send(text: string, seq: number | null): void;
  /** Bytes that were handed over and have not left this process. */
  buffered(): number;
  /** The far side is told, as far as it still listens. */
  close(code: number, reason: string): void;
}

/** Above that an agent is told nothing it can do without. Units: bytes. */
export const DROP_ABOVE_BYTES = 1_048_576;
/** Above that it is too slow, and its connection is closed; what it has not acknowledged is kept. Units: bytes. */
export const CLOSE_ABOVE_BYTES = 4 * 1_048_576;
/** The same in frames that it has been sent and has not acknowledged. */
export const UNACKED_MAX = 1_000;

/** WebSocket close codes. */
export const CLOSE = { goingAway: 1001, refused: 1008, tryAgain: 1013 } as const;
