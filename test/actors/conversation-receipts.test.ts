import { describe, expect, it } from 'vitest';
import { embeddedDriver } from '../../src/adapters/agents/embedded.js';
import type { Receipt } from '../../src/domain/turn.js';
import type { AgentEvent } from '../../src/ports/agent-driver.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { BREAK, type Script, says, text, works } from '../support/scripted-agent.js';

/** Says one message and waits for its receipt, as `await turn.reply(…)` does. */
const awaitsReceipt = (said: string, receipts: Receipt[], then: readonly AgentEvent[] = []): Script =>
  async function* ({ turn }) {
    yield text(said);
    yield BREAK;
    receipts.push(await turn.delivered());
    yield* then;
  };

describe('a platform call that hangs at the cancel point', () => {
  // Scenario 10; G2, G4, G7.
  it('makes the receipt maybe-more in time, holds the next turn’s first send, and is settled afterwards', async () => {
    const rig = new ConversationRig({ scripts: [says(['hung']), says(['new'])] });
    await rig.ask('m1');
    const [hung] = rig.api.calls;
    await rig.say('m2');
    await rig.wait(2_999);
    expect(rig.closed).toEqual([]);
    await rig.wait(1);
    expect(rig.closed).toMatchObject([{ receipt: { delivered: '', certainty: 'maybe-more' }, atMs: 600 + 3_000 }]);
    expect(rig.started[1]?.atMs).toBe(3_600);
    expect(rig.interrupted).toMatchObject({ certainty: 'maybe-more', agent: 'acked' });
    await rig.wait(3_000);
    expect(rig.api.texts).toEqual(['hung']);
    hung?.accept();
    await rig.wait(0);
    expect(rig.settled).toMatchObject([{ turn: 'qq:app:c2c:u1:t1', status: 'sent', atMs: 6_600 }]);
    expect(rig.api.texts).toEqual(['hung', 'new']);
  });

  it('and times out is not tried again: nobody knows, and the user is not told twice', async () => {
    const rig = new ConversationRig({ scripts: [says(['hung']), says(['new'])] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(1_000);
    rig.api.last.fail('transport.timeout');
    await rig.wait(5_000);
    expect(rig.closed[0]?.receipt).toMatchObject({ delivered: '', certainty: 'maybe-more' });
    expect([rig.api.texts, rig.settled]).toEqual([['hung', 'new'], []]);
  });

  it('and then answers within the settling time leaves an exact receipt', async () => {
    const rig = new ConversationRig({ scripts: [says(['slow']), works] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(2_500);
    rig.api.last.accept();
    await rig.wait(0);
    expect(rig.closed).toMatchObject([{ receipt: { delivered: 'slow', certainty: 'exact' }, atMs: 3_100 }]);
    expect(rig.settled).toEqual([]);
  });

  it('while the agent waits for room in the outbox does not make that agent a rude one', async () => {
    const many = Array.from({ length: 12 }, (_, n) => `piece ${n}`);
    const rig = new ConversationRig({ scripts: [says(many), works] });
    await rig.ask('m1');
    expect(rig.api.texts).toEqual(['piece 0']);
    await rig.say('m2');
    await rig.wait(3_000);
    expect(rig.closed[0]?.receipt).toMatchObject({ status: 'cancelled', certainty: 'maybe-more' });
  });
});

describe('delivered', () => {
  it('resolves with the outcome of what was said, while the turn goes on', async () => {
    const receipts: Receipt[] = [];
    const rig = new ConversationRig({ scripts: [awaitsReceipt('one', receipts, [text('two')])] });
    await rig.ask('m1');
    expect(receipts).toEqual([]);
    rig.api.last.accept();
    await rig.wait(0);
    expect(receipts).toMatchObject([
      { delivered: 'one', generatedChars: 3, certainty: 'exact', messageIds: ['sent 1'] },
    ]);
    expect(rig.api.texts).toEqual(['one', 'two']);
  });

  it('after a cancel resolves with the cancelled receipt as soon as the call in flight has ended', async () => {
    const receipts: Receipt[] = [];
    const rig = new ConversationRig({ scripts: [awaitsReceipt('one', receipts), works] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(200);
    rig.api.last.accept();
    await rig.wait(0);
    const expected = { status: 'cancelled', reason: 'superseded', delivered: 'one', certainty: 'exact' };
    expect(receipts).toMatchObject([expected]);
    expect(rig.closed).toMatchObject([{ receipt: expected, atMs: 800 }]);
  });

  it('does not cost an agent its grace where the call hangs', async () => {
    const receipts: Receipt[] = [];
    const rig = new ConversationRig({ scripts: [awaitsReceipt('one', receipts), works] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(1_000);
    expect(receipts).toMatchObject([{ status: 'cancelled', delivered: '', certainty: 'maybe-more' }]);
    await rig.wait(2_000);
    expect(rig.lastReceipt).toMatchObject({ status: 'cancelled', certainty: 'maybe-more' });
  });

  it('asked after the turn is closed gives its closing record', async () => {
    const rig = new ConversationRig({ scripts: [says(['one'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(100);
    await expect(rig.agent.turns[0]?.delivered()).resolves.toEqual(rig.lastReceipt);
  });

  it('of a turn long gone does not hang', async () => {
    const rig = new ConversationRig({ scripts: [says(['one']), says(['two'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    await rig.wait(100);
    await expect(rig.agent.turns[0]?.delivered()).resolves.toMatchObject({ certainty: 'maybe-more' });
  });

  it('resolves where the conversation is closed while it waits', async () => {
    const receipts: Receipt[] = [];
    const rig = new ConversationRig({ scripts: [awaitsReceipt('one', receipts)] });
    await rig.ask('m1');
    rig.directory.close();
    await rig.wait(0);
    expect(receipts).toHaveLength(1);
    expect(rig.agent.jobs[0]?.signal.aborted).toBe(true);
  });
});

describe('a handler of this process', () => {
  it('that awaits its reply when it is interrupted is given what the user saw, and counts as stopped', async () => {
    const receipts: Receipt[] = [];
    async function* words() {
      yield 'One. ';
      await new Promise<never>(() => undefined);
    }
    const driver = embeddedDriver(async (turn) => {
      receipts.push(await turn.reply(turn.epoch === 1 ? 'Hello.' : words()));
      if (turn.epoch === 1) receipts.push(await turn.reply(words()));
    });
    const rig = new ConversationRig({ deps: { driver }, answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.say('m2');
    const cancelled = { status: 'cancelled', reason: 'superseded', delivered: 'Hello.', certainty: 'exact' };
    expect(receipts).toMatchObject([{ status: 'completed', delivered: 'Hello.' }, cancelled]);
    expect(rig.closed).toMatchObject([{ receipt: { ...cancelled, generatedChars: 11 }, atMs: 700 }]);
  });
});

describe('an agent that is faster than the platform', () => {
  it('is not read on while eight of its pieces wait', async () => {
    let read = 0;
    const rig = new ConversationRig({
      scripts: [
        async function* () {
          for (let n = 0; n < 100; n += 1) {
            yield text(`piece ${n}`);
            yield BREAK;
            read = n + 1;
          }
        },
      ],
    });
    // A channel's replies are not counted, so none of them is kept back.
    await rig.ask('m1', { target: { scene: 'guild', channelId: 'c1' } });
    expect(read).toBe(7);
    rig.api.last.accept();
    await rig.wait(0);
    expect(read).toBe(8);
  });
});
