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

const isRecording = (value: unknown): value is Recording => {
  if (typeof value !== 'object' || value === null) return false;
  const { format, actors } = value as Partial<Recording>;
  return (
    format === 'rookery.recording' &&
    Array.isArray(actors) &&
    actors.every(({ actor, frames }) => typeof actor?.actor === 'string' && Array.isArray(frames))
  );
};

/** Shape: null for what is no recording, or one of a version that is not known here. */
export const parseRecording = (text: string): Recording | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecording(value) && value.v === FEED_VERSION ? value : null;
  } catch {
    return null;
  }
};
