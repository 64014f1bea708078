import { describe, expect, it } from 'vitest';
import { wholeText } from '../../../src/pipelines/pieces/whole-text.js';
import { StrategyRig } from '../../support/strategy-rig.js';

const LIMITS = { softMax: 40, hardMax: 100 };
const sentence = (n: number): string => `Sentence ${n} is of this length.\n\n`;
const text = (count: number): string => Array.from({ length: count }, (_, n) => sentence(n)).join('');
const bare = (whole: string): string => whole.replace(/\s+/g, '');

describe('wholeText', () => {
  it('says nothing before the end, and all of it then', async () => {
    const rig = new StrategyRig(wholeText).push('Hel', 'lo');
    await rig.wait(60_000);
    expect(rig.shown).toEqual([]);
    expect(rig.flush().shown).toEqual(['Hello']);
  });

  it('says what comes with the end in the same message', () => {
    expect(new StrategyRig(wholeText).push('Hello').flush('…').shown).toEqual(['Hello…']);
  });

  it('begins anew after a flush, and forgets what is withdrawn', () => {
    const rig = new StrategyRig(wholeText).push('one').flush().push('two');
    rig.strategy.withdraw();
    expect(rig.push('three').flush().shown).toEqual(['one', 'three']);
  });

  it.each(['', ' ', '\n\t\n'])('says nothing of %j', (blank) => {
    expect(new StrategyRig(wholeText).push(blank).flush().shown).toEqual([]);
  });

  it('leaves out the empty lines that stand before it and behind it, and keeps what indents it', () => {
    expect(new StrategyRig(wholeText).push('\n \n  code', '\n\nend\n').flush().shown).toEqual(['  code\n\nend']);
  });

  it('does not end with what was to stand before another', () => {
    const rig = new StrategyRig(wholeText);
    rig.budget = { replies: 1, active: false };
    expect(rig.push('kept').endMessage().flush().shown).toEqual(['kept']);
  });

  it('says each message at its end, but keeps the last reply for what may still follow', () => {
    const rig = new StrategyRig(wholeText);
    rig.budget = { replies: 3, active: true };
    for (const message of ['1', '2', '3', '4']) rig.push(message).endMessage();
    expect(rig.shown).toEqual(['1', '2']);
    expect(rig.push('5').flush().shown).toEqual(['1', '2', '3\n\n4\n\n5']);
  });

  it('keeps as many replies as the longest answer that may follow would need', () => {
    const rig = new StrategyRig(wholeText, { softMax: 164, hardMax: 164 });
    rig.budget = { replies: 4, active: false };
    rig.outlookChars = 250;
    rig.push('1').endMessage().push('2').endMessage();
    expect(rig.shown).toEqual(['1']);
    rig.outlookChars = 0;
    expect(rig.push('3').endMessage().shown).toEqual(['1', '2\n\n3']);
  });

  it('withdraws the present message, and none that was complete', () => {
    const rig = new StrategyRig(wholeText);
    rig.budget = { replies: 1, active: false };
    rig.push('kept').endMessage().push('gone');
    rig.strategy.withdraw();
    expect(rig.push('new').flush().shown).toEqual(['kept\n\nnew']);
  });

  it('is divided for the reader where there are replies enough', () => {
    const rig = new StrategyRig(wholeText, LIMITS).push(text(4)).flush();
    expect(rig.shown).toHaveLength(4);
    expect(Math.max(...rig.shown.map(({ length }) => length))).toBeLessThanOrEqual(LIMITS.softMax);
  });

  it('is divided into longer messages where there are not', () => {
    const rig = new StrategyRig(wholeText, LIMITS);
    rig.budget = { replies: 2, active: false };
    rig.push(text(5)).flush();
    expect(rig.shown).toHaveLength(2);
    expect(bare(rig.shown.join(''))).toBe(bare(text(5)));
  });

  it('goes on without an anchor where that is allowed, else waits for the next message', () => {
    const rig = new StrategyRig(wholeText, LIMITS);
    rig.budget = { replies: 1, active: true };
    rig.push(text(9)).flush();
    expect(rig.pieces.map((piece) => piece.kind === 'text' && piece.via)).toEqual([
      'reply',
      ...Array(4).fill('active'),
    ]);
    const parking = new StrategyRig(wholeText, LIMITS);
    parking.budget = { replies: 1, active: false };
    parking.push(text(9)).flush();
    expect(parking.pieces.map((piece) => piece.kind === 'text' && piece.via)).toEqual(['reply', 'park']);
    expect(bare(parking.pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join(''))).toBe(bare(text(9)));
  });
});
