import { type Outcome, saidBy } from './reply.js';
import { type ChatMessage, type Interrupted, type Receipt, type TurnInfo, textOf } from './turn.js';

/** A transcript with a closed turn added: what was asked, and what of the answer reached the user; the oldest leave. */
export const withTurn = (
  transcript: readonly ChatMessage[],
  turn: TurnInfo,
  receipt: Receipt,
  keepMax: number,
): readonly ChatMessage[] => {
  const asked: ChatMessage = { role: 'user', content: textOf(turn.inputs) };
  const said: ChatMessage[] = receipt.delivered === '' ? [] : [{ role: 'assistant', content: withMarker(receipt) }];
  const whole = [...transcript, asked, ...said];
  return whole.slice(Math.max(0, whole.length - keepMax));
};

/** A piece of the last answer was found to have arrived after its turn was closed. */
export const withLateText = (transcript: readonly ChatMessage[], outcome: Outcome): readonly ChatMessage[] => {
  const said = saidBy(outcome);
  return said === null ? transcript : [...transcript, { role: 'assistant', content: said }];
};

/** Stands behind an answer that did not reach its end. */
const MARKER = ' [interrupted]';

/** What was taken for said and will not be seen after all leaves the last answer that holds it. */
export const withoutText = (transcript: readonly ChatMessage[], said: string): readonly ChatMessage[] => {
  if (said === '') return transcript;
  const at = transcript.findLastIndex(({ role, content }) => role === 'assistant' && content.includes(said));
  const answer = transcript[at];
  if (!answer) return transcript;
  const before = answer.content.slice(0, answer.content.indexOf(said));
  const after = answer.content.slice(before.length + said.length);
  // Messages stand on lines of their own; the line goes with the words.
  const left = before.endsWith('\n') ? before.slice(0, -1) + after : before + after.replace(/^\n/, '');
  const words = left.endsWith(MARKER) ? left.slice(0, -MARKER.length) : left;
  return words.trim() === '' ? transcript.toSpliced(at, 1) : transcript.toSpliced(at, 1, { ...answer, content: left });
};

/** A stateless agent sees that its answer did not reach its end. Source: turns §3.3. */
const withMarker = ({ delivered, status }: Receipt): string =>
  status === 'completed' ? delivered : `${delivered}${MARKER}`;

/** An answer of which nothing was shown stands in no transcript; that it was asked for, and why it is not there, is said. */
const unseenNote = ({ reason }: Interrupted): string =>
  reason === 'superseded'
    ? 'The user sent a new message before any of the previous answer was shown.'
    : `The previous answer was ended before any of it was shown (${reason}).`;

/** The messages of a turn: the last `limit` of the transcript, then the question. `left`: the note of what was left out. */
export const messagesFor = (
  transcript: readonly ChatMessage[],
  turn: TurnInfo,
  interrupted: Interrupted | null,
  options: { readonly limit?: number; readonly note?: boolean } = {},
  left?: string,
): ChatMessage[] => {
  const history =
    options.limit === undefined ? transcript : transcript.slice(Math.max(0, transcript.length - options.limit));
  const note: ChatMessage[] =
    interrupted && options.note !== false && interrupted.delivered === ''
      ? [{ role: 'system', content: unseenNote(interrupted) }]
      : [];
  const omitted: ChatMessage[] = left && options.note !== false ? [{ role: 'system', content: left }] : [];
  return [...history, ...note, ...omitted, { role: 'user', content: textOf(turn.inputs) }];
};
