import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { HistoryFrame, StepFrame } from '../../debug/inspect-frames.js';
import { clockText, valueText } from '../model/format.js';
import type { Timeline } from '../model/timeline.js';
import { type Texts, useTexts } from '../texts/index.js';

export type Scrub = {
  /** The number of the frame that is looked at; null is the present. */
  readonly at: number | null;
  readonly onScrub: (n: number | null) => void;
};

/** Events by the edges they took, as a person would say them: `done: awaitAgent`. */
export type EventNames = ReadonlyMap<string, string>;

const nameOf = ({ event, transitions: [first] }: StepFrame, names: EventNames): string =>
  (first === undefined ? undefined : names.get(first)) ?? event.type.replace(/^xstate\./, '');

/** A frame in one line. */
const lineOf = (
  frame: HistoryFrame,
  names: EventNames,
  { timeline, conversations }: Texts,
): { readonly what: string; readonly more: string; readonly kind: string } => {
  switch (frame.type) {
    case '@xstate.snapshot': {
      const moved = frame.transitions.length > 0;
      return {
        what: nameOf(frame, names),
        more: valueText(frame.snapshot.value),
        kind: moved ? 'step' : 'heard',
      };
    }
    case 'rookery.traffic': {
      const skipped = Object.values(frame.skipped).reduce((sum, count) => sum + count, 0);
      return { what: '⇢', more: timeline.traffic(frame.accepted, skipped), kind: 'traffic' };
    }
    case 'rookery.fact': {
      const outcome = frame.fact['outcome'] as { status?: string } | undefined;
      const receipt = frame.fact['receipt'] as { status?: string } | undefined;
      const status = outcome?.status ?? receipt?.status ?? '';
      const word = conversations.outcome[status] ?? conversations.ended[status] ?? String(frame.fact['reason'] ?? '');
      return { what: frame.fact.type, more: word, kind: `aside ${status}` };
    }
  }
};

const ROW_PX = 22;

const Events = ({
  timeline,
  names,
  index,
  onScrub,
}: { timeline: Timeline; names: EventNames; index: number } & Pick<Scrub, 'onScrub'>) => {
  const texts = useTexts();
  const box = useRef<HTMLElement>(null);
  const { frames } = timeline;
  const rows = useVirtualizer({
    count: frames.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  useEffect(() => {
    if (index >= 0 && index < frames.length) rows.scrollToIndex(index, { align: 'auto' });
  }, [rows, index, frames.length]);
  return (
    // A long list in a box of its own is scrolled by keys as well.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable
    <section className="events" ref={box} aria-label={texts.timeline.events} tabIndex={0}>
      <ol style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const frame = frames[row.index];
          if (!frame) return null;
          const { what, more, kind } = lineOf(frame, names, texts);
          return (
            <li key={row.key} style={{ transform: `translateY(${row.start}px)`, height: ROW_PX }}>
              <button
                type="button"
                className={`event ${kind}`}
                aria-current={row.index === index ? 'true' : undefined}
                onClick={() => onScrub(frame.n)}
              >
                <time>{clockText(frame.atMs)}</time>
                <span className="what">{what}</span>
                <span className="more">{more}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
};

/** The past of one actor: scrubbed by slider, by step, or by choosing one of its events. */
export const TimelineBar = ({
  timeline,
  names,
  at,
  onScrub,
  canGoLive,
  onSave,
}: { timeline: Timeline; names: EventNames; canGoLive: boolean; onSave: (() => void) | null } & Scrub) => {
  const texts = useTexts();
  const words = texts.timeline;
  const { frames, lost } = timeline;
  const last = frames.length - 1;
  const found = at === null ? last : frames.findIndex(({ n }) => n >= at);
  const index = found < 0 ? last : found;
  const shown = frames[index];
  const go = (to: number): void => {
    const frame = frames[Math.min(last, Math.max(0, to))];
    if (frame) onScrub(frame.n);
  };
  return (
    <section className={`timeline${at === null ? '' : ' past'}`} aria-label={words.title}>
      <div className="scrub">
        <button type="button" onClick={() => go(0)} aria-label={words.first} title={words.first} disabled={last < 0}>
          «
        </button>
        <button
          type="button"
          onClick={() => go(index - 1)}
          aria-label={words.back}
          title={words.back}
          disabled={index <= 0}
        >
          ‹
        </button>
        <button
          type="button"
          onClick={() => go(index + 1)}
          aria-label={words.forth}
          title={words.forth}
          disabled={index >= last}
        >
          ›
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(0, last)}
          value={Math.max(0, index)}
          disabled={last < 0}
          onChange={({ target }) => go(Number(target.value))}
          aria-label={words.slider}
          aria-valuetext={shown ? clockText(shown.atMs) : ''}
        />
        {canGoLive && (
          <button
            type="button"
            className={at === null ? 'is-live' : 'go-live'}
            onClick={() => onScrub(null)}
            aria-pressed={at === null}
          >
            {at === null ? words.live : words.backToLive}
          </button>
        )}
        <span className="soft when" data-moment={shown?.n ?? ''}>
          {at !== null && shown ? words.past(clockText(shown.atMs)) : words.steps(frames.length)}
          {lost > 0 && ` · ${words.lost(lost)}`}
        </span>
        {onSave && (
          <button type="button" onClick={onSave} disabled={last < 0}>
            {words.save}
          </button>
        )}
      </div>
      <Events timeline={timeline} names={names} index={index} onScrub={onScrub} />
    </section>
  );
};
