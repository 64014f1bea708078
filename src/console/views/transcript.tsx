import { useEffect, useMemo, useRef } from 'react';
import { clockText } from '../model/format.js';
import type { Timeline } from '../model/timeline.js';
import { charsIn, type Line, transcriptOf, type Words } from '../model/transcript.js';
import { type Texts, useTexts } from '../texts/index.js';
import { Badge, type Tone } from './parts.js';

const TONES: Readonly<Record<string, Tone>> = {
  sent: 'good',
  arrived: 'good',
  fenced: 'warn',
  refused: 'bad',
  unknown: 'warn',
  full: 'bad',
  completed: 'good',
  cancelled: 'warn',
  killed: 'warn',
  failed: 'bad',
  timed_out: 'bad',
};

const wordsText = (words: Words, { conversations }: Texts): string =>
  typeof words === 'string' ? words : conversations.chars(words.chars);

const Said = ({ line }: { line: Line }) => {
  const texts = useTexts();
  const { conversations: words } = texts;
  switch (line.kind) {
    case 'user':
      return (
        <li className="said user">
          <div className="by">
            {line.by} <time>{clockText(line.atMs)}</time>
          </div>
          <div className="text">
            {charsIn(line.words) > 0 || line.attachments === 0
              ? wordsText(line.words, texts)
              : words.attachments(line.attachments)}
          </div>
        </li>
      );
    case 'bot':
      return (
        <li className={`said bot ${line.status}`} data-status={line.status}>
          <div className="by">
            <Badge tone={TONES[line.status] ?? 'calm'}>{words.outcome[line.status] ?? line.status}</Badge>{' '}
            {line.code !== null && <code>{line.code}</code>}{' '}
            {line.notice && <span className="soft">{words.notice}</span>} <time>{clockText(line.atMs)}</time>
          </div>
          <div className="text">{wordsText(line.words, texts)}</div>
        </li>
      );
    case 'end': {
      const heldBack = Math.max(0, line.generated - line.delivered);
      return (
        <li className={`ended ${line.status}`} data-status={line.status}>
          <Badge tone={TONES[line.status] ?? 'calm'}>{words.ended[line.status] ?? line.status}</Badge>{' '}
          {line.reason !== null && <span>{words.reason[line.reason] ?? line.reason}. </span>}
          <span className="soft">
            {words.counts(line.delivered, line.generated)}
            {line.status !== 'completed' && heldBack > 0 && ` · ${words.heldBack(heldBack)}`}
            {line.certainty === 'maybe-more' && ` · ${words.maybeMore}`}
          </span>
        </li>
      );
    }
  }
};

/** What was said up to the moment that is looked at. */
export const TranscriptLines = ({ timeline, at }: { timeline: Timeline; at: number | null }) => {
  const end = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => {
    const frames = at === null ? timeline.frames : timeline.frames.filter(({ n }) => n <= at);
    return transcriptOf(frames);
  }, [timeline.frames, at]);
  const count = lines.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [count]);
  return (
    <div className="transcript">
      <ol>
        {lines.map((line) => (
          <Said key={line.key} line={line} />
        ))}
      </ol>
      <div ref={end} />
    </div>
  );
};
