import { describe, expect, it } from 'vitest';
import type { PlatformAction } from '../../../src/domain/platform-action.js';
import { type Outcome, type Piece, textOfPiece } from '../../../src/domain/reply.js';
import type { ErrorCode } from '../../../src/errors/codes.js';
import type { SendLog } from '../../../src/pipelines/sending/sending-deps.js';
import type { WrittenFrame } from '../../../src/ports/store.js';
import type { FrameCall } from '../../support/hand-api.js';
import { pieceOf, START_MS } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

const refuse =
  (action: PlatformAction, code: ErrorCode = 'platform.refused') =>
  ({ fail }: FrameCall): void =>
    fail(code, { action, status: 400 });
const accept = ({ accept }: FrameCall): void => accept();
const lose = ({ fail }: FrameCall): void => fail('transport.timeout');
const TAKEN = refuse('drop', 'platform.contentRefused');
const ENDED = refuse('endStream');

const stream = (text: string, isLast = false): Piece => pieceOf(0, { content: { kind: 'stream', text, isLast } });

/** What is written of bubbles, a line each: `index: text` with its stream, shown or to be tried; at last its outcome. */
const logOf = (fail: () => void = () => undefined) => {
  const lines: string[] = [];
  const entries: { piece: Piece; frame: WrittenFrame }[] = [];
  const told = (piece: Piece, { streamId, index, sentChars, isShown }: WrittenFrame): string => {
    const isLast = piece.content.kind === 'stream' && piece.content.isLast;
    return `${streamId}/${index}: ${textOfPiece(piece)}${isLast ? '|' : ''} (${sentChars})${isShown ? ' shown' : ''}`;
  };
  const endOf = (outcome: Outcome): string => {
    const said = 'said' in outcome ? ` ${outcome.said}` : '';
    return `${outcome.status}${said}${outcome.status === 'unknown' ? ` maybe ${outcome.maybe}` : ''}`;
  };
  const log: SendLog = {
    begin: async (_, { msgSeq }, text) => void lines.push(`#${msgSeq} ${text}`),
    frame: async (piece, _, frame) => {
      fail();
      lines.push(told(piece, frame));
      entries.push({ piece, frame });
    },
    shown: (piece, _, frame) => void lines.push(told(piece, { ...frame, isShown: true })),
    end: ({ msgSeq }, outcome) => void lines.push(`#${msgSeq} ${endOf(outcome)}`),
    park: () => undefined,
    active: { keyOf: () => '', begin: async () => undefined, tried: async () => undefined, end: () => undefined },
  };
  return { log, lines, entries };
};

const framesOf = (rig: SendRig): string[] =>
  rig.api.frames.map(({ frame }) => `${frame.streamId}/${frame.index}: ${frame.text}${frame.isLast ? '|' : ''}`);

describe('what is written down of a bubble', () => {
  it('is each frame before it is tried, the id as soon as it is known, and the end once', async () => {
    const { log, lines } = logOf();
    const rig = new SendRig({ log });
    await rig.say({ kind: 'stream', text: 'ab', isLast: false });
    await rig.answerFrame(accept);
    await rig.say({ kind: 'stream', text: 'cd', isLast: false });
    expect(lines).toEqual(['#1 ab', 'stream 1/0: ab (0) shown', 'stream 1/1: abcd (2)']);
    await rig.answerFrame(accept);
    await rig.say({ kind: 'stream', text: 'e', isLast: true });
    await rig.answerFrame(accept);
    expect(lines.slice(3)).toEqual(['stream 1/1: abcd (2) shown', 'stream 1/2: abcde| (4)', '#1 sent abcde']);
  });

  it('is the end of a cancelled turn’s bubble too', async () => {
    const { log, lines } = logOf();
    const rig = new SendRig({ log });
    await rig.say({ kind: 'stream', text: 'ab', isLast: false });
    await rig.answerFrame(accept);
    await rig.cancel();
    await rig.close();
    await rig.answerFrame(accept);
    expect(lines.slice(2)).toEqual(['stream 1/1: ab| (2)', '#1 sent ab']);
  });

  it.each([
    ['lost, and not there', lose, accept, '#1 sent abcd'],
    ['lost, and there', lose, TAKEN, '#1 arrived abcd'],
    ['lost twice', lose, lose, '#1 unknown ab maybe cd'],
    ['refused', refuse('blocked'), accept, '#1 sent ab'],
  ] as const)('ends with what it shows where a frame is %s', async (_, first, second, end) => {
    const { log, lines } = logOf();
    const rig = new SendRig({ log });
    await rig.say({ kind: 'stream', text: 'ab', isLast: false });
    await rig.answerFrame(accept);
    await rig.say({ kind: 'stream', text: 'cd', isLast: false });
    await rig.answerFrame(first);
    await rig.answerFrame(second);
    await rig.answerFrame(accept);
    expect(lines.filter((line) => line.startsWith('#'))).toEqual(['#1 ab', end]);
  });

  it.each([
    ['lost, and not there', lose, accept, '#1 sent ab'],
    ['refused', refuse('drop'), accept, '#1 deferred'],
  ] as const)('ends once where its opening is %s', async (_, first, second, end) => {
    const { log, lines } = logOf();
    const rig = new SendRig({ log });
    await rig.say({ kind: 'stream', text: 'ab', isLast: false });
    await rig.answerFrame(first);
    await rig.answerFrame(second);
    expect(lines).toEqual(['#1 ab', end]);
  });

  it('where a frame cannot be written, it is not sent: the bubble ends as it stands, and the rest is a message', async () => {
    let isBroken = false;
    const { log, lines } = logOf(() => {
      if (isBroken) throw new Error('the disk is gone');
    });
    const rig = new SendRig({ log });
    await rig.say({ kind: 'stream', text: 'ab', isLast: false });
    await rig.answerFrame(accept);
    isBroken = true;
    await rig.say({ kind: 'stream', text: 'cd', isLast: true });
    await rig.answerFrame(accept);
    await rig.answer((call) => call.accept());
    expect([framesOf(rig), rig.api.texts]).toEqual([['null/0: ab', 'stream 1/1: ab|'], ['cd']]);
    expect(lines).toContain('#1 sent ab');
  });
});

describe.each([false, true])('a bubble that was open when the process died; numbers per frame: %s', (seqPerFrame) => {
  const frame = (changes: Partial<WrittenFrame> = {}): WrittenFrame => ({
    streamId: 's',
    index: 2,
    msgSeq: seqPerFrame ? 3 : 1,
    sentChars: 2,
    ...changes,
  });
  const left = async (piece: Piece, written: WrittenFrame, isOver = false) => {
    const told = logOf();
    const rig = new SendRig({ seqPerFrame, log: told.log });
    rig.ledger.noteSeq('c2c', { kind: 'message', id: 'm1', atMs: START_MS }, written.msgSeq);
    if (isOver) await rig.cancel();
    await rig.resend(piece, 1, written);
    return { rig, ...told };
  };
  const end = (rig: SendRig): unknown => {
    const outcome = rig.outcomes.at(-1);
    return [outcome?.status, outcome && 'said' in outcome ? outcome.said : null];
  };

  it('is ended behind what it shows, whether its turn is over or not', async () => {
    for (const isOver of [false, true]) {
      const { rig, lines } = await left(stream('abcd'), frame({ isShown: true }), isOver);
      await rig.answerFrame(accept);
      expect(framesOf(rig)).toEqual(['s/3: abcd|']);
      expect(rig.api.lastFrame.frame.sentChars).toBe(4);
      expect(rig.api.lastFrame.frame.msgSeq).toBe(seqPerFrame ? 4 : 1);
      expect(end(rig)).toEqual(['sent', 'abcd']);
      // A further life would find that end, and not add another.
      expect(lines).toEqual(['s/3: abcd| (4)', '#1 sent abcd']);
    }
  });

  it.each([
    ['had not arrived', accept, ['s/2: abcd|'], ['sent', 'abcd']],
    ['had arrived', TAKEN, ['s/2: abcd|', 's/3: abcd|'], ['arrived', 'abcd']],
    ['stays unknown', lose, ['s/2: abcd|', 's/2: abcd|'], ['unknown', 'ab']],
    ['meets a bubble that is over', ENDED, ['s/2: abcd|'], ['unknown', 'ab']],
    ['is not allowed', refuse('blocked'), ['s/2: abcd|', 's/2: ab|'], ['unknown', 'ab']],
  ] as const)('is ended with the frame that was under way: it %s', async (_, answer, frames, outcome) => {
    const { rig } = await left(stream('abcd'), frame());
    await rig.answerFrame(answer);
    if (frames.length > 1) await rig.answerFrame(answer === lose ? lose : accept);
    expect(framesOf(rig)).toEqual(frames);
    expect(rig.api.frames[0]?.frame).toMatchObject({ msgSeq: seqPerFrame ? 3 : 1, sentChars: 2 });
    expect(end(rig)).toEqual(outcome);
  });

  it.each([
    ['was ended by that very frame', 40034018, ['arrived', 'abcd']],
    // Seed 5006, 24 h: the last frame had never left, and the bubble's time was over.
    ['was ended by its time', 40034020, ['unknown', 'ab']],
  ] as const)('%s', async (_, platformCode, outcome) => {
    const { rig } = await left(stream('abcd', true), frame());
    await rig.answerFrame(({ fail }) => fail('platform.refused', { action: 'endStream', status: 400, platformCode }));
    expect([framesOf(rig), end(rig)]).toEqual([['s/2: abcd|'], outcome]);
  });

  it.each([
    ['had not arrived', accept, ['s/2: ab|'], ['sent', 'ab']],
    ['had arrived', TAKEN, ['s/2: ab|', 's/3: abcd|'], ['arrived', 'abcd']],
    ['is told by its words', refuse('endStream'), ['s/2: ab|', 's/3: abcd|'], ['unknown', 'ab']],
  ] as const)(
    'says nothing new once its turn is over: the frame that was under way %s',
    async (_, answer, frames, outcome) => {
      const { rig } = await left(stream('abcd'), frame(), true);
      await rig.answerFrame(answer);
      if (frames.length > 1) await rig.answerFrame(accept);
      expect([framesOf(rig), end(rig)]).toEqual([frames, outcome]);
    },
  );

  it('says nothing new where its turn is cancelled while it waits', async () => {
    const told = logOf();
    const rig = new SendRig({ seqPerFrame, log: told.log });
    rig.online$.next(false);
    await rig.resend(stream('abcd'), 1, frame());
    await rig.cancel();
    rig.online$.next(true);
    await rig.clock.advance(1);
    await rig.answerFrame(accept);
    expect([framesOf(rig), end(rig)]).toEqual([['s/2: ab|'], ['sent', 'ab']]);
  });
});
