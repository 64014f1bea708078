import type { HistoryFrame, View } from '../../debug/inspect-frames.js';

/** Words, or how many characters they were where the router does not show them. */
export type Words = string | { readonly chars: number };

export type Line =
  | {
      readonly kind: 'user';
      readonly key: string;
      readonly atMs: number;
      readonly by: string;
      readonly words: Words;
      readonly attachments: number;
    }
  | {
      readonly kind: 'bot';
      readonly key: string;
      readonly atMs: number;
      /** An outcome's status. */
      readonly status: string;
      readonly words: Words;
      readonly code: string | null;
      readonly notice: boolean;
      /** A bubble that still grows. */
      readonly grows: boolean;
    }
  | {
      readonly kind: 'end';
      readonly key: string;
      readonly atMs: number;
      readonly status: string;
      readonly reason: string | null;
      readonly delivered: number;
      readonly generated: number;
      readonly certainty: string;
    };

const asView = (value: unknown): View => (typeof value === 'object' && value !== null ? (value as View) : {});
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

const asWords = (value: unknown): Words => {
  if (typeof value === 'string') return value;
  const { chars } = asView(value);
  return { chars: typeof chars === 'number' ? chars : 0 };
};

export const charsIn = (words: Words): number => (typeof words === 'string' ? [...words].length : words.chars);

const together = (first: Words, second: Words): Words =>
  typeof first === 'string' && typeof second === 'string'
    ? first + second
    : { chars: charsIn(first) + charsIn(second) };

const userLine = (frame: HistoryFrame, message: View): Line => {
  const sender = asView(message['sender']);
  return {
    kind: 'user',
    key: `u${frame.n}`,
    atMs: frame.atMs,
    by: asText(sender['name']) || asText(sender['id']),
    words: asWords(message['text']),
    attachments: Array.isArray(message['attachments']) ? message['attachments'].length : 0,
  };
};

const botLine = (frame: HistoryFrame, outcome: View): Extract<Line, { kind: 'bot' }> | null => {
  const piece = asView(outcome['piece']);
  if (piece['kind'] === 'typing') return null;
  const status = asText(outcome['status']);
  const said = outcome['said'] ?? outcome['maybe'] ?? piece['text'];
  const number = outcome['platformCode'] ?? outcome['code'];
  return {
    kind: 'bot',
    key: `b${frame.n}`,
    atMs: frame.atMs,
    status,
    words: asWords(said),
    code: number === undefined ? null : String(number),
    notice: piece['role'] === 'notice',
    grows: piece['kind'] === 'stream' && piece['isLast'] !== true,
  };
};

const endLine = (frame: HistoryFrame, receipt: View): Line => ({
  kind: 'end',
  key: `e${frame.n}`,
  atMs: frame.atMs,
  status: asText(receipt['status']),
  reason: asText(receipt['reason']) || null,
  delivered: charsIn(asWords(receipt['delivered'])),
  generated: typeof receipt['generatedChars'] === 'number' ? receipt['generatedChars'] : 0,
  certainty: asText(receipt['certainty']),
});

/**
 * What was said in a conversation up to an instant, as far back as its frames go: what the user wrote, what of the answer
 * arrived and what did not, and how each turn ended.
 */
export const transcriptOf = (frames: readonly HistoryFrame[]): readonly Line[] => {
  const lines: Line[] = [];
  for (const frame of frames) {
    if (frame.type === '@xstate.snapshot') {
      if (frame.event.type === 'message.received') lines.push(userLine(frame, asView(frame.event['message'])));
      continue;
    }
    if (frame.type !== 'rookery.fact') continue;
    const { fact } = frame;
    if (fact.type === 'turn.closed') lines.push(endLine(frame, asView(fact['receipt'])));
    if (fact.type !== 'piece' && fact.type !== 'turn.settled') continue;
    const line = botLine(frame, asView(fact['outcome']));
    if (!line) continue;
    const last = lines[lines.length - 1];
    // The frames of a bubble are one line, as the user sees them.
    const goesOn = last?.kind === 'bot' && last.grows && last.status === line.status && line.status !== 'fenced';
    if (goesOn)
      lines[lines.length - 1] = { ...line, key: last.key, atMs: last.atMs, words: together(last.words, line.words) };
    else if (line.status !== 'fenced' || charsIn(line.words) > 0) lines.push(line);
  }
  return lines;
};
