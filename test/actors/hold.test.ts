import { describe, expect, it } from 'vitest';
import { embeddedDriver } from '../../src/adapters/agents/embedded.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { policyOf } from '../support/samples.js';
import { BREAK, type Script, says, text, works } from '../support/scripted-agent.js';

/** Pays for so long and says so before it lets go; then it thinks on. */
const pays = (ms: number): Script =>
  async function* ({ turn, pause, signal }) {
    turn.hold(true);
    await pause(ms);
    yield text(signal.aborted ? 'cut' : 'paid');
    yield BREAK;
    await turn.delivered();
    turn.hold(false);
    await pause(60_000);
  };

const paying = async (ms: number, notices = policyOf().notices): Promise<ConversationRig> => {
  const rig = new ConversationRig({ scripts: [pays(ms), says(['new'])], policy: { notices }, answersAfterMs: 10 });
  await rig.ask('m1');
  return rig;
};

describe('an agent that holds', () => {
  it('is not interrupted before it lets go, and then at once', async () => {
    const rig = await paying(5_000);
    await rig.say('m2');
    await rig.wait(5_009);
    expect([rig.cancelled, rig.agent.jobs[0]?.signal.aborted]).toEqual([[], false]);
    await rig.wait(1);
    expect(rig.cancelled).toMatchObject([{ reason: 'superseded', atMs: 5_610 }]);
    await rig.wait(10_000);
    expect(rig.asked).toEqual([['m1'], ['m2']]);
    expect(rig.api.texts).toEqual(['paid', 'new']);
    expect(rig.interrupted).toMatchObject({ reason: 'superseded', delivered: 'paid' });
  });

  it('is cut after a minute, counted from the first hold', async () => {
    const rig = new ConversationRig({
      scripts: [
        async function* ({ turn, pause }) {
          for (;;) {
            turn.hold(true);
            yield { type: 'progress', id: '1', label: 'paying', state: 'running' };
            await pause(5_000);
          }
        },
        works,
      ],
    });
    await rig.ask('m1');
    await rig.wait(30_000);
    await rig.say('m2');
    await rig.wait(29_999);
    expect(rig.cancelled).toEqual([]);
    await rig.wait(1);
    expect(rig.cancelled).toMatchObject([{ reason: 'superseded', atMs: 60_600 }]);
  });

  it('may be interrupted after its minute, though nothing came meanwhile', async () => {
    const rig = await paying(90_000);
    await rig.wait(60_000);
    await rig.say('m2');
    expect(rig.cancelled).toHaveLength(1);
  });

  it('is stopped when it lets go, and its user is told then', async () => {
    const rig = await paying(5_000, { ...policyOf().notices, stopped: 'stopped.' });
    await rig.say('cmd', { text: '/stop' });
    await rig.wait(4_000);
    expect([rig.cancelled, rig.api.texts]).toEqual([[], []]);
    await rig.wait(2_000);
    expect(rig.cancelled).toMatchObject([{ reason: 'user_stop', atMs: 5_610 }]);
    expect(rig.api.texts).toEqual(['paid', 'stopped.']);
  });

  it('is not waited for when the router shuts down', async () => {
    const rig = await paying(5_000);
    rig.directory.stopAll('shutdown');
    expect(rig.cancelled).toMatchObject([{ reason: 'shutdown', atMs: 600 }]);
  });

  it('goes on where nothing came', async () => {
    const rig = await paying(5_000);
    await rig.wait(70_000);
    expect(rig.lastReceipt).toMatchObject({ status: 'completed', delivered: 'paid' });
  });

  it('cannot be let go by the turn before it', async () => {
    let oldHold = (_: boolean): void => undefined;
    const rig = new ConversationRig({
      scripts: [
        async function* ({ turn, signal }) {
          oldHold = (on) => turn.hold(on);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          yield text('over');
        },
        pays(5_000),
        works,
      ],
    });
    await rig.ask('m1');
    await rig.ask('m2');
    oldHold(false);
    await rig.say('m3');
    expect(rig.cancelled).toMatchObject([{ turn: 'qq:app:c2c:u1:t1' }]);
  });
});

describe('a handler that holds', () => {
  it('is interrupted right after the work that must not be cut, and does no other', async () => {
    const done: string[] = [];
    const rig: ConversationRig = new ConversationRig({
      answersAfterMs: 10,
      deps: {
        driver: embeddedDriver(async (turn) => {
          if (turn.epoch > 1) return;
          const pay = (): Promise<void> => new Promise((resolve) => rig.clock.setTimeout(resolve, 3_000));
          await turn.hold(pay);
          done.push('paid');
          await turn.hold(() => done.push('paid twice'));
        }),
      },
    });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(3_000);
    expect([done, rig.cancelled]).toMatchObject([['paid'], [{ reason: 'superseded', atMs: 3_600 }]]);
    expect([rig.closed[0]?.receipt.status, rig.agentErrors]).toEqual(['cancelled', []]);
  });
});
