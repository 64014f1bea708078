import type { SceneRuntime } from '../actors/conversation-deps.js';
import type { ConversationSettings, SceneSettings } from '../config/resolved.js';
import type { Scene } from '../domain/conversation.js';
import { type Lang, NOTICES } from '../domain/notices.js';

/** The configuration of one scene as its conversations read it. */
export const sceneRuntime = (
  scene: Scene,
  settings: SceneSettings,
  conversation: ConversationSettings,
  lang: Lang,
): SceneRuntime => ({
  policy: {
    busy: settings.busy,
    quietMs: settings.debounce.quietMs,
    atMostMs: settings.debounce.atMostMs,
    waitingMax: settings.waitingMax,
    graceMs: conversation.graceMs,
    settleMs: conversation.settleMs,
    turnMaxMs: conversation.turnMaxMs,
    typing: scene === 'c2c' && settings.streamMode === 'typing',
    failureNotice: NOTICES[lang].failed,
  },
  reply: { mode: settings.streamMode, maxReplyChars: settings.maxReplyChars, cutNotice: NOTICES[lang].cut },
});
