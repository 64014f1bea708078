import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { parseRecording } from '../debug/recording.js';
import type { ConsoleInfo } from '../server/console.js';
import { ApiError, api, type Layouts } from './live/api.js';
import { followOverview, link } from './live/feed.js';
import { hrefOf, place, type Tab } from './live/place.js';
import { chooseLang, chooseTheme, keepToken, lang, type Theme, theme, token } from './live/settings.js';
import { useStore } from './live/store.js';
import { useTexts } from './texts/index.js';
import { ChartsView } from './views/charts.js';
import { Questions } from './views/confirm.js';
import { ConversationsView } from './views/conversations.js';
import { OverviewView } from './views/overview.js';
import { Badge, Dot, type Tone } from './views/parts.js';
import { PlatformView } from './views/platform.js';
import { ReplayView, recording, useRecording } from './views/replay.js';

type Loaded = { readonly info: ConsoleInfo; readonly layouts: Layouts };

const LINK_TONES: Readonly<Record<string, Tone>> = {
  live: 'good',
  connecting: 'busy',
  lost: 'bad',
  refused: 'bad',
  off: 'calm',
};

const Settings = () => {
  const texts = useTexts();
  const chosen = useStore(theme);
  const spoken = useStore(lang);
  return (
    <>
      <select
        value={chosen}
        aria-label={texts.theme.label}
        onChange={({ target }) => chooseTheme(target.value as Theme)}
      >
        {(['system', 'light', 'dark'] as const).map((one) => (
          <option key={one} value={one}>
            {texts.theme[one]}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="quiet"
        lang={spoken === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => chooseLang(spoken === 'zh' ? 'en' : 'zh')}
      >
        {texts.otherLang}
      </button>
    </>
  );
};

const TokenGate = ({ wasWrong, onTry }: { wasWrong: boolean; onTry: () => void }) => {
  const { token: words } = useTexts();
  const [text, setText] = useState('');
  const enter = (event: FormEvent): void => {
    event.preventDefault();
    keepToken(text.trim());
    onTry();
  };
  return (
    <main className="gate" id="main">
      <form onSubmit={enter}>
        <h1>{words.title}</h1>
        <p className="soft">{words.hint}</p>
        <label>
          {words.label}
          <input type="password" value={text} autoComplete="off" onChange={({ target }) => setText(target.value)} />
        </label>
        {wasWrong && (
          <p className="wrong" role="alert">
            {words.wrong}
          </p>
        )}
        <button type="submit" className="primary">
          {words.enter}
        </button>
      </form>
    </main>
  );
};

const Tabs = ({ tabs, chosen }: { tabs: readonly Tab[]; chosen: Tab }) => {
  const texts = useTexts();
  return (
    <nav aria-label={texts.menu}>
      {tabs.map((tab) => (
        <a key={tab} href={hrefOf({ tab, id: null })} aria-current={tab === chosen ? 'page' : undefined}>
          {texts.tabs[tab]}
        </a>
      ))}
    </nav>
  );
};

const Live = ({ info, layouts }: Loaded) => {
  const texts = useTexts();
  const { tab, id } = useStore(place);
  const state = useStore(link);
  const shown = useRecording();
  const isOff = info.inspect === 'off';
  useEffect(() => (isOff ? link.set('off') : followOverview()), [isOff]);
  const tabs: readonly Tab[] = [
    'overview',
    'charts',
    'conversations',
    ...(info.platform ? (['platform'] as const) : []),
  ];
  const chosen = tabs.includes(tab) ? tab : 'overview';
  const common = { layouts, version: info.version, isReadOnly: info.readOnly };
  return (
    <>
      <header className="bar">
        <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
          {texts.skip}
        </button>
        <span className="brand">
          Rookery <span className="soft">{info.version}</span>
        </span>
        <Tabs tabs={tabs} chosen={chosen} />
        <span className="grow" />
        <span className="link" data-link={state}>
          <Dot tone={LINK_TONES[state] ?? 'calm'} /> {texts.link[state]}
        </span>
        {info.readOnly && <Badge tone="warn">{texts.readOnly}</Badge>}
        <Settings />
      </header>
      <main id="main" tabIndex={-1} className={shown ? 'charts-page' : `${chosen}-page`}>
        {shown ? (
          <ReplayView layouts={layouts} shown={shown} canLeave />
        ) : (
          <>
            {isOff && chosen !== 'conversations' && <p className="hint">{texts.offHint}</p>}
            {chosen === 'overview' && !isOff && <OverviewView isReadOnly={info.readOnly} hasPlatform={info.platform} />}
            {chosen === 'charts' && !isOff && <ChartsView id={id} {...common} />}
            {chosen === 'conversations' && <ConversationsView id={id} {...common} />}
            {chosen === 'platform' && !isOff && <PlatformView layouts={layouts} />}
          </>
        )}
      </main>
    </>
  );
};

const Replay = ({ info, layouts }: Loaded) => {
  const shown = useRecording();
  const { timeline } = useTexts();
  useEffect(() => {
    void api.replay().then((file) => recording.set(parseRecording(JSON.stringify(file))));
  }, []);
  return (
    <>
      <header className="bar">
        <span className="brand">
          Rookery <span className="soft">{info.version}</span>
        </span>
        <Badge>{timeline.title}</Badge>
        <span className="grow" />
        <Settings />
      </header>
      <main id="main" className="charts-page">
        {shown && <ReplayView layouts={layouts} shown={shown} canLeave={false} />}
      </main>
    </>
  );
};

const RETRY_MS = 1_000;

/** The page: what it is told first decides what it shows. */
export const App = () => {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [isRefused, setRefused] = useState(false);
  const held = useStore(token);
  const state = useStore(link);
  const load = useCallback(() => {
    Promise.all([api.info(), api.layouts()]).then(
      ([info, layouts]) => {
        setRefused(false);
        setLoaded({ info, layouts });
      },
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 401) setRefused(true);
        else setTimeout(load, RETRY_MS);
      },
    );
  }, []);
  useEffect(load, [load]);
  if (isRefused || state === 'refused') {
    return (
      <TokenGate
        wasWrong={held !== null}
        onTry={() => {
          link.set('connecting');
          load();
        }}
      />
    );
  }
  if (!loaded) return <main className="gate" id="main" aria-busy="true" />;
  return (
    <>
      {loaded.info.mode === 'replay' ? <Replay {...loaded} /> : <Live {...loaded} />}
      <Questions />
    </>
  );
};
