import type { Inbound } from './inbound.js';
import type { ButtonEvent } from './platform-event.js';

/**
 * What the client shows after a press: 0 done, 1 failed, 2 too often, 3 pressed already, 4 not allowed, 5 for
 * administrators only. Source: qq-bot-api §6.7.
 */
export type ResultCode = 0 | 1 | 2 | 3 | 4 | 5;

export const RESULT = { done: 0, failed: 1, tooOften: 2, notAllowed: 4 } as const satisfies Record<string, ResultCode>;

/** `turn`: whether the press becomes a turn of its conversation. @default the channel's `buttons`, and no for a code but 0 */
export type ButtonAnswer = ResultCode | { readonly code?: ResultCode; readonly turn?: boolean };

/**
 * Decides about a press. The client is answered with the code; after 2.5 s it is answered 0 whatever the handler does, and
 * what the handler says later counts no more. A handler that throws is a 1.
 */
export type ButtonHandler = (
  press: ButtonEvent,
  channel: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that says nothing has said "done"
) => ButtonAnswer | void | Promise<ButtonAnswer | void>;

/** The code and the wish of an answer. Shape: total; what is no code is a 0. */
export const readAnswer = (answer: unknown): { readonly code: ResultCode; readonly turn?: boolean } => {
  const { code, turn } =
    typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : { code: answer };
  return { code: isCode(code) ? code : RESULT.done, ...(typeof turn === 'boolean' && { turn }) };
};

const isCode = (value: unknown): value is ResultCode =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 5;

/**
 * A press as the message it stands for: what its maker wrote into the button is what the user says.
 * Shape: null where nobody is named who pressed, or the place is not known.
 */
export const messageOfPress = (press: ButtonEvent): Inbound | null => {
  const { target, conversation, actor, atMs, guildId } = press;
  if (!target || conversation === undefined || !actor) return null;
  return {
    id: press.id === '' ? `${press.name}:${press.interaction}` : press.id,
    origin: press.anchor ? 'button' : 'press',
    conversation,
    target,
    sender: actor,
    ...(target.scene === 'guild' && guildId !== undefined && { guildId }),
    text: (press.data || press.buttonId || press.featureId || '').trim(),
    mention: true,
    atMs,
    attachments: [],
  };
};
