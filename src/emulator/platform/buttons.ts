import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { click } from './happenings.js';
import { isObject, type JsonObject, objectOf, textOf } from './json.js';
import { type Act, type Said, sayC2c } from './people.js';
import type { Pushed } from './records.js';

/** A press on a button that a message carries, §7.4. */
export type Press = Act & {
  messageId: string;
  buttonId: string;
  /** Who presses. */
  from: string;
  /** In a group: what they are there. @default 'member' */
  role?: 'member' | 'admin' | 'owner';
};

/** What became of it: the bot is asked (1), words are sent or stand in the input box (2), or a page opens (0). */
export type Pressed =
  | { readonly did: 'asked'; readonly interactionId: string; readonly pushed: Pushed }
  | { readonly did: 'said'; readonly said: Said }
  | { readonly did: 'filled'; readonly text: string }
  | { readonly did: 'opened'; readonly url: string };

/** Errors: RangeError for an unknown message or button, for DMs, and for who may not press it. */
export const press = (context: Context, bot: Bot, given: Press): Pressed => {
  const message = bot.messages.get(given.messageId);
  if (!message || message.entry.recalled) throw new RangeError(`no message ${given.messageId}`);
  const { conversation, entry } = message;
  const button = findButton(entry.keyboard, given.buttonId);
  if (!button) throw new RangeError(`no button ${given.buttonId} on ${given.messageId}`);
  const action = objectOf(button, 'action') ?? {};
  if (!mayPress(objectOf(action, 'permission') ?? {}, given)) {
    throw new RangeError(`${given.from} may not press ${given.buttonId}`);
  }
  const data = textOf(action, 'data') ?? '';
  const { scene, id } = conversation;
  if (action['type'] === 0) return { did: 'opened', url: data };
  if (scene === 'dm') throw new RangeError('no events of buttons come from direct messages');
  if (action['type'] === 1) {
    const { messageId, buttonId, from } = given;
    const { interactionId, ...pushed } = click(context, bot, {
      ...{ scene, target: id, from, buttonId, buttonData: data },
      // §5.8: the message is told in guilds.
      ...(scene === 'guild' && { messageId }),
    });
    return { did: 'asked', interactionId, pushed };
  }
  // §7.4: type 2 fills the box with `@bot data`; `enter` sends at once, in C2C only.
  if (scene !== 'c2c' || action['enter'] !== true) return { did: 'filled', text: data };
  return { did: 'said', said: sayC2c(context, bot, { from: given.from, text: data }) };
};

const findButton = (keyboard: unknown, buttonId: string): JsonObject | undefined => {
  const rows = isObject(keyboard) ? objectOf(keyboard, 'content')?.['rows'] : undefined;
  const buttons = (Array.isArray(rows) ? rows : []).flatMap((row: unknown) => {
    const inside = isObject(row) ? row['buttons'] : undefined;
    return Array.isArray(inside) ? inside.filter(isObject) : [];
  });
  return buttons.find((button) => button['id'] === buttonId);
};

// §7.4: 0 listed users, 1 admins, 2 everyone, 3 listed roles.
const mayPress = (permission: JsonObject, { from, role }: Press): boolean => {
  const listed = permission['specify_user_ids'];
  if (permission['type'] === 0) return Array.isArray(listed) && listed.includes(from);
  return permission['type'] !== 1 || role === 'admin' || role === 'owner';
};
