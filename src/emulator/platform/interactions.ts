import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { type Reply, refuse } from './errors.js';
import { integerOf, isObject } from './json.js';

/** A click that waits for its acknowledgement, §5.8. */
export type Interaction = {
  readonly id: string;
  readonly type: number;
  readonly atMs: number;
  /** The code of the answer: 0 ok … 5 admins only; undefined while the button spins. */
  answer: number | undefined;
};

/**
 * §6.7 `PUT /interactions/{id}`, once, for buttons (11) and menus (12), while the button spins.
 * Errors: 630001 unknown, 630003 answered already, 630004 too late; which of 630001–630008 means what is not written.
 */
export const answerInteraction = (context: Context, bot: Bot, id: string, given: unknown): Reply => {
  const nowMs = context.timers.now();
  if (!context.sandbox && !bot.rates.interaction.tryTake(nowMs)) return refuse(22009);
  const interaction = bot.interactions.get(id);
  const code = isObject(given) ? integerOf(given, 'code') : undefined;
  if (!interaction || (interaction.type !== 11 && interaction.type !== 12)) return refuse(630001);
  if (code === undefined || code < 0 || code > 5) return refuse(50035);
  if (interaction.answer !== undefined) return refuse(630003);
  if (nowMs - interaction.atMs > context.limits.interactionMs) return refuse(630004);
  interaction.answer = code;
  return { status: 204, body: undefined };
};
