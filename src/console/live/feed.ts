import type { ActorKey, ActorSummary, Frame, OverviewFrame } from '../../debug/inspect-frames.js';
import { eventsIn } from '../model/sse.js';
import { emptyTimeline, extended, type Timeline } from '../model/timeline.js';
import { ApiError, open } from './api.js';
import { Store } from './store.js';

/** `live`: the router tells. `lost`: it is asked again soon. `refused`: it wants a token. `off`: it inspects nothing. */
export type LinkState = 'connecting' | 'live' | 'lost' | 'refused' | 'off';

export const link = new Store<LinkState>('connecting');
export const overview = new Store<OverviewFrame | null>(null);
export const actors = new Store<ReadonlyMap<ActorKey, ActorSummary>>(new Map());
export const timelines = new Store<ReadonlyMap<ActorKey, Timeline>>(new Map());
/** Whether the router shows what was said. */
export const showsTexts = new Store(false);
/** What the router's clock is ahead of this one. Units: ms. */
export const skew = { ms: 0 };

const RETRY_MS = 1_000;
/** Timelines that are kept when nobody looks at them any more. */
const TIMELINES_MAX = 24;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Listens until it is told not to, and comes back after a loss. */
const listen = async (
  path: string,
  signal: AbortSignal,
  hear: (frame: Frame) => void,
  tell: (state: LinkState) => void,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const { body } = await open(path, signal, { headers: { accept: 'text/event-stream' } });
      tell('live');
      if (body) for await (const data of eventsIn(body)) hear(JSON.parse(data) as Frame);
      tell('lost');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) return tell('refused');
      if (error instanceof ApiError && error.status === 404) return tell('off');
      tell('lost');
    }
    await pause(RETRY_MS, signal);
  }
};

/** How all actors stand, and the router as a whole. */
export const followOverview = (): (() => void) => {
  const controller = new AbortController();
  let known = new Map<ActorKey, ActorSummary>();
  const hear = (frame: Frame): void => {
    if (frame.type === 'hello') {
      skew.ms = frame.atMs - Date.now();
      showsTexts.set(frame.texts);
      known = new Map();
    }
    if (frame.type === 'rookery.overview') overview.set(frame);
    if (frame.type !== 'rookery.actors') return;
    for (const one of frame.changed) known.set(one.actor, one);
    for (const key of frame.gone) known.delete(key);
    actors.set(new Map(known));
  };
  void listen('/v1/inspect', controller.signal, hear, (state) => link.set(state));
  return () => controller.abort();
};

/** Every step of one actor, from the first that is kept; ends when nobody follows it any more. */
export const followActor = (key: ActorKey): (() => void) => {
  const controller = new AbortController();
  let told: Frame[] = [];
  const take = (): void => {
    const some = told;
    told = [];
    timelines.update((all) => {
      const next = new Map(all);
      const timeline = extended(next.get(key) ?? emptyTimeline(key), some);
      // The one that was looked at last is the last to be forgotten.
      next.delete(key);
      next.set(key, timeline);
      for (const oldest of [...next.keys()].slice(0, Math.max(0, next.size - TIMELINES_MAX))) next.delete(oldest);
      return next;
    });
  };
  const hear = (frame: Frame): void => {
    if (told.length === 0) queueMicrotask(take);
    told.push(frame);
  };
  void listen(`/v1/inspect?actor=${encodeURIComponent(key)}`, controller.signal, hear, () => undefined);
  return () => controller.abort();
};
