import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/domain/message.js';
import { partsOf } from '../../src/domain/message-parts.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { type Gathered, ReplyGatherer } from '../../src/pipelines/reply-pieces.js';
import type { AgentEvent } from '../../src/ports/agent-driver.js';

/** An agent with so many replies, as its gatherer sees them; those that are handed on are gone. */
const gathererWith = (replies: number, outlookChars = 0) => {
  let left = replies;
  const gatherer: ReplyGatherer = new ReplyGatherer(
    wholeText({
      budget: () => ({ replies: Math.max(Math.min(1, left), left - gatherer.keptMessages), active: false }),
      limits: { softMax: 1_000, hardMax: 1_000 },
      outlookChars: () => outlookChars,
    }),
    { mode: 'final', maxReplyChars: 100, cutNotice: '…', brokenNotice: '' },
    {
      partsOf: (message: OutgoingMessage) =>
        partsOf(message, 'c2c', ({ kind }) => ({ kind, source: { url: 'https://a.example/x' } })),
      repliesLeft: () => left,
    },
  );
  const seen = ({ pieces }: Gathered): string[] => {
    left -= pieces.length;
    return pieces.map((piece) => ('text' in piece ? piece.text : piece.kind));
  };
  return (...events: AgentEvent[]): string[] => events.flatMap((event) => seen(gatherer.take(event)));
};

const text = (delta: string): AgentEvent => ({ type: 'text', delta });
const IMAGE: AgentEvent = { type: 'media', media: { kind: 'image', url: 'https://a.example/x' } };
const END: AgentEvent = { type: 'end', reason: 'stop' };

describe('a message of another kind among an agent’s words', () => {
  it('stands where it was said', () => {
    expect(gathererWith(4)(text('before'), IMAGE, text('after'), END)).toEqual(['before', '[image]', 'after']);
  });

  it('goes out at once where nothing waits', () => {
    expect(gathererWith(2)(IMAGE)).toEqual(['[image]']);
  });

  it('waits for the end where it would use up the reply of the words', () => {
    expect(gathererWith(2)(text('before '), IMAGE, text('after'), END)).toEqual(['before after', '[image]']);
    expect(gathererWith(1)(IMAGE, text('words'), END)).toEqual(['words', '[image]']);
  });

  it('keeps its order among its like', () => {
    const say = gathererWith(3);
    const card: AgentEvent = { type: 'message', message: { markdown: '# card' } };
    expect(say(text('a'), IMAGE, card, text('b'), END)).toEqual(['a', '[image]', 'b', '# card']);
  });

  it('does not overtake one that waits, though it alone would have its place', () => {
    const both: AgentEvent = {
      type: 'message',
      message: { text: 'caption', media: { kind: 'image', url: 'https://a.example/x' } },
    };
    const say = gathererWith(2);
    expect(say(both, IMAGE)).toEqual([]);
    expect(say(text('words'), END)).toEqual(['words', 'caption', '[image]', '[image]']);
  });

  it('does not overtake words that wait for what is to follow them', () => {
    expect(gathererWith(2, 1_000)(text('words'), { type: 'break' }, IMAGE, END)).toEqual(['words', '[image]']);
  });

  it('is said as well where the answer is cut', () => {
    expect(gathererWith(2)(text('x'), IMAGE, text('y'.repeat(200)))).toEqual([`x${'y'.repeat(99)}…`, '[image]']);
  });
});
