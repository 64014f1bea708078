import { recordingOf } from '../model/recording.js';
import type { Timeline } from '../model/timeline.js';
import { showsTexts, skew } from './feed.js';

/** Hands the timelines to the reader as a file. */
export const saveRecording = (timelines: readonly Timeline[], version: string): void => {
  const nowMs = Date.now() + skew.ms;
  const recording = recordingOf(timelines, { version, texts: showsTexts.get(), nowMs });
  const url = URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: 'application/json' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = `rookery-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}.json`;
  anchor.click();
  // The download has its own hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};
