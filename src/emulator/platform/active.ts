import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import { type Refusal, refuse } from './errors.js';
import type { JsonObject } from './json.js';
import { platformDay } from './rates.js';

/** §13.6, "active rights, active rate", for a send without an anchor. Takes nothing yet. */
export const checkActive = (context: Context, bot: Bot, conversation: Conversation): Refusal | undefined =>
  checkRights(context, bot, conversation) ?? checkRates(context, bot, conversation);

const checkRights = (context: Context, bot: Bot, conversation: Conversation): Refusal | undefined => {
  const { scene } = conversation;
  if (conversation.refuses) {
    if (scene === 'c2c') return refuse(40054013);
    if (scene === 'dm') return refuse(304031);
    return refuse(context.switches.activeRefusal);
  }
  const v2 = scene === 'c2c' || scene === 'group';
  if (!(conversation.active ?? bot.rights.active[scene])) {
    return refuse(v2 ? context.switches.activeRefusal : 304035);
  }
  // §6.3: an active guild message needs the bot on the gateway.
  return !v2 && !bot.connected ? refuse(304018) : undefined;
};

// §6.3. Which code of 304045–304050 means which guild quota is not written anywhere; one each, so that tests can tell.
const checkRates = (context: Context, bot: Bot, conversation: Conversation): Refusal | undefined => {
  const nowMs = context.timers.now();
  const { scene } = conversation;
  if (context.sandbox) return undefined;
  if (scene === 'c2c' || scene === 'group') {
    const fits =
      bot.active[scene].fits(nowMs) && conversation.activeMinute.fits(nowMs) && conversation.activeDay.fits(nowMs);
    return fits ? undefined : refuse(40034100);
  }
  if (scene === 'dm') {
    if (!conversation.activeDay.fits(nowMs)) return refuse(304049);
    return bot.active.dm.fits(nowMs) ? undefined : refuse(304050);
  }
  if (!conversation.activeDay.fits(nowMs)) return refuse(304045);
  const spoken = channelsToday(bot, conversation, nowMs);
  const fits = spoken.has(conversation.id) || spoken.size < context.limits.guildActiveChannelsPerDay;
  return fits ? undefined : refuse(304046);
};

/** Books an accepted active message. */
export const spendActive = (context: Context, bot: Bot, conversation: Conversation): void => {
  const nowMs = context.timers.now();
  const { scene } = conversation;
  conversation.activeDay.take(nowMs);
  if (scene === 'dm') bot.active.dm.take(nowMs);
  else if (scene === 'guild') channelsToday(bot, conversation, nowMs).add(conversation.id);
  else {
    bot.active[scene].take(nowMs);
    conversation.activeMinute.take(nowMs);
  }
};

const channelsToday = (bot: Bot, conversation: Conversation, nowMs: number): Set<string> => {
  const guildId = conversation.guildId ?? '';
  const day = platformDay(nowMs);
  const known = bot.activeChannels.get(guildId);
  if (known?.day === day) return known.channels;
  const channels = new Set<string>();
  bot.activeChannels.set(guildId, { day, channels });
  return channels;
};

const DAY_MS = 86_400_000;
/** §6.3: one wake-up in each of these stretches after the user last wrote. */
const WAKE_UP_DAYS = [1, 3, 7, 30] as const;

/** §6.3 wake-up: the stretch it belongs to. Errors: 50035 with an anchor, 40034123 out of reach, 40034122 used. */
export const readWakeUp = (context: Context, conversation: Conversation, body: JsonObject): number | Refusal => {
  if (body['msg_id'] || body['event_id']) return refuse(50035);
  if (conversation.lastUserMs === undefined) return refuse(40034123);
  const days = (context.timers.now() - conversation.lastUserMs) / DAY_MS;
  const stretch = WAKE_UP_DAYS.findIndex((until) => days < until);
  if (stretch === -1) return refuse(40034123);
  return conversation.wakeUps.has(stretch) ? refuse(40034122) : stretch;
};
