import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../src/adapters/store/embedded/embedded-store.js';
import type { Inbound } from '../src/domain/inbound.js';
import { startEmulator } from '../src/emulator/index.js';
import { createRouter } from '../src/index.js';
import type { ConversationRecord, TurnReceipt } from '../src/ports/store.js';

/**
 * From `router.start()` to READY, over an empty store and over one that knows ROWS conversations, each with a message that
 * was answered. Left out: the start of the process, TLS, a real network.
 * Usage: node dist/bench/ready.bench.js [ROWS] [DIRECTORY]
 */
const ROWS = Number(process.argv[2] ?? 100_000);
const ROUNDS = 5;
const APP_ID = '102000001';
const APP_SECRET = 'bench-secret';
const home = mkdtempSync(join(process.argv[3] ?? process.cwd(), '.ready-bench-'));

const messageOf = (n: number): Inbound => ({
  id: `M${n}`,
  conversation: `qq:${APP_ID}:c2c:U${n}`,
  target: { scene: 'c2c', openid: `U${n}` },
  sender: { id: `U${n}` },
  text: 'x'.repeat(100),
  mention: true,
  atMs: Date.now(),
  attachments: [],
});

const recordOf = ({ conversation }: Inbound): ConversationRecord => ({
  conversation,
  epoch: 1,
  transcript: [
    { role: 'user', content: 'q'.repeat(100) },
    { role: 'assistant', content: 'a'.repeat(300) },
  ],
});

const receiptOf = ({ id, conversation, atMs }: Inbound): TurnReceipt => ({
  turn: `${conversation}:t1`,
  conversation,
  epoch: 1,
  inputIds: [id],
  askedAtMs: atMs,
  closedAtMs: atMs,
  status: 'completed',
  delivered: 'a'.repeat(300),
  generatedChars: 300,
  certainty: 'exact',
  messageIds: [`R${id}`],
});

const fill = async (path: string): Promise<void> => {
  const store = new EmbeddedStore(systemClock, { path, unsettledMax: 10_000_000, pruneEveryMs: 2 ** 31 - 1 });
  await store.open();
  const lease = await store.lease(APP_ID);
  for (let from = 0; from < ROWS; from += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, ROWS - from) }, (_, index) => messageOf(from + index));
    await store.ingest(
      lease,
      messages.map((message) => ({ id: message.id, message })),
    );
    await Promise.all(
      messages.map((message) =>
        store.closeTurn(lease, {
          record: recordOf(message),
          receipt: receiptOf(message),
          settledIds: [message.id],
        }),
      ),
    );
  }
  await store.close();
};

/** The shortest of several starts: what the store adds is in all of them, what the machine does beside is not. */
const readyMs = async (path: string): Promise<number> => {
  const emulator = await startEmulator({
    appId: APP_ID,
    appSecret: APP_SECRET,
    limits: { maxConcurrency: 100, sessionStartsPerDay: 1_000 },
  });
  const { token, api } = emulator.urls;
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const router = createRouter({
      channels: { qq: { appId: APP_ID, appSecret: APP_SECRET, endpoints: { token, api } } },
      agent: { driver: 'echo' },
      store: { driver: 'embedded', path },
    });
    const fromMs = performance.now();
    await router.start();
    tookMs.push(performance.now() - fromMs);
    await router.stop();
  }
  await emulator.close();
  return Math.min(...tookMs);
};

try {
  await fill(join(home, 'full'));
  const emptyMs = await readyMs(join(home, 'empty'));
  const fullMs = await readyMs(join(home, 'full'));
  process.stdout.write(`READY over an empty store        ${emptyMs.toFixed(0)} ms\n`);
  process.stdout.write(
    `READY over ${ROWS} conversations  ${fullMs.toFixed(0)} ms, which is ${(fullMs - emptyMs).toFixed(0)} ms more\n`,
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}
