import { fork } from 'node:child_process';
import { once } from 'node:events';
import { keepHeapYoung } from '../src/cli/young-heap.js';
import { createRouter, type Router } from '../src/index.js';
import { createLogger } from '../src/log/logger.js';
import type { HttpTransport } from '../src/ports/http.js';
import { startAgentServer } from '../src/server/server.js';
import { inProcess } from './support/in-process.js';

/**
 * What the process border costs, while other users write `BACKGROUND` messages a second: from the frame of a message to
 * the send of its answer, embedded and with an agent in a process of its own; and from the frame of a new message until
 * the agent's word that it has stopped is taken. Left out: the platform's socket and REST.
 * Usage: node dist/bench/sidecar.bench.js [SAMPLES] [BACKGROUND]
 */
const SAMPLES = Number(process.argv[2] ?? 2_000);
const BACKGROUND = Number(process.argv[3] ?? 1_000);
/** Unmeasured: V8 compiles what it has seen often. */
const WARM_UP = Math.min(SAMPLES, 1_000);

type Side = {
  readonly router: Router;
  readonly write: (user: string) => void;
  /** The next send to this user. */
  readonly answered: (user: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The platform's own rates would be what is measured. */
const UNPACED = { botPerSecond: 100_000, peerPerSecond: 1_000 };

const begin = async (agent: 'embedded' | 'native'): Promise<Side> => {
  const { http, sockets, write } = inProcess();
  const waiting = new Map<string, () => void>();
  const watched: HttpTransport = {
    request: (request) => {
      const user = /\/users\/([^/]+)\/messages/.exec(request.url)?.[1];
      if (user) waiting.get(user)?.();
      return http.request(request);
    },
  };
  const channel = {
    appId: '1',
    appSecret: 'bench',
    streamMode: 'final',
    debounce: { quietMs: 0, atMostMs: 0 },
    patience: { interruptsMax: 1_000_000 },
  } as const;
  const router = createRouter(
    { channels: { qq: channel }, ...(agent === 'native' && { agent: { driver: 'native' as const } }) },
    { http: watched, sockets, paceLimits: { c2c: UNPACED, group: UNPACED, guild: UNPACED, dm: UNPACED } },
  );
  if (agent === 'embedded') router.onTurn((turn) => turn.reply('ok').then(() => undefined));
  const { log } = createLogger({ level: 'silent', destination: null });
  const settings = { host: '127.0.0.1', port: 0 };
  const server = router.agents
    ? await startAgentServer({ agents: router.agents, settings, log, version: 'bench' })
    : null;
  await router.start();
  const child = server ? fork(new URL('./support/sidecar-agent.js', import.meta.url), [server.url]) : null;
  if (child) await once(child, 'message');
  return {
    router,
    write,
    answered: (user) => new Promise((resolve) => waiting.set(user, resolve)),
    stop: async () => {
      child?.send('stop');
      await router.stop();
      await server?.close();
    },
  };
};

const load = (write: (user: string) => void): (() => void) => {
  let count = 0;
  const timer = setInterval(() => {
    for (let n = 0; n < BACKGROUND / 100; n += 1) {
      count += 1;
      write(`BG${count % 5_000}`);
    }
  }, 10);
  return () => clearInterval(timer);
};

const report = (what: string, latenciesMs: number[]): number => {
  latenciesMs.sort((one, other) => one - other);
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
  process.stdout.write(
    `${what} over ${latenciesMs.length} at ${BACKGROUND} messages/s: p50 ${at(0.5).toFixed(3)} ms, p99 ${at(0.99).toFixed(3)} ms\n`,
  );
  return at(0.99);
};

const answers = async ({ write, answered }: Side, samples = SAMPLES, users = 'U'): Promise<number[]> => {
  const latenciesMs: number[] = [];
  for (let n = 0; n < samples; n += 1) {
    const user = `${users}${n}`;
    const answer = answered(user);
    const fromMs = performance.now();
    write(user);
    await answer;
    latenciesMs.push(performance.now() - fromMs);
  }
  return latenciesMs;
};

const cancels = async ({ router, write }: Side): Promise<number[]> => {
  const latenciesMs: number[] = [];
  const next = (type: 'turn.started' | 'turn.closed', user: string): Promise<void> =>
    new Promise((resolve) => {
      const leave = router.on((event) => {
        if (event.type !== type || !event.turn.conversation.endsWith(`:${user}`)) return;
        leave();
        resolve();
      });
    });
  for (let n = 0; n < SAMPLES; n += 1) {
    const user = `CANCEL${n}`;
    const started = next('turn.started', user);
    write(user);
    await started;
    // The offer is on its way, and taken.
    await new Promise((resolve) => setTimeout(resolve, 3));
    const closed = next('turn.closed', user);
    const again = next('turn.started', user);
    const fromMs = performance.now();
    write(user);
    await closed;
    latenciesMs.push(performance.now() - fromMs);
    await again;
    const last = next('turn.closed', user);
    router.stopTurn(`qq:1:c2c:${user}`);
    await last;
  }
  return latenciesMs;
};

keepHeapYoung();

const embedded = await begin('embedded');
const stopEmbedded = load(embedded.write);
await answers(embedded, WARM_UP, 'WARM');
const floor = report('embedded: answer', await answers(embedded));
stopEmbedded();
await embedded.stop();

const native = await begin('native');
const stopNative = load(native.write);
await answers(native, WARM_UP, 'WARM');
const border = report('sidecar: answer', await answers(native));
report('sidecar: cancel, there and back', await cancels(native));
stopNative();
await native.stop();
process.stdout.write(`the border costs p99 ${(border - floor).toFixed(3)} ms\n`);
