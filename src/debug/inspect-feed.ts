import type { Clock } from '../ports/clock.js';
import { type ActorKey, FEED_VERSION, type Frame, type OverviewFrame } from './inspect-frames.js';
import type { Recorder, Track } from './inspect-recorder.js';
import type { Views } from './inspect-view.js';

/** A way to one client. Writing never waits. */
export type Sink = {
  readonly write: (frame: Frame) => void;
  /** What was written has not left yet; nothing more is written until it has. */
  readonly isFull: () => boolean;
  /** It was full for too long. */
  readonly giveUp: () => void;
};

export type Wish = {
  /** Whose every step is told; `*` is everyone's from now on. */
  readonly actors: readonly ActorKey[] | '*';
  /** How all actors stand, and the router as a whole. */
  readonly overview: boolean;
};

export type FeedDeps = {
  readonly recorder: Recorder;
  readonly views: Views;
  readonly clock: Clock;
  readonly version: string;
  readonly overview: (feed: OverviewFrame['feed']) => OverviewFrame;
};

/** Changes are gathered for so long before they are told. Units: ms. */
const GATHER_MS = 25;
/** How often clients that were full are looked at again. Units: ms. */
const RETRY_MS = 100;
const OVERVIEW_MS = 1_000;
/** A client that takes nothing for so long is given up. Units: ms. */
const STALLED_MS = 30_000;
/** Actors told of in one frame. */
const SUMMARIES_MAX = 500;

export const CLIENTS_MAX = 32;
/** Actors that one client can follow step by step. */
export const FOLLOWED_MAX = 16;

type Client = {
  readonly sink: Sink;
  readonly wish: Wish;
  /** The next number that this client is to be told, of each actor it follows. */
  readonly cursors: Map<ActorKey, number>;
  /** Actors it was told of as such. */
  readonly introduced: Set<ActorKey>;
  /** Actors that have changed since it was told how all stand. */
  readonly stale: Set<Track>;
  /** Actors it follows that have changed. */
  readonly behind: Set<Track>;
  overviewDueMs: number;
  fullSinceMs: number | null;
};

/**
 * Tells clients what the recorder keeps.
 * Shape: nothing is queued for a client. What it has not been told yet is what lies in the recorder beyond its cursor, so
 * a slow one loses what the recorder forgets, is told how much, and costs no one anything.
 */
export class Feed {
  readonly #deps: FeedDeps;
  readonly #clients = new Set<Client>();
  #timer: unknown = null;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Gives the way to stop, or null where too many look on already. */
  open(wish: Wish, sink: Sink): (() => void) | null {
    if (this.#clients.size >= CLIENTS_MAX) return null;
    const { recorder, views, clock, version } = this.#deps;
    const client: Client = {
      sink,
      wish,
      cursors: new Map(),
      introduced: new Set(),
      stale: new Set(),
      behind: new Set(),
      overviewDueMs: 0,
      fullSinceMs: null,
    };
    sink.write({ v: FEED_VERSION, type: 'hello', version, atMs: clock.now(), texts: views.texts });
    this.#clients.add(client);
    recorder.onChange = this.#onChange;
    for (const track of recorder.tracks()) {
      if (wish.overview && !track.isGone) client.stale.add(track);
      if (!this.#follows(client, track)) continue;
      // Who follows everyone begins with how they stand; who follows one also wants to look back.
      client.cursors.set(track.key, wish.actors === '*' ? track.next : track.first);
      client.behind.add(track);
    }
    this.#wakeIn(0);
    return () => this.#leave(client);
  }

  close(): void {
    for (const client of [...this.#clients]) {
      this.#leave(client);
      client.sink.giveUp();
    }
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#deps.recorder.onChange = null;
    this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  readonly #onChange = (track: Track): void => {
    for (const client of this.#clients) {
      if (client.wish.overview) client.stale.add(track);
      if (this.#follows(client, track)) client.behind.add(track);
    }
    this.#wakeIn(GATHER_MS);
  };

  #follows({ wish }: Client, { key }: Track): boolean {
    return wish.actors === '*' || wish.actors.includes(key);
  }

  #wakeIn(delayMs: number): void {
    const { clock } = this.#deps;
    const dueMs = clock.now() + delayMs;
    if (dueMs >= this.#dueMs) return;
    clock.clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = clock.setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#timer = null;
      this.#tell();
    }, delayMs);
  }

  #tell(): void {
    const nowMs = this.#deps.clock.now();
    let overview: OverviewFrame | null = null;
    const overviewOnce = (): OverviewFrame => {
      overview ??= this.#deps.overview({
        clients: this.#clients.size,
        kept: this.#deps.recorder.kept,
        keptMax: this.#deps.recorder.keptMax,
      });
      return overview;
    };
    for (const client of [...this.#clients]) {
      if (client.sink.isFull()) {
        this.#mind(client, nowMs);
        continue;
      }
      client.fullSinceMs = null;
      this.#tellStates(client, nowMs);
      for (const track of client.behind) {
        if (client.sink.isFull()) break;
        if (this.#tellSteps(client, track)) client.behind.delete(track);
      }
      if (client.wish.overview && nowMs >= client.overviewDueMs) {
        client.overviewDueMs = nowMs + OVERVIEW_MS;
        client.sink.write(overviewOnce());
      }
      if (client.behind.size > 0 || client.stale.size > 0) this.#wakeIn(RETRY_MS);
      else if (client.wish.overview) this.#wakeIn(Math.max(0, client.overviewDueMs - nowMs));
    }
  }

  #mind(client: Client, nowMs: number): void {
    client.fullSinceMs ??= nowMs;
    if (nowMs - client.fullSinceMs < STALLED_MS) {
      this.#wakeIn(RETRY_MS);
      return;
    }
    this.#leave(client);
    client.sink.giveUp();
  }

  #tellStates({ sink, stale }: Client, atMs: number): void {
    while (stale.size > 0 && !sink.isFull()) {
      const some = [...stale].slice(0, SUMMARIES_MAX);
      for (const track of some) stale.delete(track);
      sink.write({
        v: FEED_VERSION,
        type: 'rookery.actors',
        atMs,
        changed: some.filter(({ isGone }) => !isGone).map((track) => this.#deps.views.summary(track)),
        gone: some.filter(({ isGone }) => isGone).map(({ key }) => key),
      });
    }
  }

  /** Shape: false where the client could not be told all. */
  #tellSteps({ sink, cursors, introduced }: Client, track: Track): boolean {
    const { views, clock } = this.#deps;
    let n = cursors.get(track.key) ?? track.first;
    if (!introduced.has(track.key)) {
      introduced.add(track.key);
      sink.write(views.actor(track, n));
    }
    // An actor that came anew after it was forgotten counts from one again.
    if (n > track.next) n = track.first;
    if (n < track.first) {
      sink.write({
        v: FEED_VERSION,
        type: 'rookery.lost',
        actor: track.key,
        atMs: clock.now(),
        count: track.first - n,
      });
      n = track.first;
    }
    while (n < track.next && !sink.isFull()) {
      const entry = track.at(n);
      if (entry) sink.write(views.history(track, entry));
      n += 1;
    }
    cursors.set(track.key, n);
    return n >= track.next;
  }
}
