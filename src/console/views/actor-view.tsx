import { useMemo, useState } from 'react';
import { activeStates } from '../../debug/chart-active.js';
import type { ChartLayout } from '../../debug/chart-layout.js';
import type { SnapshotView, StepFrame } from '../../debug/inspect-frames.js';
import { moveAt, snapshotAt, stepAt, type Timeline } from '../model/timeline.js';
import { useTexts } from '../texts/index.js';
import { ChartCanvas } from './chart-canvas.js';
import { Fact, Panel, Tree, useNow } from './parts.js';
import { StateCard } from './state-card.js';
import { type Scrub, TimelineBar } from './timeline-bar.js';

const NOTHING: ReadonlySet<string> = new Set();

/** The moment that is looked at: how the chart stood, and what had been said by then. */
export const momentOf = (timeline: Timeline, at: number | null) => {
  const { frames } = timeline;
  const found = at === null ? -1 : frames.findIndex(({ n }) => n >= at);
  const index = found < 0 ? frames.length - 1 : found;
  const step = stepAt(frames, index);
  return { index, step, snapshot: snapshotAt(timeline, index) };
};

const Timers = ({ snapshot, atMs }: { snapshot: SnapshotView; atMs: number | null }) => {
  const { charts } = useTexts();
  const nowMs = useNow(100);
  if (snapshot.timers.length === 0) return <p className="soft">{charts.nothing}</p>;
  return (
    <dl className="facts timers">
      {snapshot.timers.map(({ delay, state, sinceMs, dueMs }) => {
        const leftMs = dueMs - (atMs ?? nowMs);
        return (
          <Fact key={`${delay} ${state}`} name={delay}>
            <progress max={Math.max(1, dueMs - sinceMs)} value={Math.max(0, leftMs)} aria-label={delay} />
            <span className="num">{charts.fires(leftMs)}</span>
            <span className="soft">{state.split('.').slice(1).join('.')}</span>
          </Fact>
        );
      })}
    </dl>
  );
};

const Facts = ({ snapshot, step, atMs }: { snapshot: SnapshotView; step: StepFrame | null; atMs: number | null }) => {
  const { charts } = useTexts();
  return (
    <>
      <Panel title={charts.timers}>
        <Timers snapshot={snapshot} atMs={atMs} />
      </Panel>
      <Panel title={charts.invoked}>
        {snapshot.children.length === 0 ? (
          <p className="soft">{charts.nothing}</p>
        ) : (
          <ul className="plain">
            {snapshot.children.map(({ id, src }) => (
              <li key={id}>
                <code>{src}</code> <span className="soft">{id}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {step && (
        <Panel title={charts.event}>
          <Tree name={step.event.type} value={step.event} />
          {step.sent.map(({ to, event }) => (
            <Tree key={`${to} ${event.type}`} name={`${charts.sent} → ${to}`} value={event} depth={1} />
          ))}
        </Panel>
      )}
      <Panel title={charts.context}>
        <Tree name="context" value={snapshot.context} />
      </Panel>
    </>
  );
};

/** One actor: its chart, how it stands, and its past. */
export const ActorView = ({
  timeline,
  layout,
  scrub,
  canGoLive,
  onSave,
  isBrief = false,
}: {
  timeline: Timeline;
  layout: ChartLayout;
  scrub: Scrub;
  canGoLive: boolean;
  onSave: (() => void) | null;
  /** Without its facts beside the chart. */
  isBrief?: boolean;
}) => {
  const { charts } = useTexts();
  const [chosen, setChosen] = useState<string | null>(null);
  const { index, step, snapshot } = momentOf(timeline, scrub.at);
  const value = snapshot?.value;
  const valueKey = JSON.stringify(value ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: two values that read the same are the same
  const active = useMemo(() => (value ? activeStates(layout.graph, value) : NOTHING), [layout, valueKey]);
  const names = useMemo(
    () => new Map(layout.graph.edges.map(({ transition, event }) => [transition, event])),
    [layout],
  );
  const moves = useMemo(
    () => new Set(layout.graph.edges.flatMap(({ transition, to }) => (to === null ? [] : [transition]))),
    [layout],
  );
  const move = moveAt(timeline.frames, index, moves);
  const takenKey = move?.transitions.join(' ') ?? '';
  const taken = useMemo(() => new Set(takenKey === '' ? [] : takenKey.split(' ')), [takenKey]);
  return (
    <div className={`actor-view${isBrief ? ' brief' : ''}`}>
      <ChartCanvas
        layout={layout}
        active={active}
        taken={taken}
        pulse={String(move?.n ?? 0)}
        chosen={chosen}
        onChoose={setChosen}
      />
      {!isBrief && (
        <aside className="side" aria-label={charts.detail}>
          {chosen === null ? (
            <p className="soft hint">{charts.clickState}</p>
          ) : (
            <StateCard layout={layout} state={chosen} isActive={active.has(chosen)} onClose={() => setChosen(null)} />
          )}
          {snapshot ? (
            <Facts snapshot={snapshot} step={step} atMs={scrub.at === null ? null : (step?.atMs ?? null)} />
          ) : (
            <p className="soft">{charts.noSteps}</p>
          )}
        </aside>
      )}
      <TimelineBar timeline={timeline} names={names} canGoLive={canGoLive} onSave={onSave} {...scrub} />
    </div>
  );
};
