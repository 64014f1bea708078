import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { StreamMode } from '../../src/domain/turn.js';
import { blocks } from '../../src/pipelines/pieces/blocks.js';
import { nativeStream } from '../../src/pipelines/pieces/native-stream.js';
import type { PieceStrategy, StrategyPort } from '../../src/pipelines/pieces/strategy.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { AnswerRig } from '../support/answer-rig.js';

/*
 * Random answers against the emulator's platform: lengths up to and above what an answer may have, one delta or many,
 * messages within one answer, pauses, typing, several questions, messages of every size, active messages or none.
 *
 * Mutants these laws have caught, each restored: a budget that does not know of the blocks cut in the same call; the rest
 * of a long delta not counted (long form); messages never more than half full; a message that ends uses the last reply up;
 * one reply too many; a bubble without a reply of its own on the line; active messages without the bot's rate, or without
 * the peer's quota.
 */

/** Answers a law; `PROP_RUNS=10000 npx vitest run test/property/planner` is the long form. */
const numRuns = Number(process.env['PROP_RUNS'] ?? 700);

const NOTICE = '(cut)';
/** What a cut may cost a message: a fence closed and opened anew, a grapheme that did not fit. */
const LOSS = 64;
/** Active messages a minute takes, §6.3; each at least so full. */
const ACTIVE_MAX = 20;
const FILLED = 0.45;

const word = fc.constantFrom(
  ...['word ', 'longerword ', 'Sentence. ', '字字字', '。', '，', '\n', '\n\n', '😀', '- item\n', '1. one\n'],
  ...['**bold** ', '`code` ', '[a](b) ', '\n```js\nlet a = 1;\n\nlet b = 2;\n```\n', '\n| a | b |\n'],
);

const message = fc
  .tuple(fc.array(word, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }))
  .map(([words, times]) => words.join('').repeat(times));

const plan = fc.record({
  mode: fc.constantFrom<StreamMode>('final', 'block', 'native'),
  generation: fc.constantFrom('stream_messages', 'stream_object'),
  scene: fc.constantFrom('c2c', 'c2c', 'group'),
  questions: fc.constantFrom(1, 1, 1, 2),
  repliesMax: fc.integer({ min: 1, max: 6 }),
  active: fc.boolean(),
  hardMax: fc.integer({ min: 100, max: 900 }),
  softShare: fc.constantFrom(0.5, 0.8, 1),
  maxReplyChars: fc.constantFrom(60, 400, 1_500, 6_000),
  typing: fc.boolean(),
  latencyMs: fc.constantFrom(0, 40, 900),
  messages: fc.array(message, { minLength: 1, maxLength: 7 }),
  chunkChars: fc.constantFrom(3, 25, 160, 5_000),
  pauses: fc.array(fc.constantFrom(0, 0, 0, 60, 700, 1_600), { minLength: 1, maxLength: 5 }),
  /** A silence longer than a group's window, before this message. */
  longSilence: fc.constantFrom(null, null, null, 1),
});
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

const strategyOf = ({ mode, scene, hardMax }: Plan, port: StrategyPort): PieceStrategy => {
  if (mode === 'native' && scene === 'c2c') {
    return nativeStream({ intervalMs: 500, intervalMaxMs: 5_000, growthChars: 16, bubbleChars: 300 }, port);
  }
  if (mode === 'final') return wholeText(port);
  return blocks({ firstChars: 20, minChars: 40, maxChars: Math.min(120, hardMax), idleFlushMs: 1_000 }, port);
};

/** A text without what cutting adds and takes: blanks, and the fences around code. */
const bare = (text: string): string => text.replace(/```[ \t]*(?:js)?/g, '').replace(/\s+/g, '');

const withoutHalf = (text: string): string => text.replace(/[\ud800-\udbff]$/, '');

const live = async (one: Plan) => {
  const { scene, questions, repliesMax, active, hardMax, maxReplyChars, generation, latencyMs } = one;
  const rig = new AnswerRig({
    ...{ scene, questions, repliesMax, active, generation, latencyMs },
    ...(one.mode === 'native' && { textChars: 20_000 }),
    limits: { softMax: Math.round(hardMax * one.softShare), hardMax },
    reply: { mode: one.mode, maxReplyChars, cutNotice: NOTICE, brokenNotice: '' },
    strategy: (port) => strategyOf(one, port),
  });
  if (one.typing && scene === 'c2c') rig.type();
  let chunks = 0;
  let isRead = true;
  for (const [index, text] of one.messages.entries()) {
    // A bubble that nothing is added to for so long is ended by the platform.
    if (one.longSilence === index && one.mode !== 'native') await rig.clock.advance(320_000);
    for (let at = 0; at < text.length && isRead; at += one.chunkChars) {
      // A slow agent is not slow for ever, so that an answer fits into a group's window.
      await rig.clock.advance(chunks < 60 ? (one.pauses[chunks % one.pauses.length] ?? 0) : 0);
      isRead = await rig.take({ type: 'text', delta: text.slice(at, at + one.chunkChars) });
      chunks += 1;
    }
    if (isRead && index < one.messages.length - 1) await rig.take({ type: 'break' });
  }
  if (isRead) await rig.take({ type: 'end', reason: 'stop' });
  await rig.settle();
  const whole = one.messages.join('');
  const isCut = whole.length > maxReplyChars;
  const wanted = isCut ? withoutHalf(whole.slice(0, maxReplyChars)) + NOTICE : whole;
  return { rig, wanted: bare(wanted), chars: wanted.length + 2 * one.messages.length };
};

const hasPlan = (one: Plan, chars: number): boolean => {
  if (one.longSilence === 1 && one.messages.length > 1) return false;
  const replies = one.questions * one.repliesMax - (one.typing && one.scene === 'c2c' ? 1 : 0);
  const room = Math.max(1, replies) * (one.hardMax - LOSS);
  return chars <= room + (one.active ? ACTIVE_MAX * one.hardMax * FILLED - LOSS : 0);
};

const law = (name: string, holds: (one: Plan, seen: Awaited<ReturnType<typeof live>>) => void): void => {
  test.prop([plan], { numRuns })(name, async (one: Plan) => holds(one, await live(one)), 3_600_000);
};

describe('an answer', () => {
  law('meets no refusal that could be foreseen, and none at all where nothing goes wrong', (_, { rig }) => {
    expect(rig.platform.refusals()).toEqual([]);
    expect(rig.outcomes.filter(({ status, piece }) => status === 'refused' && piece.content.kind !== 'typing')).toEqual(
      [],
    );
  });

  law('arrives as a whole wherever there is a plan for it', (one, { rig, wanted, chars }) => {
    if (!hasPlan(one, chars)) return;
    expect(bare(rig.shown.map(({ text }) => text).join('\n'))).toBe(wanted);
  });

  law('is said in order, once; what has no place waits as a whole for the next question', (_, { rig, wanted }) => {
    const shown = rig.shown.map(({ text }) => text).join('\n');
    expect(bare(`${shown}\n${rig.parked}`)).toBe(wanted);
    expect(bare(rig.said.join('\n'))).toBe(bare(shown));
  });

  law('leaves no bubble open, and no message longer than may be', (one, { rig }) => {
    for (const { text, stream } of rig.shown) {
      if (stream) expect(stream.state).toBe('finished');
      else expect(text.length).toBeLessThanOrEqual(one.hardMax);
    }
  });

  law('goes out without an anchor only once no reply is left, and never where that is not allowed', (one, { rig }) => {
    const replied = rig.shown.map(({ replyTo }) => replyTo !== undefined);
    expect(replied.indexOf(false)).toBe(one.active && replied.includes(false) ? replied.lastIndexOf(true) + 1 : -1);
  });
});
