import { useEffect, useState } from 'react';
import type { ActorKey } from '../../debug/inspect-frames.js';
import { emptyTimeline, type Timeline } from '../model/timeline.js';
import type { Scrub } from '../views/timeline-bar.js';
import { followActor, timelines } from './feed.js';
import { useStore } from './store.js';

/** Follows an actor as long as it is shown. */
export const useTimeline = (key: ActorKey | null): Timeline | null => {
  const all = useStore(timelines);
  useEffect(() => (key === null ? undefined : followActor(key)), [key]);
  return key === null ? null : (all.get(key) ?? emptyTimeline(key));
};

/** The moment that is looked at, of this actor; another one is looked at as it is now. */
export const useScrub = (key: ActorKey | null): Scrub => {
  const [moment, setMoment] = useState<{ readonly key: ActorKey | null; readonly n: number | null }>({ key, n: null });
  return { at: moment.key === key ? moment.n : null, onScrub: (n) => setMoment({ key, n }) };
};
