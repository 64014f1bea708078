import type { SceneRuntime } from '../actors/conversation-deps.js';
import type { ConversationSettings, SceneSettings } from '../config/resolved.js';
import type { Scene } from '../domain/conversation.js';
import { type Lang, NOTICES } from '../domain/notices.js';
import { REPLY_WINDOWS } from '../domain/reply-limits.js';

/** The configuration of one scene as its conversations read it. */
export const sceneRuntime = (
  scene: Scene,
  settings: SceneSettings,
  conversation: ConversationSettings,
  lang: Lang,
): SceneRuntime => {
  const texts = NOTICES[lang];
  const { notices } = settings;
  return {
    policy: {
      busy: settings.busy,
      interruptScope: settings.interruptScope,
      patience: settings.patience,
      quietMs: settings.debounce.quietMs,
      atMostMs: settings.debounce.atMostMs,
      mediaHoldMs: settings.mediaHoldMs,
      waitingMax: settings.waitingMax,
      drop: settings.drop,
      waitingLifeMs: settings.waitingLifeMs,
      holdMaxMs: conversation.holdMaxMs,
      graceMs: conversation.graceMs,
      settleMs: conversation.settleMs,
      turnMaxMs: conversation.turnMaxMs,
      typing: scene === 'c2c' && (settings.streamMode === 'typing' || settings.ackReactions),
      notices: {
        stopped: notices.stopped ? texts.stopped : '',
        rejected: notices.rejected ? texts.rejected : '',
        expired: notices.expired ? texts.expired : '',
        failed: notices.failed ? texts.failed : '',
        blocked: notices.blocked ? texts.blocked : '',
      },
    },
    reply: {
      mode: settings.streamMode,
      maxReplyChars: settings.maxReplyChars,
      cutNotice: texts.cut,
      brokenNotice: texts.broken,
    },
    interruptedHistory: settings.interruptedHistory,
    replyWindowMs: REPLY_WINDOWS[scene].windowMs,
  };
};
