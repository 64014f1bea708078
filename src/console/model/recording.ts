import { FEED_VERSION, type Recording } from '../../debug/inspect-frames.js';
import type { Timeline } from './timeline.js';

/** What of the timelines is worth a file. */
export const recordingOf = (
  timelines: readonly Timeline[],
  about: { readonly version: string; readonly texts: boolean; readonly nowMs: number },
): Recording => ({
  format: 'rookery.recording',
  v: FEED_VERSION,
  version: about.version,
  recordedAtMs: about.nowMs,
  texts: about.texts,
  actors: timelines.flatMap(({ actor, frames }) => (actor && frames.length > 0 ? [{ actor, frames }] : [])),
});

export const timelinesIn = ({ actors }: Recording): readonly Timeline[] =>
  actors.map(({ actor, frames }) => ({ key: actor.actor, actor, frames, lost: 0 }));
