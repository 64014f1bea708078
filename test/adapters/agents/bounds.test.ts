import { expect, it } from 'vitest';
import { EventQueue } from '../../../src/adapters/agents/event-queue.js';
import { JsonRpc } from '../../../src/adapters/agents/json-rpc.js';
import { ProgressLabels } from '../../../src/adapters/agents/progress-labels.js';

it('an agent has at most sixty-four requests of its own without an answer; one more is refused', () => {
  const sent: unknown[] = [];
  const rpc = new JsonRpc((line) => sent.push(JSON.parse(line)), {
    request: () => new Promise(() => undefined),
    notification: () => undefined,
  });
  for (let id = 1; id <= 65; id += 1) rpc.take(JSON.stringify({ jsonrpc: '2.0', id, method: 'any' }));
  expect(sent).toMatchObject([{ id: 65, error: { code: -32_000 } }]);
});

it('who writes an answer is held until no more than 64 KiB of it wait', async () => {
  const queue = new EventQueue();
  for (let n = 0; n < 3; n += 1) queue.push({ type: 'text', delta: 'x'.repeat(40_000) });
  let isLetOn = false;
  const room = queue.room()?.then(() => {
    isLetOn = true;
  });
  await queue.next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isLetOn).toBe(false);
  await queue.next();
  await room;
  expect(isLetOn).toBe(true);
});

it('the names of two hundred and fifty-six steps are remembered, and no more', () => {
  const labels = new ProgressLabels();
  const named = (id: number): void => void labels.report(`${id}`, `step ${id}`, 'running');
  for (let id = 0; id < 256; id += 1) named(id);
  expect(labels.report('255', undefined, 'running')).toMatchObject([{ label: 'step 255' }]);
  for (let id = 256; id < 512; id += 1) named(id);
  expect(labels.report('0', undefined, 'done')).toMatchObject([{ label: '0' }]);
});
