import type { SceneRuntime } from '../actors/conversation-deps.js';
import type { ConversationSettings, SceneSettings } from '../config/resolved.js';
import type { Scene } from '../domain/conversation.js';
import { type Lang, NOTICES } from '../domain/notices.js';
import { REPLY_WINDOWS } from '../domain/reply-limits.js';

/** Whoever waits longer may want to stop it. */
const STOP_OFFER_AFTER_MS = 5_000;

/** Blocks carry the button themselves; a bubble cannot, and a whole answer is there only at its end. */
const offersStop = (scene: Scene, { stopButton, streamMode }: SceneSettings): boolean =>
  stopButton && (streamMode === 'final' || streamMode === 'typing' || (streamMode === 'native' && scene === 'c2c'));

/** Between two messages of one answer, where they are to come as a person's would. Units: ms. Source: turns §4.3. */
const PAUSE = { minMs: 800, maxMs: 2_500 } as const;

/** The configuration of one scene as its conversations read it. */
export const sceneRuntime = (
  scene: Scene,
  settings: SceneSettings,
  conversation: ConversationSettings,
  lang: Lang,
  random: () => number,
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
      turnMaxMs: conversation.turnMaxMs[scene],
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
    ...(offersStop(scene, settings) && { stopOffer: { text: texts.working, afterMs: STOP_OFFER_AFTER_MS } }),
    concurrentMax: settings.concurrentMax,
    admins: settings.admins,
    ...(settings.blockPause && { pauseMs: () => Math.round(PAUSE.minMs + random() * (PAUSE.maxMs - PAUSE.minMs)) }),
    interruptedHistory: settings.interruptedHistory,
    replyWindowMs: REPLY_WINDOWS[scene].windowMs,
  };
};
