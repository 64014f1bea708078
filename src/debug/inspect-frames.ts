import type { ChartKind } from '../actors/inspect.js';
import type { RateLevel } from '../app/events.js';

/**
 * What `/v1/inspect` says: one JSON object per message. A frame's `v` is raised when a field changes its meaning or goes;
 * new fields and new types may come at any time and are to be passed over by who does not know them.
 * Units: `…Ms` are epoch ms, or durations where the name says so.
 */
export const FEED_VERSION = 1;

/**
 * `gateway/<channel>`, `conversation/<conversation id>`, `agentSession/<name>`, `agentLink/<number>`: the same over all
 * lives of an actor.
 */
export type ActorKey = string;

type Framed = { readonly v: typeof FEED_VERSION };

/** The first frame of every connection. */
export type HelloFrame = Framed & {
  readonly type: 'hello';
  /** Of the router. */
  readonly version: string;
  readonly atMs: number;
  /** Whether texts of users and agents are in the frames; else their lengths are. */
  readonly texts: boolean;
};

/** A plain object of the fields that may be seen. */
export type View = { readonly [field: string]: unknown };

export type TimerView = {
  /** The delay's name in the chart, or its milliseconds. */
  readonly delay: string;
  /** Id of the state that waits for it. */
  readonly state: string;
  readonly sinceMs: number;
  readonly dueMs: number;
};

export type StateValueView = string | { readonly [state: string]: StateValueView | undefined };

export type SnapshotView = {
  readonly status: string;
  readonly value: StateValueView;
  readonly tags: readonly string[];
  readonly context: View;
  /** Invoked actors that live: id, and the name of what they do. */
  readonly children: readonly { readonly id: string; readonly src: string }[];
  readonly timers: readonly TimerView[];
};

type OfActor = Framed & { readonly actor: ActorKey; readonly atMs: number };

/** Who an actor is; said before anything else of it. `snapshot`: how it stood before its first frame, where that is known. */
export type ActorFrame = OfActor & {
  readonly type: '@xstate.actor';
  readonly chart: ChartKind;
  /** Empty where it belongs to none. */
  readonly channel: string;
  /** The channel's name, the conversation's id, or what an agent or its connection is called. */
  readonly name: string;
  readonly sessionId: string;
  /** The number of its first frame that is told. */
  readonly n: number;
  readonly snapshot: SnapshotView | null;
};

/** One step of a chart: an event was taken, and this is how the chart stands. Numbers of an actor have no gaps. */
export type StepFrame = OfActor & {
  readonly type: '@xstate.snapshot';
  readonly n: number;
  readonly event: View & { readonly type: string };
  readonly snapshot: SnapshotView;
  /** Ids of the chart's edges that were taken, as in `/v1/charts`; empty where the event was heard without effect. */
  readonly transitions: readonly string[];
  /** What it sent to the actors it has invoked. */
  readonly sent: readonly { readonly to: string; readonly event: View & { readonly type: string } }[];
};

/** Something that happened beside the chart: a piece's outcome, a turn's receipt. `fact.type` is a router event's. */
export type FactFrame = OfActor & {
  readonly type: 'rookery.fact';
  readonly n: number;
  readonly fact: View & { readonly type: string };
};

/** Dispatches that flowed past the gateway's chart, counted over a second. */
export type TrafficFrame = OfActor & {
  readonly type: 'rookery.traffic';
  readonly n: number;
  readonly accepted: number;
  readonly skipped: Readonly<Record<string, number>>;
};

/** What is kept of an actor, and can be looked at again. */
export type HistoryFrame = StepFrame | FactFrame | TrafficFrame;

/** Frames of this actor are gone that this client was too slow for; the next one goes on from here. */
export type LostFrame = OfActor & { readonly type: 'rookery.lost'; readonly count: number };

export type ActorSummary = {
  readonly actor: ActorKey;
  readonly chart: ChartKind;
  readonly channel: string;
  readonly value: StateValueView;
  readonly tags: readonly string[];
  readonly atMs: number;
};

/** How actors stand that have changed since the last of these; only the last change of each is told. */
export type ActorsFrame = Framed & {
  readonly type: 'rookery.actors';
  readonly atMs: number;
  readonly changed: readonly ActorSummary[];
  /** Actors that have left memory. */
  readonly gone: readonly ActorKey[];
};

export type Problem = {
  /** `channels.<name>`, `store`, `agent`, `deadLetters`. */
  readonly what: string;
  readonly code: string;
  readonly detail: string;
  readonly remedy: { readonly en: string; readonly zh: string };
  readonly sinceMs: number;
};

/** The router as a whole, once a second. Rates are counted over the last ten seconds. */
export type OverviewFrame = Framed & {
  readonly type: 'rookery.overview';
  readonly atMs: number;
  readonly channels: readonly View[];
  readonly store: View;
  readonly problems: readonly Problem[];
  readonly perSecond: { readonly messagesIn: number; readonly messagesOut: number };
  /** Since the router began. */
  readonly totals: {
    readonly messagesIn: number;
    readonly skipped: Readonly<Record<string, number>>;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly refusals: Readonly<Record<string, number>>;
    readonly turns: Readonly<Record<string, number>>;
  };
  readonly turnsRunning: number;
  readonly waiting: { readonly messages: number; readonly oldestMs: number | null };
  /** How full the platform's rates are, per channel. */
  readonly levels: readonly RateLevel[];
  readonly feed: { readonly clients: number; readonly kept: number; readonly keptMax: number };
};

export type Frame =
  | HelloFrame
  | ActorFrame
  | StepFrame
  | FactFrame
  | TrafficFrame
  | LostFrame
  | ActorsFrame
  | OverviewFrame;

/** A file of frames, as the console writes it and `rookery replay` reads it. */
export type Recording = {
  readonly format: 'rookery.recording';
  readonly v: typeof FEED_VERSION;
  readonly version: string;
  readonly recordedAtMs: number;
  readonly texts: boolean;
  readonly actors: readonly { readonly actor: ActorFrame; readonly frames: readonly HistoryFrame[] }[];
};
