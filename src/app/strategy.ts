import type { SceneSettings } from '../config/resolved.js';
import { BLOCK_SIZES } from '../domain/block-cutter.js';
import type { Scene } from '../domain/conversation.js';
import { blocks } from '../pipelines/pieces/blocks.js';
import { NATIVE_STREAM, nativeStream } from '../pipelines/pieces/native-stream.js';
import type { PieceStrategy, StrategyPort } from '../pipelines/pieces/strategy.js';
import { wholeText } from '../pipelines/pieces/whole-text.js';

/** Silence after which a block that is long enough goes out, in ms. Source: turns §4.3. */
const IDLE_FLUSH_MS: Readonly<Record<Scene, number>> = { c2c: 1_200, dm: 1_200, group: 1_500, guild: 1_500 };

/**
 * How an answer of this scene becomes messages. Bubbles exist in private chats only, and one a user: a second ends the
 * first. Elsewhere, and where several answers are written at once, blocks stand for them. Source: qq-bot-api §6.4.
 */
export const strategyFor = (
  { streamMode: mode, stopButton, busy }: Pick<SceneSettings, 'streamMode' | 'stopButton' | 'busy'>,
  scene: Scene,
  port: StrategyPort,
): PieceStrategy => {
  if (mode === 'native' && scene === 'c2c' && busy !== 'concurrent') return nativeStream(NATIVE_STREAM, port);
  if (mode === 'final' || mode === 'typing') return wholeText(port);
  return blocks({ ...BLOCK_SIZES[scene], idleFlushMs: IDLE_FLUSH_MS[scene], tellsMore: stopButton }, port);
};
