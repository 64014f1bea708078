import type { HttpTransport } from '../../src/ports/http.js';
import type { SocketHandlers, SocketTransport } from '../../src/ports/socket.js';

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/app/getAppAccessToken': { access_token: 'bench', expires_in: '7200' },
  '/gateway/bot': {
    url: 'ws://bench',
    shards: 1,
    session_start_limit: { total: 9, remaining: 9, reset_after: 1_000, max_concurrency: 1 },
  },
};

export type InProcess = {
  readonly http: HttpTransport;
  readonly sockets: SocketTransport;
  /** A user writes to the bot. */
  readonly write: (user: string) => void;
};

/** The platform as two functions in this process: whatever is sent is accepted at once. */
export const inProcess = (): InProcess => {
  let heard: SocketHandlers | null = null;
  let sequence = 1;
  let sent = 0;
  const say = (frame: object): void => heard?.text(JSON.stringify(frame));

  const http: HttpTransport = {
    request: async ({ url }) => {
      sent += 1;
      const accepted = { id: `R${sent}`, timestamp: '2026-01-01T00:00:00+08:00' };
      return { status: 200, headers: {}, body: JSON.stringify(ANSWERS[new URL(url).pathname] ?? accepted) };
    },
  };
  const sockets: SocketTransport = {
    open: (_url, handlers) => {
      heard = handlers;
      setImmediate(() => {
        handlers.opened();
        say({ op: 10, d: { heartbeat_interval: 45_000 } });
      });
      return {
        send: (text) => {
          if ((JSON.parse(text) as { op: number }).op !== 2) return;
          const d = { session_id: 's', user: { id: '1', username: 'b' } };
          setImmediate(() => say({ op: 0, s: 1, t: 'READY', d }));
        },
        pause: () => undefined,
        resume: () => undefined,
        close: () => handlers.closed(1000, ''),
        detach: () => undefined,
      };
    },
  };
  const write = (user: string): void => {
    sequence += 1;
    const author = { id: user, user_openid: user };
    const d = { id: `M${sequence}`, content: 'hello', timestamp: new Date().toISOString(), author };
    say({ op: 0, s: sequence, t: 'C2C_MESSAGE_CREATE', id: `C2C_MESSAGE_CREATE:${sequence}`, d });
  };
  return { http, sockets, write };
};
