import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { cutAll } from '../../src/domain/block-cutter.js';
import { type BlockSituation, type Cut, mayCutBlock, planEnd } from '../../src/domain/reply-plan.js';

const cut: Cut = (text, maxChars, minChars) =>
  text.length <= maxChars ? [text] : cutAll(text, { firstChars: minChars, minChars, maxChars });
const bare = (text: string): string => text.replace(/\s+/g, '');

describe('planEnd', () => {
  const limits = { softMax: 100, hardMax: 400 };
  const text = Array.from({ length: 40 }, (_, n) => `This is sentence number ${n}.`).join('\n');

  it('says nothing of nothing', () => {
    expect(planEnd('', { replies: 4, active: true }, limits, cut)).toEqual({ replies: [], active: [], parked: '' });
  });

  it('takes messages no longer than they must be', () => {
    const plans = [20, 4].map((replies) => planEnd(text, { replies, active: false }, limits, cut));
    const longest = plans.map(({ replies }) => Math.max(...replies.map(({ length }) => length)));
    expect(longest[0]).toBeLessThanOrEqual(100);
    expect(longest[1]).toBeGreaterThan(100);
    expect(plans[1]?.replies).toHaveLength(4);
  });

  it('fills its messages where ending at good places would need one too many', () => {
    const paragraphs = Array.from({ length: 3 }, () => 'x'.repeat(260)).join('\n\n');
    const { replies, parked } = planEnd(paragraphs, { replies: 2, active: false }, limits, cut);
    expect([replies.length, parked]).toEqual([2, '']);
  });

  it('without a reply left puts everything behind them', () => {
    const active = planEnd(text, { replies: 0, active: true }, limits, cut);
    expect([active.replies, active.parked, bare(active.active.join(''))]).toEqual([[], '', bare(text)]);
    const parked = planEnd(text, { replies: 0, active: false }, limits, cut);
    expect([parked.replies, parked.active, bare(parked.parked)]).toEqual([[], [], bare(text)]);
  });

  /** What a message loses at most to a grapheme that does not fit. */
  const LOSS = 32;
  const words = fc.array(fc.constantFrom('word', 'longerword', '字字字', '。', '\n\n', '\n', '😀', 'end. '), {
    maxLength: 400,
  });

  test.prop([words, fc.nat(6), fc.boolean(), fc.integer({ min: 64, max: 500 }), fc.integer({ min: 40, max: 900 })], {
    numRuns: 1_000,
  })('loses nothing, exceeds nothing, and parks only what has no place', (parts, replies, active, hardMax, softMax) => {
    const whole = parts.join('');
    const plan = planEnd(whole, { replies, active }, { softMax, hardMax }, cut);
    expect(bare([...plan.replies, ...plan.active, plan.parked].join(''))).toBe(bare(whole));
    expect(plan.replies.length).toBeLessThanOrEqual(replies);
    for (const message of [...plan.replies, ...plan.active]) expect(message.length).toBeLessThanOrEqual(hardMax);
    if (active || whole.length <= replies * (hardMax - LOSS)) expect(plan.parked).toBe('');
    if (!active || whole.length <= replies * (hardMax - LOSS)) expect(plan.active).toEqual([]);
  });
});

describe('mayCutBlock', () => {
  const situation: BlockSituation = {
    budget: { replies: 4, active: false },
    waitingChars: 300,
    blockChars: 80,
    outlookChars: 1_000,
    hardMax: 1_000,
  };

  it.each([
    ['where the rest has a place', {}, true],
    ['not with the last reply', { budget: { replies: 1, active: false } }, false],
    ['not with the last reply, whatever may go out without one', { budget: { replies: 1, active: true } }, false],
    [
      'not with the last reply, though nothing may come',
      { budget: { replies: 1, active: false }, waitingChars: 80, outlookChars: 0 },
      false,
    ],
    ['not where what may still come would not fit', { outlookChars: 3_000 }, false],
    ['where replies are not counted', { budget: { replies: Infinity, active: false }, outlookChars: 1e9 }, true],
  ] as const)('%s', (_, changes, may) => {
    expect(mayCutBlock({ ...situation, ...changes })).toBe(may);
  });
});
