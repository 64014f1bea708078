import type { SceneSettings } from '../config/resolved.js';
import { BLOCK_SIZES } from '../domain/block-cutter.js';
import type { Scene } from '../domain/conversation.js';
import { blocks } from '../pipelines/pieces/blocks.js';
import { NATIVE_STREAM, nativeStream } from '../pipelines/pieces/native-stream.js';
import type { PieceStrategy, StrategyPort } from '../pipelines/pieces/strategy.js';
import { wholeText } from '../pipelines/pieces/whole-text.js';

/** Silence after which a block that is long enough goes out, in ms. Source: turns §4.3. */
const IDLE_FLUSH_MS: Readonly<Record<Scene, number>> = { c2c: 1_200, dm: 1_200, group: 1_500, guild: 1_500 };

/** How an answer of this scene becomes messages. Bubbles exist in private chats only; elsewhere blocks stand for them. */
export const strategyFor = (
  { streamMode: mode, stopButton }: Pick<SceneSettings, 'streamMode' | 'stopButton'>,
  scene: Scene,
  port: StrategyPort,
): PieceStrategy => {
  if (mode === 'native' && scene === 'c2c') return nativeStream(NATIVE_STREAM, port);
  if (mode === 'final' || mode === 'typing') return wholeText(port);
  return blocks({ ...BLOCK_SIZES[scene], idleFlushMs: IDLE_FLUSH_MS[scene], tellsMore: stopButton }, port);
};
