import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../src/adapters/store/embedded/embedded-store.js';
import type { Inbound } from '../src/domain/inbound.js';
import { type ConversationRecord, type Lease, sendKey } from '../src/ports/store.js';

/**
 * The embedded store: what a sync costs on this disk, events taken in per second, what that adds to each, whole turns per
 * second, and a store with ROWS conversations. Left out: everything above the store.
 * Usage: node dist/bench/store.bench.js [SECONDS] [ROWS] [DIRECTORY]
 */
const SECONDS = Number(process.argv[2] ?? 5);
const ROWS = Number(process.argv[3] ?? 50_000);
const home = mkdtempSync(join(process.argv[4] ?? process.cwd(), '.store-bench-'));

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const at = (sortedMs: readonly number[], share: number): string =>
  (sortedMs[Math.min(sortedMs.length - 1, Math.floor(sortedMs.length * share))] ?? Number.NaN).toFixed(2);
const spread = (latenciesMs: number[]): string => {
  latenciesMs.sort((one, other) => one - other);
  return `p50 ${at(latenciesMs, 0.5)} ms, p99 ${at(latenciesMs, 0.99)} ms, max ${at(latenciesMs, 1)} ms`;
};

const target = { scene: 'c2c', openid: 'U' } as const;
const messageOf = (id: string, user: number): Inbound => ({
  id,
  conversation: `qq:1:c2c:U${user}`,
  target,
  sender: { id: `U${user}` },
  text: 'x'.repeat(300),
  mention: true,
  atMs: Date.now(),
  attachments: [],
});
const recordOf = (user: number): ConversationRecord => ({
  conversation: `qq:1:c2c:U${user}`,
  epoch: 1,
  transcript: [
    { role: 'user', content: 'q'.repeat(100) },
    { role: 'assistant', content: 'a'.repeat(400) },
  ],
});

let made = 0;
const takeIn = async (store: EmbeddedStore, lease: Lease): Promise<Inbound> => {
  made += 1;
  const message = messageOf(`M${made}`, made % 10_000);
  await store.ingest(lease, [{ id: message.id, message }]);
  return message;
};

const fullTurn = async (store: EmbeddedStore, lease: Lease): Promise<void> => {
  const { id, conversation, atMs } = await takeIn(store, lease);
  const turn = `${conversation}:${id}`;
  await store.claim(lease, [id]);
  for (const index of [0, 1]) {
    const anchor = { kind: 'message', id, atMs } as const;
    const content = { kind: 'text', text: 'a'.repeat(200), via: 'reply' } as const;
    const key = sendKey(id, index + 1);
    const piece = { conversation, turn, epoch: 1, role: 'answer', index, target, anchors: [anchor], content } as const;
    await store.enqueueSend(lease, { key, piece, anchor, msgSeq: index + 1, atMs });
    await store.settleSend(lease, key, { status: 'sent', sentId: `R${key}`, said: content.text });
  }
  await store.closeTurn(lease, {
    record: { ...recordOf(0), conversation },
    receipt: {
      turn,
      conversation,
      epoch: 1,
      inputIds: [id],
      askedAtMs: atMs,
      closedAtMs: atMs,
      status: 'completed',
      delivered: 'a'.repeat(400),
      generatedChars: 400,
      certainty: 'exact',
      messageIds: [`R${id}`],
    },
    settledIds: [id],
  });
};

/** How often `work` is done per second with so many at it. */
const rate = async (inFlight: number, work: () => Promise<unknown>): Promise<number> => {
  const fromMs = performance.now();
  const untilMs = fromMs + SECONDS * 1_000;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return done / ((performance.now() - fromMs) / 1_000);
};

const benchSync = (): void => {
  const file = openSync(join(home, 'sync'), 'w');
  const block = Buffer.alloc(4_096, 1);
  const latenciesMs = Array.from({ length: 500 }, () => {
    writeSync(file, block);
    const fromMs = performance.now();
    fdatasyncSync(file);
    return performance.now() - fromMs;
  });
  closeSync(file);
  say(`floor: fdatasync of 4 KiB   ${spread(latenciesMs)}`);
};

const openStore = async (name: string): Promise<readonly [EmbeddedStore, Lease]> => {
  const store = new EmbeddedStore(systemClock, { path: join(home, name), unsettledMax: 10_000_000 });
  await store.open();
  return [store, await store.lease('1')];
};

const benchIngest = async (): Promise<void> => {
  const [store, lease] = await openStore('ingest');
  const perSecond = await rate(500, () => takeIn(store, lease));
  say(`taken in, 500 in flight     ${perSecond.toFixed(0)} events/s`);

  const latenciesMs: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const fromMs = performance.now();
  const writes: Promise<unknown>[] = [];
  loop.enable();
  for (let sent = 0; sent < SECONDS * 1_000; ) {
    for (const due = performance.now() - fromMs; sent < due && sent < SECONDS * 1_000; sent += 1) {
      const beganMs = performance.now();
      writes.push(takeIn(store, lease).then(() => latenciesMs.push(performance.now() - beganMs)));
    }
    await elapse(1);
  }
  loop.disable();
  await Promise.all(writes);
  const stallMs = Math.max(0, loop.max / 1e6 - 1);
  say(`taken in, 1,000 a second    ${spread(latenciesMs)}; main loop held up ${stallMs.toFixed(1)} ms at most`);
  await store.close();
};

const benchTurns = async (): Promise<void> => {
  const [store, lease] = await openStore('turns');
  const perSecond = await rate(200, () => fullTurn(store, lease));
  say(`whole turns, 200 in flight  ${perSecond.toFixed(0)} turns/s (7 writes each)`);
  await store.close();
};

const benchRows = async (): Promise<void> => {
  const [store, lease] = await openStore('rows');
  for (let n = 0; n < ROWS; n += 1_000) {
    const size = Math.min(1_000, ROWS - n);
    await Promise.all(Array.from({ length: size }, (_, index) => store.saveConversation(lease, recordOf(n + index))));
  }
  await store.close();

  const openedMs = performance.now();
  await store.open();
  await store.lease('1');
  const openMs = performance.now() - openedMs;
  const scanMs = performance.now();
  let after: string | null | undefined;
  do {
    const page = await store.listConversations({ limit: 2_000, ...(after && { after }) });
    after = page.next;
  } while (after);
  const scannedMs = performance.now() - scanMs;
  const searchMs = performance.now();
  await store.listConversations({ limit: 10, text: 'nobody said this' });
  const searchedMs = performance.now() - searchMs;
  const latenciesMs: number[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    const fromMs = performance.now();
    await store.loadConversation(lease, `qq:1:c2c:U${Math.floor(Math.random() * ROWS)}`);
    latenciesMs.push(performance.now() - fromMs);
  }
  const { bytes } = store.health();
  say(`${ROWS} conversations        ${megabytes(bytes)} on disk, open ${openMs.toFixed(0)} ms`);
  say(`  list all ${scannedMs.toFixed(0)} ms, search all ${searchedMs.toFixed(0)} ms, get ${spread(latenciesMs)}`);
  say(`  RSS ${megabytes(process.memoryUsage().rss)}`);
  await store.close();
};

try {
  benchSync();
  await benchIngest();
  await benchTurns();
  await benchRows();
} finally {
  rmSync(home, { recursive: true, force: true });
}
