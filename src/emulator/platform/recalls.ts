import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { ok, type Reply, refuse } from './errors.js';
import { isV2 } from './payload.js';
import type { Scene } from './records.js';
import { showEntry } from './transcript.js';

/**
 * §6.6: recall of a bot's own message, within its time in C2C and groups; in guilds for private bots.
 * Errors: 306009 openid, 40061001 / 306002 message id, 40062003 / 306004 no right, 40064004 too late.
 */
export const recall = (context: Context, bot: Bot, scene: Scene, id: string, messageId: string): Reply => {
  const nowMs = context.timers.now();
  const v2 = isV2(scene);
  if (v2 && !context.sandbox && !bot.rates.recall.tryTake(nowMs)) return refuse(22009);
  if (!v2 && !bot.private) return refuse(306004);
  const conversation = bot.find(scene, id);
  if (!conversation) return refuse(v2 ? 306009 : 306002);
  const message = bot.messages.get(messageId);
  if (message?.conversation !== conversation || message.entry.recalled) return refuse(v2 ? 40061001 : 306002);
  // §6.6: an admin of a group may recall what its members say.
  const isAdmin = scene === 'group' && conversation.botRole !== 'member';
  if (!message.own && !isAdmin) return refuse(v2 ? 40062003 : 306004);
  if (v2 && message.own && nowMs - message.sentMs > context.limits.recallMs) return refuse(40064004);
  message.entry.recalled = true;
  showEntry(context, bot, conversation, message.entry);
  return v2 && context.switches.recallStatus === 204 ? { status: 204, body: undefined } : ok({});
};
