import { mendUrls } from '../../domain/mend-urls.js';
import type { MessagePart } from '../../domain/message-parts.js';
import type { Piece } from '../../domain/reply.js';
import type { SendNext } from '../../domain/send-remedies.js';
import type { Rights } from './sending-deps.js';

/** A message as it is tried; what a refusal teaches changes it, once for each lesson. */
export type Form = {
  readonly part: MessagePart;
  readonly isMended: boolean;
  /** Its file was uploaded again. */
  readonly isFresh: boolean;
};

/** How a piece is tried first, by what is known of the rights. `text`: what of it is to be said. */
export const firstForm = ({ content, target, index }: Piece, text: string, rights: Rights): Form => {
  const untried = { isMended: false, isFresh: false };
  if (content.kind !== 'message') {
    const part = rights.mayMarkdown(target) ? { markdown: text, plain: text } : { text, plain: text };
    const { stopKeyboard } = rights;
    const isStoppable = content.kind === 'text' && content.more && index === 0;
    return isStoppable && stopKeyboard && !rights.lacksKeyboard(target, stopKeyboard)
      ? { part: { ...part, keyboard: stopKeyboard }, ...untried }
      : { part, ...untried };
  }
  const { part } = content;
  if (part.markdown !== undefined && rights.lacksMarkdown(target)) return { part: plainOf(part), ...untried };
  if (part.keyboard && rights.lacksKeyboard(target, part.keyboard)) {
    return { part: withoutKeyboard(part), ...untried };
  }
  return { part, ...untried };
};

/** Words alone, whatever they are written in: what can be divided, and needs no other call. */
export const isWords = ({ text, markdown, keyboard, embed, ark, media }: MessagePart): boolean =>
  (text !== undefined || typeof markdown === 'string') && !keyboard && !embed && !ark && !media;

/** The form that heeds a refusal; null where that was tried already, or cannot be. */
export const heeding = (next: SendNext, form: Form): Form | null => {
  const { part, isMended, isFresh } = form;
  switch (next) {
    case 'noKeyboard':
      return part.keyboard ? { ...form, part: withoutKeyboard(part) } : plainForm(form);
    case 'plainText':
      return plainForm(form);
    case 'noMention':
      return part.mentions ? { ...form, part: withoutMentions(part) } : null;
    case 'reupload':
      if (!part.media) return plainForm(form);
      return isFresh ? null : { ...form, isFresh: true };
    case 'mendUrl':
      return isMended ? null : { ...form, part: mended(part), isMended: true };
    default:
      return null;
  }
};

const isPlain = ({ markdown, keyboard, embed, ark }: MessagePart): boolean =>
  markdown === undefined && !keyboard && !embed && !ark;

const plainForm = (form: Form): Form | null =>
  isPlain(form.part) || form.part.plain.trim() === '' ? null : { ...form, part: plainOf(form.part) };

/** Its words, with what they answer and whom they name. */
const plainOf = ({ plain, quote, mentions }: MessagePart): MessagePart => ({
  text: plain,
  plain,
  ...(quote !== undefined && { quote }),
  ...(mentions && { mentions }),
});

const withoutKeyboard = ({ keyboard: _, ...part }: MessagePart): MessagePart => part;

const withoutMentions = ({ mentions: _, ...part }: MessagePart): MessagePart => part;

/** A card's links stand in fields that must be links; of a card its words are left. */
const mended = (part: MessagePart): MessagePart => {
  const { text, markdown, plain, embed, ark } = part;
  if (embed || ark || typeof markdown === 'object') {
    const words = plainOf(part);
    return { ...words, text: mendUrls(plain), plain: mendUrls(plain) };
  }
  return {
    ...part,
    ...(text !== undefined && { text: mendUrls(text) }),
    ...(markdown !== undefined && { markdown: mendUrls(markdown) }),
    plain: mendUrls(plain),
  };
};

/** A half of it, as it is written; whom it names and quotes stands with the first. */
export const halfOf = ({ part, ...form }: Form, text: string, isFirst: boolean): Form => {
  const { quote, mentions } = part;
  const words = part.markdown === undefined ? { text } : { markdown: text };
  const more = isFirst ? { ...(quote !== undefined && { quote }), ...(mentions && { mentions }) } : {};
  return { ...form, part: { ...words, ...more, ...(part.inline && { inline: true }), plain: text } };
};
