/**
 * A router's worth of writes in a process of its own, to be killed in the middle of them. Every line on its output is an
 * acknowledgement that was given: `I n` events up to n taken in, `W n` watermark saved, `Q key` send written down,
 * `S key` outcome written down, `C turn id` turn closed.
 * Usage: node writer.mjs DIR ROUND
 */
import { writeSync } from 'node:fs';
import { EmbeddedStore } from '../../../../dist/src/adapters/store/embedded/embedded-store.js';

const [dir, round] = process.argv.slice(2);
const LANES = 16;
const clock = { now: () => Date.now(), setTimeout, clearTimeout };
const store = new EmbeddedStore(clock, { path: dir });
const acknowledge = (line) => writeSync(1, `${line}\n`);
const waiting = [];

const messageOf = (id, lane) => ({
  id,
  conversation: `qq:app:c2c:u${lane}`,
  target: { scene: 'c2c', openid: `u${lane}` },
  sender: { id: `u${lane}` },
  text: 'x'.repeat(300),
  mention: true,
  atMs: Date.now(),
  attachments: [],
});

const takeIn = async (lease) => {
  for (let last = 0; ; ) {
    const count = 1 + Math.floor(Math.random() * 60);
    const ids = Array.from({ length: count }, (_, index) => `r${round}-${last + index + 1}`);
    const events = ids.map((id, index) => ({ id, message: messageOf(id, index % LANES) }));
    // The platform repeats itself: the last event comes twice.
    await store.ingest(lease, [...events, events[count - 1]]);
    last += count;
    acknowledge(`I ${last}`);
    waiting.push(...ids);
    await store.saveSession(lease, 0, { sessionId: `s${round}`, seq: last, atMs: Date.now() });
    acknowledge(`W ${last}`);
  }
};

const answer = async (lease, lane) => {
  for (;;) {
    const id = waiting.shift();
    if (id === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    const { conversation, target } = messageOf(id, lane);
    const turn = `${conversation}:${id}`;
    await store.claim(lease, [id]);
    const anchor = { kind: 'message', id, atMs: 0 };
    const content = { kind: 'text', text: 'ok', via: 'reply' };
    const piece = { conversation, turn, epoch: 1, role: 'answer', index: 0, target, anchors: [anchor], content };
    const key = `${id}#1`;
    await store.enqueueSend(lease, { key, piece, anchor, msgSeq: 1, atMs: Date.now() });
    acknowledge(`Q ${key}`);
    await store.settleSend(lease, key, { status: 'sent', sentId: `R-${id}` });
    acknowledge(`S ${key}`);
    await store.closeTurn(lease, {
      record: { conversation, epoch: 1, transcript: [{ role: 'user', content: id }] },
      receipt: { turn, conversation, epoch: 1, inputIds: [id], askedAtMs: 0, closedAtMs: 0, delivered: 'ok' },
      settledIds: [id],
    });
    acknowledge(`C ${turn} ${id}`);
  }
};

await store.open();
const lease = await store.lease('app');
acknowledge(`L ${lease.epoch}`);
try {
  await Promise.all([takeIn(lease), ...Array.from({ length: LANES }, (_, lane) => answer(lease, lane))]);
} catch {
  // The disk is gone: nothing more is acknowledged.
  process.exit(1);
}
