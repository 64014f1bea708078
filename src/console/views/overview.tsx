import { type ReactNode, useCallback, useEffect, useState } from 'react';
import type { OverviewFrame, Problem, View } from '../../debug/inspect-frames.js';
import type { DeadLetter } from '../../ports/store.js';
import { api } from '../live/api.js';
import { actors, overview } from '../live/feed.js';
import { hrefOf } from '../live/place.js';
import { lang } from '../live/settings.js';
import { useStore } from '../live/store.js';
import { countText, durationText, shortName } from '../model/format.js';
import { useTexts } from '../texts/index.js';
import { Act } from './confirm.js';
import { Pairing } from './pairing.js';
import { Badge, Counts, Dot, Fact, Panel, type Tone, useNow } from './parts.js';

const TONES: Readonly<Record<string, Tone>> = {
  ready: 'good',
  connecting: 'busy',
  starting: 'busy',
  waiting: 'warn',
  stopped: 'bad',
  disabled: 'calm',
};

/** An error's text without its code, which stands beside it. */
const withoutCode = (detail = '', code = ''): string =>
  detail.startsWith(`${code}: `) ? detail.slice(code.length + 2) : detail;

const text = (value: unknown): string => (value === undefined || value === null ? '–' : String(value));

/** What is wrong, or that nothing is, and what to do where nothing has happened yet. */
const Verdict = ({ problems, children }: { problems: readonly Problem[]; children?: ReactNode }) => {
  const { overview: words } = useTexts();
  const chosen = useStore(lang);
  const nowMs = useNow();
  return (
    <div className={`verdict ${problems.length === 0 ? 'good' : 'bad'}`} role="status">
      <strong>
        <Dot tone={problems.length === 0 ? 'good' : 'bad'} />{' '}
        {problems.length === 0 ? words.well : words.problems(problems.length)}
      </strong>
      {problems.length === 0 && <span className="soft"> {words.wellBecause}</span>}
      {problems.length === 0 && children}
      {problems.length > 0 && (
        <ul>
          {problems.map(({ what, code, detail, remedy, sinceMs }) => (
            <li key={what}>
              <code>{what}</code> <Badge tone="bad">{code}</Badge>{' '}
              <span className="soft">{words.since(nowMs - sinceMs)}</span>
              {detail !== '' && <div>{withoutCode(detail, code)}</div>}
              <div className="remedy">{remedy[chosen]}</div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

const Channel = ({ channel, isReadOnly }: { channel: View; isReadOnly: boolean }) => {
  const { overview: words, state: states, actions } = useTexts();
  const name = text(channel['name']);
  const state = text(channel['state']);
  const link = [...useStore(actors).values()].find((one) => one.chart !== 'conversation' && one.channel === name);
  const bot = channel['bot'] as { username?: string } | undefined;
  const fault = channel['fault'] as { code?: string; detail?: string } | undefined;
  const conversations = channel['conversations'] as { living?: number; busy?: number } | undefined;
  const beat = channel['heartbeatLatencyMs'];
  const nextTry = channel['nextTryInMs'];
  return (
    <article className="channel" aria-label={name} data-channel={name}>
      <header>
        <h3>
          <Dot tone={TONES[state] ?? 'calm'} /> {name}
        </h3>
        <Badge tone={TONES[state] ?? 'calm'}>{states[state] ?? state}</Badge>
        <span className="soft">{text(channel['transport'])}</span>
        <span className="grow" />
        <a className="button" href={hrefOf({ tab: 'charts', id: link?.actor ?? null })}>
          {words.openChart}
        </a>
        <Act
          verb={actions.reconnect}
          ask={actions.reconnectAsk(name)}
          disabled={isReadOnly}
          act={async () => {
            await api.reconnect(name);
            return actions.done;
          }}
        />
      </header>
      <dl className="facts columns">
        <Fact name={words.bot}>{bot?.username ?? '–'}</Fact>
        <Fact name={words.beat}>{typeof beat === 'number' ? `${beat} ms` : '–'}</Fact>
        <Fact name={words.reconnects}>{text(channel['reconnects'])}</Fact>
        <Fact name={words.watermark}>{text(channel['watermark'])}</Fact>
        <Fact name={words.lag}>{text(channel['lagEvents'] ?? 0)}</Fact>
        <Fact name={words.living}>
          {conversations?.living ?? 0}, {words.busy} {conversations?.busy ?? 0}
        </Fact>
        {Array.isArray(channel['refusedIntents']) && (
          <Fact name={words.refusedIntents}>{channel['refusedIntents'].join(', ')}</Fact>
        )}
        <Fact name={words.session}>
          <code className="clip">{text(channel['session'])}</code>
        </Fact>
      </dl>
      {fault && (
        <p className="fault">
          <code>{fault.code}</code> {withoutCode(fault.detail, fault.code)}
          {typeof nextTry === 'number' && <span className="soft"> · {words.nextTry(nextTry)}</span>}
        </p>
      )}
    </article>
  );
};

const LETTERS_MS = 5_000;

const DeadLetters = ({ isReadOnly }: { isReadOnly: boolean }) => {
  const { overview: words, actions } = useTexts();
  const [letters, setLetters] = useState<readonly DeadLetter[]>([]);
  const look = useCallback(() => {
    api.deadLetters().then(
      ({ deadLetters }) => setLetters(deadLetters),
      () => undefined,
    );
  }, []);
  useEffect(() => {
    look();
    const timer = setInterval(look, LETTERS_MS);
    return () => clearInterval(timer);
  }, [look]);
  const then = async (work: Promise<unknown>): Promise<string> => {
    await work;
    look();
    return actions.done;
  };
  return (
    <Panel title={words.deadLetters}>
      {letters.length === 0 && <p className="soft">{words.noDeadLetters}</p>}
      <ul className="letters">
        {letters.slice(0, 50).map(({ id, message, attempts, why }) => (
          <li key={id}>
            <div>
              <code className="clip">{shortName(message.conversation)}</code>{' '}
              <span className="soft">{words.attempts(attempts)}</span>
            </div>
            <div className="clip">{message.text}</div>
            <div className="soft">{why}</div>
            <div className="buttons">
              <Act verb={actions.retry} ask={actions.retryAsk} disabled={isReadOnly} act={() => then(api.retry(id))} />
              <Act
                verb={actions.drop}
                ask={actions.dropAsk}
                disabled={isReadOnly}
                isGrave
                act={() => then(api.drop(id))}
              />
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
};

const Levels = ({ levels }: Pick<OverviewFrame, 'levels'>) => {
  const { overview: words } = useTexts();
  if (levels.length === 0) return <p className="soft">{words.noLevels}</p>;
  return (
    <dl className="facts levels">
      {levels.map(({ channel, what, used, max }) => (
        <Fact key={`${channel} ${what}`} name={`${channel} · ${what}`}>
          <meter min={0} max={max} low={max * 0.7} high={max * 0.9} optimum={0} value={used} aria-label={what} />
          <span className="num">
            {used} / {max}
          </span>
        </Fact>
      ))}
    </dl>
  );
};

const Figure = ({ name, value, more, tone = 'calm' }: { name: string; value: string; more: string; tone?: Tone }) => (
  <div className={`figure ${tone}`}>
    <div className="name">{name}</div>
    <div className="value">{value}</div>
    <div className="soft">{more}</div>
  </div>
);

const Figures = ({ frame }: { frame: OverviewFrame }) => {
  const { overview: words } = useTexts();
  const { perSecond, turnsRunning, waiting, store } = frame;
  const oldestMs = waiting.oldestMs === null ? 0 : frame.atMs - waiting.oldestMs;
  return (
    <div className="figures">
      <Figure name={words.messagesIn} value={perSecond.messagesIn.toFixed(1)} more={words.messagesMore} />
      <Figure name={words.messagesOut} value={perSecond.messagesOut.toFixed(1)} more={words.messagesMore} />
      <Figure
        name={words.turns}
        value={countText(turnsRunning)}
        more={words.turnsMore}
        tone={turnsRunning > 0 ? 'busy' : 'calm'}
      />
      <Figure
        name={words.waiting}
        value={countText(waiting.messages)}
        more={waiting.messages > 0 ? words.oldest(oldestMs) : words.waitingMore}
        tone={oldestMs > 30_000 ? 'warn' : 'calm'}
      />
      <Figure name={words.unsettled} value={text(store['unsettled'])} more={words.unsettledMore} />
      <Figure name={words.outbox} value={text(store['outbox'])} more={words.outboxMore} />
    </div>
  );
};

/** What is wrong right now, how every channel stands, and how much is going on. */
export const OverviewView = ({ isReadOnly, hasPlatform }: { isReadOnly: boolean; hasPlatform: boolean }) => {
  const { overview: words, conversations, tabs } = useTexts();
  const frame = useStore(overview);
  if (!frame) return <p className="soft hint">…</p>;
  const { channels, problems, totals, levels, store, feed } = frame;
  const hasHappened = frame.turnsRunning + frame.waiting.messages > 0 || Object.keys(totals.turns).length > 0;
  return (
    <div className="overview">
      <h1 className="unseen">{tabs.overview}</h1>
      <Verdict problems={problems}>
        {hasPlatform ? (
          <p>
            <a href={hrefOf({ tab: 'platform', id: null })}>{words.tryIt}</a>
          </p>
        ) : (
          !hasHappened && <p className="soft">{words.nothingYet}</p>
        )}
      </Verdict>
      <Figures frame={frame} />
      <Panel title={words.channels} className="wide">
        {channels.map((channel) => (
          <Channel key={text(channel['name'])} channel={channel} isReadOnly={isReadOnly} />
        ))}
      </Panel>
      <div className="grid">
        <Panel title={words.outcomes}>
          <Counts counts={totals.outcomes} words={conversations.outcome} empty={words.none} />
        </Panel>
        <Panel title={words.ended}>
          <Counts counts={totals.turns} words={conversations.ended} empty={words.none} />
        </Panel>
        <Panel title={words.refusals}>
          <Counts counts={totals.refusals} empty={words.none} />
        </Panel>
        <Panel title={words.levels}>
          <Levels levels={levels} />
        </Panel>
        <Panel title={words.skipped}>
          <Counts counts={totals.skipped} empty={words.none} />
        </Panel>
        <Panel title={words.store}>
          <dl className="facts">
            <Fact name={words.driver}>{text(store['driver'])}</Fact>
            <Fact name={words.sync}>
              {typeof store['lastSyncMs'] === 'number'
                ? durationText(store['lastSyncMs']).replace('0.0 s', '< 50 ms')
                : '–'}
            </Fact>
            <Fact name={words.feed}>{words.kept(countText(feed.kept), countText(feed.keptMax))}</Fact>
            <Fact name={words.watchers}>{countText(feed.clients)}</Fact>
          </dl>
        </Panel>
        <DeadLetters isReadOnly={isReadOnly} />
        <Pairing isReadOnly={isReadOnly} />
      </div>
    </div>
  );
};
