import type { Scene } from '../domain/conversation.js';
import { type BlockCutter, type ReplyOptions, wholeText } from '../pipelines/reply-pieces.js';

/** How an answer of this scene is cut into messages. */
export const cutterFor = (_reply: ReplyOptions, _scene: Scene): BlockCutter => wholeText();
