import { describe, expect, it } from 'vitest';
import { type BlockOptions, blocks } from '../../../src/pipelines/pieces/blocks.js';
import { StrategyRig } from '../../support/strategy-rig.js';

const OPTIONS: BlockOptions = { firstChars: 20, minChars: 40, maxChars: 120, idleFlushMs: 1_000 };
const rigOf = (replies: number, outlookChars = 0, limits = { softMax: 200, hardMax: 1_000 }): StrategyRig => {
  const rig = new StrategyRig((port) => blocks(OPTIONS, port), limits);
  rig.budget = { replies, active: false };
  rig.outlookChars = outlookChars;
  return rig;
};
const paragraph = (n: number): string => `Paragraph ${n} has about as many characters as this one.\n\n`;
const paragraphs = (count: number): string => Array.from({ length: count }, (_, n) => paragraph(n)).join('');
const bare = (whole: string): string => whole.replace(/\s+/g, '');

describe('blocks', () => {
  it('are said while the answer is written, and the rest at its end', () => {
    const rig = rigOf(Number.POSITIVE_INFINITY);
    rig.push(paragraph(0));
    expect(rig.shown).toEqual([paragraph(0).trim()]);
    rig.push(paragraph(1), 'And an end.').flush();
    expect(rig.shown).toEqual([paragraph(0).trim(), paragraph(1).trim(), 'And an end.']);
  });

  it.each([1, 2, 3, 4])('of %i replies leave the last one to the end', (replies) => {
    const rig = rigOf(replies);
    for (let n = 0; n < 12; n += 1) rig.push(paragraph(n));
    expect(rig.shown).toHaveLength(replies - 1);
    rig.flush();
    expect(rig.shown).toHaveLength(replies);
    expect(bare(rig.shown.join(''))).toBe(bare(paragraphs(12)));
  });

  it('count what one long delta has cut already', () => {
    const rig = rigOf(3).push(paragraphs(12)).flush();
    expect(rig.shown).toHaveLength(3);
    expect(bare(rig.shown.join(''))).toBe(bare(paragraphs(12)));
  });

  it('are held back while the longest answer that may come would not fit behind them', () => {
    const rig = rigOf(3, 1_900).push(paragraph(0));
    expect(rig.shown).toEqual([]);
    rig.outlookChars = 0;
    rig.push(paragraph(1)).flush();
    expect(rig.shown.map(bare)).toEqual([bare(paragraphs(2))]);
  });

  it('are held back for the rest of a long delta too, of which the agent will not speak again', () => {
    const long = paragraphs(35);
    const rig = rigOf(3).push(long).flush();
    expect(long.length).toBeGreaterThan(1_900);
    expect(rig.shown.map(({ length }) => length > OPTIONS.maxChars)).toEqual([true, true, true]);
    expect(bare(rig.shown.join(''))).toBe(bare(long));
  });

  it('once held back stay so until the end, also when time passes', async () => {
    const rig = rigOf(1).push(paragraphs(3));
    rig.budget = { replies: 4, active: false };
    await rig.push(paragraph(3)).wait(60_000);
    expect(rig.shown).toEqual([]);
    rig.flush();
    expect(bare(rig.shown.join(''))).toBe(bare(paragraphs(4)));
  });
});

describe('silence', () => {
  const LINE = 'This line is enough.\nBut';

  it('flushes what is long enough, up to its last good place', async () => {
    const rig = await rigOf(4).push(LINE).wait(999);
    expect(rig.shown).toEqual([]);
    await rig.wait(1);
    expect(rig.shown).toEqual(['This line is enough.']);
    expect(rig.push(' go').flush().shown).toEqual(['This line is enough.', 'But go']);
  });

  it('flushes a later block as soon as a first one, though no block is cut that short while words come', async () => {
    const rig = rigOf(4).push(paragraph(0));
    await rig.push(LINE).wait(999);
    expect(rig.shown).toEqual([paragraph(0).trim()]);
    await rig.wait(1);
    expect(rig.shown).toEqual([paragraph(0).trim(), 'This line is enough.']);
    await rig.push(' go. Not').wait(60_000);
    expect(rig.flush().shown.at(-1)).toBe('But go. Not');
  });

  it('begins anew with every word', async () => {
    const rig = await rigOf(4).push(LINE).wait(900);
    await rig.push(' go').wait(900);
    expect(rig.shown).toEqual([]);
    await rig.wait(100);
    expect(rig.shown).toHaveLength(1);
  });

  it('does not flush what is too short, and never the last reply', async () => {
    const short = await rigOf(4).push('Too short.\nGo').wait(60_000);
    expect(short.shown).toEqual([]);
    const last = await rigOf(1).push(LINE).wait(60_000);
    expect(last.shown).toEqual([]);
    expect(last.flush().shown).toHaveLength(1);
  });

  it.each(['flush', 'withdraw', 'dispose'] as const)('is not waited for after %s', async (ending) => {
    const rig = rigOf(4).push(LINE);
    rig.strategy[ending]();
    expect(rig.clock.pending).toBe(0);
    await rig.wait(60_000);
    expect(rig.shown).toEqual([]);
  });
});

describe('a message that is complete', () => {
  it('goes out, and what follows is another, but for the last reply', async () => {
    const rig = rigOf(3).push('One.').endMessage().push('Two.').endMessage().push('Three.').endMessage();
    expect(rig.shown).toEqual(['One.', 'Two.']);
    await rig.push(paragraph(0)).wait(60_000);
    expect(rig.flush().shown.slice(2)).toEqual([`Three.\n\n${paragraph(0).trim()}`]);
  });

  it('that is kept is not withdrawn with the next', () => {
    const rig = rigOf(1).push('One.').endMessage().push('gone');
    rig.strategy.withdraw();
    expect(rig.push('Two.').flush().shown).toEqual(['One.\n\nTwo.']);
  });
});

describe('a withdrawn answer', () => {
  it('is forgotten, held or not', () => {
    const held = rigOf(1).push(paragraphs(2));
    held.strategy.withdraw();
    const open = rigOf(4).push('Half a');
    open.strategy.withdraw();
    expect([held.flush('new').shown, open.flush('new').shown]).toEqual([['new'], ['new']]);
  });
});
