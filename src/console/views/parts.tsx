import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { skew } from '../live/feed.js';

/** The time at the router, again and again. Units: ms. */
export const useNow = (everyMs = 1_000): number => {
  const [nowMs, setNow] = useState(() => Date.now() + skew.ms);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() + skew.ms), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
};

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'calm';

export const Dot = ({ tone }: { tone: Tone }) => <span className={`dot ${tone}`} aria-hidden="true" />;

export const Badge = ({ tone = 'calm', children }: { tone?: Tone; children: ReactNode }) => (
  <span className={`badge ${tone}`}>{children}</span>
);

export const Panel = ({
  title,
  aside,
  children,
  className = '',
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) => (
  <section className={`panel ${className}`} aria-label={title}>
    <header>
      <h2>{title}</h2>
      {aside}
    </header>
    {children}
  </section>
);

export const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** Counts by name, the largest first. */
export const Counts = ({
  counts,
  empty,
  words = {},
}: {
  counts: Readonly<Record<string, number>>;
  empty: string;
  words?: Readonly<Record<string, string>>;
}) => {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  if (rows.length === 0) return <p className="soft">{empty}</p>;
  return (
    <dl className="facts">
      {rows.map(([name, count]) => (
        <Fact key={name} name={words[name] ?? name}>
          {count}
        </Fact>
      ))}
    </dl>
  );
};

/** Plain data, folded. */
export const Tree = ({ value, name, depth = 0 }: { value: unknown; name: string; depth?: number }) => {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return (
      <div className="twig">
        <span className="key">{name}</span> <span className={`value ${typeof value}`}>{JSON.stringify(value)}</span>
      </div>
    );
  }
  return (
    <details className="tree" open={depth < 1}>
      <summary>
        <span className="key">{name}</span>
        <span className="soft"> {Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).length}}`}</span>
      </summary>
      <div className="branch">
        {Object.entries(value).map(([key, item]) => (
          <Tree key={key} name={key} value={item} depth={depth + 1} />
        ))}
      </div>
    </details>
  );
};
