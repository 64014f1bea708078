import { createRouter } from '../src/index.js';
import type { HttpTransport } from '../src/ports/http.js';
import type { SocketHandlers, SocketTransport } from '../src/ports/socket.js';

/**
 * Interrupt latency: from the frame of the new message to the AbortSignal of the turn it ends, in one process, while other
 * users write `BACKGROUND` messages a second. Left out: the socket's own reading.
 * Usage: node dist/bench/interrupt.bench.js [SAMPLES]
 */
const SAMPLES = Number(process.argv[2] ?? 2_000);
const BACKGROUND = 1_000;

const answers: Readonly<Record<string, unknown>> = {
  '/app/getAppAccessToken': { access_token: 'bench', expires_in: '7200' },
  '/gateway/bot': {
    url: 'ws://bench',
    shards: 1,
    session_start_limit: { total: 9, remaining: 9, reset_after: 1_000, max_concurrency: 1 },
  },
};
const http: HttpTransport = {
  request: async ({ url }) => ({
    status: 200,
    headers: {},
    body: JSON.stringify(answers[new URL(url).pathname] ?? { id: 'R1', timestamp: '2026-01-01T00:00:00+08:00' }),
  }),
};

let heard: SocketHandlers | null = null;
let sequence = 1;
const say = (frame: object): void => heard?.text(JSON.stringify(frame));
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
        setImmediate(() => say({ op: 0, s: 1, t: 'READY', d: { session_id: 's', user: { id: '1', username: 'b' } } }));
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

const router = createRouter(
  {
    channels: {
      qq: {
        appId: '1',
        appSecret: 'bench',
        streamMode: 'final',
        debounce: { quietMs: 0, atMostMs: 0 },
        patience: { interruptsMax: 1_000_000 },
      },
    },
  },
  { http, sockets },
);
const working = new Map<string, (signal: AbortSignal) => void>();
router.onTurn((turn) => {
  const { id } = turn.conversation.sender;
  const begun = working.get(id);
  if (!begun) return turn.reply('ok').then(() => undefined);
  begun(turn.signal);
  return new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(), { once: true }));
});
await router.start();

let background = 0;
const load = setInterval(() => {
  for (let n = 0; n < BACKGROUND / 100; n += 1) {
    background += 1;
    write(`BG${background % 5_000}`);
  }
}, 10);

const begins = (user: string): Promise<AbortSignal> => new Promise((resolve) => working.set(user, resolve));
const latenciesMs: number[] = [];
for (let n = 0; n < SAMPLES; n += 1) {
  const user = `U${n % 100}`;
  const begun = begins(user);
  write(user);
  const signal = await begun;
  const next = begins(user);
  const fromMs = performance.now();
  const abortedMs = new Promise<number>((resolve) =>
    signal.addEventListener('abort', () => resolve(performance.now()), { once: true }),
  );
  write(user);
  latenciesMs.push((await abortedMs) - fromMs);
  const after = await next;
  working.delete(user);
  router.stopTurn(`qq:1:c2c:${user}`);
  await new Promise<void>((resolve) => (after.aborted ? resolve() : after.addEventListener('abort', () => resolve())));
}
clearInterval(load);
latenciesMs.sort((one, other) => one - other);
const at = (share: number): string => (latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN).toFixed(3);
process.stdout.write(
  `interrupt latency over ${SAMPLES} at ${BACKGROUND} messages/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms\n`,
);
await router.stop();
