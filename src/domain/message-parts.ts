import { type Ark, arkText } from './ark.js';
import type { Scene } from './conversation.js';
import type { Embed, Keyboard, Markdown, MediaKind, Mention, OutgoingMedia, OutgoingMessage } from './message.js';
import { mediaOf } from './message-check.js';

/** A file as a piece names it. `held`: its bytes are kept beside the outbox, for as long as this process lives. */
export type MediaRef = {
  readonly kind: MediaKind;
  readonly name?: string;
  readonly source:
    | { readonly url: string }
    | { readonly path: string }
    | { readonly held: string }
    | { readonly uploaded: string };
};

/** One platform message. Plain JSON. */
export type MessagePart = {
  readonly text?: string;
  /** The text has the platform's inline formats, and goes out as it is. Guilds only: elsewhere all text does. */
  readonly inline?: boolean;
  readonly markdown?: Markdown;
  readonly keyboard?: Keyboard;
  readonly embed?: Embed;
  readonly ark?: Ark;
  readonly media?: MediaRef;
  readonly quote?: string;
  readonly mentions?: readonly Mention[];
  /** What a reader has of it: in a transcript, and where the rest cannot be shown. */
  readonly plain: string;
};

/** A word that stands for a file in a transcript. */
export const mediaWord = ({ kind, name }: Pick<MediaRef, 'kind' | 'name'>): string =>
  name === undefined ? `[${kind}]` : `[${kind}: ${name}]`;

/**
 * The platform messages a message goes out as, in order; quote and mentions go with the first.
 * Shape: at least one for a message without problems.
 * Source: qq-bot-api §6.2 (one kind a message), §6.5 (several in one), §7.2 (embeds in guilds only).
 */
export const partsOf = (
  message: OutgoingMessage,
  scene: Scene,
  hold: (media: OutgoingMedia) => MediaRef,
): readonly MessagePart[] => {
  const media = mediaOf(message).map(hold);
  const parts = scene === 'guild' || scene === 'dm' ? guildParts(message, media) : peerParts(message, media);
  const { quote, mentions } = message;
  const [first, ...rest] = parts;
  if (!first) return [];
  return [{ ...first, ...(quote !== undefined && { quote }), ...(mentions?.length && { mentions }) }, ...rest];
};

const mediaPart = (media: MediaRef): MessagePart => ({ media, plain: mediaWord(media) });

const peerParts = (message: OutgoingMessage, media: readonly MediaRef[]): readonly MessagePart[] => {
  const { embed, ark, fallback } = message;
  const words = wordsPart(message);
  return [
    ...(words ? [words] : []),
    ...(embed ? [textPart(fallback ?? embedText(embed))] : []),
    ...(ark ? [{ ark, plain: fallback ?? arkText(ark) }] : []),
    ...media.map(mediaPart),
  ];
};

/** One message carries plain words, a card and an image together; markdown stands by itself. */
const guildParts = (message: OutgoingMessage, media: readonly MediaRef[]): readonly MessagePart[] => {
  const { embed, ark, fallback, markdown, keyboard, text: _, ...others } = message;
  const words = wordsPart(message);
  const hasMore = embed !== undefined || ark !== undefined || media.length > 0;
  if (words && hasMore && (markdown !== undefined || keyboard)) {
    return [words, ...guildParts({ ...others, ...(embed && { embed }), ...(ark && { ark }) }, media)];
  }
  const [image, ...more] = media;
  const card = embed ? embedText(embed) : ark ? arkText(ark) : '';
  const plain = [words?.plain ?? '', card === '' ? '' : (fallback ?? card), image ? mediaWord(image) : ''];
  const first: MessagePart = {
    ...words,
    ...(embed && { embed }),
    ...(ark && { ark }),
    ...(image && { media: image }),
    plain: plain.filter((line) => line !== '').join('\n'),
  };
  return [first, ...more.map(mediaPart)];
};

const textPart = (text: string): MessagePart => ({ text, plain: text });

const wordsPart = ({ text, markdown, keyboard, fallback }: OutgoingMessage): MessagePart | null => {
  const buttons = keyboard && { keyboard };
  if (markdown !== undefined) return { markdown, ...buttons, plain: fallback ?? markdownText(markdown) };
  return text === undefined || text.trim() === '' ? null : { text, ...buttons, plain: text };
};

const markdownText = (markdown: Markdown): string =>
  typeof markdown === 'string' ? markdown : Object.values(markdown.params ?? {}).join('\n');

const embedText = ({ title, description, fields = [] }: Embed): string =>
  [title, description ?? '', ...fields].filter((line) => line !== '').join('\n');
