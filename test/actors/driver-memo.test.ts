import { describe, expect, it } from 'vitest';
import { ConversationRig } from '../support/conversation-rig.js';
import { type Script, text } from '../support/scripted-agent.js';

/** Notes how often it was asked. */
const counts: Script = async function* ({ turn }) {
  const count = Number(turn.memo ?? '0') + 1;
  turn.remember(`${count}`);
  yield text(`${count}`);
};

const said = (rig: ConversationRig): string[] => rig.closed.map(({ receipt }) => receipt.delivered);

describe('what a driver notes', () => {
  it('is there in the next turn, and in the next life of the conversation', async () => {
    const rig = new ConversationRig({ scripts: [counts], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    await rig.wait(120_000);
    expect(rig.directory.living).toBe(0);
    await rig.ask('m3');
    await rig.wait(100);
    expect(said(rig)).toEqual(['1', '2', '3']);
    expect([...rig.records.values()]).toMatchObject([{ memo: '3' }]);
  });

  it('in a turn that is interrupted is kept, too', async () => {
    const works: Script = async function* ({ turn, signal }) {
      turn.remember('session-1');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield text('late');
    };
    const rig = new ConversationRig({ scripts: [works, counts], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.ask('m2');
    expect(rig.agent.turns.map(({ memo }) => memo)).toEqual([null, 'session-1']);
  });

  it('by a turn that it has outlived does not replace what a newer one noted', async () => {
    const rude: Script = async function* ({ turn, pause }) {
      await pause(10_000);
      turn.remember('session-of-m1');
      yield text('late');
    };
    const prompt: Script = async function* ({ turn }) {
      turn.remember('session-of-m2');
      yield text('two');
    };
    const rig = new ConversationRig({ scripts: [rude, prompt], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.ask('m2');
    await rig.wait(20_000);
    expect([...rig.records.values()]).toMatchObject([{ memo: 'session-of-m2' }]);
    await rig.ask('m3');
    expect(rig.agent.turns.at(-1)?.memo).toBe('session-of-m2');
  });

  it('is bounded', async () => {
    const greedy: Script = async function* ({ turn }) {
      turn.remember('x'.repeat(4_096));
      turn.remember('x'.repeat(4_097));
      yield text('never');
    };
    const rig = new ConversationRig({ scripts: [greedy], answersAfterMs: 10 });
    await rig.ask('m1');
    expect(rig.agentErrors).toMatchObject([{ name: 'RangeError' }]);
  });
});
