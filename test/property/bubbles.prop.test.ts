import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Outcome } from '../../src/domain/reply.js';
import { nativeStream } from '../../src/pipelines/pieces/native-stream.js';
import type { Fate } from '../adapters/platform-http.js';
import { AnswerRig } from '../support/answer-rig.js';

/*
 * Growing answers as bubbles of both generations, against the emulator's platform: calls that are lost, swallowed, cut by
 * a gateway before or after they took effect, held back, refused in every way a stream is; cancels at any instant.
 *
 * Mutants these laws have caught, each restored: a lost frame, or a 5xx, taken for a refusal; given up without closing; a
 * place that is taken not closed behind; any refusal proves that a lost frame arrived; a frame that begins anew; what waits
 * for a message said twice; a cancel that does not close.
 */

/** Answers a law; `PROP_RUNS=10000 npx vitest run test/property/bubbles` is the long form. */
const numRuns = Number(process.env['PROP_RUNS'] ?? 700);

/** A refusal of the platform's; `processed`: it took effect all the same. */
type Refused = { readonly code: number; readonly status: number; readonly processed?: boolean };
type Trouble = Exclude<Fate, 'fine'> | Refused;

const trouble = fc.constantFrom<Trouble>(
  ...(['lost', 'swallowed', '502', '502 processed', '429'] as const),
  { code: 40007, status: 400 },
  { code: 50001, status: 500 },
  { code: 50001, status: 500, processed: true },
  { code: 50002, status: 429 },
  { code: 40034018, status: 400 },
  { code: 40054014, status: 400 },
  { code: 40034006, status: 400 },
  { code: 40034012, status: 400 },
);

const plan = fc.record({
  generation: fc.constantFrom('stream_messages', 'stream_object'),
  fates: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: trouble }), {
    maxLength: 14,
  }),
  latencyMs: fc.constantFrom(0, 30, 800),
  words: fc.array(fc.constantFrom('alpha ', 'beta. ', '字字字。', '😀 ', '\n\n', '**bold** ', '`code` '), {
    minLength: 1,
    maxLength: 40,
  }),
  pauses: fc.array(fc.constantFrom(0, 40, 300, 1_300), { minLength: 1, maxLength: 4 }),
  breakEvery: fc.constantFrom(1_000, 1_000, 7),
  /** The cancel comes so long after the beginning. */
  cancelMs: fc.constantFrom(null, null, 0, 350, 900, 2_100, 6_000),
});
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

type Frame = { readonly stream: string | null; readonly isLast: boolean; readonly trouble: Trouble | null };

/** How a body of either generation reads. */
const frameOf = (body: Readonly<Record<string, unknown>>, trouble: Trouble | null): Frame => {
  const nested = body['stream'] as { id?: string; state?: number } | undefined;
  const stream = nested ? nested.id : (body['stream_msg_id'] as string | undefined);
  return { stream: stream ?? null, isLast: (nested?.state ?? body['input_state']) === 10, trouble };
};

const isOpenEnded = (fate: Trouble): boolean => typeof fate === 'string' || fate.status >= 500;

const live = async (one: Plan) => {
  const fates = [...one.fates];
  const frames: Frame[] = [];
  let isDoubtful = false;
  const rig = new AnswerRig({
    ...{ scene: 'c2c', questions: 1, repliesMax: 4, active: false },
    ...{ generation: one.generation, latencyMs: one.latencyMs },
    limits: { softMax: 4_500, hardMax: 20_000 },
    reply: { mode: 'native', maxReplyChars: 18_000, cutNotice: '…', brokenNotice: '' },
    strategy: (port) => nativeStream({ intervalMs: 200, intervalMaxMs: 5_000, growthChars: 8, bubbleChars: 90 }, port),
    onCall: ({ body }, { http, platform }) => {
      const given = fates.shift() ?? null;
      // After a call whose end nobody knows the platform tells the truth, or nothing: what it says then is believed.
      const fate = isDoubtful && given !== null && !isOpenEnded(given) ? null : given;
      isDoubtful = fate !== null && isOpenEnded(fate);
      http.fates = typeof fate === 'string' ? [fate] : [];
      platform.clearFaults();
      if (fate !== null && typeof fate !== 'string') platform.failNext({ match: 'sends', ...fate });
      frames.push(frameOf(body ?? {}, fate));
    },
  });
  const texts: { readonly stream: string; readonly text: string }[] = [];
  rig.platform.on('sent', ({ stream, text }) => stream && texts.push({ stream: stream.id, text }));
  if (one.cancelMs !== null) rig.clock.setTimeout(() => rig.cancel(), one.cancelMs);
  const said: string[] = [];
  for (const [index, word] of one.words.entries()) {
    await rig.clock.advance(one.pauses[index % one.pauses.length] ?? 0);
    if (await rig.take({ type: 'text', delta: word })) said.push(word);
    if (index % one.breakEvery === one.breakEvery - 1) await rig.take({ type: 'break' });
  }
  await rig.take({ type: 'end', reason: 'stop' });
  await rig.settle();
  if (one.cancelMs !== null) await rig.clock.advance(10_000);
  await rig.settle();
  return { rig, frames, texts, wanted: said.join('') };
};

const bare = (text: string): string => text.replace(/\s+/g, '');

/** What the outcomes leave possible for the user to see: where one is unknown, with its text and without. */
const possible = (outcomes: readonly Outcome[]): string[] =>
  outcomes.reduce<string[]>(
    (all, outcome) => {
      const known = 'said' in outcome ? bare(outcome.said ?? '') : '';
      const ways = outcome.status === 'unknown' ? [known, known + bare(outcome.maybe)] : [known];
      return all.flatMap((before) => ways.map((way) => before + way));
    },
    [''],
  );

/** All that an outcome tells of, whatever became of it. */
const told = (outcome: Outcome): string => {
  if (outcome.status === 'unknown') return (outcome.said ?? '') + outcome.maybe;
  if (outcome.status === 'parked') return (outcome.said ?? '') + outcome.text;
  if ('said' in outcome && outcome.said !== undefined) return outcome.said;
  if (outcome.status === 'deferred' || outcome.piece.content.kind === 'typing') return '';
  return outcome.piece.content.text;
};

type Lived = Awaited<ReturnType<typeof live>>;

const law = (name: string, holds: (one: Plan, seen: Lived) => void): void => {
  test.prop([plan], { numRuns })(name, async (one: Plan) => holds(one, await live(one)), 3_600_000);
};

describe('an answer in bubbles', () => {
  law('is shown exactly as its outcomes tell, in order, nothing twice; unknown alone leaves two ways', (_, { rig }) => {
    const shown = bare(rig.shown.map(({ text }) => text).join(''));
    expect(possible(rig.outcomes)).toContain(shown);
  });

  law('is accounted for as a whole, bubbles and messages together', (one, { rig, wanted }) => {
    if (one.cancelMs !== null) return;
    expect(bare(rig.outcomes.map(told).join(''))).toBe(bare(wanted));
  });

  law('never changes what a bubble has shown', (_, { texts }) => {
    const last = new Map<string, string>();
    for (const { stream, text } of texts) {
      expect(text.startsWith(last.get(stream) ?? '')).toBe(true);
      last.set(stream, text);
    }
  });

  law('leaves no bubble open, but where its id, or what came of its closing, was lost', (_, { rig, frames }) => {
    for (const { messageId, stream } of rig.shown) {
      if (!stream || stream.state === 'finished') continue;
      const own = frames.filter((frame) => frame.stream === messageId);
      const isOrphan = own.length === 0;
      expect(isOrphan || own.some(({ isLast, trouble }) => isLast && trouble !== null)).toBe(true);
    }
  });

  law(
    'arrives as a whole where the platform has no trouble, and is cut short by a cancel alone',
    (one, { rig, wanted }) => {
      if (one.fates.some((fate) => fate !== null)) return;
      const shown = bare(rig.shown.map(({ text }) => text).join(''));
      if (one.cancelMs === null) expect(shown).toBe(bare(wanted));
      else expect(bare(one.words.join('')).startsWith(shown)).toBe(true);
      for (const { stream } of rig.shown) if (stream) expect(stream.state).toBe('finished');
    },
  );
});
