import type { ConversationId, Scene } from '../../domain/conversation.js';
import type { ChatMessage } from '../../domain/turn.js';

const LAST_TEXT_CHARS = 120;

/** The scene is the third part of a conversation's id. */
export const sceneOf = (id: ConversationId): Scene => id.split(':', 3)[2] as Scene;

/** The beginning of the last thing said, never with half a character at its end. */
export const lastTextOf = (transcript: readonly ChatMessage[]): string => {
  const text = transcript[transcript.length - 1]?.content ?? '';
  return text.slice(0, LAST_TEXT_CHARS).replace(/[\ud800-\udbff]$/, '');
};

/** Whether a line of the list holds what was looked for; `text` is in lower case. */
export const lineHolds = (conversation: ConversationId, lastText: string, text: string): boolean =>
  conversation.toLowerCase().includes(text) || lastText.toLowerCase().includes(text);
