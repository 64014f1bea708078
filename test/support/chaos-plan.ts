import { fc } from '@fast-check/vitest';
import { BREAK, type Script, text } from './scripted-agent.js';

/** What the platform makes of one request. `swallows`: it arrives, its answer does not. */
export type Answer = {
  readonly kind: 'accepts' | 'refuses' | 'busy' | 'swallows' | 'loses';
  /** Between the wish to send and the gate: a token is fetched, a socket opened. */
  readonly beforeMs: number;
  readonly afterMs: number;
};

/** How the agent of one turn behaves. */
export type Manner = {
  readonly kind: 'polite' | 'rude' | 'stuck' | 'throws' | 'awaitsReceipts';
  readonly pieces: number;
  readonly gapMs: number;
  /** Whether each piece is a message of its own, or all of them are one growing text. */
  readonly breaks: boolean;
  /** Whether messages that arrive meanwhile are taken into the turn. */
  readonly steers: boolean;
};

const answer: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constantFrom('accepts', 'accepts', 'accepts', 'refuses', 'busy', 'swallows', 'loses'),
  beforeMs: fc.constantFrom(0, 0, 0, 50, 400),
  afterMs: fc.constantFrom(0, 20, 20, 300, 1_500, 5_000, 10_000),
});

const manner: fc.Arbitrary<Manner> = fc.record({
  kind: fc.constantFrom('polite', 'polite', 'rude', 'stuck', 'throws', 'awaitsReceipts'),
  pieces: fc.integer({ min: 0, max: 6 }),
  gapMs: fc.constantFrom(0, 0, 30, 250, 1_200, 4_000),
  breaks: fc.boolean(),
  steers: fc.boolean(),
});

const step = fc.record({
  waitMs: fc.constantFrom(0, 0, 1, 10, 120, 310, 700, 1_500, 3_100, 9_000),
  user: fc.constantFrom('u1', 'u1', 'u2'),
  does: fc.constantFrom('asks', 'asks', 'asks', 'asks', 'stops', 'stopsAll'),
});

export const plan = fc.record({
  busy: fc.constantFrom('interrupt', 'interrupt', 'collect', 'steer', 'enqueue', 'reject'),
  mode: fc.constantFrom('final', 'block', 'native'),
  seqPerFrame: fc.boolean(),
  /** A user who interrupts more often than that within half a minute is made to wait. */
  interruptsMax: fc.constantFrom(2, 1_000, 1_000),
  quietMs: fc.constantFrom(0, 300),
  graceMs: fc.constantFrom(50, 600, 2_000),
  settleMs: fc.constantFrom(50, 900, 3_000),
  waitingMax: fc.constantFrom(2, 20),
  answers: fc.array(answer, { minLength: 1, maxLength: 6 }),
  manners: fc.array(manner, { minLength: 1, maxLength: 5 }),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
});
export type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

/** The n-th agent; every piece names its turn and its place, and is found by that in whatever carries it. */
export const scriptOf = ({ kind, pieces, gapMs, breaks, steers }: Manner): Script =>
  async function* ({ turn, signal, pause }) {
    if (steers) turn.onSteer(() => true);
    for (let n = 0; n < pieces; n += 1) {
      if (gapMs > 0) await pause(gapMs);
      if (signal.aborted && kind !== 'rude') return;
      yield text(tokenOf(turn.epoch, n));
      if (breaks) yield BREAK;
      if (kind === 'awaitsReceipts') await turn.delivered();
    }
    if (kind === 'stuck') await new Promise<never>(() => undefined);
    if (kind === 'throws') throw new Error('scripted');
  };

const tokenOf = (epoch: number, n: number): string => `[${epoch}.${n}]\n\n`;

export type Token = { readonly epoch: number; readonly n: number };

/** What an agent said, wherever it is found. */
export const tokensIn = (said: string): Token[] =>
  [...said.matchAll(/\[(\d+)\.(\d+)\]/g)].map(([, epoch, n]) => ({ epoch: Number(epoch), n: Number(n) }));
