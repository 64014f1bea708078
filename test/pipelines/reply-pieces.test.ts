import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { PieceStrategy, Pieces } from '../../src/pipelines/pieces/strategy.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { type Gathered, ReplyGatherer, type ReplyOptions } from '../../src/pipelines/reply-pieces.js';
import type { AgentEvent } from '../../src/ports/agent-driver.js';

const whole = (): PieceStrategy =>
  wholeText({
    budget: () => ({ replies: Number.POSITIVE_INFINITY, active: false }),
    limits: { softMax: 1_000, hardMax: 1_000 },
    outlookChars: () => 0,
  });

const gatherer = (changes: Partial<ReplyOptions> = {}, strategy = whole()): ReplyGatherer =>
  new ReplyGatherer(strategy, { mode: 'final', maxReplyChars: 100, cutNotice: '…', brokenNotice: '', ...changes });

const textsOf = (pieces: Pieces): string[] => pieces.map((piece) => (piece.kind === 'text' ? piece.text : piece.kind));
const seen = ({ pieces, end }: Gathered) => ({ pieces: textsOf(pieces), end });

const text = (delta: string): AgentEvent => ({ type: 'text', delta });
const replace = (whole: string): AgentEvent => ({ type: 'replace', text: whole });
const END: AgentEvent = { type: 'end', reason: 'stop' };
const BREAK: AgentEvent = { type: 'break' };
const error = (code: string): AgentEvent => ({ type: 'error', code, message: 'x', retryable: false });

/** Gives every line out as soon as it is complete. */
const byLine = (): PieceStrategy => {
  let rest = '';
  const said = (texts: readonly string[]): Pieces => texts.map((text) => ({ kind: 'text', text, via: 'reply' }));
  return {
    push(delta) {
      const lines = (rest + delta).split('\n');
      rest = lines.pop() ?? '';
      return said(lines);
    },
    endMessage() {
      return this.flush();
    },
    flush(end = '') {
      const last = rest + end;
      rest = '';
      return said(last === '' ? [] : [last]);
    },
    withdraw() {
      rest = '';
    },
    dispose: () => undefined,
  };
};

const piecesOf = (one: ReplyGatherer, events: readonly AgentEvent[]): readonly string[] =>
  events.flatMap((event) => textsOf(one.take(event).pieces));

describe('ReplyGatherer', () => {
  it('holds a whole answer until its end', () => {
    const one = gatherer();
    expect(piecesOf(one, [text('Hel'), text('lo')])).toEqual([]);
    expect(seen(one.take(END))).toEqual({ pieces: ['Hello'], end: 'stop' });
    expect(one.generatedChars).toBe(5);
  });

  it('gives out what a break ends, and begins anew', () => {
    const one = gatherer();
    expect(piecesOf(one, [text('first'), BREAK, text('second'), END])).toEqual(['first', 'second']);
  });

  it('gives out blocks while the answer goes on', () => {
    const one = gatherer({}, byLine());
    expect(piecesOf(one, [text('a\nb'), text('c\nd')])).toEqual(['a', 'bc']);
    expect(piecesOf(one, [END])).toEqual(['d']);
  });

  it.each([['nothing', []] as const, ['blanks', [text(' \n '), BREAK, text('\t')]] as const])(
    'an agent that says %s says nothing',
    (_, events) => {
      const one = gatherer();
      expect(piecesOf(one, events)).toEqual([]);
      expect(seen(one.end())).toEqual({ pieces: [], end: 'stop' });
    },
  );

  it.each([
    ['agent.timeout', 'timed_out'],
    ['agent.failed', 'failed'],
  ])('after %s gives out what there is and ends as %s', (code, end) => {
    const one = gatherer();
    one.take(text('half'));
    expect(seen(one.take(error(code)))).toEqual({ pieces: ['half'], end });
  });

  it('ends once, and takes nothing afterwards', () => {
    const one = gatherer();
    one.take(END);
    expect(piecesOf(one, [text('late'), BREAK, END])).toEqual([]);
    expect(seen(one.end())).toEqual({ pieces: [], end: null });
  });

  it.each([
    { type: 'reasoning', delta: 'hm' },
    { type: 'progress', id: '1', label: 'search', state: 'running' },
    { type: 'usage', usage: { tokens: 1 } },
  ] satisfies AgentEvent[])('says nothing of $type', (event) => {
    const one = gatherer();
    expect(piecesOf(one, [event, END])).toEqual([]);
    expect(one.generatedChars).toBe(0);
  });
});

describe('an answer its agent did not finish', () => {
  const broken = { brokenNotice: '(broken off)' };

  it('carries the notice in the message that would be its last one', () => {
    const one = gatherer(broken);
    one.take(text('half'));
    expect(seen(one.take(error('agent.failed')))).toEqual({ pieces: ['half\n(broken off)'], end: 'failed' });
  });

  it('does not where nothing waits, nor where it ended by itself', () => {
    const silent = gatherer(broken);
    expect(seen(silent.take(error('agent.failed')))).toEqual({ pieces: [], end: 'failed' });
    const flushed = gatherer(broken);
    expect(piecesOf(flushed, [text('all'), BREAK, error('agent.failed')])).toEqual(['all']);
    expect(piecesOf(gatherer(broken), [text('all'), END])).toEqual(['all']);
  });
});

describe('what may still come', () => {
  it('is what the longest answer has left, with the longest notice behind it', () => {
    const one = gatherer({ maxReplyChars: 10, cutNotice: '…', brokenNotice: 'broken' });
    expect(one.roomChars).toBe(17);
    one.take(text('1234'));
    expect(one.roomChars).toBe(13);
  });

  it('is nothing after it was disposed of, and what is out by time cannot be taken back', () => {
    const one = gatherer();
    one.take(text('first'));
    one.noteSaid();
    expect(piecesOf(one, [replace('other')])).toEqual([]);
    one.dispose();
    expect(piecesOf(one, [text('late'), END])).toEqual([]);
  });
});

describe('replace', () => {
  it('that goes on from what is there adds the rest', () => {
    expect(piecesOf(gatherer(), [text('Hel'), replace('Hello'), text('!'), END])).toEqual(['Hello!']);
  });

  // Dify's message_replace takes back a text that its moderation has refused.
  it('takes back what is not out yet', () => {
    const one = gatherer();
    expect(piecesOf(one, [text('something rude'), replace('something kind'), END])).toEqual(['something kind']);
    expect(one.generatedChars).toBe(14);
  });

  it('leaves alone what is out, and what cannot be taken back', () => {
    expect(piecesOf(gatherer({}, byLine()), [text('a\nb'), replace('other'), END])).toEqual(['a', 'b']);
  });

  it('speaks of what follows the last break', () => {
    expect(piecesOf(gatherer(), [text('one'), BREAK, replace('two'), END])).toEqual(['one', 'two']);
  });

  it('gives back the room of what it takes back', () => {
    const events = [text('12345678'), replace('abcdefgh'), END];
    expect(piecesOf(gatherer({ maxReplyChars: 10 }), events)).toEqual(['abcdefgh']);
  });
});

describe('maxReplyChars', () => {
  it('cuts with a notice, and ends the answer', () => {
    const one = gatherer({ maxReplyChars: 5 });
    one.take(text('123'));
    expect(seen(one.take(text('456789')))).toEqual({ pieces: ['12345…'], end: 'cut' });
    expect([one.generatedChars, one.take(END).end]).toEqual([9, null]);
  });

  it('lets an answer of just that length be', () => {
    const one = gatherer({ maxReplyChars: 5 });
    expect(piecesOf(one, [text('12345'), END])).toEqual(['12345']);
  });

  it('counts all messages of one turn together', () => {
    const one = gatherer({ maxReplyChars: 5 });
    expect(piecesOf(one, [text('1234'), BREAK, text('5678')])).toEqual(['1234', '5…']);
  });

  it('does not leave half a character where the cut falls between two tokens', () => {
    expect(piecesOf(gatherer({ maxReplyChars: 3 }), [text('ab\ud83d'), text('\ude00')])).toEqual(['ab…']);
  });

  const deltas = fc
    .tuple(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.array(fc.nat(60), { maxLength: 8 }))
    .map(([whole, cuts]) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      return at.slice(1).map((end, index) => whole.slice(at[index], end));
    });

  test.prop([deltas, fc.integer({ min: 1, max: 40 })])(
    'pieces hold whole characters and, before the notice, no more than is allowed, wherever the tokens end',
    (parts, maxReplyChars) => {
      const said = piecesOf(gatherer({ maxReplyChars }), [...parts.map(text), END]).join('');
      const whole = parts.join('');
      expect(() => encodeURIComponent(said)).not.toThrow();
      if (whole.length <= maxReplyChars) expect(said).toBe(whole.trim() === '' ? '' : whole);
      else {
        const shown = said.slice(0, -1);
        expect([said.at(-1), whole.startsWith(shown)]).toEqual(['…', true]);
        expect(shown.length).toBeGreaterThanOrEqual(maxReplyChars - 1);
        expect(shown.length).toBeLessThanOrEqual(maxReplyChars);
      }
    },
  );
});
