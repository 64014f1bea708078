import type { StreamMode } from '../src/domain/turn.js';
import { createRouter } from '../src/index.js';
import { inProcess } from './support/in-process.js';

/**
 * What a streamed token costs in each mode, and what a running turn weighs. Left out: the agent's own work, the wire.
 * Usage: node dist/bench/streaming.bench.js [TOKENS] [TURNS]
 */
const TOKENS = Number(process.argv[2] ?? 200_000);
const TURNS = Number(process.argv[3] ?? 10_000);
const PER_TURN = 2_000;
const TOKEN = 'word ';

const routerFor = (streamMode: StreamMode) => {
  const { http, sockets, write } = inProcess();
  const debounce = { quietMs: 0, atMostMs: 0 };
  const options = { appId: '1', appSecret: 'bench', streamMode, debounce, maxReplyChars: 1_000_000 };
  return { router: createRouter({ channels: { qq: options } }, { http, sockets }), write };
};

const tokenCost = async (mode: StreamMode): Promise<number> => {
  const { router, write } = routerFor(mode);
  let finished: () => void = () => undefined;
  router.onTurn(async (turn) => {
    await turn.reply(
      (async function* () {
        for (let n = 0; n < PER_TURN; n += 1) yield n % 100 === 99 ? `${TOKEN}\n\n` : TOKEN;
      })(),
    );
    finished();
  });
  await router.start();
  const turns = Math.max(1, Math.round(TOKENS / PER_TURN));
  const from = process.cpuUsage();
  for (let n = 0; n < turns; n += 1) {
    const end = new Promise<void>((resolve) => {
      finished = resolve;
    });
    write(`${mode}${n}`);
    await end;
  }
  const { user, system } = process.cpuUsage(from);
  await router.stop();
  return (user + system) / (turns * PER_TURN);
};

/** The same loop without a router: an async iterator that is pulled, a string that grows. */
const floorCost = async (): Promise<number> => {
  const from = process.cpuUsage();
  let text = '';
  const source = (async function* () {
    for (let n = 0; n < TOKENS; n += 1) yield TOKEN;
  })();
  for await (const token of source) text = text.length > 10_000 ? token : text + token;
  const { user, system } = process.cpuUsage(from);
  return (user + system) / TOKENS;
};

const turnWeight = async (): Promise<number> => {
  const { router, write } = routerFor('final');
  let running = 0;
  let reached: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    reached = resolve;
  });
  router.onTurn((turn) => {
    running += 1;
    if (running === TURNS) reached();
    return new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(), { once: true }));
  });
  await router.start();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < TURNS; n += 1) {
    write(`W${n}`);
    if (n % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  return (process.memoryUsage().rss - before) / TURNS;
};

const floor = await floorCost();
process.stdout.write(`floor    ${floor.toFixed(2)} µs/token\n`);
for (const mode of ['final', 'block', 'native'] as const) {
  const cost = await tokenCost(mode);
  process.stdout.write(`${mode.padEnd(9)}${cost.toFixed(2)} µs/token, ${(cost / floor).toFixed(1)} times the floor\n`);
}
process.stdout.write(`${TURNS} running turns: ${((await turnWeight()) / 1_024).toFixed(1)} KB each\n`);
process.exit(0);
