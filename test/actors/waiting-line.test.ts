import { describe, expect, it } from 'vitest';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { policyOf, START_MS } from '../support/samples.js';
import { type Script, says, thinks, works } from '../support/scripted-agent.js';

const ID = 'qq:app:c2c:u1';
/** Works for five minutes without being silent. */
const long: Script = async function* ({ pause, signal }) {
  for (let n = 0; n < 5 && !signal.aborted; n += 1) {
    await pause(60_000);
    yield { type: 'progress', id: 'p', label: 'working', state: 'running' };
  }
};
const collecting = async (policy: Partial<ConversationPolicy> = {}, scripts: Script[] = [long, says(['two'])]) => {
  const rig = new ConversationRig({
    policy: { busy: 'collect', turnMaxMs: 900_000, ...policy },
    scripts,
    answersAfterMs: 10,
  });
  await rig.ask('m1');
  return rig;
};

describe('a message that waits', () => {
  // openclaw-qqbot#280: one message blocked that user's queue for ever.
  it('is given up after 90 s, with one notice in a busy time', async () => {
    const rig = await collecting({ notices: { ...policyOf().notices, expired: 'too long' } });
    await rig.say('m2');
    await rig.wait(10_000);
    await rig.say('m3');
    await rig.wait(79_999);
    expect(rig.dropped).toEqual([]);
    await rig.wait(1);
    expect([rig.dropped, rig.droppedWhy]).toEqual([['m2'], ['expired']]);
    await rig.wait(10_010);
    expect(rig.dropped).toEqual(['m2', 'm3']);
    expect(rig.api.calls).toMatchObject([{ message: { text: 'too long', anchor: { id: 'm2' } } }]);
    await rig.wait(300_000);
    expect(rig.asked).toEqual([['m1']]);
  });

  it('is given up silently where the notice is off', async () => {
    const rig = await collecting();
    await rig.say('m2');
    await rig.wait(91_000);
    expect([rig.dropped, rig.api.texts]).toEqual([['m2'], []]);
  });

  it('is given up earlier where it could not be answered any more', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'collect' },
      scene: { policy: policyOf({ busy: 'collect' }), replyWindowMs: 300_000 },
      scripts: [works],
    });
    await rig.ask('m1');
    await rig.say('m2', { atMs: START_MS - 270_000 });
    await rig.wait(29_399);
    expect(rig.dropped).toEqual([]);
    await rig.wait(1);
    expect(rig.dropped).toEqual(['m2']);
  });

  it('is not given up once its turn has begun', async () => {
    const rig = await collecting({}, [thinks(80_000, 'one'), thinks(100_000, 'two')]);
    await rig.say('m2');
    await rig.wait(200_000);
    expect([rig.dropped, rig.api.texts]).toEqual([[], ['one', 'two']]);
  });

  it('and loses its place is told to the next turn, cut to 80 characters', async () => {
    const rig = await collecting({ waitingMax: 2, drop: 'summarize' }, [thinks(5_000, 'one'), says(['two'])]);
    for (const id of ['m2', 'm3', 'm4']) await rig.say(id, { text: id.repeat(60) });
    await rig.wait(10_000);
    expect(rig.agent.turns[1]?.dropped).toEqual({ count: 1, texts: ['m2'.repeat(40)] });
    expect([rig.asked[1], rig.dropped, rig.droppedWhy]).toEqual([['m3', 'm4'], ['m2'], ['full']]);
    expect(rig.agent.turns[0]).not.toHaveProperty('dropped');
  });
});

describe('recall', () => {
  // Scenario 18.
  it('of the question cancels its turn: nothing more is said', async () => {
    const rig = new ConversationRig({ scripts: [says(['one', 'two'], 1_000)], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(1_500);
    rig.directory.recall(ID, 'm1');
    expect(rig.cancelled).toMatchObject([{ reason: 'recalled', atMs: 2_100 }]);
    expect(rig.agent.jobs[0]?.signal.reason).toMatchObject({ cause: { reason: 'recalled' } });
    await rig.wait(10_000);
    expect([rig.api.texts, rig.lastReceipt?.reason]).toEqual([['one'], 'recalled']);
  });

  it('of a message that waits takes it out of the next turn', async () => {
    const rig = await collecting({}, [thinks(2_000, 'one'), says(['two'])]);
    await rig.say('m2');
    await rig.say('m3');
    rig.directory.recall(ID, 'm2');
    await rig.wait(5_000);
    expect([rig.asked, rig.dropped, rig.droppedWhy]).toEqual([[['m1'], ['m3']], ['m2'], ['recalled']]);
  });

  it('before the turn has begun leaves no turn at all', async () => {
    const rig = new ConversationRig({ scripts: [says(['one'])] });
    await rig.say('m1');
    rig.directory.recall(ID, 'm1');
    await rig.wait(10_000);
    expect([rig.asked, rig.dropped]).toEqual([[], ['m1']]);
  });
});

describe('stop', () => {
  const stopped = async (word: string, policy: Partial<ConversationPolicy> = {}) => {
    const rig = await collecting(policy, [works, says(['two'])]);
    await rig.say('m2');
    await rig.say('cmd', { text: word });
    await rig.wait(5_000);
    return rig;
  };

  // Scenario 5, openclaw#29532.
  it.each(['/stop', '停', '停止', '取消', 'stop'])('"%s" keeps what waits, and is confirmed', async (word) => {
    const rig = await stopped(word, { notices: { ...policyOf().notices, stopped: '已停止。' } });
    expect([rig.asked, rig.droppedWhy]).toEqual([[['m1'], ['m2']], ['command']]);
    expect(rig.api.calls.map(({ message }) => [message.text, message.anchor?.id])).toEqual([
      ['已停止。', 'cmd'],
      ['two', 'm2'],
    ]);
  });

  it('"/stop all" also drops what waits', async () => {
    const rig = await stopped('/stop all');
    expect([rig.asked, rig.dropped.toSorted(), rig.api.texts]).toEqual([[['m1']], ['cmd', 'm2'], []]);
  });

  it.each(['等等', 'wait', 'stop it'])('"%s" is a message like any other', async (word) => {
    const rig = await stopped(word);
    expect([rig.cancelled, rig.dropped]).toEqual([[], []]);
  });
});

describe('a picture without a word', () => {
  const picture = { text: '', attachments: [{ kind: 'image', url: 'https://x/1.png' }] } as const;

  // Scenario 13.
  it('waits for its question also where another picture follows', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], policy: { quietMs: 300, atMostMs: 1_500 } });
    await rig.say('m1', picture);
    await rig.wait(1_000);
    await rig.say('m2', picture);
    await rig.wait(400);
    await rig.say('m3', { text: 'which?' });
    await rig.wait(2_000);
    expect(rig.asked).toEqual([['m1', 'm2', 'm3']]);
  });

  it('during a turn interrupts it, and still waits', async () => {
    const rig = new ConversationRig({ scripts: [works, says(['ok'])] });
    await rig.ask('m1');
    await rig.say('m2', picture);
    expect(rig.cancelled).toHaveLength(1);
    await rig.wait(1_000);
    await rig.say('m3', { text: 'and this?' });
    await rig.wait(1_000);
    expect(rig.asked).toEqual([['m1'], ['m2', 'm3']]);
  });
});
