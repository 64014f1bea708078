import { describe, expect, it } from 'vitest';
import { aroundEntry, NOWHERE } from '../../src/debug/inspect-pieces.js';
import { type Entry, Track } from '../../src/debug/inspect-recorder.js';

type Given = { readonly type: string; readonly epoch?: number; readonly text?: string };

/** A track of steps that took these events. */
const trackOf = (events: readonly Given[]): { track: Track; at: (n: number) => Entry } => {
  const track = new Track({ chart: 'conversation', channel: 'qq', id: 'A' });
  for (const { type, epoch, text } of events) {
    const event = { type, epoch, content: { kind: 'stream', text, isLast: false } };
    track.push({
      kind: 'step',
      n: track.next,
      atMs: 0,
      chars: 0,
      event,
      transitions: [],
      sent: [],
      timers: [],
    } as never);
  }
  return { track, at: (n) => track.at(n) as Entry };
};

describe('the words around those of a piece', () => {
  const { track, at } = trackOf([
    { type: 'reply.piece', epoch: 1, text: 'another turn ' },
    { type: 'reply.piece', epoch: 2, text: 'one ' },
    { type: 'piece.settled.not' },
    { type: 'reply.piece', epoch: 2, text: 'two ' },
    { type: 'reply.piece', epoch: 2, text: 'three ' },
    { type: 'reply.piece', epoch: 2, text: 'four' },
    { type: 'reply.piece', epoch: 3, text: 'the next' },
  ]);

  it('are all of its answer, in order', () => {
    expect(aroundEntry(track, at(5))).toEqual({ before: 'one two ', after: 'four' });
  });

  it('are none of another answer, nor of what has no words', () => {
    expect(aroundEntry(track, at(1))).toEqual(NOWHERE);
    expect(aroundEntry(track, at(3))).toEqual(NOWHERE);
  });

  it('are those that are kept', () => {
    track.dropTo(2);
    expect(aroundEntry(track, at(6))).toEqual({ before: 'two three ', after: '' });
  });

  it('are so many, however long the answer', () => {
    const long = trackOf(
      Array.from({ length: 100 }, () => ({ type: 'reply.piece', epoch: 1, text: 'x'.repeat(1_000) })),
    );
    const { before, after } = aroundEntry(long.track, long.at(50));
    expect([before.length, after.length]).toEqual([5_000, 5_000]);
  });
});
