import type { ArkObject } from './ark.js';
import type { OutgoingMessage } from './message.js';

/**
 * A guild channel's message with the names the platform gives its fields; `content` may hold inline formats such as
 * `<@id>`, and goes out as it is.
 * Source: qq-bot-api §6.5, §7.
 */
export type GuildPost = {
  readonly content?: string;
  readonly embed?: {
    readonly title: string;
    readonly prompt?: string;
    readonly description?: string;
    readonly thumbnail?: { readonly url: string };
    readonly fields?: readonly { readonly name: string }[];
  };
  readonly ark?: {
    readonly template_id: number;
    readonly kv: readonly ({ readonly key: string } & (
      | { readonly value: string }
      | { readonly obj: readonly ArkObject[] }
    ))[];
  };
  /** A public URL. */
  readonly image?: string;
  /** An image’s bytes, in place of its URL. */
  readonly file_image?: Uint8Array;
  readonly markdown?: {
    readonly content?: string;
    readonly custom_template_id?: string;
    readonly params?: readonly { readonly key: string; readonly values: readonly string[] }[];
  };
  readonly message_reference?: { readonly message_id: string };
  /** The message that is answered; without it the post uses up the day's quota of active ones. */
  readonly msg_id?: string;
};

/** The same as any message. */
export const messageOfPost = (post: GuildPost): OutgoingMessage => {
  const { content, embed, ark, image, file_image: bytes, message_reference: quoted } = post;
  const { title, prompt, description, thumbnail, fields } = embed ?? {};
  const markdown = markdownOf(post.markdown);
  return {
    ...(content !== undefined && { text: content }),
    ...(markdown !== undefined && { markdown }),
    ...(embed && {
      embed: {
        title: title ?? '',
        ...(prompt !== undefined && { prompt }),
        ...(description !== undefined && { description }),
        ...(thumbnail && { thumbnail: thumbnail.url }),
        ...(fields && { fields: fields.map(({ name }) => name) }),
      },
    }),
    ...(ark && { ark: { templateId: ark.template_id, kv: ark.kv } }),
    ...(image !== undefined && { media: { kind: 'image' as const, url: image } }),
    ...(bytes && { media: { kind: 'image' as const, data: bytes } }),
    ...(quoted && { quote: quoted.message_id }),
  };
};

const markdownOf = (markdown: GuildPost['markdown']): OutgoingMessage['markdown'] | undefined => {
  if (markdown?.custom_template_id === undefined) return markdown?.content;
  const params = (markdown.params ?? []).map(({ key, values }) => [key, values[0] ?? ''] as const);
  return { template: markdown.custom_template_id, params: Object.fromEntries(params) };
};
