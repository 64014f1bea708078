import { describe, expect, it } from 'vitest';
import { interruptNote } from '../../src/domain/interrupt-note.js';
import type { AgentDriver } from '../../src/ports/agent-driver.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { START_MS } from '../support/samples.js';
import { ScriptedAgent, says, stuck, thinks } from '../support/scripted-agent.js';

/** A rig whose driver differs from the scripted one in a few things. */
const rigWith = (
  scripts: ConstructorParameters<typeof ScriptedAgent>[1],
  more: Partial<AgentDriver>,
): ConversationRig => {
  const rig: ConversationRig = new ConversationRig({
    answersAfterMs: 10,
    deps: {
      killMs: 5_000,
      noteOf: (interrupted) => interruptNote(interrupted, 'en'),
      driver: {
        name: 'scripted',
        capabilities: { cancel: 'best-effort', steer: false, history: 'router', resume: false, progress: false },
        run: (turn, signal) => agent().run(turn, signal),
        ...more,
      },
    },
  });
  let made: ScriptedAgent | null = null;
  const agent = (): ScriptedAgent => {
    made ??= new ScriptedAgent(rig.clock, scripts);
    return made;
  };
  return rig;
};

describe('the ladder of a cancel: signal, grace, detach, kill (turns §3.4)', () => {
  it('ends an agent by force that has not stopped 5 s after the cancel', async () => {
    const killed: { turn: string; atMs: number }[] = [];
    const rig = rigWith([stuck, says(['new'])], { kill: (turn) => killed.push({ turn, atMs: rig.clock.now() }) });
    await rig.ask('m1');
    await rig.say('m2');
    const cancelledAtMs = rig.clock.now();
    await rig.wait(4_900);
    expect(killed).toEqual([]);
    await rig.wait(200);
    expect(killed).toEqual([{ turn: 'qq:app:c2c:u1:t1', atMs: cancelledAtMs + 5_000 }]);
    await rig.wait(60_000);
    expect(killed).toHaveLength(1);
  });

  it('leaves an agent alone that stops after its grace, but in time', async () => {
    const killed: string[] = [];
    const late = async function* ({ pause }: { pause: (ms: number) => Promise<void> }) {
      await pause(4_000);
      yield { type: 'text' as const, delta: 'late' };
    };
    const rig = rigWith([late, says(['new'])], { kill: (turn) => killed.push(turn) });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(30_000);
    expect(killed).toEqual([]);
    expect(rig.closed[0]?.receipt.status).toBe('killed');
  });
});

describe('an agent that keeps its own history (turns §3.3)', () => {
  const history = { cancel: 'best-effort', steer: false, history: 'agent', resume: false, progress: false } as const;
  const asked = async (capabilities: AgentDriver['capabilities']): Promise<(string | undefined)[]> => {
    const texts: (string | undefined)[] = [];
    const scripts = [thinks(9_000, 'never'), says(['ok'])];
    const rig = rigWith(scripts, {
      capabilities,
      run: (turn, signal) => {
        texts.push(turn.text, turn.note);
        return agent.run(turn, signal);
      },
    });
    const agent = new ScriptedAgent(rig.clock, scripts);
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(5_000);
    return texts;
  };

  it('is told in front of the next question what became of its last answer', async () => {
    const note = '(Your last answer was interrupted; the user saw nothing of it.)';
    const texts = await asked(history);
    expect(texts[1]).toBeUndefined();
    expect(texts[2]).toBe(`${note}\n\n${texts[0]?.replace('m1', 'm2')}`);
    expect(texts[3]).toBe(note);
  });

  it('and one whose history is the router’s reads the question as it was asked', async () => {
    const texts = await asked({ ...history, history: 'router' });
    expect(texts[2]).toBe(texts[0]?.replace('m1', 'm2'));
  });
});

describe('the note', () => {
  const interrupted = {
    turn: 't1',
    epoch: 1,
    reason: 'superseded',
    atMs: START_MS,
    inputs: [],
    delivered: `${'a'.repeat(300)}😀结尾`,
    generatedChars: 500,
    certainty: 'maybe-more',
    agent: 'acked',
  } as const;

  it('repeats the last 200 characters that were seen, whole ones, and says what is doubtful', () => {
    const seen = `${'a'.repeat(197)}😀结尾`;
    expect(interruptNote(interrupted, 'zh')).toBe(
      `（上一条回答被中断，用户看到的最后内容是：「${seen}」，其后可能还有一小段。）`,
    );
    expect(interruptNote({ ...interrupted, delivered: '', certainty: 'exact' }, 'zh')).toBe(
      '（上一条回答被中断，用户没有看到任何内容。）',
    );
    expect(interruptNote(interrupted, 'en')).toContain(`"${seen}", and perhaps a little more`);
  });
});
