import { describe, expect, it } from 'vitest';
import type { AgentReport, ConversationEvent } from '../../machines/conversation/conversation.types.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { ignoresCancel, says, stuck, text, thinks, works } from '../support/scripted-agent.js';

describe('a turn', () => {
  it('answers a message, and is remembered', async () => {
    const rig = new ConversationRig({ scripts: [says(['Hello'])], answersAfterMs: 50 });
    await rig.ask('m1');
    await rig.wait(50);
    expect(rig.api.calls).toMatchObject([{ message: { text: 'Hello', anchor: { id: 'm1' }, msgSeq: 1 }, atMs: 600 }]);
    expect(rig.lastReceipt).toEqual({
      status: 'completed',
      delivered: 'Hello',
      generatedChars: 5,
      certainty: 'exact',
      messageIds: ['sent 1'],
    });
    await rig.ask('m2');
    expect(rig.agent.turns[1]?.messages().map(({ content }) => content)).toEqual(['text of m1', 'Hello', 'text of m2']);
  });

  it('that says nothing is closed, and its agent is not aborted for having ended', async () => {
    const rig = new ConversationRig({ scripts: [says([])] });
    await rig.ask('m1');
    expect(rig.lastReceipt).toMatchObject({ status: 'completed', delivered: '' });
    expect(rig.agent.jobs[0]?.signal.aborted).toBe(false);
  });

  // Scenario 12: ten messages in one second make one turn.
  it('takes ten messages of one second together', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])] });
    for (let n = 0; n < 10; n += 1) {
      await rig.say(`m${n}`);
      await rig.wait(100);
    }
    await rig.wait(500);
    expect(rig.asked).toEqual([Array.from({ length: 10 }, (_, n) => `m${n}`)]);
    expect(rig.started[0]?.atMs).toBe(900 + 600);
  });

  // Scenario 12: an endless typer is cut at the maximum wait.
  it('starts at the maximum wait though its user goes on typing', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], policy: { busy: 'collect' } });
    for (let n = 0; n < 10; n += 1) {
      await rig.say(`m${n}`);
      await rig.wait(500);
    }
    expect(rig.started[0]).toMatchObject({ atMs: 2_500 });
    expect(rig.asked[0]).toHaveLength(5);
  });

  // Scenario 13: a picture, and one second later its question.
  it('waits for the question that follows a picture', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])] });
    await rig.say('m1', { text: '', attachments: [{ kind: 'image', url: 'https://x/1.png' }] });
    await rig.wait(1_000);
    await rig.say('m2', { text: 'what is this?' });
    await rig.wait(600);
    expect([rig.asked, rig.started[0]?.atMs]).toEqual([[['m1', 'm2']], 1_600]);
  });

  it('of a picture that comes with its question does not wait for another', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])] });
    await rig.say('m1', { text: 'what is this?', attachments: [{ kind: 'image', url: 'https://x/1.png' }] });
    await rig.wait(2_000);
    expect(rig.started[0]?.atMs).toBe(600);
  });

  it('of a picture alone starts after a while', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])] });
    await rig.say('m1', { text: '', attachments: [{ kind: 'image', url: 'https://x/1.png' }] });
    await rig.wait(2_000);
    expect(rig.started[0]?.atMs).toBe(1_500);
  });
});

describe('interrupt', () => {
  it('cancels the running turn in the call that brings the message, and tells the next what was shown', async () => {
    const rig = new ConversationRig({ scripts: [says(['One. ', 'Two.'], 1_000), says(['New.'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(1_500);
    await rig.say('m2');
    expect(rig.cancelled).toEqual([{ turn: 'qq:app:c2c:u1:t1', reason: 'superseded', atMs: 2_100 }]);
    expect(rig.agent.jobs[0]?.signal.aborted).toBe(true);
    await rig.wait(2_000);
    expect(rig.api.texts).toEqual(['One. ', 'New.']);
    expect(rig.interrupted).toMatchObject({
      reason: 'superseded',
      delivered: 'One. ',
      generatedChars: 5,
      agent: 'acked',
    });
  });

  // Scenario 1, openclaw#50145.
  it('of a turn that said nothing sends nothing, least of all the answer before', async () => {
    const rig = new ConversationRig({
      scripts: [says(['first answer']), works, says(['third answer'])],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    await rig.ask('m3');
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['first answer', 'third answer']);
    expect(rig.closed.map(({ receipt }) => receipt.delivered)).toEqual(['first answer', '', 'third answer']);
  });

  // Scenario 2, openclaw#19426: all was generated, and blocks wait in the outbox.
  it('lets no waiting piece out once the agent is done', async () => {
    const rig = new ConversationRig({ scripts: [says(['a', 'b', 'c']), says(['new'])] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(100);
    rig.api.last.accept();
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['a', 'new']);
    expect(rig.closed[0]?.receipt).toMatchObject({ status: 'cancelled', delivered: 'a', certainty: 'exact' });
  });

  // Scenario 3, openclaw#65221, #121831: "still shutting down".
  it('loses no message that comes while the old run shuts down', async () => {
    const rig = new ConversationRig({ scripts: [stuck, says(['ok'])], answersAfterMs: 10 });
    await rig.ask('m1');
    for (const id of ['m2', 'm3', 'm4']) {
      await rig.say(id);
      await rig.wait(500);
    }
    await rig.wait(5_000);
    expect([rig.asked, rig.dropped]).toEqual([[['m1'], ['m2', 'm3', 'm4']], []]);
    expect(rig.api.texts).toEqual(['ok']);
  });

  // Scenario 4, openclaw#126581: the signal had fired before anyone listened.
  it('in the very step of the start does not start the agent, and ends at once', async () => {
    const rig = new ConversationRig({
      scripts: [says(['ok'])],
      deps: { onTurnStarted: ({ conversation }) => rig.directory.stop(conversation, 'operator_stop') },
    });
    await rig.ask('m1');
    expect(rig.agent.jobs).toEqual([]);
    expect(rig.closed).toMatchObject([{ receipt: { status: 'cancelled', reason: 'operator_stop' }, atMs: 600 }]);
  });

  // Scenario 8: libraries take anything but an AbortError for a failure.
  it('aborts with an AbortError that says why', async () => {
    const rig = new ConversationRig({ scripts: [works] });
    await rig.ask('m1');
    await rig.say('m2');
    expect(rig.agent.jobs[0]?.signal.reason).toMatchObject({
      name: 'AbortError',
      cause: { type: 'turn.cancelled', reason: 'superseded' },
    });
    expect(rig.agentErrors).toEqual([]);
  });

  it('of an agent that throws its abort is no failure', async () => {
    const rig = new ConversationRig({
      scripts: [
        async function* ({ signal }) {
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
        says(['new']),
      ],
    });
    await rig.ask('m1');
    await rig.say('m2');
    expect([rig.agentErrors, rig.lastReceipt?.status]).toEqual([[], 'cancelled']);
  });
});

describe('an agent that does not listen', () => {
  // Scenario 6.
  it('is left behind at the end of its grace, and what it writes later is refused', async () => {
    const rig = new ConversationRig({ scripts: [ignoresCancel(1_500), says(['polite'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(1_600);
    expect(rig.api.texts).toEqual(['rude 1']);
    await rig.say('m2');
    await rig.wait(30_000);
    expect(rig.api.texts).toEqual(['rude 1', 'polite']);
    expect(rig.closed[0]).toMatchObject({ receipt: { status: 'cancelled', delivered: 'rude 1', generatedChars: 6 } });
  });

  // Scenario 9: `generator.return()` waits as long as the generator does.
  it('and is stuck in an await does not hold up the next turn', async () => {
    const rig = new ConversationRig({ scripts: [stuck, says(['new'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(3_000);
    expect(rig.closed[0]).toMatchObject({ receipt: { status: 'killed', reason: 'superseded' }, atMs: 2_600 });
    expect(rig.started[1]?.atMs).toBe(2_600);
    expect(rig.interrupted).toMatchObject({ agent: 'killed' });
    expect(rig.api.texts).toEqual(['new']);
  });

  // Scenario 7, LangGraph: the old stream ended 500 ms after the new one had begun.
  it('and ends while the next turn runs does not end that one', async () => {
    const rig = new ConversationRig({
      scripts: [
        async function* ({ pause }) {
          await pause(3_000);
          yield text('old');
        },
        says(['new'], 1_000),
      ],
      policy: { graceMs: 100 },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(1_500);
    await rig.ask('m2');
    await rig.wait(500);
    expect(rig.started).toHaveLength(2);
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['new']);
    expect(rig.closed.map(({ receipt }) => receipt.status)).toEqual(['killed', 'completed']);
  });
});

describe('a report of an older turn', () => {
  // G5: whatever the runs of agents do, the chart itself asks whose report it is before anything else.
  const REPORTS: readonly AgentReport[] = [
    { type: 'agent.spoke', epoch: 1 },
    { type: 'reply.piece', epoch: 1, content: { kind: 'text', text: 'late', via: 'reply' } },
    { type: 'agent.held', epoch: 1, atMs: 0 },
    { type: 'agent.released', epoch: 1, atMs: 0 },
    { type: 'agent.steered', epoch: 1, id: 'm3' },
    { type: 'agent.silent', epoch: 1, atMs: 0 },
    { type: 'agent.left', epoch: 1, generatedChars: 99, tools: [] },
    { type: 'agent.ended', epoch: 1, generatedChars: 99, tools: [], failure: 'failed' },
  ];
  const secondTurn = async (busy: 'interrupt' | 'collect') => {
    const rig = new ConversationRig({
      scripts: [says(['one']), thinks(5_000, 'two')],
      policy: { busy },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    const unit = rig.directory.get('qq:app:c2c:u1');
    if (!unit) throw new Error('its conversation lives');
    return { rig, unit };
  };

  it.each(REPORTS)('changes nothing while the agent thinks: $type', async (report) => {
    const { rig, unit } = await secondTurn('collect');
    await rig.say('m3');
    const before = unit.actor.getSnapshot();
    unit.actor.send(report);
    expect(unit.actor.getSnapshot().value).toEqual(before.value);
    expect(unit.actor.getSnapshot().context).toEqual(before.context);
    await rig.wait(10_000);
    expect(rig.api.texts.slice(0, 2)).toEqual(['one', 'two']);
  });

  it.each(REPORTS)('changes nothing while it speaks, or holds, or is being stopped: $type', async (report) => {
    const { rig, unit } = await secondTurn('interrupt');
    const steps: readonly ConversationEvent[] = [
      { type: 'agent.spoke', epoch: 2 },
      { type: 'agent.held', epoch: 2, atMs: 0 },
      { type: 'stop', reason: 'user_stop', atMs: rig.clock.now(), all: false, by: null },
    ];
    for (const step of steps) {
      unit.actor.send(step);
      const before = unit.actor.getSnapshot();
      unit.actor.send(report);
      expect(unit.actor.getSnapshot().value).toEqual(before.value);
      expect(unit.actor.getSnapshot().context).toEqual(before.context);
    }
  });
});

describe('collect', () => {
  it('lets the turn finish and takes all that came meanwhile as the next', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'collect' },
      scripts: [says(['one'], 2_000), says(['two'])],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.say('m3');
    await rig.wait(5_000);
    expect([rig.asked, rig.api.texts]).toEqual([
      [['m1'], ['m2', 'm3']],
      ['one', 'two'],
    ]);
    expect([rig.cancelled, rig.agent.turns[1]?.interrupted]).toEqual([[], undefined]);
  });
});

describe('stop', () => {
  // Scenario 5, openclaw#29532; hermes-agent#38293; openclaw-qqbot#134: /stop sat in the queue.
  it('is never queued: it ends the turn at once and keeps what waits', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'collect' },
      scripts: [works, says(['two'])],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.say('cmd', { text: '/stop' });
    expect(rig.cancelled).toMatchObject([{ reason: 'user_stop', atMs: 600 }]);
    await rig.wait(5_000);
    expect([rig.asked, rig.dropped, rig.api.texts]).toEqual([[['m1'], ['m2']], ['cmd'], ['two']]);
  });

  it('all drops what waits, and says so once', async () => {
    const rig = new ConversationRig({ policy: { busy: 'collect' }, scripts: [works] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.say('cmd', { text: '/stop all' });
    await rig.wait(5_000);
    expect([rig.asked, rig.dropped.toSorted()]).toEqual([[['m1']], ['cmd', 'm2']]);
  });
});

describe('an agent that fails', () => {
  const fails = (...said: readonly string[]) =>
    async function* () {
      for (const one of said) yield text(one);
      throw new Error('model is down');
    };

  it('with nothing said is excused once, and its own words are not shown', async () => {
    const rig = new ConversationRig({ scripts: [fails()], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(5_000);
    expect([rig.api.texts, rig.lastReceipt?.status]).toEqual([['sorry'], 'failed']);
    expect(rig.agentErrors).toEqual([new Error('model is down')]);
  });

  it('after some text is not excused', async () => {
    const rig = new ConversationRig({ scripts: [fails('half')], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['half']);
    expect(rig.lastReceipt).toMatchObject({ status: 'failed', delivered: 'half' });
  });

  it('before it has begun is a failure of its turn, not of the conversation', async () => {
    const rig = new ConversationRig({
      scripts: [
        () => {
          throw new Error('no such model');
        },
        says(['two']),
      ],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    await rig.wait(100);
    expect(rig.api.texts).toEqual(['sorry', 'two']);
  });

  it('that never ends is ended by its deadline', async () => {
    const rig = new ConversationRig({ scripts: [works], policy: { turnMaxMs: 10_000 } });
    await rig.ask('m1');
    await rig.wait(10_000);
    expect(rig.closed).toMatchObject([{ receipt: { status: 'timed_out', reason: 'deadline' }, atMs: 10_600 }]);
  });
});
