import type { ChartLayout } from '../../debug/chart-layout.js';
import { lang } from '../live/settings.js';
import { useStore } from '../live/store.js';
import { useTexts } from '../texts/index.js';
import { MEANINGS } from '../texts/meanings.js';
import { Badge, Fact } from './parts.js';

/** What one state means, does and leads to. */
export const StateCard = ({
  layout,
  state,
  isActive,
  onClose,
}: {
  layout: ChartLayout;
  state: string;
  isActive: boolean;
  onClose: () => void;
}) => {
  const { charts } = useTexts();
  const chosen = useStore(lang);
  const node = layout.graph.nodes.find(({ id }) => id === state);
  if (!node) return null;
  const edges = layout.graph.edges.filter(({ from }) => from === state);
  const leaving = edges.filter(({ to }) => to !== null);
  const staying = edges.filter(({ to }) => to === null);
  const label = (event: string, guard: string | undefined): string =>
    guard === undefined ? event : `${event} [${guard}]`;
  return (
    <div className="state-card">
      <header>
        <h3>{node.path.join('.') || node.id}</h3>
        {isActive && <Badge tone="busy">{charts.active}</Badge>}
        <button type="button" className="quiet" onClick={onClose} aria-label={charts.close}>
          ×
        </button>
      </header>
      <p>{MEANINGS[state]?.[chosen] ?? node.description ?? ''}</p>
      <dl className="facts">
        {node.tags.length > 0 && <Fact name={charts.tags}>{node.tags.join(', ')}</Fact>}
        {node.invokes.length > 0 && <Fact name={charts.runs}>{node.invokes.map(({ src }) => src).join(', ')}</Fact>}
        {node.entry.length > 0 && <Fact name={charts.entry}>{node.entry.join(', ')}</Fact>}
        {node.exit.length > 0 && <Fact name={charts.exit}>{node.exit.join(', ')}</Fact>}
      </dl>
      {leaving.length > 0 && (
        <>
          <h4>{charts.leaves}</h4>
          <ul className="edges">
            {leaving.map(({ id, event, guard, to, actions }) => (
              <li key={id}>
                <code>{label(event, guard)}</code> → <code>{to?.split('.').slice(1).join('.')}</code>
                {actions.length > 0 && <span className="soft"> / {actions.join(', ')}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {staying.length > 0 && (
        <>
          <h4>{charts.stays}</h4>
          <ul className="edges">
            {staying.map(({ id, event, guard, actions }) => (
              <li key={id}>
                <code>{label(event, guard)}</code>
                {actions.length > 0 && <span className="soft"> / {actions.join(', ')}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
};
