import { createRouter } from '../src/index.js';
import { inProcess } from './support/in-process.js';

/**
 * Interrupt latency: from the frame of the new message to the AbortSignal of the turn it ends, in one process, while other
 * users write `BACKGROUND` messages a second. Left out: the socket's own reading.
 * Usage: node dist/bench/interrupt.bench.js [SAMPLES]
 */
const SAMPLES = Number(process.argv[2] ?? 2_000);
const BACKGROUND = 1_000;

const { http, sockets, write } = inProcess();
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
