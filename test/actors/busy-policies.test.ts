import { describe, expect, it } from 'vitest';
import type { Inbound } from '../../src/domain/inbound.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { policyOf } from '../support/samples.js';
import { type Script, says, text, thinks, works } from '../support/scripted-agent.js';

const ID = 'qq:app:c2c:u1';
const GROUP = { target: { scene: 'group', groupOpenid: 'g1' }, conversation: 'qq:app:group:g1' } as const;
const by = (id: string) => ({ ...GROUP, sender: { id } });

/** Thinks for two seconds; what it is offered meanwhile it takes, or not, and says what it took. */
const steerable = (accept: (message: Inbound) => boolean): Script =>
  async function* ({ turn, pause }) {
    const taken: string[] = [];
    turn.onSteer((message) => {
      const isTaken = accept(message);
      if (isTaken) taken.push(message.id);
      return isTaken;
    });
    await pause(2_000);
    yield text(`${turn.inputs[0]?.id} and ${taken.join()}`);
  };

describe('steer', () => {
  const steered = async (...scripts: Script[]): Promise<ConversationRig> => {
    const rig = new ConversationRig({ policy: { busy: 'steer' }, scripts, answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.say('m3');
    return rig;
  };

  it('makes a message that the agent takes part of the running turn', async () => {
    const rig = await steered(steerable(() => true));
    await rig.wait(2_010);
    expect(rig.api.calls).toMatchObject([{ message: { text: 'm1 and m2,m3', anchor: { id: 'm3' } } }]);
    expect(rig.closed[0]?.turn.inputs.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
    expect([rig.asked, rig.cancelled, rig.dropped]).toEqual([[['m1']], [], []]);
    await rig.ask('m4');
    expect(rig.agent.turns[1]?.messages().map(({ content }) => content)).toEqual([
      'text of m1\ntext of m2\ntext of m3',
      'm1 and m2,m3',
      'text of m4',
    ]);
  });

  it('waits for an agent that thinks about it, and takes no word of one whose turn is over', async () => {
    const thinking = (ms: number): Script =>
      async function* ({ turn, pause }) {
        turn.onSteer(async () => {
          await pause(ms);
          return true;
        });
        await pause(2_000);
        yield text(`said to ${turn.inputs.map(({ id }) => id).join()}`);
      };
    const rig = await steered(thinking(900), thinking(9_000));
    await rig.wait(2_010);
    expect(rig.closed[0]?.turn.inputs.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3']);
    await rig.ask('m4');
    await rig.say('m5');
    await rig.wait(12_000);
    expect(rig.asked).toEqual([['m1'], ['m4'], ['m5']]);
  });

  it('takes no word of an agent that has ended, though its answer is still on its way', async () => {
    const late: Script = async function* ({ turn, pause }) {
      turn.onSteer(async () => {
        await pause(3_000);
        return true;
      });
      await pause(2_000);
      yield text(`said to ${turn.inputs.map(({ id }) => id).join()}`);
    };
    const rig = new ConversationRig({ policy: { busy: 'steer' }, scripts: [late, says(['of its own'])] });
    await rig.ask('m1');
    await rig.wait(500);
    await rig.say('m2');
    await rig.wait(4_000);
    expect(rig.api.texts).toEqual(['said to m1']);
    rig.api.last.accept();
    await rig.wait(5_000);
    expect(rig.asked).toEqual([['m1'], ['m2']]);
  });

  it('offers nothing to an agent that has outlived its turn, whatever it asks for by then', async () => {
    const rude: Script = async function* ({ turn, pause }) {
      await pause(10_000);
      turn.onSteer(() => true);
      await pause(60_000);
    };
    const rig = new ConversationRig({
      policy: { busy: 'steer' },
      answersAfterMs: 10,
      scripts: [rude, says(['two'], 12_000), says(['three'])],
    });
    await rig.ask('m1');
    rig.directory.get(ID)?.stop('user_stop');
    await rig.ask('m2');
    await rig.wait(10_000);
    await rig.say('m3');
    await rig.wait(10_000);
    expect([rig.asked, rig.claimed, rig.api.texts]).toEqual([[['m1'], ['m2'], ['m3']], [], ['two', 'three']]);
  });

  it('leaves no timer behind for a message that was taken', async () => {
    const rig = await steered(
      steerable(() => true),
      works,
    );
    const before = rig.clock.pending;
    await rig.say('m4');
    expect(rig.clock.pending).toBe(before);
  });

  it('collects what the agent refuses', async () => {
    const rig = await steered(
      steerable(({ id }) => id === 'm3'),
      says(['later']),
    );
    await rig.wait(5_000);
    expect([rig.asked, rig.api.texts]).toEqual([
      [['m1'], ['m2']],
      ['m1 and m3', 'later'],
    ]);
  });

  it('has the agent see a message once that it may is written down, and not at all where it cannot be', async () => {
    const seen: string[] = [];
    const asks: string[] = [];
    let write = (_: unknown): void => undefined;
    const rig = new ConversationRig({
      policy: { busy: 'steer' },
      answersAfterMs: 10,
      scripts: [steerable(({ id }) => seen.push(id) > 0), works],
      deps: {
        claim: ({ id }) => {
          asks.push(id);
          return new Promise((resolve, reject) => {
            write = (error) => (error === undefined ? resolve() : reject(error));
          });
        },
      },
    });
    await rig.ask('m1');
    await rig.say('m2');
    expect([asks, seen]).toEqual([['m2'], []]);
    write(undefined);
    await rig.wait(10);
    expect(seen).toEqual(['m2']);
    await rig.say('m3');
    write('the disk is gone');
    await rig.wait(5_000);
    expect([seen, rig.agentErrors]).toEqual([['m2'], ['the disk is gone']]);
    expect(rig.asked).toEqual([['m1'], ['m3']]);
  });

  it('does not offer what was recalled while it was written down', async () => {
    const seen: string[] = [];
    const rig = new ConversationRig({
      policy: { busy: 'steer' },
      scripts: [steerable(({ id }) => seen.push(id) > 0)],
      deps: { claim: async () => rig.directory.recall(ID, 'm2') },
    });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(10);
    expect([seen, rig.dropped]).toEqual([[], ['m2']]);
  });

  it('writes nothing down for an agent that cannot be steered', async () => {
    const rig = await steered(says(['one'], 2_000), says(['two']));
    expect(rig.claimed).toEqual([]);
  });

  it('collects where the agent cannot be steered', async () => {
    const rig = await steered(says(['one'], 2_000), says(['two']));
    await rig.wait(5_000);
    expect([rig.asked, rig.cancelled]).toEqual([[['m1'], ['m2', 'm3']], []]);
  });

  it('collects where the agent throws, and the turn goes on', async () => {
    const rig = await steered(
      steerable(() => {
        throw new Error('cannot decide');
      }),
      says(['two']),
    );
    await rig.wait(5_000);
    expect(rig.agentErrors).toEqual([new Error('cannot decide'), new Error('cannot decide')]);
    expect([rig.asked, rig.api.texts]).toEqual([
      [['m1'], ['m2', 'm3']],
      ['m1 and ', 'two'],
    ]);
  });

  it('does not ask an agent that is done while its pieces wait', async () => {
    const rig = new ConversationRig({ policy: { busy: 'steer' }, scripts: [steerable(() => true), works] });
    await rig.ask('m1');
    await rig.wait(2_000);
    await rig.say('m2');
    rig.api.last.accept();
    await rig.wait(1_000);
    expect(rig.asked).toEqual([['m1'], ['m2']]);
  });
});

describe('enqueue', () => {
  // hermes-agent#11633: please queue, do not interrupt.
  it('answers each message in a turn of its own, in order, without waiting for more', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'enqueue' },
      scripts: [
        async function* ({ turn, pause }) {
          await pause(1_000);
          yield text(`to ${turn.text}`);
        },
      ],
      answersAfterMs: 10,
    });
    for (const id of ['m1', 'm2', 'm3']) await rig.say(id);
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['to text of m1', 'to text of m2', 'to text of m3']);
    expect(rig.started.map(({ atMs }) => atMs)).toEqual([0, 1_010, 2_020]);
    expect(rig.agent.jobs.map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
  });
});

describe('reject', () => {
  it('says once that it is busy, while the answer goes on', async () => {
    const rig = new ConversationRig({
      policy: { busy: 'reject', notices: { ...policyOf().notices, rejected: 'busy' } },
      scripts: [says(['answer'], 2_000)],
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.say('m3');
    await rig.wait(5_000);
    expect(rig.api.calls.map(({ message }) => [message.text, message.anchor?.id])).toEqual([
      ['busy', 'm2'],
      ['answer', 'm1'],
    ]);
    expect([rig.asked, rig.dropped, rig.droppedWhy]).toEqual([[['m1']], ['m2', 'm3'], ['rejected', 'rejected']]);
    expect(rig.lastReceipt).toMatchObject({ delivered: 'answer', messageIds: ['sent 2'] });
  });
});

describe('concurrent', () => {
  it.each([
    [4, ['m1', 'm2', 'm3', 'm4']],
    [2, ['m1', 'm2']],
  ])('answers up to %i messages side by side, each with a line of its own; the next waits', async (max, atOnce) => {
    const rig = new ConversationRig({
      policy: { busy: 'concurrent' },
      scene: { concurrentMax: max },
      scripts: [thinks(2_000, 'answer')],
      answersAfterMs: 10,
    });
    for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) await rig.say(id);
    expect([rig.asked.flat(), rig.cancelled]).toEqual([atOnce, []]);
    await rig.wait(10_000);
    expect(rig.asked.flat().toSorted()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
    expect(rig.api.texts).toEqual(Array.from({ length: rig.asked.length }, () => 'answer'));
    expect(new Set(rig.started.slice(0, max).map(({ turn }) => turn.conversation)).size).toBe(max);
  });

  it('is stopped as a whole', async () => {
    const rig = new ConversationRig({ policy: { busy: 'concurrent' }, scripts: [works] });
    for (const id of ['m1', 'm2', 'm3']) await rig.say(id);
    await rig.say('cmd', { text: '/stop' });
    expect(rig.cancelled.map(({ reason }) => reason)).toEqual(['user_stop', 'user_stop', 'user_stop']);
  });
});

describe('a shared conversation', () => {
  // Scenario 14: nobody cuts the other's answer.
  it('lets the one be answered before the other, each to their own message', async () => {
    const rig = new ConversationRig({ scripts: [says(['one'], 2_000), says(['two'])], answersAfterMs: 10 });
    await rig.ask('a1', by('A'));
    await rig.say('b1', by('B'));
    await rig.wait(5_000);
    expect([rig.asked, rig.cancelled]).toEqual([[['a1'], ['b1']], []]);
    expect(rig.api.calls.map(({ message }) => [message.text, message.anchor?.id])).toEqual([
      ['one', 'a1'],
      ['two', 'b1'],
    ]);
  });

  it('is interrupted by anyone where the setting says so', async () => {
    const rig = new ConversationRig({ policy: { interruptScope: 'anyone' }, scripts: [works] });
    await rig.ask('a1', by('A'));
    await rig.say('b1', by('B'));
    expect(rig.cancelled).toMatchObject([{ reason: 'superseded' }]);
  });

  it('is stopped by who asked, or by who runs the place', async () => {
    const stopped = async (sender: Inbound['sender'], admins: readonly string[] = []): Promise<number> => {
      const rig = new ConversationRig({ scripts: [works], scene: { admins } });
      await rig.ask('a1', by('A'));
      await rig.say('cmd', { ...GROUP, sender, text: '停' });
      return rig.cancelled.length;
    };
    expect(await stopped({ id: 'A' })).toBe(1);
    expect(await stopped({ id: 'B' })).toBe(0);
    expect(await stopped({ id: 'B', role: 'admin' })).toBe(1);
    expect(await stopped({ id: 'B' }, ['A', 'B'])).toBe(1);
    expect(await stopped({ id: 'B' }, ['A'])).toBe(0);
  });
});

describe('patience', () => {
  // Scenario 17: five interrupts in a row.
  it('lost, lets the sixth turn finish though its user goes on, and answers all that came as one', async () => {
    const rig = new ConversationRig({ scripts: [thinks(3_000, 'done')], answersAfterMs: 10 });
    for (let n = 1; n <= 9; n += 1) {
      await rig.say(`m${n}`);
      await rig.wait(700);
    }
    await rig.wait(20_000);
    expect(rig.cancelled).toHaveLength(5);
    expect(rig.asked).toEqual([['m1'], ['m2'], ['m3'], ['m4'], ['m5'], ['m6'], ['m7', 'm8', 'm9']]);
    expect(rig.api.texts).toEqual(['done', 'done']);
    await rig.ask('m10');
    await rig.say('m11');
    expect(rig.cancelled).toHaveLength(6);
  });
});

describe('a policy chosen while a turn runs', () => {
  it('counts from the next message on, and also in a later life', async () => {
    const rig = new ConversationRig({ scripts: [says(['one'], 2_000), says(['two'], 2_000)], answersAfterMs: 10 });
    await rig.ask('m1');
    rig.directory.choose(ID, 'collect');
    await rig.say('m2');
    await rig.wait(80_000);
    expect([rig.cancelled, rig.asked, rig.directory.living]).toEqual([[], [['m1'], ['m2']], 0]);
    await rig.ask('m3');
    await rig.say('m4');
    expect(rig.cancelled).toEqual([]);
    rig.directory.choose(ID, null);
    await rig.say('m5');
    expect(rig.cancelled).toHaveLength(1);
  });
});
