import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Peer, Platform } from './platform/index.js';

/** How long a client may take to answer a close frame before its connection is ended. */
const CLOSE_GRACE_MS = 2000;

/** RFC 6455: codes that stand for a close without one, and the room for a reason. */
const NEVER_ON_THE_WIRE: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);
const REASON_BYTES = 123;

/** Joins one WebSocket to the platform. A client that lets more than `unreadBytes` pile up is cut. */
export const serveSocket = (platform: Platform, client: WebSocket, socket: Socket, unreadBytes: number): void => {
  let stalled = false;
  const peer: Peer = {
    send: (text) => {
      client.send(text);
      if (client.bufferedAmount > unreadBytes) client.terminate();
    },
    close: (code, reason) => {
      if (stalled) socket.destroy();
      // End of stream after what was written, without a close frame: the client sees 1006.
      else if (NEVER_ON_THE_WIRE.has(code)) socket.end();
      else {
        client.close(code, Buffer.from(reason).subarray(0, REASON_BYTES));
        setTimeout(() => client.terminate(), CLOSE_GRACE_MS).unref();
      }
    },
    // Bytes stay in the kernel's buffers: the far end sees a stream that stands still.
    pause: () => {
      stalled = true;
      client.pause();
      socket.cork();
    },
    resume: () => {
      stalled = false;
      socket.uncork();
      client.resume();
    },
  };
  const link = platform.connect(peer);
  // What is no text is no payload the platform knows: 4002.
  client.on('message', (data, isBinary) => link.receive(isBinary ? '' : data.toString()));
  client.on('close', (code) => link.closed(code));
  // ws closes the socket itself after a protocol error; the close handler does the rest.
  client.on('error', () => undefined);
};
