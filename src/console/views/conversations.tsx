import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ConversationListed } from '../../app/conversation-view.js';
import { api, type Layouts } from '../live/api.js';
import { actors, skew } from '../live/feed.js';
import { goTo } from '../live/place.js';
import { useStore } from '../live/store.js';
import { countText, shortName, valueText } from '../model/format.js';
import { useTexts } from '../texts/index.js';
import { ConversationPane } from './conversation.js';
import { Badge, Dot, useNow } from './parts.js';

type Row = Pick<ConversationListed, 'conversation' | 'scene' | 'atMs' | 'lastText' | 'living'> & {
  readonly state?: string;
  readonly isBusy?: boolean;
};
type Filter = {
  readonly text: string;
  readonly scene: string;
  readonly state: '' | 'living' | 'busy';
  readonly ageMs: number;
};

const PAGE_ROWS = 500;
const ROW_PX = 46;
/** A filter is asked for once its reader has stopped typing. Units: ms. */
const TYPING_MS = 250;
const ANY: Filter = { text: '', scene: '', state: '', ageMs: 0 };

/** The store's conversations, fetched a page at a time as far as they are looked at. */
const useKnown = ({ text, scene, ageMs }: Filter) => {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [total, setTotal] = useState<number | null>(null);
  const next = useRef<string | null>('');
  const turn = useRef(0);
  const isBusy = useRef(false);

  const more = useCallback(async (): Promise<void> => {
    if (isBusy.current || next.current === null) return;
    isBusy.current = true;
    const mine = turn.current;
    try {
      const after = next.current === '' ? {} : { after: next.current };
      const page = await api.conversations({ limit: PAGE_ROWS, scene, text, ...after });
      if (mine !== turn.current) return;
      const oldestMs = ageMs === 0 ? 0 : Date.now() + skew.ms - ageMs;
      const young = page.conversations.filter(({ atMs }) => atMs >= oldestMs);
      // The last touched come first: behind the first that is too old there is none that is not.
      next.current = young.length < page.conversations.length ? null : page.next;
      setTotal(page.total);
      setRows((known) => (after.after === undefined ? young : [...known, ...young]));
    } catch {
      next.current = null;
    } finally {
      if (mine === turn.current) isBusy.current = false;
    }
  }, [text, scene, ageMs]);

  useEffect(() => {
    turn.current += 1;
    next.current = '';
    isBusy.current = false;
    const timer = setTimeout(() => void more(), TYPING_MS);
    return () => clearTimeout(timer);
  }, [more]);
  return { rows, total, more };
};

/** Those in memory, as the charts themselves tell of them; the last that moved comes first. */
const useLiving = ({ text, scene, state, ageMs }: Filter): readonly Row[] => {
  const known = useStore(actors);
  return useMemo(() => {
    const oldestMs = ageMs === 0 ? 0 : Date.now() + skew.ms - ageMs;
    const rows: Row[] = [];
    for (const { actor, chart, value, tags, atMs } of known.values()) {
      if (chart !== 'conversation' || atMs < oldestMs) continue;
      const conversation = actor.slice(actor.indexOf('/') + 1);
      const where = conversation.split(':')[2] as Row['scene'];
      const isBusy = tags.includes('busy');
      if ((state === 'busy' && !isBusy) || (scene !== '' && where !== scene)) continue;
      if (!conversation.toLowerCase().includes(text.toLowerCase())) continue;
      rows.push({ conversation, scene: where, atMs, lastText: '', living: true, state: valueText(value), isBusy });
    }
    return rows.sort((one, other) => other.atMs - one.atMs);
  }, [known, text, scene, state, ageMs]);
};

/** Before the store's own, those that it did not have yet when it was asked. */
const useAll = (rows: readonly Row[], living: readonly Row[]): readonly Row[] => {
  const stored = useMemo(() => new Set(rows.map(({ conversation }) => conversation)), [rows]);
  return useMemo(() => {
    const fresh = living.filter(({ conversation }) => !stored.has(conversation));
    return fresh.length === 0 ? rows : [...fresh, ...rows];
  }, [rows, stored, living]);
};

/** The scenes as a person calls them. */
const useSceneNames = (): Readonly<Record<string, string>> => {
  const { c2c, group, guild, dm } = useTexts().platform;
  return { c2c, group, guild, dm };
};

const Filters = ({
  filter,
  onFilter,
  total,
}: {
  filter: Filter;
  onFilter: (filter: Filter) => void;
  total: number | null;
}) => {
  const { conversations: words } = useTexts();
  const scenes = useSceneNames();
  return (
    <search className="filters">
      <input
        type="search"
        value={filter.text}
        onChange={({ target }) => onFilter({ ...filter, text: target.value })}
        placeholder={words.filter}
        aria-label={words.filter}
      />
      <select
        value={filter.scene}
        aria-label={words.scene}
        onChange={({ target }) => onFilter({ ...filter, scene: target.value })}
      >
        <option value="">{words.anyScene}</option>
        {Object.entries(scenes).map(([scene, name]) => (
          <option key={scene} value={scene}>
            {name}
          </option>
        ))}
      </select>
      <select
        value={filter.state}
        aria-label={words.state}
        onChange={({ target }) => onFilter({ ...filter, state: target.value as Filter['state'] })}
      >
        <option value="">{words.anyState}</option>
        <option value="living">{words.living}</option>
        <option value="busy">{words.busy}</option>
      </select>
      <select
        value={String(filter.ageMs)}
        aria-label={words.age}
        onChange={({ target }) => onFilter({ ...filter, ageMs: Number(target.value) })}
      >
        <option value="0">{words.anyAge}</option>
        {Object.entries(words.ages).map(([ageMs, name]) => (
          <option key={ageMs} value={ageMs}>
            {name}
          </option>
        ))}
      </select>
      {total !== null && <span className="soft">{words.total(countText(total))}</span>}
    </search>
  );
};

const Rows = ({ rows, chosen, onNear }: { rows: readonly Row[]; chosen: string | null; onNear: () => void }) => {
  const { conversations: words } = useTexts();
  const known = useStore(actors);
  const scenes = useSceneNames();
  const nowMs = useNow();
  const box = useRef<HTMLElement>(null);
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = shown.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 50) onNear();
  }, [last, rows.length, onNear]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable
    <section className="rows" ref={box} aria-label={words.list} tabIndex={0}>
      <ul style={{ height: shown.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const summary = known.get(`conversation/${row.conversation}`);
          const isBusy = summary?.tags.includes('busy') ?? row.isBusy ?? false;
          return (
            <li key={row.conversation} style={{ transform: `translateY(${item.start}px)`, height: ROW_PX }}>
              <button
                type="button"
                className="row-button"
                aria-current={row.conversation === chosen ? 'true' : undefined}
                onClick={() => goTo({ tab: 'conversations', id: row.conversation })}
              >
                <span className="line">
                  <Dot tone={isBusy ? 'busy' : summary ? 'good' : 'calm'} />
                  <Badge>{scenes[row.scene] ?? row.scene}</Badge>
                  <span className="name clip">{shortName(row.conversation)}</span>
                  <span className="soft num">{words.ago(nowMs - (summary?.atMs ?? row.atMs))}</span>
                </span>
                <span className="line soft clip">{summary ? valueText(summary.value) : row.lastText}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
};

/** All that are known, and the one that was chosen. */
export const ConversationsView = ({
  layouts,
  id,
  version,
  isReadOnly,
}: {
  layouts: Layouts;
  id: string | null;
  version: string;
  isReadOnly: boolean;
}) => {
  const texts = useTexts();
  const { conversations: words } = texts;
  const [filter, setFilter] = useState(ANY);
  const { rows, total, more } = useKnown(filter);
  const living = useLiving(filter);
  const all = useAll(rows, living);
  const shown = filter.state === '' ? all : living;
  const near = useCallback(() => void more(), [more]);
  return (
    <div className={`conversations${id === null ? '' : ' chosen'}`}>
      <h1 className="unseen">{texts.tabs.conversations}</h1>
      <div className="list">
        <Filters filter={filter} onFilter={setFilter} total={total === null ? null : Math.max(total, all.length)} />
        {shown.length === 0 ? (
          <p className="soft hint">{total === 0 ? words.empty : words.none}</p>
        ) : (
          <Rows rows={shown} chosen={id} onNear={near} />
        )}
      </div>
      {id === null ? (
        <p className="soft hint pick">{words.pick}</p>
      ) : (
        <ConversationPane key={id} id={id} layouts={layouts} version={version} isReadOnly={isReadOnly} />
      )}
    </div>
  );
};
