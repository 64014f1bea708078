import { describe, expect, it } from 'vitest';
import { messagesFor, withTurn } from '../../src/domain/transcript.js';
import type { ChatMessage, Interrupted, Receipt } from '../../src/domain/turn.js';
import { messageOf, START_MS, turnOf } from '../support/samples.js';

const receipt = (changes: Partial<Receipt> = {}): Receipt => ({
  status: 'completed',
  delivered: 'four',
  generatedChars: 4,
  certainty: 'exact',
  messageIds: [],
  ...changes,
});
const turn = turnOf(1, messageOf('a', { text: '2+2' }), messageOf('b', { text: '' }), messageOf('c', { text: '?' }));
const interrupted = (delivered: string): Interrupted => ({
  turn: 't0',
  epoch: 0,
  reason: 'superseded',
  atMs: START_MS,
  inputs: [],
  delivered,
  generatedChars: 0,
  certainty: 'exact',
  agent: 'acked',
});
const HISTORY: ChatMessage[] = [
  { role: 'user', content: '1' },
  { role: 'assistant', content: 'one' },
];

describe('withTurn', () => {
  it('adds the question, its messages joined, and what was delivered', () => {
    expect(withTurn([], turn, receipt(), 9)).toEqual([
      { role: 'user', content: '2+2\n?' },
      { role: 'assistant', content: 'four' },
    ]);
  });

  it('adds no answer where none was delivered', () => {
    expect(withTurn([], turn, receipt({ status: 'cancelled', delivered: '' }), 9)).toHaveLength(1);
  });

  it.each(['cancelled', 'killed', 'failed', 'timed_out'] as const)('marks an answer that was %s', (status) => {
    expect(withTurn([], turn, receipt({ status }), 9)[1]?.content).toBe('four [interrupted]');
  });

  it.each([
    [3, ['one', '2+2\n?', 'four']],
    [1, ['four']],
    [0, []],
  ])('keeps the newest %i', (keepMax, contents) => {
    expect(withTurn(HISTORY, turn, receipt(), keepMax).map(({ content }) => content)).toEqual(contents);
  });
});

describe('messagesFor', () => {
  const contents = (messages: readonly ChatMessage[]): string[] => messages.map(({ content }) => content);

  it('ends with the question', () => {
    expect(contents(messagesFor(HISTORY, turn, null))).toEqual(['1', 'one', '2+2\n?']);
  });

  it.each([
    [0, ['2+2\n?']],
    [1, ['one', '2+2\n?']],
    [9, ['1', 'one', '2+2\n?']],
  ])('takes the last %i of the history', (limit, expected) => {
    expect(contents(messagesFor(HISTORY, turn, null, { limit }))).toEqual(expected);
  });

  it('tells of an answer of which nothing was shown, unless it must not', () => {
    expect(messagesFor([], turn, interrupted('')).map(({ role }) => role)).toEqual(['system', 'user']);
    expect(messagesFor([], turn, interrupted(''), { note: false })).toHaveLength(1);
    expect(messagesFor([], turn, interrupted('half'))).toHaveLength(1);
  });

  it.each([
    ['superseded', /sent a new message before any/],
    ['user_stop', /ended before any of it was shown \(user_stop\)/],
    ['deadline', /ended before any of it was shown \(deadline\)/],
  ] as const)('tells of it as it was: %s', (reason, note) => {
    expect(contents(messagesFor([], turn, { ...interrupted(''), reason }))[0]).toMatch(note);
  });

  it('tells before the question what was left out, unless it must not', () => {
    expect(contents(messagesFor(HISTORY, turn, null, { limit: 1 }, 'two were left out'))).toEqual([
      'one',
      'two were left out',
      '2+2\n?',
    ]);
    expect(contents(messagesFor([], turn, null, { note: false }, 'two were left out'))).toEqual(['2+2\n?']);
  });
});
