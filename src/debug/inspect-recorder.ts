import {
  type ActorRefLike,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyTransitionDefinition,
  type InspectionEvent,
  isMachineSnapshot,
} from 'xstate';
import type { ChartSource, Inspector } from '../actors/inspect.js';
import type { RouterEvent } from '../app/events.js';
import type { Clock } from '../ports/clock.js';
import type { ActorKey } from './inspect-frames.js';

export type Timer = {
  readonly event: string;
  readonly sinceMs: number;
  readonly delayMs: number;
  /** What xstate has scheduled: a timer that is set anew under its old name is another. */
  readonly of: object;
};
export type Sent = { readonly to: string; readonly event: AnyEventObject };

/** What happened, as references to what xstate made and never changes; it is looked into only once somebody asks. */
export type Entry = { readonly n: number; readonly atMs: number } & (
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

  /** Lets go of all entries up to this one. */
  dropTo(n: number): void {
    const count = Math.min(n - this.first + 1, this.size);
    if (count <= 0) return;
    this.#entries.fill(undefined as unknown as Entry, this.#dropped, this.#dropped + count);
    this.#dropped += count;
    if (this.#dropped < 64 || this.#dropped * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#dropped);
    this.#dropped = 0;
  }
}

type Traffic = { sinceMs: number; accepted: number; skipped: Record<string, number> };

/**
 * The last steps of every chart, so that one can look back. It keeps references and counts; a step costs about what two
 * pushes to an array cost.
 * Shape: bounded per actor and in total, whatever happens.
 */
export class Recorder {
  readonly #clock: Clock;
  readonly #perActorMax: number;
  readonly #tracks = new Map<ActorKey, Track>();
  /** By channel: the chart of its way to the platform, the first of them where there are several. */
  readonly #links = new Map<string, Track>();
  /** A circle of all entries that are kept, by their tracks and numbers; the oldest is the next to be overwritten. */
  readonly #owners: (Track | undefined)[];
  readonly #numbers: Float64Array;
  readonly #totalMax: number;
  #head = 0;
  readonly #traffic = new Map<string, Traffic>();
  /** Told of every change while somebody looks on. */
  onChange: ((track: Track) => void) | null = null;

  constructor(clock: Clock, { perActorMax = 256, totalMax = 16_384 }: RecorderOptions = {}) {
    this.#clock = clock;
    this.#perActorMax = perActorMax;
    this.#totalMax = totalMax;
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

  tracks(): IterableIterator<Track> {
    return this.#tracks.values();
  }

  get(key: ActorKey): Track | undefined {
    return this.#tracks.get(key);
  }

  /** The inspector of one chart. What its invoked actors do is left out, but for what the chart tells them. */
  readonly inspectorFor = (source: ChartSource): Inspector => {
    const track = this.#open(source);
    let root: ActorRefLike | null = null;
    let transitions: AnyTransitionDefinition[] = [];
    let sent: Sent[] = [];
    let timers: readonly Timer[] = NONE;
    return (seen: InspectionEvent): void => {
      switch (seen.type) {
        case '@xstate.actor':
          // The root is made before any actor it invokes.
          if (root !== null) return;
          root = seen.actorRef;
          track.sessionId = seen.actorRef.sessionId;
          track.isGone = false;
          return;
        case '@xstate.microstep':
          if (seen.actorRef === root && seen._transitions.length > 0) transitions.push(...seen._transitions);
          return;
        case '@xstate.event':
          if (seen.sourceRef === root && seen.actorRef !== root && seen.event.type !== 'xstate.init') {
            sent.push({ to: (seen.actorRef as AnyActorRef).id, event: seen.event });
          }
          return;
        case '@xstate.snapshot': {
          if (seen.actorRef !== root || !isMachineSnapshot(seen.snapshot)) return;
          // A timer comes and goes with a transition only.
          if (transitions.length > 0 || track.last === null)
            timers = this.#timersOf(seen.actorRef as AnyActorRef, timers);
          if (source.chart !== 'conversation') this.#flushTraffic(source.channel);
          const step: Step = {
            kind: 'step',
            n: track.next,
            atMs: this.#clock.now(),
            event: seen.event,
            snapshot: seen.snapshot,
            transitions: transitions.length === 0 ? NONE : transitions,
            sent: sent.length === 0 ? NONE : sent,
            timers,
          };
          if (transitions.length > 0) transitions = [];
          if (sent.length > 0) sent = [];
          track.isGone = seen.snapshot.status !== 'active';
          track.last = step;
          this.#push(track, step);
        }
      }
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
    return { kind: 'fact', n: track.next, atMs: this.#clock.now(), fact };
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
    this.#push(track, { kind: 'traffic', n: track.next, atMs: this.#clock.now(), accepted, skipped });
  }

  #open(source: ChartSource): Track {
    const made = new Track(source);
    const known = this.#tracks.get(made.key);
    if (known) return known;
    this.#tracks.set(made.key, made);
    if (source.chart !== 'conversation' && !this.#links.has(source.channel)) this.#links.set(source.channel, made);
    return made;
  }

  #push(track: Track, entry: Entry): void {
    track.push(entry);
    if (track.size > this.#perActorMax) track.dropTo(track.first);
    const owner = this.#owners[this.#head];
    const n = this.#numbers[this.#head] as number;
    this.#owners[this.#head] = track;
    this.#numbers[this.#head] = entry.n;
    this.#head = (this.#head + 1) % this.#totalMax;
    if (owner) {
      owner.dropTo(n);
      if (owner.size === 0 && owner.isGone) this.#tracks.delete(owner.key);
    }
    this.onChange?.(track);
  }

  /** xstate notes the machine's own time; here the injected clock's counts, from when a timer was first seen. */
  #timersOf({ system }: AnyActorRef, before: readonly Timer[]): readonly Timer[] {
    const scheduled = system.getSnapshot()._scheduledEvents;
    let timers: Timer[] | null = null;
    for (const id in scheduled) {
      const of = scheduled[id];
      if (!of) continue;
      timers ??= [];
      timers.push(
        before.find((timer) => timer.of === of) ?? {
          event: of.event.type,
          sinceMs: this.#clock.now(),
          delayMs: of.delay,
          of,
        },
      );
    }
    return timers ?? NONE;
  }
}
