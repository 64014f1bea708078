import { describe, expect, it } from 'vitest';
import { demoDriver } from '../../../src/adapters/agents/demo.js';
import type { Interrupted } from '../../../src/domain/turn.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentEvent, TurnInput } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const INTERRUPTED: Interrupted = {
  turn: 'turn-0',
  epoch: 0,
  reason: 'superseded',
  atMs: 0,
  inputs: [{ id: 'message-0', text: 'hi' }],
  delivered: 'I am the demo agent of Rookery, a message',
  generatedChars: 60,
  certainty: 'exact',
  agent: 'acked',
};

const answer = async (turn: TurnInput): Promise<{ events: AgentEvent[]; tookMs: number }> => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  let endMs = 0;
  const reading = collect(demoDriver(clock).run(turn, never)).then((events) => {
    endMs = clock.now();
    return events;
  });
  await clock.advanceUntil(() => endMs > 0);
  return { events: await reading, tookMs: endMs - startMs };
};

describe('demo', () => {
  it.each([
    'hello',
    '你好',
    'what about an interruption?',
    '怎么打断你？',
    'the reply window',
    '回复窗口是什么',
    'what if it crashes',
    '断线了会丢消息吗',
    'how do long answers come?',
    '长回答是怎么发的？',
  ])('takes 5 to 8 seconds for: %s', async (question) => {
    for (const turn of [turnInput(question), turnInput(question, { interrupted: INTERRUPTED })]) {
      const { events, tookMs } = await answer(turn);
      expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
      expect(tookMs).toBeGreaterThanOrEqual(5_000);
      expect(tookMs).toBeLessThanOrEqual(8_000);
    }
  });

  it('answers in the language of the question', async () => {
    expect(textIn((await answer(turnInput('hello'))).events)).not.toMatch(/\p{Script=Han}/u);
    expect(textIn((await answer(turnInput('hello 你好'))).events)).toMatch(/^你好/);
  });

  it.each([
    ['hello', '(You cut in; you had seen up to “…nt of Rookery, a message”.) I am '],
    ['你好', '（刚才被打断了，你看到了“…nt of Rookery, a message”。）你好，'],
  ])('tells what had been seen when it was interrupted: %s', async (question, beginning) => {
    const said = textIn((await answer(turnInput(question, { interrupted: INTERRUPTED }))).events);
    expect(said.slice(0, beginning.length)).toBe(beginning);
  });

  it('tells that nothing had been seen', async () => {
    const interrupted = { ...INTERRUPTED, delivered: '' };
    expect(textIn((await answer(turnInput('hello', { interrupted }))).events)).toMatch(/^\(You cut in before anything/);
  });

  it('helps in both languages, at once', async () => {
    const { events, tookMs } = await answer(turnInput('/help'));
    expect(textIn(events)).toMatch(/打断.*interruption/s);
    expect(tookMs).toBe(0);
  });

  it('stops at once', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const reading = collect(demoDriver(clock).run(turnInput('hello'), controller.signal));
    await clock.advance(1_000);
    controller.abort(turnAbort('superseded'));
    const events = await reading;
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    expect(textIn(events)).toBe('I am the demo agent of Rookery, a ');
  });
});
