import type { ConversationEvent } from '../../machines/conversation/conversation.types.js';
import { type Outcome, saidBy, textOfPiece } from '../domain/reply.js';
import type { Around } from '../log/scrub-part.js';
import type { Entry, Track } from './inspect-recorder.js';

/** Of a text that may end, or begin, in the midst of something that is not known here. */
export const NOWHERE: Around = { before: '', after: '' };

/** Characters that are looked at on each side. No secret is longer. */
const AROUND_MAX = 4_096;

type Words = { readonly of: string; readonly text: string };

const wordsOf = (kind: string, outcome: Outcome): Words | null =>
  outcome.piece.role === 'answer'
    ? { of: `${kind} ${outcome.piece.turn}`, text: saidBy(outcome) ?? textOfPiece(outcome.piece) }
    : null;

/** The words of an answer that an entry tells, and of which row of such entries they are. */
const wordsIn = (entry: Entry | undefined): Words | null => {
  if (entry?.kind === 'fact') {
    const { fact } = entry;
    return fact.type === 'piece' || fact.type === 'turn.settled' ? wordsOf('fact', fact.outcome) : null;
  }
  if (entry?.kind !== 'step') return null;
  const event = entry.event as ConversationEvent;
  if (event.type === 'piece.settled') return wordsOf('settled', event.outcome);
  if (event.type !== 'reply.piece' || !('text' in event.content)) return null;
  return { of: `said ${event.epoch}`, text: event.content.text };
};

/**
 * What an agent says comes in pieces, and a secret may be in two of them. These are the words before and after those of an
 * entry, in the same answer, told in the same way.
 * Shape: as far as the entries are kept, or have come already.
 */
export const aroundEntry = (track: Track, entry: Entry): Around => {
  const of = wordsIn(entry)?.of;
  if (of === undefined) return NOWHERE;
  let before = '';
  for (let n = entry.n - 1; n >= track.first && before.length < AROUND_MAX; n -= 1) {
    const words = wordsIn(track.at(n));
    if (words?.of === of) before = words.text + before;
  }
  let after = '';
  for (let n = entry.n + 1; n < track.next && after.length < AROUND_MAX; n += 1) {
    const words = wordsIn(track.at(n));
    if (words?.of === of) after += words.text;
  }
  return { before, after };
};
