import type { Inbound } from '../../src/domain/inbound.js';
import type { Dropped } from '../../src/domain/turn.js';
import type { ConversationPolicy } from './policy.js';

/** Why a message will be in no turn. `failed`: its conversation died. */
export type DropReason = 'full' | 'rejected' | 'expired' | 'recalled' | 'stopped' | 'failed';

/** The messages that wait for the next turn, in order of arrival. Units: epoch ms. */
export type WaitingLine = {
  readonly waiting: readonly Inbound[];
  readonly waitingSinceMs: number;
  readonly lastMessageMs: number;
  /** What the next turn is told of those that found no place. */
  readonly dropped: Dropped | null;
};

export const EMPTY_LINE: WaitingLine = { waiting: [], waitingSinceMs: 0, lastMessageMs: 0, dropped: null };

const SUMMARY_CHARS = 80;
const SUMMARIES_MAX = 20;

/** A message joins the line; where that is full one is left out, by the policy: of a bot first, else the oldest. */
export const join = (
  line: WaitingLine,
  message: Inbound,
  atMs: number,
  policy: ConversationPolicy,
): { readonly line: WaitingLine; readonly leftOut: Inbound | null } => {
  const { waiting } = line;
  const waitingSinceMs = waiting.length === 0 ? atMs : line.waitingSinceMs;
  if (waiting.length < policy.waitingMax) {
    return { line: { ...line, waiting: [...waiting, message], waitingSinceMs, lastMessageMs: atMs }, leftOut: null };
  }
  if (policy.drop === 'new') return { line, leftOut: message };
  const all = [...waiting, message];
  const leftOut = all.find(({ sender }) => sender.bot) ?? all[0] ?? message;
  const dropped = policy.drop === 'summarize' ? summarise(line.dropped, leftOut) : line.dropped;
  return {
    line: { waiting: all.filter((one) => one !== leftOut), waitingSinceMs, lastMessageMs: atMs, dropped },
    leftOut,
  };
};

const summarise = (dropped: Dropped | null, { text }: Inbound): Dropped => ({
  count: (dropped?.count ?? 0) + 1,
  texts: [...(dropped?.texts ?? []), [...text].slice(0, SUMMARY_CHARS).join('')].slice(-SUMMARIES_MAX),
});

export const leave = (line: WaitingLine, id: string): WaitingLine => ({
  ...line,
  waiting: line.waiting.filter((message) => message.id !== id),
});

/** Those who make up the next turn: one, or all who wait. */
export const takeNext = (
  line: WaitingLine,
  policy: ConversationPolicy,
): { inputs: readonly Inbound[]; line: WaitingLine } => {
  const count = policy.busy === 'enqueue' ? 1 : line.waiting.length;
  return {
    inputs: line.waiting.slice(0, count),
    line: { ...line, waiting: line.waiting.slice(count), dropped: null },
  };
};

/** Nothing but pictures or files wait: the question to them is likely on its way. */
export const waitsForWords = ({ waiting }: Pick<WaitingLine, 'waiting'>): boolean =>
  waiting.every(({ text, attachments }) => text === '' && attachments.length > 0);
