import { describe, expect, it } from 'vitest';
import type { PlatformAction } from '../../../src/domain/platform-action.js';
import type { Anchor } from '../../../src/domain/reply.js';
import type { ErrorCode } from '../../../src/errors/codes.js';
import type { Call } from '../../support/hand-api.js';
import { pieceOf, START_MS } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

const anchorOf = (id: string): Anchor => ({ kind: 'message', id, atMs: START_MS });
const TWO = { anchors: [anchorOf('new'), anchorOf('old')] };
const saying = (text: string) => ({ content: { kind: 'text', text, via: 'reply' } as const });

const refuse =
  (action: PlatformAction, code: ErrorCode = 'platform.refused') =>
  (call: Call): void =>
    call.fail(code, { action });
const WINDOW = refuse('active', 'platform.windowClosed');

/** What reached the transport: how, in answer to what, under which number. */
const forms = (rig: SendRig) =>
  rig.api.calls.map(
    ({ message: { format, anchor, msgSeq, text } }) => `${anchor?.id ?? 'active'}/${msgSeq} ${format} ${text}`,
  );

describe('markdown that is refused', () => {
  it('is said as plain text under the same number, once, and the scene remembers a missing right', async () => {
    const rig = new SendRig({ markdown: () => true });
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.answer(refuse('noMarkdown', 'platform.notPermitted'));
    await rig.answer((call) => call.accept());
    expect(forms(rig)).toEqual(['m1/1 markdown piece 0', 'm1/1 text piece 0', 'm1/2 text piece 1']);
    await rig.answer(refuse('noMarkdown', 'platform.notPermitted'));
    expect(rig.statuses).toEqual(['0 sent', '1 refused']);
  });

  it('remembers it for that scene only, and nothing where this markdown alone was wrong', async () => {
    const rig = new SendRig({ markdown: () => true });
    await rig.send(pieceOf(0));
    await rig.answer(refuse('plainText', 'platform.contentRefused'));
    await rig.answer((call) => call.accept());
    expect(rig.rights.mayMarkdown({ scene: 'c2c', openid: 'u1' })).toBe(true);
    await rig.send(pieceOf(1));
    await rig.answer(refuse('noMarkdown', 'platform.notPermitted'));
    expect(rig.rights.mayMarkdown({ scene: 'c2c', openid: 'any' })).toBe(false);
    expect(rig.rights.mayMarkdown({ scene: 'group', groupOpenid: 'g' })).toBe(true);
  });
});

describe('a link that is not allowed', () => {
  it('is broken up once, and what was said is what was sent', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0, saying('see example.com')));
    await rig.answer(refuse('mendUrl', 'platform.contentRefused'));
    await rig.answer((call) => call.accept());
    expect(forms(rig)).toEqual(['m1/1 text see example.com', 'm1/1 text see example．com']);
    expect(rig.said).toEqual(['see example．com']);
  });

  it('is given up where that does not help', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0, saying('see example.com')));
    await rig.answer(refuse('mendUrl', 'platform.contentRefused'));
    await rig.answer(refuse('mendUrl', 'platform.contentRefused'));
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 refused'], 2]);
  });
});

describe('a text that is too long', () => {
  const LONG = Array.from({ length: 8 }, (_, n) => `Sentence number ${n} of a text too long.`).join('\n');
  const SPLIT = refuse('split', 'platform.contentRefused');
  const bare = (text: string): string => text.replace(/\s+/g, '');

  it('goes out in parts, the first under the number that was refused', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0, saying(LONG)));
    await rig.answer(SPLIT);
    for (let n = 0; n < 2; n += 1) await rig.answer((call) => call.accept());
    expect(rig.api.calls.map(({ message }) => message.msgSeq)).toEqual([1, 1, 2]);
    expect(rig.statuses).toEqual(['0 sent']);
    expect(bare(rig.said.join(''))).toBe(bare(LONG));
  });

  it.each([
    ['an answer that was lost', (call: Call) => call.fail('transport.timeout'), 'unknown'],
    ['a window that closed', WINDOW, 'parked'],
    ['a review that blocked the rest', refuse('blocked', 'platform.contentRefused'), 'refused'],
  ] as const)('tells what was said before %s', async (_, second, status) => {
    const rig = new SendRig({ attemptsMax: 1 });
    await rig.send(pieceOf(0, saying(LONG)));
    await rig.answer(SPLIT);
    const [first = ''] = rig.api.texts.slice(1);
    await rig.answer((call) => call.accept());
    await rig.answer(second);
    expect(rig.outcomes).toMatchObject([{ status, said: first }]);
    if (status === 'parked') {
      const [outcome] = rig.outcomes;
      expect(bare(first + (outcome?.status === 'parked' ? outcome.text : ''))).toBe(bare(LONG));
    }
  });

  it('is divided further, but not without end', async () => {
    const rig = new SendRig({ windows: { ...UNCOUNTED } });
    await rig.send(pieceOf(0, saying(LONG.repeat(5))));
    for (let n = 0; n < 40 && rig.outcomes.length === 0; n += 1) await rig.answer(SPLIT);
    // Whole, halved, quartered, an eighth of it.
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 refused'], 4]);
  });
});

const window = { windowMs: 3_600_000, repliesMax: null };
const UNCOUNTED = { c2c: window, group: window, guild: window, dm: window };

describe('a window that closed', () => {
  it('is followed by the next message that still takes a reply, then by an active one', async () => {
    const rig = new SendRig({ active: true });
    await rig.send(pieceOf(0, TWO));
    await rig.answer(WINDOW);
    await rig.answer(WINDOW);
    await rig.answer((call) => call.accept());
    expect(forms(rig)).toEqual(['new/1 text piece 0', 'old/1 text piece 0', 'active/1 text piece 0']);
    expect(rig.statuses).toEqual(['0 sent']);
  });

  it('parks an answer where no active message is allowed, and asks that anchor for nothing more', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer(WINDOW);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 parked'], 1]);
    await rig.cancel();
    await rig.send(pieceOf(0, { epoch: 2 }));
    expect(rig.api.calls).toHaveLength(1);
  });

  it('refuses a notice, which is of no use later', async () => {
    const rig = new SendRig({ active: true });
    await rig.send(pieceOf(0, { role: 'notice' }));
    await rig.answer(WINDOW);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 refused'], 1]);
  });

  it('parks what follows too, so that nothing overtakes it', async () => {
    const rig = new SendRig({ attemptsMax: 1 });
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.answer(refuse('backOff', 'platform.busy'));
    expect(rig.outcomes).toMatchObject([
      { status: 'parked', text: 'piece 0' },
      { status: 'parked', text: 'piece 1' },
    ]);
    await rig.cancel();
    await rig.send(pieceOf(0, { epoch: 2 }));
    expect(rig.api.texts).toEqual(['piece 0', 'piece 0']);
  });

  it('parks the bubble that follows too, as one text', async () => {
    const rig = new SendRig({ attemptsMax: 1 });
    await rig.send(pieceOf(0));
    await rig.answer(refuse('backOff', 'platform.busy'));
    for (const text of ['a', 'b', 'c']) await rig.say({ kind: 'stream', text, isLast: text === 'c' });
    expect(rig.api.frames).toEqual([]);
    expect(rig.outcomes.slice(1)).toMatchObject([
      { status: 'deferred' },
      { status: 'deferred' },
      { status: 'parked', text: 'abc' },
    ]);
  });

  it('parks nothing of a turn that ended meanwhile', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0), pieceOf(1, { content: { kind: 'text', text: 'rest', via: 'park' } }));
    await rig.cancel();
    await rig.answer(WINDOW);
    expect(rig.statuses).toEqual(['0 fenced', '1 fenced']);
  });
});

describe('what is not settled by one answer', () => {
  it('a rate that stays is parked after the last try', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    for (let tries = 0; tries < 4; tries += 1) {
      await rig.answer(refuse('backOff', 'platform.busy'));
      await rig.clock.advance(10_000);
    }
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 parked'], 4]);
  });

  it('a gateway that answers 502 to every try leaves it open', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    for (let tries = 0; tries < 4; tries += 1) {
      await rig.answer((call) => call.fail('platform.unavailable', { action: 'retry', status: 502 }));
      await rig.clock.advance(10_000);
    }
    expect(rig.outcomes).toMatchObject([{ status: 'unknown', maybe: 'piece 0' }]);
  });

  it('after a lost answer a lesson is followed under the same number, and any other way is not', async () => {
    const rig = new SendRig({ markdown: () => true, active: true });
    const lose = async (): Promise<void> => {
      await rig.answer((call) => call.fail('transport.timeout'));
      await rig.clock.advance(1_000);
    };
    await rig.send(pieceOf(0));
    await lose();
    await rig.answer(refuse('plainText', 'platform.contentRefused'));
    await rig.answer(refuse('arrived', 'platform.arrived'));
    await rig.send(pieceOf(1));
    await lose();
    await rig.answer(WINDOW);
    expect(rig.statuses).toEqual(['0 arrived', '1 unknown']);
    expect(forms(rig).filter((form) => form.startsWith('active'))).toEqual([]);
  });

  it('a review is pending, and the text counts as said', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.accept({ auditId: 'a1' }));
    expect([rig.outcomes[0]?.status, rig.said]).toEqual(['pending', ['piece 0']]);
  });

  it('nothing is sent without the lease, a notice neither', async () => {
    const rig = new SendRig();
    rig.mayWrite = false;
    await rig.send(pieceOf(0), pieceOf(1, { role: 'notice' }));
    expect([rig.statuses, rig.api.calls]).toEqual([['0 fenced', '1 fenced'], []]);
  });

  it('a notice outlives a cancel, unless it is about the turn that was cancelled', async () => {
    const rig = new SendRig();
    await rig.cancel();
    await rig.send(pieceOf(0, { role: 'notice', epoch: 0 }), pieceOf(1, { role: 'notice' }), pieceOf(2));
    await rig.answer((call) => call.accept());
    expect(rig.statuses).toEqual(['0 sent', '1 fenced', '2 fenced']);
  });
});
