import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/domain/conversation.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import type { ConversationRecord } from '../../src/ports/store.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { says, stuck, works } from '../support/scripted-agent.js';

const GROUP: Target = { scene: 'group', groupOpenid: 'g1' };
const by = (id: string) => ({ target: GROUP, sender: { id } });
const from = (openid: string) => ({ target: { scene: 'c2c', openid } as const });

/** Reading from the store takes as long as the test wants. */
const slowLoad = () => {
  const doors: (() => void)[] = [];
  const load = (): Promise<ConversationRecord | null> => new Promise((resolve) => doors.push(() => resolve(null)));
  return { load, open: () => doors.shift()?.() };
};

describe('conversations', () => {
  // Scenario 14: two members of one group.
  it('of two members of a group do not cut each other’s answers', async () => {
    const rig = new ConversationRig({ scripts: [says(['for A'], 1_000), says(['for B'], 1_000)], answersAfterMs: 10 });
    await rig.ask('a1', by('A'));
    await rig.ask('b1', by('B'));
    await rig.wait(5_000);
    expect(rig.cancelled).toEqual([]);
    expect(rig.api.calls.map(({ message }) => [message.text, message.anchor?.id])).toEqual([
      ['for A', 'a1'],
      ['for B', 'b1'],
    ]);
  });

  it('take the messages that come while theirs is read from the store, in order', async () => {
    const { load, open } = slowLoad();
    const rig = new ConversationRig({ scripts: [says(['ok'])], deps: { load } });
    for (const id of ['m1', 'm2', 'm3']) await rig.say(id);
    expect(rig.directory.living).toBe(0);
    open();
    await rig.wait(600);
    expect(rig.asked).toEqual([['m1', 'm2', 'm3']]);
  });

  it('begin anew where their record cannot be read, and that is said', async () => {
    const rig = new ConversationRig({
      scripts: [says(['ok'])],
      deps: { load: () => Promise.reject(new Error('disk')) },
    });
    await rig.ask('m1');
    expect([rig.agentErrors, rig.api.texts]).toEqual([[new Error('disk')], ['ok']]);
  });

  // As after a crash: all that was taken in, and not answered, comes at once.
  it('lose none of a thousand that come while theirs is read', async () => {
    const { load, open } = slowLoad();
    const policy = { busy: 'enqueue', waitingMax: 2_000 } as const;
    const rig = new ConversationRig({ deps: { load }, policy });
    const ids = Array.from({ length: 1_000 }, (_, n) => `m${n}`);
    for (const id of ids) await rig.say(id);
    open();
    await rig.wait(600);
    expect([rig.asked.flat(), rig.dropped]).toEqual([ids, []]);
  });

  it('choose by their own policy which of those are left out', async () => {
    const { load, open } = slowLoad();
    const rig = new ConversationRig({ deps: { load }, policy: { busy: 'enqueue', waitingMax: 2, drop: 'old' } });
    for (const id of ['m1', 'm2', 'm3', 'm4']) await rig.say(id);
    open();
    await rig.wait(600);
    expect([rig.asked, rig.dropped]).toEqual([[['m1'], ['m3'], ['m4']], ['m2']]);
  });

  it('that fail end alone', async () => {
    let strategies = 0;
    const rig = new ConversationRig({
      scripts: [works],
      deps: {
        newStrategy: (_, port) => {
          strategies += 1;
          if (strategies === 2) throw new Error('bug');
          return wholeText(port);
        },
      },
    });
    await rig.ask('a', from('A'));
    await rig.ask('b', from('B'));
    expect(rig.failed).toMatchObject([{ id: 'qq:app:c2c:B', error: new Error('bug') }]);
    expect([rig.directory.living, rig.directory.busy]).toEqual([1, 1]);
    await rig.ask('b2', from('B'));
    expect(rig.asked).toEqual([['a'], ['b'], ['b2']]);
    expect(rig.agent.jobs[0]?.signal.aborted).toBe(false);
  });

  it('that fail in the middle of a turn send nothing more', async () => {
    const rig = new ConversationRig({ scripts: [says(['one', 'two', 'three'])] });
    await rig.ask('m1');
    rig.api.last.fail('platform.unavailable');
    await rig.wait(0);
    rig.directory.get('qq:app:c2c:u1')?.actor.send({ type: 'policy.changed', policy: null as never });
    await rig.say('m2');
    expect(rig.failed).toHaveLength(1);
    await rig.wait(60_000);
    expect(rig.api.texts).toEqual(['one']);
  });
});

describe('retirement', () => {
  it('frees an idle conversation after its time, not before', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(60_009);
    expect(rig.directory.living).toBe(1);
    await rig.wait(1);
    expect([rig.directory.living, rig.clock.pending]).toEqual([0, 0]);
  });

  it('of one conversation takes no other with it whose time has not come', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(30_000);
    await rig.ask('m2', { target: { scene: 'c2c', openid: 'u2' } });
    await rig.wait(30_000);
    expect([...rig.directory.units()].map(({ id }) => id)).toEqual(['qq:app:c2c:u2']);
    await rig.wait(31_000);
    expect([rig.directory.living, rig.clock.pending]).toEqual([0, 0]);
  });

  it('is no loss: it comes back with its transcript, its epoch and what it was told last', async () => {
    const rig = new ConversationRig({ scripts: [works, says(['again'])], answersAfterMs: 10 });
    await rig.ask('m1');
    rig.directory.stop('qq:app:c2c:u1', 'user_stop');
    await rig.wait(61_000);
    expect(rig.directory.living).toBe(0);
    await rig.ask('m2');
    const [turn] = rig.agent.turns.slice(1);
    expect(turn).toMatchObject({ epoch: 2, interrupted: { turn: 'qq:app:c2c:u1:t1', reason: 'user_stop' } });
    expect(turn?.messages({ note: false }).map(({ content }) => content)).toEqual(['text of m1', 'text of m2']);
  });

  it('does not take one that is at work, or that has been used again', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok']), works], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(59_000);
    await rig.ask('m2');
    await rig.wait(120_000);
    expect(rig.directory.living).toBe(1);
  });

  it('takes one that was only told to stop', async () => {
    const rig = new ConversationRig();
    await rig.say('m1', { text: '/stop' });
    expect(rig.directory.living).toBe(1);
    await rig.wait(60_000);
    expect([rig.directory.living, rig.dropped]).toEqual([0, ['m1']]);
  });

  it('waits for a call that outlived its turn, so that no later send overtakes it', async () => {
    const rig = new ConversationRig({ scripts: [says(['hung']), says(['new'])], retireAfterMs: 1_000 });
    await rig.ask('m1');
    const [hung] = rig.api.calls;
    rig.directory.stop('qq:app:c2c:u1', 'user_stop');
    await rig.wait(20_000);
    expect([rig.closed.length, rig.directory.living]).toEqual([1, 1]);
    await rig.ask('m2');
    expect(rig.api.texts).toEqual(['hung']);
    hung?.accept();
    await rig.wait(0);
    rig.api.last.accept();
    await rig.wait(1_000);
    expect([rig.api.texts, rig.settled.length, rig.directory.living]).toEqual([['hung', 'new'], 1, 0]);
  });

  it('takes one whose last call has ended after its turn', async () => {
    const rig = new ConversationRig({ scripts: [says(['hung'])], retireAfterMs: 1_000 });
    await rig.ask('m1');
    rig.directory.stop('qq:app:c2c:u1', 'user_stop');
    await rig.wait(20_000);
    rig.api.last.accept();
    await rig.wait(1_000);
    expect([rig.settled.length, rig.directory.living]).toEqual([1, 0]);
  });

  it('of the one idle for longest makes room for a new one', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], answersAfterMs: 10, livingMax: 2 });
    for (const openid of ['A', 'B', 'A', 'C']) {
      await rig.ask(`${openid} ${rig.nowMs}`, from(openid));
      await rig.wait(100);
    }
    expect([...rig.directory.units()].map(({ actor }) => actor.getSnapshot().context.id)).toEqual([
      'qq:app:c2c:A',
      'qq:app:c2c:C',
    ]);
  });
});

describe('drain', () => {
  const drained = (rig: ConversationRig) => {
    const state = { isDone: false };
    void rig.directory.drain().then(() => {
      state.isDone = true;
    });
    return state;
  };

  it('lets running turns finish and starts no new ones', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'collect' },
      scripts: [says(['last'], 2_000)],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.say('m2');
    const state = drained(rig);
    await rig.wait(1_900);
    expect(state.isDone).toBe(false);
    await rig.say('m3', from('B'));
    await rig.wait(10_000);
    expect([state.isDone, rig.asked, rig.api.texts]).toEqual([true, [['m1']], ['last']]);
  });

  it('is done at once where nothing is under way', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])] });
    await rig.say('m1');
    const state = drained(rig);
    await rig.wait(0);
    expect(state.isDone).toBe(true);
    await rig.wait(10_000);
    expect(rig.started).toEqual([]);
  });

  it('is done once what was being read from the store is there', async () => {
    const { load, open } = slowLoad();
    const rig = new ConversationRig({ deps: { load } });
    await rig.say('m1');
    const state = drained(rig);
    await rig.wait(0);
    expect(state.isDone).toBe(false);
    open();
    await rig.wait(0);
    expect(state.isDone).toBe(true);
  });

  it('ends within the grace once what runs is stopped, whatever the agent does', async () => {
    const rig = new ConversationRig({ scripts: [stuck] });
    await rig.ask('m1');
    const state = drained(rig);
    rig.directory.stopAll('shutdown');
    await rig.wait(2_000);
    expect([state.isDone, rig.lastReceipt?.status]).toEqual([true, 'killed']);
  });
});
