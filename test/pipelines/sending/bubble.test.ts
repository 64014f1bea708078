import { describe, expect, it } from 'vitest';
import type { PlatformAction } from '../../../src/domain/platform-action.js';
import type { PieceContent } from '../../../src/domain/reply.js';
import type { ErrorCode } from '../../../src/errors/codes.js';
import type { FrameCall } from '../../support/hand-api.js';
import { pieceOf } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

const part = (text: string, isLast = false): PieceContent => ({ kind: 'stream', text, isLast });
const refuse =
  (action: PlatformAction, code: ErrorCode = 'platform.refused', status = 400) =>
  ({ fail }: FrameCall): void =>
    fail(code, { action, status });
const accept = ({ accept }: FrameCall): void => accept();
const lose = ({ fail }: FrameCall): void => fail('transport.timeout');
/** How the platform complains about an index that is not the next one. */
const TAKEN = refuse('drop', 'platform.contentRefused');
const ENDED = refuse('endStream');
const PASSING = refuse('retry', 'platform.unavailable', 500);

/** A frame as `index: text`, closed by `|`; and in front the stream and number it names. */
const framesOf = (rig: SendRig): string[] =>
  rig.api.frames.map(({ frame }) => `${frame.index}: ${frame.text}${frame.isLast ? '|' : ''}`);

describe.each([false, true])('a bubble whose frames have numbers of their own: %s', (seqPerFrame) => {
  const rigOf = (): SendRig => new SendRig({ seqPerFrame });
  /** A bubble that shows `ab`. */
  const opened = async (): Promise<SendRig> => {
    const rig = rigOf();
    await rig.say(part('ab'));
    await rig.answerFrame(accept);
    return rig;
  };

  it('opens, grows and is ended; each frame carries the whole text', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.answerFrame(accept);
    await rig.say(part('e', true));
    await rig.answerFrame(accept);
    expect(framesOf(rig)).toEqual(['0: ab', '1: abcd', '2: abcde|']);
    expect(rig.api.frames.map(({ frame }) => frame.sentChars)).toEqual([0, 2, 4]);
    expect(rig.api.frames.map(({ frame }) => frame.streamId)).toEqual([null, 'stream 1', 'stream 1']);
    expect(rig.api.frames.map(({ frame }) => frame.msgSeq)).toEqual(seqPerFrame ? [1, 2, 3] : [1, 1, 1]);
    expect(rig.said).toEqual(['ab', 'cd', 'e']);
  });

  it('uses one reply, whatever it grows to', async () => {
    const rig = await opened();
    for (let n = 0; n < 9; n += 1) {
      await rig.say(part('x'));
      await rig.answerFrame(accept);
    }
    const anchors = rig.outcomes[0]?.piece.anchors ?? [];
    expect(rig.ledger.repliesLeft('c2c', anchors, rig.clock.now())).toBe(3);
  });

  it('is closed after a cancel with the text it shows, once', async () => {
    const rig = await opened();
    await rig.cancel();
    await rig.close();
    await rig.answerFrame(accept);
    await rig.close();
    expect(framesOf(rig)).toEqual(['0: ab', '1: ab|']);
    expect(rig.api.lastFrame.frame.sentChars).toBe(2);
  });

  it('takes nothing of a cancelled turn, and is closed behind the frame that was under way', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.cancel();
    await rig.say(part('ef'));
    await rig.close();
    await rig.answerFrame(accept);
    await rig.answerFrame(accept);
    expect(framesOf(rig)).toEqual(['0: ab', '1: abcd', '2: abcd|']);
    expect([rig.statuses.at(-1), rig.said]).toEqual(['1 fenced', ['ab', 'cd']]);
  });

  it('is not ended by the end of a turn before its own', async () => {
    const rig = rigOf();
    await rig.cancel();
    await rig.send(pieceOf(0, { epoch: 2, content: part('ab') }));
    await rig.answerFrame(accept);
    await rig.close(1);
    expect(framesOf(rig)).toEqual(['0: ab']);
    await rig.close(2);
    expect(framesOf(rig)).toEqual(['0: ab', '1: ab|']);
  });

  it('whose closing answer is lost is closed once more, under the same number', async () => {
    const rig = await opened();
    await rig.close();
    await rig.answerFrame(lose);
    await rig.answerFrame(ENDED);
    expect(framesOf(rig)).toEqual(['0: ab', '1: ab|', '1: ab|']);
    expect(new Set(rig.api.frames.slice(1).map(({ frame }) => frame.msgSeq)).size).toBe(1);
  });

  it.each([
    ['had not arrived', accept, ['0: ab', '1: abcd', '1: abcd|'], 'sent'],
    ['had arrived', TAKEN, ['0: ab', '1: abcd', '1: abcd|', '2: abcd|'], 'arrived'],
    ['stays unknown', lose, ['0: ab', '1: abcd', '1: abcd|'], 'unknown'],
    ['belonged to a bubble that is over', ENDED, ['0: ab', '1: abcd', '1: abcd|'], 'unknown'],
    ['is not allowed', refuse('blocked'), ['0: ab', '1: abcd', '1: abcd|', '1: ab|'], 'unknown'],
  ] as const)('closes with a frame whose answer was lost: it %s', async (_, second, frames, status) => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.answerFrame(lose);
    await rig.answerFrame(second);
    if (frames.length > 3) await rig.answerFrame(accept);
    expect(framesOf(rig)).toEqual(frames);
    expect(rig.outcomes.at(-1)?.status).toBe(status);
    await rig.say(part('ef', true));
    expect([rig.api.frames.length, rig.api.texts]).toEqual([frames.length, ['ef']]);
  });

  it('was ended by a last frame whose answer was lost', async () => {
    const rig = await opened();
    await rig.say(part('cd', true));
    await rig.answerFrame(lose);
    await rig.answerFrame(ENDED);
    expect([framesOf(rig), rig.said]).toEqual([
      ['0: ab', '1: abcd|', '1: abcd|'],
      ['ab', 'cd'],
    ]);
  });

  it.each([
    ['known to the platform', refuse('arrived', 'platform.arrived'), 'arrived', ['ab']],
    ['not known to it', accept, 'sent', ['ab']],
    ['refused for another reason', refuse('blocked'), 'unknown', []],
    ['refused as wrong, with no bubble whose place could be taken', TAKEN, 'unknown', []],
  ] as const)('whose opening was lost and is %s takes nothing more', async (_, second, status, said) => {
    const rig = rigOf();
    await rig.say(part('ab'));
    await rig.answerFrame(lose);
    await rig.answerFrame(second);
    expect([rig.outcomes[0]?.status, rig.said, framesOf(rig)]).toEqual([status, said, ['0: ab', '0: ab|']]);
    await rig.say(part('cd', true));
    expect([rig.api.frames.length, rig.api.texts]).toEqual([2, ['cd']]);
  });

  it('sends the very same frame again after a passing fault', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.answerFrame(PASSING);
    await rig.clock.advance(1_000);
    await rig.answerFrame(refuse('backOff', 'platform.busy', 429));
    await rig.clock.advance(2_000);
    await rig.answerFrame(accept);
    expect(framesOf(rig)).toEqual(['0: ab', '1: abcd', '1: abcd', '1: abcd']);
    expect(new Set(rig.api.frames.slice(1).map(({ frame }) => frame.msgSeq)).size).toBe(1);
    expect(rig.said).toEqual(['ab', 'cd']);
  });

  it('after a passing fault that took effect is closed behind its frame', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.answerFrame(PASSING);
    await rig.clock.advance(1_000);
    await rig.answerFrame(seqPerFrame ? refuse('arrived', 'platform.arrived') : TAKEN);
    await rig.answerFrame(accept);
    expect([framesOf(rig).at(-1), rig.said]).toEqual(['2: abcd|', ['ab', 'cd']]);
    await rig.say(part('ef', true));
    expect(rig.api.texts).toEqual(['ef']);
  });

  it('does not take a fault that stays for a refusal', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    for (let tries = 0; tries < 8; tries += 1) {
      await rig.answerFrame(PASSING);
      await rig.clock.advance(10_000);
    }
    expect(rig.outcomes.at(-1)).toMatchObject({ status: 'unknown', maybe: 'cd' });
    expect(rig.api.texts).toEqual([]);
  });

  it.each(['endStream', 'blocked', 'drop', 'mute'] as const)(
    'that refuses more with %s is closed as it stands, and the rest is one message at the end',
    async (action) => {
      const rig = await opened();
      await rig.say(part('cd'));
      await rig.answerFrame(refuse(action));
      await rig.answerFrame(accept);
      await rig.say(part('ef'));
      await rig.say(part('gh', true));
      await rig.answer((call) => call.accept());
      expect([framesOf(rig), rig.api.texts]).toEqual([['0: ab', '1: abcd', '1: ab|'], ['cdefgh']]);
      expect([rig.statuses, rig.said]).toEqual([
        ['0 sent', '1 deferred', '2 deferred', '3 sent'],
        ['ab', 'cdefgh'],
      ]);
    },
  );

  it('that cannot be opened leaves its text to messages; nothing is lost, nothing twice', async () => {
    const rig = rigOf();
    await rig.say(part('ab'));
    await rig.answerFrame(refuse('drop'));
    await rig.say(part('cd', true));
    await rig.answer((call) => call.accept());
    expect([framesOf(rig), rig.api.texts, rig.said]).toEqual([['0: ab'], ['abcd'], ['abcd']]);
  });

  it('has no reply to open with: its text is parked', async () => {
    const rig = rigOf();
    for (let n = 0; n < 4; n += 1) rig.ledger.reserve('c2c', { kind: 'message', id: 'm1', atMs: 0 }, 1);
    await rig.clock.advance(3_600_000);
    await rig.say(part('ab'));
    await rig.say(part('cd', true));
    expect([rig.api.frames, rig.outcomes.at(-1)]).toMatchObject([[], { status: 'parked', text: 'abcd' }]);
  });

  it('of the next turn begins anew, whatever became of the last one', async () => {
    const rig = await opened();
    await rig.say(part('cd'));
    await rig.answerFrame(refuse('drop'));
    await rig.answerFrame(accept);
    await rig.cancel();
    await rig.close();
    const { piece } = rig.outcomes[0] ?? {};
    if (!piece) throw new Error('nothing was sent');
    await rig.send({ ...piece, epoch: 2, content: part('new') });
    expect(framesOf(rig).at(-1)).toBe('0: new');
    expect(rig.api.lastFrame.frame.streamId).toBeNull();
  });

  it('is not closed while the gateway is away for long; what waits for it is let go', async () => {
    const rig = await opened();
    rig.online$.next(false);
    await rig.close();
    await rig.clock.advance(60_000);
    expect([rig.api.frames.length, rig.carried.at(-1), rig.clock.pending]).toEqual([
      1,
      { status: 'closed', epoch: 1 },
      0,
    ]);
  });
});

describe('the format of a bubble', () => {
  it('is markdown where the scene has it, and plain once it was refused', async () => {
    const rig = new SendRig({ markdown: () => true });
    await rig.say(part('ab', true));
    await rig.answerFrame(refuse('noMarkdown', 'platform.notPermitted'));
    await rig.answer((call) => call.accept());
    expect([rig.api.lastFrame.frame.format, rig.api.last.message.format]).toEqual(['markdown', 'text']);
  });
});
