import { useEffect, useState } from 'react';
import type { ConversationView } from '../../app/conversation-view.js';
import { api, type Layouts } from '../live/api.js';
import { goTo } from '../live/place.js';
import { saveRecording } from '../live/save.js';
import { useScrub, useTimeline } from '../live/use-actor.js';
import { clockText, shortName } from '../model/format.js';
import { snapshotAt } from '../model/timeline.js';
import { useTexts } from '../texts/index.js';
import { ActorView } from './actor-view.js';
import { Act } from './confirm.js';
import { Badge, Fact, Panel, Tree } from './parts.js';
import { TranscriptLines } from './transcript.js';

/** After a step the store is looked at again, but no more often than this. Units: ms. */
const LOOK_MS = 400;

/** One that was never heard of is asked for in a way that is no error. */
const look = async (id: string, mayBeUnknown: boolean): Promise<ConversationView | null> => {
  if (mayBeUnknown && (await api.conversations({ text: id.slice(-200), limit: 1 })).conversations.length === 0)
    return null;
  return api.conversation(id);
};

/** What the store and the ledger say of it, looked at again whenever it moves. */
const useView = (id: string, moved: number): ConversationView | null => {
  const [view, setView] = useState<ConversationView | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a step is the reason to look again
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(
      () =>
        look(id, moved === 0).then(
          (found) => {
            if (isCurrent) setView(found);
          },
          () => undefined,
        ),
      view === null ? 0 : LOOK_MS,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [id, moved]);
  return view;
};

const Ledger = ({ view }: { view: ConversationView }) => {
  const { conversations: words } = useTexts();
  return (
    <Panel title={words.ledger}>
      {view.replies.length === 0 && <p className="soft">–</p>}
      <dl className="facts">
        {view.replies.map(({ anchor, used, left, leftMs }) => (
          <Fact key={anchor} name={anchor.slice(-8)}>
            {leftMs <= 0
              ? words.closed
              : words.ledgerLine(used, left === null ? words.unlimited : String(left), leftMs)}
          </Fact>
        ))}
      </dl>
    </Panel>
  );
};

const Turns = ({ view }: { view: ConversationView }) => {
  const { conversations: words } = useTexts();
  return (
    <Panel title={words.turns}>
      {view.turns.length === 0 && <p className="soft">{words.noTurns}</p>}
      <ul className="plain turns">
        {view.turns.map(({ turn, epoch, status, reason, delivered, generatedChars, closedAtMs, certainty }) => (
          <li key={turn}>
            <details>
              <summary>
                <span className="num">#{epoch}</span>{' '}
                <Badge tone={status === 'completed' ? 'good' : 'warn'}>{words.ended[status] ?? status}</Badge>{' '}
                {reason && <span className="soft">{words.reason[reason] ?? reason}</span>}{' '}
                <time>{clockText(closedAtMs)}</time>
              </summary>
              <p className="soft">
                {words.counts([...delivered].length, generatedChars)}
                {certainty === 'maybe-more' && ` · ${words.maybeMore}`}
              </p>
              <p className="text">{delivered}</p>
            </details>
          </li>
        ))}
      </ul>
    </Panel>
  );
};

const Earlier = ({ view }: { view: ConversationView }) => {
  const { conversations: words } = useTexts();
  if (view.transcript.length === 0) return null;
  return (
    <details className="earlier">
      <summary>{words.earlier}</summary>
      <ol>
        {view.transcript.map(({ role, content }, index) => (
          // A transcript only grows at its end.
          // biome-ignore lint/suspicious/noArrayIndexKey: its lines have no names
          <li key={index} className={`said ${role === 'user' ? 'user' : 'bot'}`}>
            <div className="text">{content}</div>
          </li>
        ))}
      </ol>
    </details>
  );
};

/** One conversation: its chart, what was said, what is left to say it with, and how its turns ended. */
export const ConversationPane = ({
  id,
  layouts,
  version,
  isReadOnly,
}: {
  id: string;
  layouts: Layouts;
  version: string;
  isReadOnly: boolean;
}) => {
  const { conversations: words, actions, charts } = useTexts();
  const key = `conversation/${id}`;
  const timeline = useTimeline(key);
  const scrub = useScrub(key);
  const view = useView(id, timeline?.frames.at(-1)?.n ?? 0);
  if (!timeline) return null;
  // Where nothing is known of it, the router knows better.
  const isBusy = snapshotAt(timeline, timeline.frames.length - 1)?.tags.includes('busy') ?? true;
  return (
    <div className="conversation" data-conversation={id}>
      <div className="toolbar">
        <button
          type="button"
          className="back"
          onClick={() => goTo({ tab: 'conversations', id: null })}
          aria-label={charts.close}
        >
          ←
        </button>
        <h2 className="clip">{shortName(id)}</h2>
        <Badge tone={view?.turn ? 'busy' : 'calm'}>{view?.state ?? '–'}</Badge>
        <span className="grow" />
        <Act
          verb={actions.stop}
          ask={actions.stopAsk}
          isGrave
          disabled={isReadOnly || !isBusy}
          act={async () => ((await api.stop(id)).stopped ? actions.done : actions.notStopped)}
        />
        <Act
          verb={actions.retire}
          ask={actions.retireAsk}
          disabled={isReadOnly}
          act={async () => ((await api.retire(id)).retired ? actions.done : actions.notRetired)}
        />
      </div>
      <ActorView
        timeline={timeline}
        layout={layouts.conversation}
        scrub={scrub}
        canGoLive
        isBrief
        onSave={() => saveRecording([timeline], version)}
      />
      <div className="about">
        <Panel title={words.transcript} className="wide">
          {view && scrub.at === null && <Earlier view={view} />}
          <TranscriptLines timeline={timeline} at={scrub.at} />
        </Panel>
        {view && (
          <div className="cards">
            <Ledger view={view} />
            <Turns view={view} />
            {view.waiting.length > 0 && (
              <Panel title={words.waiting}>
                <ul className="plain">
                  {view.waiting.map(({ id: message, text }) => (
                    <li key={message}>{text}</li>
                  ))}
                </ul>
              </Panel>
            )}
            {view.parked && (
              <Panel title={words.parked}>
                <p className="text">{view.parked}</p>
              </Panel>
            )}
            {view.interrupted && (
              <Panel title={words.interrupted}>
                <Tree name="interrupted" value={view.interrupted} />
              </Panel>
            )}
          </div>
        )}
      </div>
    </div>
  );
};
