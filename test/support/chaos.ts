import { fc } from '@fast-check/vitest';
import { RouterError } from '../../src/errors/router-error.js';
import type { MessageApi, OutgoingText, SendGate, SendResult } from '../../src/ports/message-api.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';
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
};

export type Request = {
  readonly anchor: string;
  readonly msgSeq: number;
  readonly text: string;
  /** Its place among all that happened. */
  readonly tick: number;
  readonly atMs: number;
  endTick: number;
  /** Its answer said neither yes nor no. */
  isUnknown: boolean;
};

const answer: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constantFrom('accepts', 'accepts', 'accepts', 'refuses', 'busy', 'swallows', 'loses'),
  beforeMs: fc.constantFrom(0, 0, 0, 50, 400),
  afterMs: fc.constantFrom(0, 20, 20, 300, 1_500, 5_000, 10_000),
});

const manner: fc.Arbitrary<Manner> = fc.record({
  kind: fc.constantFrom('polite', 'polite', 'rude', 'stuck', 'throws', 'awaitsReceipts'),
  pieces: fc.integer({ min: 0, max: 4 }),
  gapMs: fc.constantFrom(0, 0, 30, 250, 1_200, 4_000),
});

const step = fc.record({
  waitMs: fc.constantFrom(0, 0, 1, 10, 120, 310, 700, 1_500, 3_100, 9_000),
  user: fc.constantFrom('u1', 'u1', 'u2'),
  does: fc.constantFrom('asks', 'asks', 'asks', 'asks', 'stops', 'stopsAll'),
});

export const plan = fc.record({
  busy: fc.constantFrom('interrupt', 'interrupt', 'collect'),
  quietMs: fc.constantFrom(0, 300),
  graceMs: fc.constantFrom(50, 600, 2_000),
  settleMs: fc.constantFrom(50, 900, 3_000),
  waitingMax: fc.constantFrom(2, 20),
  answers: fc.array(answer, { minLength: 1, maxLength: 6 }),
  manners: fc.array(manner, { minLength: 1, maxLength: 5 }),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
});
export type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

/** The n-th agent; every piece names its turn and its place. */
export const scriptOf = ({ kind, pieces, gapMs }: Manner): Script =>
  async function* ({ turn, signal, pause }) {
    for (let n = 0; n < pieces; n += 1) {
      if (gapMs > 0) await pause(gapMs);
      if (signal.aborted && kind !== 'rude') return;
      yield text(`[${turn.epoch}.${n}]`);
      yield BREAK;
      if (kind === 'awaitsReceipts') await turn.delivered();
    }
    if (kind === 'stuck') await new Promise<never>(() => undefined);
    if (kind === 'throws') throw new Error('scripted');
  };

/** A platform that answers as it was told, and remembers what it took; it knows a (message, msg_seq) it has taken. */
export class ChaosApi implements MessageApi {
  readonly requests: Request[] = [];
  /** The texts it took, by the message they answer. */
  readonly accepted = new Map<string, string[]>();
  readonly #taken = new Set<string>();
  readonly #clock: VirtualClock;
  readonly #answers: readonly Answer[];
  readonly #tick: () => number;
  #asked = 0;

  constructor(clock: VirtualClock, answers: readonly Answer[], tick: () => number) {
    this.#clock = clock;
    this.#answers = answers;
    this.#tick = tick;
  }

  async sendText(message: OutgoingText, mayStart: SendGate): Promise<SendResult> {
    const { kind, beforeMs, afterMs } = this.#answers[this.#asked % this.#answers.length] as Answer;
    this.#asked += 1;
    if (beforeMs > 0) await this.#pause(beforeMs);
    if (!mayStart()) return { fenced: true };
    const anchor = message.anchor?.id ?? '';
    const { msgSeq } = message;
    const request: Request = {
      anchor,
      msgSeq,
      text: message.text,
      tick: this.#tick(),
      atMs: this.#clock.now(),
      endTick: Number.POSITIVE_INFINITY,
      isUnknown: kind === 'swallows' || kind === 'loses',
    };
    this.requests.push(request);
    const key = `${anchor}/${msgSeq}`;
    const isRepeat = this.#taken.has(key);
    if (kind === 'swallows') this.#take(key, anchor, message.text);
    await this.#pause(afterMs);
    if (kind === 'accepts' && !isRepeat) this.#take(key, anchor, message.text);
    request.endTick = this.#tick();
    if (kind === 'swallows' || kind === 'loses') throw new RouterError('transport.timeout', 'scripted');
    if (isRepeat) throw new RouterError('platform.arrived', 'scripted');
    if (kind === 'refuses') throw new RouterError('platform.refused', 'scripted');
    if (kind === 'busy') throw new RouterError('platform.busy', 'scripted');
    return { sentId: key };
  }

  async sendTyping(): Promise<SendResult> {
    throw new Error('typing is off');
  }

  async react(): Promise<void> {}

  async me(): Promise<{ id: string; username: string }> {
    return { id: '1', username: 'bot' };
  }

  #take(key: string, anchor: string, said: string): void {
    if (this.#taken.has(key)) return;
    this.#taken.add(key);
    this.accepted.set(anchor, [...(this.accepted.get(anchor) ?? []), said]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, ms);
    });
  }
}
