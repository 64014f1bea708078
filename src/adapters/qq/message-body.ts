import type { Ark } from '../../domain/ark.js';
import type { Embed, Markdown, Mention } from '../../domain/message.js';
import type { MessagePart } from '../../domain/message-parts.js';
import type { OutgoingPart } from '../../ports/message-api.js';
import type { Json } from '../json.js';
import { escaped } from './inbound-text.js';
import { keyboardBody } from './keyboard.js';
import { anchorFields } from './send-fields.js';

const MSG_TYPE_TEXT = 0;
const MSG_TYPE_MARKDOWN = 2;
const MSG_TYPE_ARK = 3;
const MSG_TYPE_MEDIA = 7;

/** A body, and the file that goes with it as multipart. */
export type PartBody = { readonly body: Json; readonly file?: { readonly name: string; readonly bytes: Uint8Array } };

/**
 * One platform message as its endpoint takes it.
 * Shape: of a part that `partsOf` made for this scene, a body the platform does not call malformed.
 * Source: qq-bot-api §6.2, §6.5, §7.
 */
export const partBody = (message: OutgoingPart): PartBody =>
  message.target.scene === 'guild' || message.target.scene === 'dm' ? guildBody(message) : peerBody(message);

const peerBody = ({ target, anchor, msgSeq, part, media, wakeUp }: OutgoingPart): PartBody => {
  const mentions = mentionText(part.mentions, target.scene);
  return {
    body: {
      ...peerContent(part, mentions, media && 'fileInfo' in media ? media.fileInfo : undefined),
      ...(part.quote !== undefined && { message_reference: { message_id: part.quote } }),
      ...anchorFields(anchor),
      // A wake-up stands outside the counts, and excludes what would tie it to a message.
      ...(wakeUp ? { is_wakeup: true } : { msg_seq: msgSeq }),
    },
  };
};

const peerContent = (part: MessagePart, mentions: string, fileInfo: string | undefined): Json => {
  const { text = '', markdown, keyboard, ark } = part;
  if (fileInfo !== undefined) return { msg_type: MSG_TYPE_MEDIA, media: { file_info: fileInfo } };
  if (ark) return { msg_type: MSG_TYPE_ARK, ark: arkBody(ark) };
  if (markdown !== undefined || keyboard) {
    return { msg_type: MSG_TYPE_MARKDOWN, ...markdownFields(markdown ?? text, mentions, keyboard) };
  }
  return { msg_type: MSG_TYPE_TEXT, content: mentions + text };
};

/** Guilds know neither `msg_type` nor `msg_seq`. Text that a person or a model wrote is escaped, so that it reads as written. */
const guildBody = ({ target, anchor, part, media }: OutgoingPart): PartBody => {
  const { text, markdown, keyboard, embed, ark, quote } = part;
  const mentions = mentionText(part.mentions, target.scene);
  const isMarkdown = markdown !== undefined || keyboard !== undefined;
  const content = `${mentions}${part.inline ? (text ?? '') : escaped(text ?? '')}`;
  const body = {
    ...(isMarkdown ? markdownFields(markdown ?? text ?? '', mentions, keyboard) : content !== '' && { content }),
    ...(embed && { embed: embedBody(embed) }),
    ...(ark && { ark: arkBody(ark) }),
    ...(media && 'url' in media && { image: media.url }),
    ...(quote !== undefined && { message_reference: { message_id: quote, ignore_get_message_error: true } }),
    ...anchorFields(anchor),
  };
  return media && 'bytes' in media ? { body, file: media } : { body };
};

const markdownFields = (markdown: Markdown, mentions: string, keyboard: MessagePart['keyboard']): Json => ({
  markdown:
    typeof markdown === 'string'
      ? { content: mentions + markdown }
      : {
          custom_template_id: markdown.template,
          params: Object.entries(markdown.params ?? {}).map(([key, value]) => ({ key, values: [value] })),
        },
  ...(keyboard && { keyboard: keyboardBody(keyboard) }),
});

const arkBody = ({ templateId, kv }: Ark): Json => ({ template_id: templateId, kv });

const embedBody = ({ title, prompt, description, thumbnail, fields }: Embed): Json => ({
  title,
  prompt: prompt ?? title,
  ...(description !== undefined && { description }),
  ...(thumbnail !== undefined && { thumbnail: { url: thumbnail } }),
  ...(fields && { fields: fields.map((name) => ({ name })) }),
});

/** Source: qq-bot-api §6.10. */
const mentionText = (mentions: readonly Mention[] = [], scene: string): string =>
  mentions
    .map((mention) => {
      if (mention === 'everyone') return '@everyone ';
      return scene === 'guild' || scene === 'dm' ? `<@${mention.user}> ` : `<qqbot-at-user id="${mention.user}" /> `;
    })
    .join('');
