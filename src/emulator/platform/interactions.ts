import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { type Reply, refuse } from './errors.js';
import { integerOf, isObject } from './json.js';
import type { InteractionChange } from './records.js';

/** A click that waits for its acknowledgement, §5.8. */
export type Interaction = {
  readonly id: string;
  readonly type: number;
  /** `spinning` only for those that take an acknowledgement. */
  state: 'spinning' | 'answered' | 'timedOut' | 'unacknowledged';
  /** The code of the answer: 0 ok … 5 admins only. */
  answer: number | undefined;
  cancelTimer: () => void;
};

/** §5.8: buttons (11) and menus (12) spin until they are acknowledged. */
const isAcknowledged = (type: number): boolean => type === 11 || type === 12;

/** A press on a button: it spins for `limits.interactionMs`. */
export const spin = (context: Context, bot: Bot, id: string, type: number): void => {
  const state = isAcknowledged(type) ? 'spinning' : 'unacknowledged';
  const interaction: Interaction = { id, type, state, answer: undefined, cancelTimer: () => undefined };
  bot.interactions.set(id, interaction);
  note(context, bot, id, 'clicked');
  if (state !== 'spinning') return;
  interaction.cancelTimer = context.timers.after(context.limits.interactionMs + 1, () => {
    interaction.state = 'timedOut';
    note(context, bot, id, 'timedOut');
  });
};

/**
 * §6.7 `PUT /interactions/{id}`, once, for buttons (11) and menus (12), while the button spins.
 * Errors: 630001 unknown, 630003 answered already, 630004 too late; which of 630001–630008 means what is not written.
 */
export const answerInteraction = (context: Context, bot: Bot, id: string, given: unknown): Reply => {
  if (!context.sandbox && !bot.rates.interaction.tryTake(context.timers.now())) return refuse(22009);
  const interaction = bot.interactions.get(id);
  const code = isObject(given) ? integerOf(given, 'code') : undefined;
  if (!interaction || !isAcknowledged(interaction.type)) return refuse(630001);
  if (code === undefined || code < 0 || code > 5) return refuse(50035);
  if (interaction.state === 'answered') return refuse(630003);
  if (interaction.state === 'timedOut') return refuse(630004);
  interaction.cancelTimer();
  interaction.state = 'answered';
  interaction.answer = code;
  note(context, bot, id, 'answered', code);
  return { status: 204, body: undefined };
};

const note = (context: Context, bot: Bot, id: string, change: InteractionChange['change'], code?: number): void =>
  context.records.add('interaction', { atMs: context.timers.now(), appId: bot.appId, id, change, code });
