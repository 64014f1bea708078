import type { AnyEventObject, AnyMachineSnapshot, AnyTransitionDefinition } from 'xstate';
import type { ChartKind, ChartSource, Effect, Inspector } from '../actors/inspect.js';
import type { RouterEvent } from '../app/events.js';
import type { Clock } from '../ports/clock.js';
import type { ActorKey } from './inspect-frames.js';
import { charsOfFact, charsOfStep } from './inspect-weight.js';

export type Timer = {
  /** The event that it will be, which is also its name. */
  readonly event: string;
  readonly sinceMs: number;
  readonly delayMs: number;
};
export type Sent = { readonly to: string; readonly event: AnyEventObject };

/**
 * What happened, as references to what xstate made and never changes; it is looked into only once somebody asks.
 * `chars`: of the texts that may be kept because of it alone.
 */
export type Entry = { readonly n: number; readonly atMs: number; readonly chars: number } & (
  | {
      readonly kind: 'step';
      readonly event: AnyEventObject;
      readonly snapshot: AnyMachineSnapshot;
      readonly transitions: readonly AnyTransitionDefinition[];
      readonly sent: readonly Sent[];
      readonly timers: readonly Timer[];
    }
  | { readonly kind: 'fact'; readonly fact: RouterEvent }
  | { readonly kind: 'traffic'; readonly accepted: number; readonly skipped: Readonly<Record<string, number>> }
);

export type Step = Extract<Entry, { kind: 'step' }>;

export type RecorderOptions = {
  /** Entries kept of one actor; the oldest leaves. @default 256 */
  readonly perActorMax?: number;
  /** Entries kept of all; the oldest leaves, whoever's it is. @default 16_384 */
  readonly totalMax?: number;
  /** Characters of text that the entries keep, of all; the oldest entry leaves. @default 16_777_216 */
  readonly charsMax?: number;
};

const NONE: readonly never[] = [];
/** Dispatches are counted for so long before the count becomes an entry: a busy gateway must not push its steps out. */
const TRAFFIC_MS = 1_000;

/** The last entries of one actor. Shape: numbers rise by one; `first` is the oldest that is kept. */
export class Track {
  readonly key: ActorKey;
  /** Its place in memory is given up, until it comes again. */
  isGone = false;
  sessionId = '';
  last: Step | null = null;
  lastAtMs = 0;
  #entries: Entry[] = [];
  /** Entries at the beginning of the array that are not kept any more. */
  #dropped = 0;
  #next = 1;

  constructor(readonly source: ChartSource) {
    this.key = `${source.chart}/${source.id}`;
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#next;
  }

  get first(): number {
    return this.#next - this.size;
  }

  get size(): number {
    return this.#entries.length - this.#dropped;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#next = entry.n + 1;
    this.lastAtMs = entry.atMs;
  }

  /** Shape: undefined for what is not kept any more, or not yet. */
  at(n: number): Entry | undefined {
    return n < this.first ? undefined : this.#entries[this.#dropped + n - this.first];
  }

  /** Lets go of all entries up to this one. Gives the characters they kept. */
  dropTo(n: number): number {
    let chars = 0;
    for (let count = n - this.first + 1; count > 0 && this.size > 0; count -= 1) {
      chars += this.#entries[this.#dropped]?.chars ?? 0;
      this.#entries[this.#dropped] = undefined as unknown as Entry;
      this.#dropped += 1;
    }
    if (this.#dropped < 64 || this.#dropped * 2 < this.#entries.length) return chars;
    this.#entries = this.#entries.slice(this.#dropped);
    this.#dropped = 0;
    return chars;
  }
}

type Traffic = { sinceMs: number; accepted: number; skipped: Record<string, number> };

const isBotLink = (chart: ChartKind): boolean => chart === 'gateway' || chart === 'webhook';

/**
 * The last steps of every chart, so that one can look back. It keeps references and counts.
 * Shape: bounded per actor and in total, by entries and by the characters they keep, whatever happens.
 */
export class Recorder {
  readonly #clock: Clock;
  readonly #perActorMax: number;
  readonly #tracks = new Map<ActorKey, Track>();
  /** By channel: the chart of its way to the platform, the first of them where there are several. */
  readonly #links = new Map<string, Track>();
  /** A circle of all entries that are kept, and of some that their actor has let go of, by their tracks and numbers. */
  readonly #owners: (Track | undefined)[];
  readonly #numbers: Float64Array;
  readonly #totalMax: number;
  readonly #charsMax: number;
  /** The oldest. */
  #tail = 0;
  #held = 0;
  #chars = 0;
  readonly #traffic = new Map<string, Traffic>();
  /** Told of every change while somebody looks on. */
  onChange: ((track: Track) => void) | null = null;

  constructor(clock: Clock, options: RecorderOptions = {}) {
    const { perActorMax = 256, totalMax = 16_384, charsMax = 16_777_216 } = options;
    this.#clock = clock;
    this.#perActorMax = perActorMax;
    this.#totalMax = totalMax;
    this.#charsMax = charsMax;
    this.#owners = new Array<Track | undefined>(totalMax);
    this.#numbers = new Float64Array(totalMax);
  }

  get keptMax(): number {
    return this.#totalMax;
  }

  get kept(): number {
    let count = 0;
    for (const { size } of this.#tracks.values()) count += size;
    return count;
  }

  /** Characters that are kept. */
  get chars(): number {
    return this.#chars;
  }

  tracks(): IterableIterator<Track> {
    return this.#tracks.values();
  }

  get(key: ActorKey): Track | undefined {
    return this.#tracks.get(key);
  }

  /** The inspector of one chart. What its invoked actors do is left out, but for what the chart tells them. */
  readonly inspectorFor = (source: ChartSource): Inspector => {
    const track = this.#open(source);
    const isLink = isBotLink(source.chart);
    let timers: readonly Timer[] = NONE;
    return {
      steps: {
        begun: ({ sessionId }) => {
          track.sessionId = sessionId;
          track.isGone = false;
          timers = NONE;
        },
        step: (event, snapshot, transitions, effects) => {
          const atMs = this.#clock.now();
          timers = timersAfter(timers, event, effects, atMs);
          if (isLink) this.#flushTraffic(source.channel);
          const step: Step = {
            kind: 'step',
            n: track.next,
            atMs,
            chars: charsOfStep(source.chart, event, snapshot, track.last?.snapshot),
            event,
            snapshot,
            transitions,
            sent: sentIn(effects),
            timers,
          };
          track.isGone = snapshot.status !== 'active';
          track.last = step;
          this.#push(track, step);
        },
      },
    };
  };

  /** What happens beside the charts. */
  readonly note = (event: RouterEvent): void => {
    switch (event.type) {
      case 'message.accepted':
        this.#count(event.channel, null);
        return;
      case 'message.skipped':
        this.#count(event.channel, event.why);
        return;
      case 'turn.started':
      case 'turn.cancelled':
      case 'turn.closed':
        this.#noteOf(event.turn.conversation, event);
        return;
      case 'turn.settled':
      case 'piece':
        this.#noteOf(event.outcome.piece.conversation, event);
        return;
      case 'channel.lost':
      case 'channel.stopped':
      case 'channel.ready': {
        const track = this.#links.get(event.channel);
        if (track) this.#push(track, this.#factOf(track, event));
      }
    }
  };

  #factOf(track: Track, fact: RouterEvent): Entry {
    return { kind: 'fact', n: track.next, atMs: this.#clock.now(), chars: charsOfFact(fact), fact };
  }

  #noteOf(conversation: string, fact: RouterEvent): void {
    const track = this.#tracks.get(`conversation/${conversation}`);
    if (track) this.#push(track, this.#factOf(track, fact));
  }

  #count(channel: string, why: string | null): void {
    const nowMs = this.#clock.now();
    const traffic = this.#traffic.get(channel) ?? { sinceMs: nowMs, accepted: 0, skipped: {} };
    this.#traffic.set(channel, traffic);
    if (why === null) traffic.accepted += 1;
    else traffic.skipped[why] = (traffic.skipped[why] ?? 0) + 1;
    if (nowMs - traffic.sinceMs >= TRAFFIC_MS) this.#flushTraffic(channel);
  }

  #flushTraffic(channel: string): void {
    const traffic = this.#traffic.get(channel);
    const track = this.#links.get(channel);
    if (!traffic || !track) return;
    this.#traffic.delete(channel);
    const { accepted, skipped } = traffic;
    this.#push(track, { kind: 'traffic', n: track.next, atMs: this.#clock.now(), chars: 0, accepted, skipped });
  }

  #open(source: ChartSource): Track {
    const made = new Track(source);
    const known = this.#tracks.get(made.key);
    if (known) return known;
    this.#tracks.set(made.key, made);
    if (isBotLink(source.chart) && !this.#links.has(source.channel)) this.#links.set(source.channel, made);
    return made;
  }

  #push(track: Track, entry: Entry): void {
    if (this.#held === this.#totalMax) this.#dropOldest();
    const head = (this.#tail + this.#held) % this.#totalMax;
    this.#owners[head] = track;
    this.#numbers[head] = entry.n;
    this.#held += 1;
    track.push(entry);
    this.#chars += entry.chars;
    if (track.size > this.#perActorMax) this.#chars -= track.dropTo(track.first);
    while (this.#chars > this.#charsMax) this.#dropOldest();
    this.onChange?.(track);
  }

  #dropOldest(): void {
    const owner = this.#owners[this.#tail];
    const n = this.#numbers[this.#tail] as number;
    this.#owners[this.#tail] = undefined;
    this.#tail = (this.#tail + 1) % this.#totalMax;
    this.#held -= 1;
    if (!owner) return;
    this.#chars -= owner.dropTo(n);
    if (owner.size === 0 && owner.isGone) this.#tracks.delete(owner.key);
  }
}

/** By the injected clock, whose time a chart does not know. Shape: the same list where nothing has changed. */
const timersAfter = (
  before: readonly Timer[],
  { type }: AnyEventObject,
  effects: readonly Effect[],
  atMs: number,
): readonly Timer[] => {
  let timers = before;
  const without = (name: string): void => {
    if (timers.some(({ event }) => event === name)) timers = timers.filter(({ event }) => event !== name);
  };
  // The one that has come is none any more.
  if (timers.length > 0) without(type);
  for (const { type: kind, params } of effects) {
    if (kind === 'xstate.cancel') without(params.sendId);
    else if (kind === 'xstate.raise' && params.delay !== undefined) {
      timers = [...timers, { event: params.event.type, sinceMs: atMs, delayMs: params.delay }];
    }
  }
  return timers;
};

const sentIn = (effects: readonly Effect[]): readonly Sent[] => {
  if (effects.length === 0) return NONE;
  const sent: Sent[] = [];
  for (const { type, params } of effects)
    if (type === 'xstate.sendTo') sent.push({ to: params.to.id, event: params.event });
  return sent.length === 0 ? NONE : sent;
};
