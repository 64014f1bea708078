import type { ConversationContext } from '../../machines/conversation/conversation.types.js';
import type { ChannelStatus, RateLevel, RouterEvent } from '../app/events.js';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.js';
import type { Clock } from '../ports/clock.js';
import type { StoreHealth } from '../ports/store.js';
import { type Asked, Checks } from './inspect-checks.js';
import type { OverviewFrame, Problem, View } from './inspect-frames.js';
import type { Recorder } from './inspect-recorder.js';
import type { Views } from './inspect-view.js';

/** What the overview looks at. */
export type Overlooked = Asked & {
  channels(): readonly ChannelStatus[];
  storeHealth(): StoreHealth;
  rateLevels(): readonly RateLevel[];
};

/** Rates are counted over so many seconds. */
const WINDOW_S = 10;
/** Different codes and reasons that are counted; the rest is counted together. */
const KINDS_MAX = 100;
const OTHERS = 'others';

/** Counts per second, the last ten of them. */
class Rate {
  readonly #counts = new Float64Array(WINDOW_S);
  #second = 0;

  add(nowMs: number): void {
    this.#moveTo(nowMs);
    const at = this.#second % WINDOW_S;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  perSecond(nowMs: number): number {
    this.#moveTo(nowMs);
    return this.#counts.reduce((sum, count) => sum + count, 0) / WINDOW_S;
  }

  #moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    for (let passed = Math.max(this.#second + 1, second - WINDOW_S + 1); passed <= second; passed += 1) {
      this.#counts[passed % WINDOW_S] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}

const count = (counts: Record<string, number>, kind: string): void => {
  const name = kind in counts || Object.keys(counts).length < KINDS_MAX ? kind : OTHERS;
  counts[name] = (counts[name] ?? 0) + 1;
};

const NO_REMEDY = { en: 'See the log of the router.', zh: '请查看路由器日志。' } as const;

const GIVEN_UP = {
  en: 'Read under “Given up” why; offer each again once the cause is mended, or drop it.',
  zh: '请在“已放弃”中查看原因；排除原因后可重新投递，或直接丢弃。',
} as const;

const remedyOf = (code: string): Problem['remedy'] =>
  code in ERROR_CODES ? ERROR_CODES[code as ErrorCode].remedy : NO_REMEDY;

/** The router as a whole: what it did, counted as it happens, and how it stands. */
export class Overview {
  readonly #clock: Clock;
  readonly #checks = new Checks();
  readonly #in = new Rate();
  readonly #out = new Rate();
  #messagesIn = 0;
  readonly #skipped: Record<string, number> = {};
  readonly #outcomes: Record<string, number> = {};
  readonly #refusals: Record<string, number> = {};
  readonly #turns: Record<string, number> = {};
  /** Since when each thing has been wrong. */
  readonly #sinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly note = (event: RouterEvent): void => {
    switch (event.type) {
      case 'message.accepted':
        this.#messagesIn += 1;
        this.#in.add(this.#clock.now());
        break;
      case 'message.skipped':
        count(this.#skipped, event.why);
        break;
      case 'turn.closed':
        count(this.#turns, event.receipt.status);
        break;
      case 'piece': {
        const { outcome } = event;
        count(this.#outcomes, outcome.status);
        if (outcome.status === 'sent') this.#out.add(this.#clock.now());
        if (outcome.status === 'refused') count(this.#refusals, String(outcome.platformCode ?? outcome.code));
      }
    }
  };

  frame(router: Overlooked, recorder: Recorder, views: Views, feed: OverviewFrame['feed']): OverviewFrame {
    const nowMs = this.#clock.now();
    const channels = router.channels();
    const store = router.storeHealth();
    this.#checks.look(router, nowMs);
    const { turnsRunning, waiting, oldestMs } = conversationsIn(recorder);
    return {
      v: 1,
      type: 'rookery.overview',
      atMs: nowMs,
      channels: channels.map((status) => views.channel(status)),
      store: storeView(store),
      problems: this.#problems(channels, store, views, nowMs),
      perSecond: { messagesIn: this.#in.perSecond(nowMs), messagesOut: this.#out.perSecond(nowMs) },
      totals: {
        messagesIn: this.#messagesIn,
        skipped: { ...this.#skipped },
        outcomes: { ...this.#outcomes },
        refusals: { ...this.#refusals },
        turns: { ...this.#turns },
      },
      turnsRunning,
      waiting: { messages: waiting, oldestMs },
      levels: router.rateLevels(),
      feed,
    };
  }

  #problems(
    channels: readonly ChannelStatus[],
    { degraded }: StoreHealth,
    views: Views,
    nowMs: number,
  ): readonly Problem[] {
    const { agent, deadLetters } = this.#checks;
    const found = [
      ...channels
        .filter(({ state }) => state === 'waiting' || state === 'stopped')
        .map(({ name, state, fault }) => {
          const number = fault?.platformCode === undefined ? '' : ` (${fault.platformCode})`;
          const detail = views.detail(fault ? `${fault.detail}${number}` : state);
          return { what: `channels.${name}`, code: fault?.code ?? state, detail };
        }),
      ...(degraded ? [{ what: 'store', code: degraded, detail: '' }] : []),
      ...(agent ? [{ what: 'agent', code: agent.code, detail: views.detail(agent.detail) }] : []),
      ...(deadLetters > 0 ? [{ what: 'deadLetters', code: 'givenUp', detail: `× ${deadLetters}` }] : []),
    ];
    const places = new Set(found.map(({ what }) => what));
    for (const place of this.#sinceMs.keys()) if (!places.has(place)) this.#sinceMs.delete(place);
    return found.map((problem) => {
      const sinceMs = this.#sinceMs.get(problem.what) ?? nowMs;
      this.#sinceMs.set(problem.what, sinceMs);
      const remedy = problem.what === 'deadLetters' ? GIVEN_UP : remedyOf(problem.code);
      return { ...problem, remedy, sinceMs };
    });
  }
}

const storeView = ({ driver, schemaVersion, unsettled, outbox, bytes, lastSyncMs, degraded }: StoreHealth): View => ({
  driver,
  schemaVersion,
  unsettled,
  outbox,
  bytes,
  lastSyncMs,
  degraded,
});

/** From the last step of every living conversation. */
const conversationsIn = (recorder: Recorder): { turnsRunning: number; waiting: number; oldestMs: number | null } => {
  let turnsRunning = 0;
  let waiting = 0;
  let oldestMs: number | null = null;
  for (const { source, isGone, last } of recorder.tracks()) {
    if (source.chart !== 'conversation' || isGone || !last) continue;
    const { current, line } = last.snapshot.context as ConversationContext;
    if (current) turnsRunning += 1;
    waiting += line.waiting.length;
    if (line.waiting.length > 0) oldestMs = Math.min(oldestMs ?? line.waitingSinceMs, line.waitingSinceMs);
  }
  return { turnsRunning, waiting, oldestMs };
};
