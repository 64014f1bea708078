import type { Button, Keyboard } from '../../domain/message.js';
import type { Json } from '../json.js';

const STYLES = { grey: 0, blue: 1, red: 3, filled: 4 } as const satisfies Record<NonNullable<Button['style']>, number>;

const OPEN_LINK = 0;
const CALLBACK = 1;
const INPUT = 2;

const LISTED_USERS = 0;
const ADMINS = 1;
const EVERYONE = 2;
const LISTED_ROLES = 3;

const UNSUPPORTED = '请升级 QQ 后使用';

/** Source: qq-bot-api §7.4. */
export const keyboardBody = (keyboard: Keyboard): Json =>
  'template' in keyboard
    ? { id: keyboard.template }
    : {
        content: {
          rows: keyboard.rows.map((row, at) => ({
            buttons: row.map((button, place) => buttonBody(button, `${at}-${place}`)),
          })),
        },
      };

const buttonBody = (button: Button, place: string): Json => ({
  id: button.id ?? place,
  ...(button.group !== undefined && { group_id: button.group }),
  render_data: {
    label: button.label,
    visited_label: button.pressedLabel ?? button.label,
    style: STYLES[button.style ?? 'blue'],
  },
  action: {
    ...actionBody(button.action),
    permission: permissionBody(button.allow ?? 'everyone'),
    unsupport_tips: button.unsupported ?? UNSUPPORTED,
    ...(button.confirm && {
      modal: {
        content: button.confirm.text,
        ...(button.confirm.yes !== undefined && { confirm_text: button.confirm.yes }),
        ...(button.confirm.no !== undefined && { cancel_text: button.confirm.no }),
      },
    }),
  },
});

const actionBody = (action: Button['action']): Json => {
  if ('open' in action) return { type: OPEN_LINK, data: action.open };
  if ('callback' in action) return { type: CALLBACK, data: action.callback };
  const { input, send, quote, pickImage } = action;
  return {
    type: INPUT,
    data: input,
    ...(send && { enter: true }),
    ...(quote && { reply: true }),
    ...(pickImage && { anchor: 1 }),
  };
};

const permissionBody = (allow: NonNullable<Button['allow']>): Json => {
  if (allow === 'everyone') return { type: EVERYONE };
  if (allow === 'admins') return { type: ADMINS };
  return 'users' in allow
    ? { type: LISTED_USERS, specify_user_ids: allow.users }
    : { type: LISTED_ROLES, specify_role_ids: allow.roles };
};
