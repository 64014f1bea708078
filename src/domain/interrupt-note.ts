import type { Lang } from './notices.js';
import type { Interrupted } from './turn.js';

/** Units: characters of what was seen that are repeated; the end is what a continuation needs. */
const SEEN_CHARS = 200;

const seenOf = ({ delivered }: Interrupted): string => [...delivered].slice(-SEEN_CHARS).join('');

/**
 * What an agent that keeps its own history is told of its last answer, which may hold more or less than the user saw.
 * Source: turns §3.3.
 */
export const interruptNote = (interrupted: Interrupted, lang: Lang): string => {
  const seen = seenOf(interrupted);
  const isDoubtful = interrupted.certainty === 'maybe-more';
  if (lang === 'zh') {
    const shown = seen === '' ? '用户没有看到任何内容' : `用户看到的最后内容是：「${seen}」`;
    return `（上一条回答被中断，${shown}${isDoubtful ? '，其后可能还有一小段' : ''}。）`;
  }
  const shown = seen === '' ? 'the user saw nothing of it' : `the last the user saw of it was: "${seen}"`;
  return `(Your last answer was interrupted; ${shown}${isDoubtful ? ', and perhaps a little more' : ''}.)`;
};
