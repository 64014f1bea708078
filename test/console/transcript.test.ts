import { afterEach, describe, expect, it } from 'vitest';
import { eventsIn } from '../../src/console/model/sse.js';
import { emptyTimeline, extended, moveAt } from '../../src/console/model/timeline.js';
import { transcriptOf } from '../../src/console/model/transcript.js';
import type { HistoryFrame } from '../../src/debug/inspect-frames.js';
import { parseRecording } from '../../src/debug/recording.js';
import { conversationKey, InspectedRouter } from '../support/inspected-router.js';

const ANN = conversationKey('ANN');
let rig: InspectedRouter | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

const heard = async (texts: boolean) => {
  rig = await InspectedRouter.start({
    texts,
    channel: { streamMode: 'native' },
    handler: async (turn, pause) => {
      await turn.reply(
        (async function* () {
          for (const word of [
            'One thing is this. ',
            'Two is another thing. ',
            'Three is still to come. ',
            'Four follows. ',
            'Five.',
          ]) {
            await pause(600);
            yield word;
          }
        })(),
      );
    },
  });
  const listener = rig.listen('*', false);
  rig.platform.sendC2c({ from: 'ANN', text: 'count', username: 'Ann' });
  await rig.clock.advance(3_200);
  rig.platform.sendC2c({ from: 'ANN', text: 'again', username: 'Ann' });
  await rig.clock.advance(10_000);
  return extended(emptyTimeline(ANN), listener.frames).frames;
};

describe('the transcript of a timeline', () => {
  it('has what was asked, a bubble as one line, and how each turn ended', async () => {
    const lines = transcriptOf(await heard(true));
    expect(lines.map(({ kind }) => kind)).toEqual(['user', 'bot', 'user', 'end', 'bot', 'end']);
    expect(lines[0]).toMatchObject({ words: 'count', by: 'Ann' });
    expect(lines[1]).toMatchObject({ status: 'sent', words: expect.stringMatching(/^One thing/) });
    expect(lines[3]).toMatchObject({ status: 'cancelled', reason: 'superseded' });
    expect(lines[4]).toMatchObject({ words: expect.stringContaining('still to come. Four follows. Five.') });
    expect(lines[5]).toMatchObject({ status: 'completed' });
  });

  it('counts characters where texts are not shown', async () => {
    const lines = transcriptOf(await heard(false));
    expect(lines[0]).toMatchObject({ words: { chars: 5 } });
    expect(lines[4]).toMatchObject({ words: { chars: expect.any(Number) } });
  });

  it('ends at the moment that is looked at', async () => {
    const frames = await heard(true);
    const lengths = frames.map((_, index) => transcriptOf(frames.slice(0, index + 1)).length);
    expect(lengths).toEqual([...lengths].sort((one, other) => one - other));
    expect(transcriptOf(frames.slice(0, 1))).toEqual([]);
  });
});

describe('a timeline', () => {
  const frame = (n: number, more: Partial<HistoryFrame> = {}): HistoryFrame =>
    ({
      v: 1,
      type: 'rookery.fact',
      actor: ANN,
      atMs: n,
      n,
      fact: { type: 'piece' },
      ...more,
    }) as HistoryFrame;

  it('takes each number once, and only its own', () => {
    const timeline = extended(emptyTimeline(ANN), [
      frame(1),
      frame(2),
      frame(2),
      frame(1, { atMs: 0 }),
      frame(3, { actor: 'other' }),
    ]);
    expect(timeline.frames.map(({ n }) => n)).toEqual([1, 2]);
  });

  it('begins anew where the router counts from one again', () => {
    const timeline = extended(emptyTimeline(ANN), [frame(7), frame(8), frame(1, { atMs: 100 })]);
    expect(timeline.frames.map(({ n }) => n)).toEqual([1]);
  });

  it('keeps so many, and says how many it has let go', () => {
    const timeline = extended(
      emptyTimeline(ANN),
      Array.from({ length: 2_100 }, (_, index) => frame(index + 1)),
    );
    expect(timeline.frames).toHaveLength(2_000);
    expect(timeline.lost).toBe(100);
  });

  it('remembers the last edge that led somewhere', () => {
    const step = (n: number, transitions: string[]) => frame(n, { type: '@xstate.snapshot', transitions } as never);
    const frames = [step(1, ['a#0']), step(2, ['b#0']), step(3, [])];
    expect(moveAt(frames, 2, new Set(['a#0', 'b#0']))?.n).toBe(2);
    expect(moveAt(frames, 2, new Set(['a#0']))?.n).toBe(1);
    expect(moveAt(frames, 2, new Set())).toBeNull();
  });
});

describe('a stream of events', () => {
  it('is read whole however it was cut', async () => {
    const bytes = new TextEncoder().encode('event: a\ndata: {"text":"你好"}\n\n:\n\ndata: 2\n\ndata: unfinished');
    for (let size = 1; size < 12; size += 1) {
      const chunks = (async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
      })();
      const found: string[] = [];
      for await (const data of eventsIn(chunks)) found.push(data);
      expect(found).toEqual(['{"text":"你好"}', '2']);
    }
  });
});

it.each([
  '',
  'no json',
  '{}',
  '{"format":"rookery.recording","v":2,"actors":[]}',
  '{"format":"rookery.recording","v":1,"actors":[{}]}',
])('no recording: %s', (text) => expect(parseRecording(text)).toBeNull());
