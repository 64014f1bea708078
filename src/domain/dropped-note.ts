import type { Lang } from './notices.js';
import type { Dropped } from './turn.js';

/** What an agent is told of messages that were left out because too many waited. Source: turns §3.2. */
export const droppedNote = ({ count, texts }: Dropped, lang: Lang): string => {
  if (lang === 'zh') {
    const began = texts.length === 0 ? '' : `，其开头为：${texts.map((text) => `「${text}」`).join('、')}`;
    return `（等待的消息太多，有 ${count} 条较早的消息被省略${began}。）`;
  }
  const were = count === 1 ? 'message was' : 'messages were';
  const began = texts.length === 0 ? '' : `; they began: ${texts.map((text) => `"${text}"`).join(', ')}`;
  return `(Too many messages waited: ${count} earlier ${were} left out${began}.)`;
};
