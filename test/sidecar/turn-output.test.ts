import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { OutputFrame } from '../../src/sidecar/frames/from-agent.js';
import {
  BUFFER_CHARS,
  CREDIT_CHARS,
  newOutput,
  readOutput,
  type TurnOutput,
  takeEnd,
  takeOutput,
  UNREAD_FRAMES_MAX,
} from '../../src/sidecar/turn-output.js';

const delta = (n: number, text: string): OutputFrame => ({ t: 'turn.delta', turn: 't', n, text });
const set = (n: number, text: string): OutputFrame => ({ t: 'turn.set', turn: 't', n, text });
const never = (): boolean => false;

/** All are taken. */
const taking = (output: TurnOutput, ...frames: OutputFrame[]): TurnOutput =>
  frames.reduce((now, frame) => {
    const verdict = takeOutput(now, frame, never);
    if (verdict.kind !== 'taken') throw new Error(`${JSON.stringify(frame).slice(0, 80)} was ${verdict.kind}`);
    return verdict.output;
  }, output);

describe('the room of a turn', () => {
  it.each([
    ['an agent that counts', true, CREDIT_CHARS],
    ['an agent that does not', false, BUFFER_CHARS],
  ])('of %s ends at its bound, and comes back as it is read', (_, counts, room) => {
    const full = taking(newOutput(counts), delta(1, 'x'.repeat(room)));
    expect(takeOutput(full, delta(2, 'y'), never)).toMatchObject({ kind: 'refused', code: 'flow_exceeded', expect: 2 });
    expect(takeOutput(readOutput(full, 1), delta(2, 'y'), never).kind).toBe('taken');
  });

  it('counts characters as people do: one that takes two units is one', () => {
    const full = taking(newOutput(true), delta(1, '😀'.repeat(CREDIT_CHARS - 1)));
    expect(takeOutput(full, delta(2, '😀'), never).kind).toBe('taken');
    expect(takeOutput(full, delta(2, '😀😀'), never).kind).toBe('refused');
  });

  it('takes one text of any length when nothing waits', () => {
    expect(takeOutput(newOutput(true), delta(1, 'x'.repeat(CREDIT_CHARS * 2)), never).kind).toBe('taken');
  });

  it('is not got round by empty frames', () => {
    let output = newOutput(false);
    for (let n = 1; n <= UNREAD_FRAMES_MAX; n += 1) output = taking(output, { t: 'turn.break', turn: 't', n });
    expect(takeOutput(output, delta(UNREAD_FRAMES_MAX + 1, ''), never)).toMatchObject({ code: 'flow_exceeded' });
  });

  it('is used by a snapshot as far as it grows', () => {
    const output = taking(newOutput(true), delta(1, 'x'.repeat(5_000)), set(2, 'x'.repeat(6_000)));
    expect(output.unreadChars).toBe(6_000);
  });
});

describe('a snapshot', () => {
  it('may be another text only while nothing of it is out', () => {
    const output = taking(newOutput(true), delta(1, 'one'));
    expect(takeOutput(output, set(2, 'two'), never)).toMatchObject({ code: 'prefix_conflict', expect: 2 });
    expect(takeOutput(output, set(2, 'two'), () => true).kind).toBe('taken');
    expect(takeOutput(output, set(2, 'one and two'), never).kind).toBe('taken');
  });

  it('is of the message since the last break', () => {
    const output = taking(newOutput(true), delta(1, 'one'), { t: 'turn.break', turn: 't', n: 2 });
    expect(takeOutput(output, set(3, 'two'), never).kind).toBe('taken');
  });
});

describe('the end', () => {
  it('counts all frames, and is said once', () => {
    const output = taking(newOutput(true), delta(1, 'a'), delta(2, 'b'));
    expect(takeEnd(output, { n: 3 })).toEqual({ kind: 'refused', code: 'gap', expect: 3 });
    expect(takeEnd(output, { n: 1 })).toMatchObject({ code: 'bad_frame' });
    const ended = takeEnd(output, { n: 2 });
    if (ended.kind !== 'taken') throw new Error('not taken');
    expect(takeEnd(ended.output, { n: 2 }).kind).toBe('dup');
    expect(takeOutput(ended.output, delta(3, 'c'), never)).toMatchObject({ code: 'stale_turn' });
    expect(takeOutput(ended.output, delta(2, 'b'), never).kind).toBe('dup');
  });
});

/** Frames lost, repeated and out of order, by an agent that does what it is told: go on from `expect`. */
test.prop([fc.array(fc.string({ maxLength: 8 }), { maxLength: 30 }), fc.infiniteStream(fc.nat(9))])(
  'whatever the wire does to numbered frames, what is taken in is what was said, once and in order',
  (texts, chances) => {
    const draw = (): number => chances.next().value as number;
    let output = newOutput(false);
    const taken: string[] = [];
    let next = 0;
    for (let step = 0; next < texts.length && step < 2_000; step += 1) {
      const chance = draw();
      // Of ten frames some are lost, some are said again, and some jump the queue.
      const at = chance === 0 ? Math.max(0, next - 1) : chance === 1 ? next + 1 : next;
      const text = texts[at];
      if (text === undefined || chance === 2) continue;
      const verdict = takeOutput(output, delta(at + 1, text), never);
      if (verdict.kind === 'taken') {
        output = readOutput(verdict.output, verdict.chars);
        taken.push(text);
        next = at + 1;
      } else if (verdict.kind === 'refused') next = (verdict.expect ?? 1) - 1;
      else expect(at).toBeLessThan(taken.length);
    }
    expect(taken).toEqual(texts);
    expect(takeEnd(output, { n: texts.length }).kind).toBe('taken');
  },
);
