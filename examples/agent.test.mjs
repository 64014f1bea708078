// Tests of an agent that dials in, without a platform and without users. node --test examples/agent.test.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestRouter } from 'rookery/testing';

const AGENT = fileURLToPath(new URL('python-sidecar/agent.py', import.meta.url));

let router;
let agent;
before(async () => {
  router = await TestRouter.start({ token: 'for-tests-only' });
  agent = spawn('python3', [AGENT, router.url], { env: { ...process.env, ROOKERY_TOKEN: 'for-tests-only' } });
  await router.attached();
});
after(async () => {
  agent.kill();
  await router.close();
});

test('answers', async () => {
  const { status, delivered } = await router.ask('hello').closed;
  assert.deepEqual([status, delivered.trim()], ['completed', 'You said: hello']);
});

test('answers two users at once', async () => {
  const both = await Promise.all(['alice', 'bob'].map((user) => router.ask(`I am ${user}`, user).closed));
  assert.deepEqual(
    both.map(({ delivered }) => delivered.trim()),
    ['You said: I am alice', 'You said: I am bob'],
  );
});

test('stops when a newer message comes, and answers that', async () => {
  const turn = router.ask('a question '.repeat(100));
  await turn.spoke();
  turn.cancel();
  // `killed`, had it not said `turn.cancelled` within two seconds.
  assert.equal((await turn.closed).status, 'cancelled');
  assert.equal((await router.ask('and now?').closed).delivered.trim(), 'You said: and now?');
});

test('comes back when its connection is closed', async () => {
  router.hangUp();
  assert.equal((await router.ask('still there?').closed).status, 'completed');
});
