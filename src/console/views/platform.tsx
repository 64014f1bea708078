import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { TranscriptEntry } from '../../emulator/platform/index.js';
import type { Layouts } from '../live/api.js';
import { actors, overview } from '../live/feed.js';
import { entries, FAULTS, followChat, makeTrouble, type Peer, type Scene, say } from '../live/platform.js';
import { useStore } from '../live/store.js';
import { useScrub, useTimeline } from '../live/use-actor.js';
import { clockText } from '../model/format.js';
import { useTexts } from '../texts/index.js';
import { ActorView } from './actor-view.js';
import { Badge, useNow } from './parts.js';

const PLACES: Readonly<Record<Scene, string>> = { c2c: '', group: 'GROUP1', guild: 'CHANNEL1' };

const Bubble = ({ entry, nowMs }: { entry: TranscriptEntry; nowMs: number }) => {
  const { platform: words } = useTexts();
  if (entry.kind === 'typing') {
    return (entry.typingUntilMs ?? 0) > nowMs ? <li className="said bot typing soft">{words.typing}</li> : null;
  }
  const { stream } = entry;
  return (
    <li className={`said ${entry.by}${stream ? ` stream ${stream.state}` : ''}`} data-by={entry.by}>
      <div className="by">
        {entry.by === 'bot' ? words.bot : entry.author} <time>{clockText(entry.atMs)}</time>{' '}
        {stream && (
          <Badge tone={stream.state === 'open' ? 'busy' : 'calm'}>{words.bubble[stream.state] ?? stream.state}</Badge>
        )}
        {entry.recalled && <Badge tone="warn">{words.recalled}</Badge>}
      </div>
      <div className="text">
        {entry.text || (entry.media.length > 0 ? '▣' : '')}
        {stream?.state === 'open' && <span className="cursor" aria-hidden="true" />}
      </div>
    </li>
  );
};

/** A typing indication is shown while it is the last thing the bot did. */
const shownOf = (all: readonly TranscriptEntry[]): readonly TranscriptEntry[] =>
  all.filter((entry, index) => entry.kind !== 'typing' || !all.slice(index + 1).some(({ by }) => by === 'bot'));

const Chat = ({ peer, who }: { peer: Peer; who: string }) => {
  const { platform: words } = useTexts();
  const all = useStore(entries);
  const nowMs = useNow();
  const [text, setText] = useState('');
  const end = useRef<HTMLDivElement>(null);
  const { scene, id } = peer;
  useEffect(() => followChat({ scene, id }), [scene, id]);
  const shown = useMemo(() => shownOf(all), [all]);
  const last = shown[shown.length - 1];
  const growth = `${shown.length} ${last?.text.length ?? 0}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what grew is the reason to scroll
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [growth]);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const words = text.trim();
    if (words === '') return;
    setText('');
    say(peer, who, words).catch(() => setText(words));
  };
  return (
    <section className="chat" aria-label={words.chat}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable */}
      <div className="log" role="log" aria-label={words.chat} tabIndex={0}>
        {shown.length === 0 && <p className="soft hint">{words.empty}</p>}
        <ol>
          {shown.map((entry) => (
            <Bubble key={`${entry.messageId} ${entry.kind}`} entry={entry} nowMs={nowMs} />
          ))}
        </ol>
        <div ref={end} />
      </div>
      <form onSubmit={send}>
        <input
          value={text}
          onChange={({ target }) => setText(target.value)}
          placeholder={words.say}
          aria-label={words.say}
        />
        <button type="submit" className="primary">
          {words.send}
        </button>
      </form>
    </section>
  );
};

const Trouble = () => {
  const { platform: words } = useTexts();
  const [asked, setAsked] = useState('');
  return (
    <section className="trouble" aria-label={words.faults}>
      <h2>{words.faults}</h2>
      <div className="buttons">
        {(Object.keys(FAULTS) as (keyof typeof FAULTS)[]).map((fault) => (
          <button
            key={fault}
            type="button"
            onClick={() =>
              makeTrouble(fault).then(
                () => setAsked(`${words.fault[fault]}: ${words.asked}`),
                (error: unknown) => setAsked(String(error)),
              )
            }
          >
            {words.fault[fault]}
          </button>
        ))}
      </div>
      <p className="soft" role="status">
        {asked}
      </p>
    </section>
  );
};

/** The chart of what is being looked at: the conversation, or the link while that is in trouble. */
const Chart = ({ layouts, conversation }: { layouts: Layouts; conversation: string }) => {
  const { platform: words } = useTexts();
  const known = useStore(actors);
  const gateway = [...known.values()].find(({ chart, channel }) => channel !== '' && chart !== 'conversation');
  const [wanted, setWanted] = useState<'conversation' | 'gateway'>('conversation');
  const { charts } = useTexts();
  const key = wanted === 'gateway' ? (gateway?.actor ?? null) : `conversation/${conversation}`;
  const timeline = useTimeline(key);
  const scrub = useScrub(key);
  return (
    <section className="its-chart" aria-label={words.chart}>
      <div className="toolbar">
        <h2>{words.chart}</h2>
        {(['conversation', 'gateway'] as const).map((one) => (
          <button key={one} type="button" aria-pressed={wanted === one} onClick={() => setWanted(one)}>
            {one === 'gateway' ? charts.gateways : charts.conversationChart}
          </button>
        ))}
      </div>
      {timeline && (timeline.frames.length > 0 || wanted === 'gateway') ? (
        <ActorView
          key={key}
          timeline={timeline}
          layout={layouts[wanted === 'gateway' ? (gateway?.chart ?? 'gateway') : 'conversation']}
          scrub={scrub}
          canGoLive
          isBrief
          onSave={null}
        />
      ) : (
        <p className="soft hint">{words.noChart}</p>
      )}
    </section>
  );
};

/** An emulated QQ: one is its user, sees what a user sees, and makes trouble. */
export const PlatformView = ({ layouts }: { layouts: Layouts }) => {
  const texts = useTexts();
  const { platform: words } = texts;
  const [who, setWho] = useState('ALICE');
  const [scene, setScene] = useState<Scene>('c2c');
  const channels = useStore(overview)?.channels ?? [];
  const appId = String(channels[0]?.['appId'] ?? '');
  const id = scene === 'c2c' ? who : PLACES[scene];
  const conversation = scene === 'c2c' ? `qq:${appId}:c2c:${who}` : `qq:${appId}:${scene}:${id}:${who}`;
  return (
    <div className="platform">
      <h1 className="unseen">{texts.tabs.platform}</h1>
      <div className="side-by-side">
        <div className="phone">
          <p className="soft">{words.about}</p>
          <div className="toolbar">
            <label>
              <span className="soft">{words.who}</span>{' '}
              <select value={who} onChange={({ target }) => setWho(target.value)}>
                {['ALICE', 'BOB', 'CAROL'].map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label>
              <span className="soft">{words.where}</span>{' '}
              <select value={scene} onChange={({ target }) => setScene(target.value as Scene)}>
                {(['c2c', 'group', 'guild'] as const).map((one) => (
                  <option key={one} value={one}>
                    {words[one]}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <Chat peer={{ scene, id }} who={who} />
          <Trouble />
        </div>
        <Chart layouts={layouts} conversation={conversation} />
      </div>
    </div>
  );
};
