import { describe, expect, it } from 'vitest';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { ConversationRig, type RigOptions } from '../support/conversation-rig.js';
import { says, text, works } from '../support/scripted-agent.js';

const ID = 'qq:app:c2c:u1';

/** The chart cannot work with such a policy: the next message that it judges by it kills its actor. */
const poison = (rig: ConversationRig): void => {
  rig.directory.get(ID)?.actor.send({ type: 'policy.changed', policy: null as never });
};

const dying = async (options: RigOptions = {}): Promise<ConversationRig> => {
  const rig = new ConversationRig({ policy: { busy: 'collect' }, ...options });
  await rig.ask('m1');
  await rig.say('m2');
  await rig.say('m3');
  poison(rig);
  await rig.say('m4');
  return rig;
};

describe('a conversation that dies in the middle of a turn', () => {
  it('leaves nothing unsettled: its turn is closed as failed, and what waited is dropped', async () => {
    const rig = await dying({ scripts: [works] });
    expect(rig.failed).toMatchObject([{ id: ID }]);
    expect(rig.closed).toMatchObject([
      { turn: { epoch: 1, inputs: [{ id: 'm1' }] }, receipt: { status: 'failed', delivered: '', certainty: 'exact' } },
    ]);
    expect([rig.dropped, rig.droppedWhy]).toEqual([
      ['m2', 'm3', 'm4'],
      ['failed', 'failed', 'failed'],
    ]);
    expect(rig.agent.jobs[0]?.signal.aborted).toBe(true);
    await rig.wait(600_000);
    expect([rig.closed.length, rig.clock.pending]).toEqual([1, 0]);
  });

  it('does not give its epoch to another turn, and its agent cannot speak in that', async () => {
    let speak = (): void => undefined;
    const rig = await dying({
      scripts: [
        async function* () {
          await new Promise<void>((resolve) => {
            speak = resolve;
          });
          yield text('from the dead');
        },
        says(['alive'], 1_000),
      ],
      answersAfterMs: 10,
    });
    await rig.ask('m5');
    speak();
    await rig.wait(2_000);
    expect(rig.started.map(({ turn }) => turn.id)).toEqual([`${ID}:t1`, `${ID}:t2`]);
    expect(rig.api.texts).toEqual(['alive']);
  });

  it('is remembered with what its user saw', async () => {
    const rig = new ConversationRig({ scripts: [says(['seen', 'later'], 300), works], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(400);
    poison(rig);
    await rig.say('m2');
    await rig.ask('m3');
    expect(rig.agent.turns[1]?.messages().map(({ content }) => content)).toEqual([
      'text of m1',
      'seen [interrupted]',
      'text of m3',
    ]);
  });

  it('does not drop again what had been dropped before', async () => {
    const rig = await dying({
      scripts: [works],
      policy: { busy: 'collect', waitingMax: 1 },
    });
    expect([rig.dropped, rig.droppedWhy]).toEqual([
      ['m2', 'm3', 'm4'],
      ['full', 'failed', 'failed'],
    ]);
  });

  it('says maybe-more where a call is in flight', async () => {
    const rig = await dying({ scripts: [says(['hung'])] });
    expect(rig.lastReceipt).toMatchObject({ status: 'failed', delivered: '', certainty: 'maybe-more' });
  });
});

describe('a conversation that dies', () => {
  it('between turns drops what waited, and closes nothing twice', async () => {
    const rig = new ConversationRig({ scripts: [says(['ok'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.say('m2');
    poison(rig);
    await rig.wait(600);
    expect([rig.failed.length, rig.closed.length, rig.dropped]).toEqual([1, 1, ['m2']]);
  });

  it('in the step that begins its turn closes that turn', async () => {
    const rig = new ConversationRig({
      scripts: [works],
      deps: {
        newStrategy: (_, port) => {
          if (rig.started.length === 1) throw new Error('bug');
          return wholeText(port);
        },
      },
    });
    await rig.ask('m1');
    expect(rig.failed).toMatchObject([{ error: new Error('bug') }]);
    expect(rig.closed).toMatchObject([{ turn: { id: `${ID}:t1` }, receipt: { status: 'failed' } }]);
    await rig.ask('m2');
    expect(rig.agent.turns).toMatchObject([{ epoch: 2, inputs: [{ id: 'm2' }] }]);
  });
});
