export type SocketHandlers = {
  readonly opened: () => void;
  /** One whole text frame. */
  readonly text: (text: string) => void;
  /** Called exactly once, unless `detach` was called before. `code` 1006: the connection broke or never came up. */
  readonly closed: (code: number, reason: string) => void;
};

/** One WebSocket. Never throws; a frame sent into a closed socket is lost, as on the wire. */
export interface Socket {
  send(text: string): void;
  /** Stops reading, so that the sender is slowed by TCP itself. */
  pause(): void;
  resume(): void;
  /** Closes with the handshake, and without it where the peer does not answer within 2 s. */
  close(code: number, reason: string): void;
  /** No handler is called after this, and the connection is destroyed. Idempotent. */
  detach(): void;
}

export interface SocketTransport {
  open(url: string, handlers: SocketHandlers): Socket;
}
