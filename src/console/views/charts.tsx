import { useMemo } from 'react';
import type { ActorKey } from '../../debug/inspect-frames.js';
import type { Layouts } from '../live/api.js';
import { actors, timelines } from '../live/feed.js';
import { goTo } from '../live/place.js';
import { saveRecording } from '../live/save.js';
import { useStore } from '../live/store.js';
import { useScrub, useTimeline } from '../live/use-actor.js';
import { shortName, valueText } from '../model/format.js';
import { useTexts } from '../texts/index.js';
import { ActorView } from './actor-view.js';
import { OpenFile } from './replay.js';

/** Choices in one list; who looks for more has the conversations' own list. */
const CHOICES_MAX = 200;

const chartOf = (key: ActorKey, layouts: Layouts): keyof Layouts => {
  const chart = key.slice(0, key.indexOf('/'));
  return chart in layouts ? (chart as keyof Layouts) : 'conversation';
};
const nameIn = (key: ActorKey): string => key.slice(key.indexOf('/') + 1);

/** Any actor's chart, live and in the past. */
export const ChartsView = ({ layouts, id, version }: { layouts: Layouts; id: string | null; version: string }) => {
  const { charts: words, tabs } = useTexts();
  const known = useStore(actors);
  const all = useStore(timelines);
  const gateways = useMemo(
    () => [...known.values()].filter(({ channel, chart }) => channel !== '' && chart !== 'conversation'),
    [known],
  );
  const agents = useMemo(
    () =>
      [...known.values()]
        .filter(({ channel }) => channel === '')
        .sort((one, other) => (one.actor < other.actor ? 1 : -1)),
    [known],
  );
  const conversations = useMemo(
    () =>
      [...known.values()]
        .filter(({ chart }) => chart === 'conversation')
        .sort((one, other) => other.atMs - one.atMs)
        .slice(0, CHOICES_MAX),
    [known],
  );
  const key = id ?? gateways[0]?.actor ?? null;
  const timeline = useTimeline(key);
  const scrub = useScrub(key);
  const isListed = key !== null && known.has(key);
  return (
    <div className="charts">
      <div className="toolbar">
        <h1 className="unseen">{tabs.charts}</h1>
        <label>
          <span className="soft">{words.actor}</span>{' '}
          <select value={key ?? ''} onChange={({ target }) => goTo({ tab: 'charts', id: target.value })}>
            <optgroup label={words.gateways}>
              {gateways.map(({ actor, value }) => (
                <option key={actor} value={actor}>
                  {nameIn(actor)} · {valueText(value)}
                </option>
              ))}
            </optgroup>
            <optgroup label={words.conversations}>
              {conversations.map(({ actor, value }) => (
                <option key={actor} value={actor}>
                  {shortName(nameIn(actor))} · {valueText(value)}
                </option>
              ))}
            </optgroup>
            {agents.length > 0 && (
              <optgroup label={words.agents}>
                {agents.map(({ actor, chart, value }) => (
                  <option key={actor} value={actor}>
                    {chart === 'agentLink' ? words.connection(nameIn(actor)) : nameIn(actor)} · {valueText(value)}
                  </option>
                ))}
              </optgroup>
            )}
            {key !== null && !isListed && (
              <optgroup label={words.remembered}>
                <option value={key}>{shortName(nameIn(key))}</option>
              </optgroup>
            )}
          </select>
        </label>
        <span className="grow" />
        <OpenFile />
      </div>
      {timeline && key !== null ? (
        <ActorView
          key={key}
          timeline={timeline}
          layout={layouts[chartOf(key, layouts)]}
          scrub={scrub}
          canGoLive
          onSave={() => saveRecording([...all.values()], version)}
        />
      ) : (
        <p className="soft hint">{words.none}</p>
      )}
    </div>
  );
};
