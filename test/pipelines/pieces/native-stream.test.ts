import { describe, expect, it } from 'vitest';
import { nativeStream } from '../../../src/pipelines/pieces/native-stream.js';
import { StrategyRig } from '../../support/strategy-rig.js';

/** What is behind a `~` may still change. */
const committable = (text: string): number => (text.includes('~') ? text.indexOf('~') : text.length);

const OPTIONS = { intervalMs: 700, intervalMaxMs: 5_000, growthChars: 10, bubbleChars: 100 };
const rigOf = (replies = 4): StrategyRig => {
  const rig = new StrategyRig((port) => nativeStream(OPTIONS, port, committable));
  rig.budget = { replies, active: false };
  return rig;
};
const TEN = '0123456789';

describe('a native stream', () => {
  it('opens with the first words worth it, grows, and is ended', async () => {
    const rig = rigOf().push(TEN);
    expect(rig.pieces).toEqual([{ kind: 'stream', text: TEN, isLast: false }]);
    await rig.wait(700);
    rig.push(`a${TEN}`).flush('!');
    expect(rig.shown).toEqual([TEN, `a${TEN}`, '!|']);
  });

  it('says an answer that ends before its first frame as an ordinary message', () => {
    expect(rigOf().push('short').flush().pieces).toEqual([{ kind: 'text', text: 'short', via: 'reply' }]);
  });

  it('is opened and ended at once for an answer that no message left could hold', () => {
    const rig = new StrategyRig((port) => nativeStream(OPTIONS, port, committable), { softMax: 40, hardMax: 40 });
    rig.budget = { replies: 1, active: true };
    rig.isClear = false;
    const long = TEN.repeat(9);
    expect(rig.push(long).flush().pieces).toEqual([{ kind: 'stream', text: long, isLast: true }]);
  });

  it('is ended also where nothing is left to say', () => {
    expect(rigOf().push(TEN).flush().pieces.at(-1)).toEqual({ kind: 'stream', text: '', isLast: true });
  });

  it('has at most one frame in an interval, and none for a little growth', async () => {
    const rig = rigOf().push(TEN);
    await rig.push('abcdefghijk').wait(699);
    expect(rig.shown).toEqual([TEN]);
    await rig.wait(1);
    expect(rig.shown).toEqual([TEN, 'abcdefghijk']);
    await rig.push('little').wait(60_000);
    expect(rig.shown).toHaveLength(2);
    expect([rig.flush().shown.at(-1), rig.clock.pending]).toEqual(['little|', 0]);
  });

  it('grows slower once the platform has asked for patience, and no slower than the longest interval', async () => {
    const rig = rigOf().push(TEN);
    rig.slowness = 4;
    await rig.push('abcdefghijk').wait(2_799);
    expect(rig.shown).toEqual([TEN]);
    await rig.wait(1);
    expect(rig.shown).toEqual([TEN, 'abcdefghijk']);
    rig.slowness = 8;
    await rig.push('lmnopqrstuv').wait(4_999);
    expect(rig.shown).toHaveLength(2);
    await rig.wait(1);
    expect(rig.shown).toHaveLength(3);
  });

  it('has one frame under way: what grows meanwhile goes out together', async () => {
    const rig = rigOf().push(TEN);
    rig.isClear = false;
    await rig.push(TEN).wait(5_000);
    rig.push('more');
    expect(rig.shown).toEqual([TEN]);
    rig.isClear = true;
    await rig.wait(700);
    expect(rig.shown).toEqual([TEN, `${TEN}more`]);
  });

  it('sends only what can no longer change, and the rest at the end', async () => {
    const rig = rigOf().push(`${TEN}~open`);
    expect(rig.shown).toEqual([TEN]);
    await rig.push(' and more').wait(60_000);
    expect(rig.shown).toEqual([TEN]);
    expect(rig.flush().shown).toEqual([TEN, '~open and more|']);
  });

  it('does not look at each word for what it may send where it has just looked in vain', async () => {
    let looks = 0;
    const rig = new StrategyRig((port) =>
      nativeStream(OPTIONS, port, () => {
        looks += 1;
        return 0;
      }),
    );
    for (let n = 0; n < 50; n += 1) rig.push(TEN);
    expect(looks).toBe(1);
    for (let n = 0; n < 10; n += 1) await rig.push('a').wait(175);
    expect(looks).toBeGreaterThan(5);
    expect(looks).toBeLessThanOrEqual(11);
  });

  it('opens none where no reply is left', async () => {
    const rig = rigOf(0).push(TEN);
    await rig.push(TEN).wait(60_000);
    expect(rig.shown).toEqual([]);
    expect(rig.flush().shown).toEqual([`park: ${TEN}${TEN}`]);
  });

  it.each(['withdraw', 'dispose'] as const)('says nothing more after %s', async (ending) => {
    const rig = rigOf().push(TEN, 'abcdefghijk');
    rig.strategy[ending]();
    expect(rig.clock.pending).toBe(0);
    await rig.wait(60_000);
    expect(rig.shown).toEqual([TEN]);
  });
});

describe('a message that is complete', () => {
  it('ends its bubble, and what follows is another', async () => {
    const rig = rigOf().push(TEN).endMessage();
    await rig.wait(700);
    expect(rig.push('abcdefghij').flush().shown).toEqual([TEN, '|', 'abcdefghij', '|']);
  });

  it('goes on in the same bubble where no reply is left for another', async () => {
    const rig = rigOf().push(TEN);
    rig.budget = { replies: 0, active: false };
    await rig.endMessage().wait(700);
    expect(rig.push('abcdefghij').flush().shown.join('')).toBe(`${TEN}\n\nabcdefghij|`);
  });

  it('that had to wait, and was said, keeps nothing of a later one that is withdrawn', () => {
    const rig = rigOf(1).push('short').endMessage();
    rig.budget = { replies: 4, active: false };
    rig.push('er').endMessage();
    expect(rig.shown).toEqual(['short\n\ner']);
    rig.push('no');
    rig.strategy.withdraw();
    expect(rig.flush().shown).toEqual(['short\n\ner']);
  });

  it('that is too short for a bubble goes out by itself, or with what follows', () => {
    expect(rigOf().push('short').endMessage().shown).toEqual(['short']);
    const rig = rigOf(1).push('short').endMessage().push('er');
    expect(rig.shown).toEqual([]);
    rig.strategy.withdraw();
    expect(rig.push(TEN).flush().shown).toEqual([`short\n\n${TEN}`, '|']);
  });
});

describe('a long answer', () => {
  const LONG = `${'a'.repeat(60)}\n\n${'b'.repeat(45)}`;

  it('is ended at a paragraph, and goes on in another bubble', async () => {
    const rig = rigOf().push(LONG);
    expect(rig.shown).toEqual([`${'a'.repeat(60)}|`]);
    await rig.wait(700);
    rig.push('.').flush();
    expect(rig.shown).toEqual([`${'a'.repeat(60)}|`, `${'b'.repeat(45)}.`, '|']);
  });

  it('stays in one bubble where no reply is left for another', () => {
    expect(rigOf(1).push(LONG).shown).toEqual([LONG]);
    const rig = rigOf(1).push('a'.repeat(60));
    rig.budget = { replies: 0, active: false };
    expect(rig.flush(LONG.slice(60)).shown).toEqual(['a'.repeat(60), `${LONG.slice(60)}|`]);
  });

  it('is not divided within code', () => {
    const code = `\`\`\`\n${'a'.repeat(60)}\n\n${'b'.repeat(45)}`;
    expect(rigOf().push(code).shown).toEqual([code]);
  });

  it('is not divided where that would leave next to nothing', () => {
    const text = `ab\n\n${'b'.repeat(120)}`;
    expect(rigOf().push(text).shown).toEqual([text]);
  });
});
