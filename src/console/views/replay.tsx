import { useRef, useState } from 'react';
import type { Recording } from '../../debug/inspect-frames.js';
import { parseRecording } from '../../debug/recording.js';
import type { Layouts } from '../live/api.js';
import { Store, useStore } from '../live/store.js';
import { useScrub } from '../live/use-actor.js';
import { shortName } from '../model/format.js';
import { timelinesIn } from '../model/recording.js';
import { useTexts } from '../texts/index.js';
import { ActorView } from './actor-view.js';
import { TranscriptLines } from './transcript.js';

/** The recording that is looked at in place of the router. */
export const recording = new Store<Recording | null>(null);

export const OpenFile = () => {
  const { timeline: words } = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [isBad, setBad] = useState(false);
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const found = parseRecording(await file.text());
    setBad(found === null);
    if (found) recording.set(found);
  };
  return (
    <>
      {isBad && (
        <span className="wrong" role="alert">
          {words.notARecording}
        </span>
      )}
      <button type="button" onClick={() => input.current?.click()}>
        {words.open}
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        className="unseen"
        tabIndex={-1}
        aria-label={words.open}
        onChange={({ target }) => {
          void read(target.files?.[0]);
          target.value = '';
        }}
      />
    </>
  );
};

/** A recording, with no router. */
export const ReplayView = ({ layouts, shown, canLeave }: { layouts: Layouts; shown: Recording; canLeave: boolean }) => {
  const { timeline: words, charts } = useTexts();
  const timelines = timelinesIn(shown);
  const [key, setKey] = useState<string | null>(null);
  const timeline = timelines.find((one) => one.key === key) ?? timelines[0];
  const scrub = useScrub(timeline?.key ?? null);
  return (
    <div className="charts replay">
      <div className="toolbar">
        <h1>{words.recording(shown.version, new Date(shown.recordedAtMs).toLocaleString())}</h1>
        <label>
          <span className="soft">{charts.actor}</span>{' '}
          <select value={timeline?.key ?? ''} onChange={({ target }) => setKey(target.value)}>
            {timelines.map(({ key: one, frames }) => (
              <option key={one} value={one}>
                {!one.startsWith('conversation/') ? one : shortName(one.slice(one.indexOf('/') + 1))} ·{' '}
                {words.steps(frames.length)}
              </option>
            ))}
          </select>
        </label>
        <span className="grow" />
        <OpenFile />
        {canLeave && (
          <button type="button" onClick={() => recording.set(null)}>
            {words.leave}
          </button>
        )}
      </div>
      {timeline?.actor && (
        <div className="with-transcript">
          <ActorView
            key={timeline.key}
            timeline={timeline}
            layout={layouts[timeline.actor.chart]}
            scrub={scrub}
            canGoLive={false}
            onSave={null}
          />
          {timeline.actor.chart === 'conversation' && <TranscriptLines timeline={timeline} at={scrub.at} />}
        </div>
      )}
    </div>
  );
};

export const useRecording = (): Recording | null => useStore(recording);
