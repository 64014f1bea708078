import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Messages per second, and processor time per message, from the platform's frame to its answer's POST; the router with
 * either store beside the floor. Left out: TLS, a real network, a real agent, debounce.
 * Usage: node dist/bench/end-to-end.bench.js [SECONDS]
 */
const SECONDS = Number(process.argv[2] ?? 5);
const ROUNDS = SECONDS < 2 ? 1 : 3;
const ORDER = { inFlight: 128, users: 2_000 };

type Result = { readonly perSecond: number; readonly cpuUs: number; readonly rssMb: number };

const path = (name: string): string => fileURLToPath(new URL(`./support/${name}.js`, import.meta.url));
const said = async <T>(child: ChildProcess): Promise<T> => (await once(child, 'message'))[0] as T;
const asked = <T>(child: ChildProcess, question: object): Promise<T> => {
  const answer = said<T>(child);
  child.send(question);
  return answer;
};
const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Side = 'floor' | 'memory' | 'embedded';

const measure = async (side: Side): Promise<Result> => {
  const platform = fork(path('platform'));
  const { port } = await said<{ port: number }>(platform);
  const subject = fork(path('subject'), [side, `http://127.0.0.1:${port}`]);
  await said(subject);
  platform.send({ start: ORDER });
  await elapse(Math.min(1_500, SECONDS * 500));
  const before = await asked<{ answered: number }>(platform, { count: true });
  subject.send({ mark: true });
  const from = performance.now();
  await elapse(SECONDS * 1_000);
  const after = await asked<{ answered: number }>(platform, { count: true });
  const seconds = (performance.now() - from) / 1_000;
  const { cpuMs, rssMb } = await asked<{ cpuMs: number; rssMb: number }>(subject, { report: true });
  platform.send({ stop: true });
  subject.kill('SIGKILL');
  await once(subject, 'exit');
  const messages = after.answered - before.answered;
  return { perSecond: messages / seconds, cpuUs: (cpuMs * 1_000) / messages, rssMb };
};

const best = (results: readonly Result[]): Result =>
  results.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));

const SIDES: readonly Side[] = ['floor', 'memory', 'embedded'];
const results: Record<Side, Result[]> = { floor: [], memory: [], embedded: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  for (const side of SIDES) results[side].push(await measure(side));
}
const floor = best(results.floor);
for (const side of SIDES) {
  const { perSecond, cpuUs, rssMb } = best(results[side]);
  const figures = [
    `${perSecond.toFixed(0).padStart(7)} messages/s`,
    `${cpuUs.toFixed(0).padStart(6)} µs/message`,
    `${rssMb.toFixed(0).padStart(5)} MB`,
    `throughput ${(perSecond / floor.perSecond).toFixed(2)} of the floor, processor time ${(cpuUs / floor.cpuUs).toFixed(1)} times`,
  ];
  process.stdout.write(`${side.padEnd(9)}${figures.join('  ')}\n`);
}
