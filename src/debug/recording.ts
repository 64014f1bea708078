import { FEED_VERSION, type Recording } from './inspect-frames.js';

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
