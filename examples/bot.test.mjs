// Tests of a bot, without an account, without a network and without waiting. node --test examples/bot.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRig } from 'rookery/testing';

/** The bot under test: counts as far as it is told, a second each, and knows where it was interrupted. */
async function bot(turn, { sleep }) {
  async function* count(to) {
    for (let n = 1; n <= to; n += 1) {
      await sleep(1_000);
      yield `Number ${n} of ${to}, slowly and with dignity.\n\n`;
    }
  }
  if (turn.text.startsWith('count to')) await turn.reply(count(Number(turn.text.slice(9))));
  else await turn.reply(turn.interrupted ? 'Very well, I stop.' : `You said: ${turn.text}`);
}

test('answers', async () => {
  const rig = await startRig({ agent: bot });
  const alice = rig.user('alice');
  alice.writes('hi');
  await rig.settled();
  assert.deepEqual(alice.sees(), ['You said: hi']);
});

test('says nothing more once it is interrupted', async () => {
  const rig = await startRig({ agent: bot, channel: { streamMode: 'block' } });
  const alice = rig.user('alice');
  alice.writes('count to 1000');
  await rig.until(() => alice.sees().length > 0);
  const seen = alice.sees();
  alice.writes('stop counting');
  await rig.settled();
  assert.deepEqual(alice.sees(), [...seen, 'Very well, I stop.']);
  assert.equal(rig.receipts[0].status, 'cancelled');
});

test('answers in a group what was asked while the connection was down', async () => {
  const rig = await startRig({ agent: bot });
  rig.cutConnection();
  rig.member('bob', 'devs').writes('are you there?');
  await rig.settled();
  assert.deepEqual(rig.member('bob', 'devs').sees(), ['You said: are you there?']);
});

test('answers once, also when it was killed while it did', async () => {
  const rig = await startRig({ agent: bot });
  rig.user('alice').writes('count to 3');
  await rig.wait(2_000);
  await rig.crash();
  await rig.settled();
  assert.equal(rig.user('alice').sees().length, 1);
});
