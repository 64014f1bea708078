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
