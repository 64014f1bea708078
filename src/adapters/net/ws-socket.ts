import { WebSocket } from 'ws';
import type { Socket, SocketHandlers, SocketTransport } from '../../ports/socket.js';

const OPTIONS = {
  perMessageDeflate: false,
  /** Far above any event of the platform, far below what would hurt. Units: bytes. */
  maxPayload: 4 * 1_048_576,
  handshakeTimeout: 10_000,
  /** A peer that does not answer the closing handshake is cut off after this long. Units: ms. */
  closeTimeout: 2_000,
} as const;

const ABNORMAL = 1006;
/** A close frame has room for this much of a reason. Units: bytes. */
const REASON_BYTES_MAX = 123;

const isSendable = (code: number): boolean => code === 1000 || (code >= 3000 && code <= 4999);

const cutReason = (reason: string): string => {
  const bytes = Buffer.from(reason);
  // A cut through a character would be no UTF-8; decoding drops the half of it.
  return bytes.length <= REASON_BYTES_MAX
    ? reason
    : bytes
        .subarray(0, REASON_BYTES_MAX)
        .toString('utf8')
        .replace(/\ufffd+$/, '');
};

/** A socket that never came to be: it says so once, after the caller has hold of it. */
const stillborn = (handlers: SocketHandlers, why: string): Socket => {
  let silent = false;
  queueMicrotask(() => {
    if (!silent) handlers.closed(ABNORMAL, why);
  });
  return {
    send: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
    detach: () => {
      silent = true;
    },
  };
};

const wire = (ws: WebSocket, handlers: SocketHandlers): Socket => {
  let paused = false;
  /** `closing`: no text is handed on any more · `silent`: nothing is. */
  let state: 'live' | 'closing' | 'silent' = 'live';
  let trouble = '';

  ws.on('open', () => {
    if (paused) ws.pause();
    if (state === 'live') handlers.opened();
  });
  ws.on('message', (data: Buffer) => {
    if (state === 'live') handlers.text(data.toString('utf8'));
  });
  // An error is always followed by `close`, which is the one to report it; without a listener it would end the process.
  ws.on('error', (error) => {
    trouble = error.message;
  });
  ws.on('close', (code, reason) => {
    if (state === 'silent') return;
    state = 'silent';
    handlers.closed(code, reason.length > 0 ? reason.toString('utf8') : trouble);
  });

  return {
    send: (text) => {
      if (ws.readyState === WebSocket.OPEN) ws.send(text);
    },
    pause: () => {
      if (state !== 'live') return;
      paused = true;
      ws.pause();
    },
    resume: () => {
      paused = false;
      ws.resume();
    },
    close: (code, reason) => {
      if (state !== 'live') return;
      state = 'closing';
      // Who does not read would never see the peer's half of the handshake.
      paused = false;
      ws.resume();
      ws.close(isSendable(code) ? code : 1000, cutReason(reason));
    },
    detach: () => {
      state = 'silent';
      ws.terminate();
    },
  };
};

/**
 * WebSockets of the `ws` package.
 * Shape: text that was read before `pause` may still come; after `close` only `closed` does. `closed` carries the peer's
 * reason, or what broke the connection.
 */
export const wsTransport: SocketTransport = {
  open: (url, handlers) => {
    try {
      return wire(new WebSocket(url, OPTIONS), handlers);
    } catch (error) {
      // Only an address that is none throws.
      return stillborn(handlers, error instanceof Error ? error.message : String(error));
    }
  },
};
