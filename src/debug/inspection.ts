import type { InspectorFor } from '../actors/inspect.js';
import type { RouterEvent } from '../app/events.js';
import type { Clock } from '../ports/clock.js';
import { Feed } from './inspect-feed.js';
import { type Overlooked, Overview } from './inspect-overview.js';
import { Recorder, type RecorderOptions } from './inspect-recorder.js';
import { type Scrub, Views } from './inspect-view.js';

export type InspectionOptions = {
  readonly clock: Clock;
  readonly version: string;
  readonly texts: boolean;
  readonly scrub: Scrub;
  readonly recorder?: RecorderOptions;
};

/** A router's inspection: made before it, for its charts report from their first step, and joined to it afterwards. */
export type Inspection = {
  readonly inspectorFor: InspectorFor;
  readonly feed: Feed;
  readonly recorder: Recorder;
  readonly views: Views;
  readonly join: (router: Overlooked & { on(listener: (event: RouterEvent) => void): () => void }) => void;
};

const NOBODY: Overlooked = {
  channels: () => [],
  storeHealth: () => ({ driver: 'memory', schemaVersion: 0, unsettled: 0, outbox: 0, bytes: 0, lastSyncMs: null }),
  rateLevels: () => [],
  checkAgents: async () => undefined,
  deadLetters: async () => [],
};

export const createInspection = ({ clock, version, texts, scrub, ...options }: InspectionOptions): Inspection => {
  const recorder = new Recorder(clock, options.recorder);
  const views = new Views({ texts, scrub });
  const overview = new Overview(clock);
  let overlooked = NOBODY;
  const feed = new Feed({
    recorder,
    views,
    clock,
    version,
    overview: (seen) => overview.frame(overlooked, recorder, views, seen),
  });
  return {
    // An agent names itself.
    inspectorFor: (source) =>
      recorder.inspectorFor(source.channel === '' ? { ...source, id: scrub(source.id) } : source),
    feed,
    recorder,
    views,
    join: (router) => {
      overlooked = router;
      router.on(recorder.note);
      router.on(overview.note);
    },
  };
};
