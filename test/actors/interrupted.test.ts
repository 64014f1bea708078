import { describe, expect, it } from 'vitest';
import type { SceneRuntime } from '../../src/actors/conversation-deps.js';
import type { ChatMessage } from '../../src/domain/turn.js';
import { ConversationRig } from '../support/conversation-rig.js';
import { START_MS } from '../support/samples.js';
import { BREAK, type Script, says, text, works } from '../support/scripted-agent.js';

const ID = 'qq:app:c2c:u1';
const contents = (messages: readonly ChatMessage[] | undefined) =>
  messages?.map(({ role, content }) => [role, content]);
const historyOf = (rig: ConversationRig) => contents(rig.agent.turns.at(-1)?.messages({ note: false }));

/** Books, says one message, then mails and thinks until it is told to stop. */
const books: Script = async function* (job) {
  yield { type: 'progress', id: '1', label: 'book', state: 'running' };
  yield { type: 'progress', id: '1', label: 'book', state: 'done', detail: 'A12' };
  yield text('Booked.');
  yield BREAK;
  yield { type: 'progress', id: '2', label: 'mail', state: 'running' };
  yield text('And I');
  yield* works(job);
};

describe('the turn after an interrupt', () => {
  it('is told exactly what was asked, shown, produced and done', async () => {
    const rig = new ConversationRig({ scripts: [books, works], answersAfterMs: 10 });
    await rig.say('m1');
    await rig.ask('m2');
    await rig.wait(1_000);
    await rig.ask('m3');
    expect(rig.interrupted).toEqual({
      turn: `${ID}:t1`,
      epoch: 1,
      reason: 'superseded',
      atMs: START_MS + 1_600,
      inputs: [
        { id: 'm1', text: 'text of m1' },
        { id: 'm2', text: 'text of m2' },
      ],
      delivered: 'Booked.',
      generatedChars: 12,
      certainty: 'exact',
      agent: 'acked',
      tools: [
        { id: '1', label: 'book', state: 'done' },
        { id: '2', label: 'mail', state: 'running' },
      ],
    });
  });

  it('is told of twenty steps, and how each of them stands', async () => {
    const busy: Script = async function* (job) {
      for (let n = 0; n < 25; n += 1) yield { type: 'progress', id: `${n}`, label: 'step', state: 'running' };
      yield { type: 'progress', id: '0', label: 'step', state: 'done' };
      yield* works(job);
    };
    const rig = new ConversationRig({ scripts: [busy, works] });
    await rig.ask('m1');
    await rig.ask('m2');
    await rig.wait(1_000);
    const tools = rig.interrupted?.tools ?? [];
    expect([tools.length, tools[0]?.state, tools[19]?.state]).toEqual([20, 'done', 'running']);
  });

  it('is told the one text of which nobody knows whether it was seen', async () => {
    const rig = new ConversationRig({ scripts: [says(['hung', 'never tried']), works] });
    await rig.ask('m1');
    await rig.say('m2');
    await rig.wait(3_000);
    expect(rig.interrupted).toMatchObject({ delivered: '', certainty: 'maybe-more', maybe: 'hung' });
  });

  it('is told nothing of it when another turn has run to its end between', async () => {
    const rig = new ConversationRig({ scripts: [works, says(['ok'])], answersAfterMs: 10 });
    for (const id of ['m1', 'm2', 'm3']) {
      await rig.ask(id);
      await rig.wait(10);
    }
    expect(rig.interrupted).toBeUndefined();
  });
});

describe('the transcript', () => {
  it.each([
    [
      'delivered',
      [
        ['user', 'text of m1'],
        ['assistant', 'Hello.'],
        ['user', 'text of m2'],
        ['assistant', 'Half an answer [interrupted]'],
        ['user', 'text of m3'],
      ],
    ],
    [
      'rollback',
      [
        ['user', 'text of m1'],
        ['assistant', 'Hello.'],
        ['user', 'text of m3'],
      ],
    ],
  ] as const)('under "%s" is %j', async (interruptedHistory, expected) => {
    const rig = new ConversationRig({
      scripts: [says(['Hello.']), says(['Half an answer', 'rest'], 500), works],
      scene: { interruptedHistory },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(100);
    await rig.ask('m2');
    await rig.wait(600);
    await rig.ask('m3');
    expect(historyOf(rig)).toEqual(expected);
    expect(rig.interrupted?.delivered).toBe('Half an answer');
  });

  it('is not rolled back by a stop', async () => {
    const rig = new ConversationRig({ scripts: [works], scene: { interruptedHistory: 'rollback' } });
    await rig.ask('m1');
    rig.directory.stop(ID, 'user_stop');
    await rig.wait(0);
    await rig.ask('m2');
    expect(historyOf(rig)).toEqual([
      ['user', 'text of m1'],
      ['user', 'text of m2'],
    ]);
  });

  const late = async (interruptedHistory: SceneRuntime['interruptedHistory']) => {
    const rig = new ConversationRig({
      scripts: [says(['arrived late']), works],
      scene: { interruptedHistory },
      retireAfterMs: 1_000,
    });
    await rig.ask('m1');
    const [hung] = rig.api.calls;
    await rig.say('m2');
    await rig.wait(5_000);
    expect(historyOf(rig)?.map(([, said]) => said)).not.toContain('arrived late');
    hung?.accept();
    await rig.wait(0);
    return rig;
  };

  // Scenario 10: the correction outlives the conversation's stay in memory.
  it('is corrected when a call turns out to have arrived, also in the record', async () => {
    const rig = await late('delivered');
    expect(rig.settled).toMatchObject([{ turn: `${ID}:t1`, status: 'sent' }]);
    expect(historyOf(rig)).toEqual([
      ['user', 'text of m1'],
      ['assistant', 'arrived late'],
      ['user', 'text of m2'],
    ]);
    expect(contents(rig.records.get(ID)?.transcript)).toEqual([
      ['user', 'text of m1'],
      ['assistant', 'arrived late'],
    ]);
  });

  it('is not given an answer to a question that was taken back', async () => {
    const rig = await late('rollback');
    expect(rig.settled).toHaveLength(1);
    expect(historyOf(rig)).toEqual([['user', 'text of m2']]);
  });
});

describe('text that no reply could carry', () => {
  const refuse = ({ api }: ConversationRig): void => api.last.fail('platform.windowClosed', { action: 'active' });
  const accept = async (rig: ConversationRig): Promise<void> => {
    rig.api.last.accept();
    await rig.wait(0);
  };

  // hermes-agent#43467: the rest of an answer was lost once the replies were used up.
  it('goes out first in the next turn, also after the conversation has left memory', async () => {
    const scripts = [says(['part 1', 'part 2', 'part 3']), says(['new'])];
    const rig = new ConversationRig({ scripts, retireAfterMs: 1_000 });
    await rig.ask('m1');
    await accept(rig);
    refuse(rig);
    await rig.wait(5_000);
    expect([rig.api.texts, rig.directory.living]).toEqual([['part 1', 'part 2'], 0]);
    expect(rig.records.get(ID)?.parked).toBe('part 2\npart 3');
    await rig.ask('m2');
    await accept(rig);
    await accept(rig);
    expect(rig.api.texts.slice(2)).toEqual(['part 2\npart 3', 'new']);
    expect(rig.records.get(ID)).not.toHaveProperty('parked');
    expect(rig.lastReceipt).toMatchObject({ delivered: 'part 2\npart 3\nnew' });
  });

  it('is not said any more once its answer was interrupted', async () => {
    const rig = new ConversationRig({
      scripts: [
        async function* (job) {
          yield* says(['part 1'])(job);
          yield* works(job);
        },
        says(['new']),
      ],
    });
    await rig.ask('m1');
    refuse(rig);
    await rig.wait(1_000);
    await rig.ask('m2');
    await accept(rig);
    await rig.wait(1_000);
    expect(rig.api.texts).toEqual(['part 1', 'new']);
  });

  it('is said together with what follows where the last reply would have gone to it', async () => {
    const rig = new ConversationRig({ scripts: [says(['1', '2', '3', '4', '5', '6'])], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(1_000);
    expect(rig.api.texts.map((said) => said.trim())).toEqual(['1', '2', '3', '4\n\n5\n\n6']);
    expect(rig.records.get(ID)).not.toHaveProperty('parked');
  });
});
