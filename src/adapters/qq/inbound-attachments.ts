import type { Attachment } from '../../domain/inbound.js';
import { arrayOf, type Json, numberOf, objectOf, textOf } from '../json.js';

/**
 * A link as one can fetch it. Guild links come without a scheme and some with `//` in front.
 * Shape: nothing where it is no http(s) link.
 * Source: qq-bot-api §5.1.
 */
export const completeUrl = (link: unknown): string | undefined => {
  const given = textOf(link)?.trim();
  if (given === undefined || given === '') return undefined;
  const url = given.startsWith('//') ? `https:${given}` : given.includes('://') ? given : `https://${given}`;
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
};

const ENDINGS: ReadonlyMap<string, Attachment['kind']> = new Map([
  ...(['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp'] as const).map((ending) => [ending, 'image'] as const),
  ...(['silk', 'amr', 'mp3', 'wav', 'ogg'] as const).map((ending) => [ending, 'voice'] as const),
  ...(['mp4', 'mov'] as const).map((ending) => [ending, 'video'] as const),
]);

/** `content_type` is a MIME type, or one word (`voice`, `file`), or missing: a guild promises the link alone. */
const kindOf = (raw: Json, url: string): Attachment['kind'] => {
  const type = textOf(raw['content_type'])?.toLowerCase();
  if (type !== undefined) {
    if (type.startsWith('image')) return 'image';
    if (type.startsWith('voice') || type.startsWith('audio')) return 'voice';
    if (type.startsWith('video')) return 'video';
    return 'file';
  }
  const name = textOf(raw['filename']) ?? new URL(url).pathname;
  const byEnding = ENDINGS.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
  return byEnding ?? (numberOf(raw['width']) === undefined ? 'file' : 'image');
};

const attachmentOf = (value: unknown): Attachment | undefined => {
  const raw = objectOf(value);
  const original = completeUrl(raw?.['url']);
  // A voice message is SILK, which nothing but QQ plays; the platform's WAV of it is what an agent can use.
  const wav = completeUrl(raw?.['voice_wav_url']);
  const url = wav ?? original;
  if (raw === undefined || url === undefined) return undefined;
  const name = textOf(raw['filename']);
  const bytes = wav === undefined ? numberOf(raw['size']) : undefined;
  const text = textOf(raw['asr_refer_text']);
  return {
    kind: wav === undefined ? kindOf(raw, url) : 'voice',
    url,
    ...(name === undefined ? {} : { name }),
    ...(bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0 ? { bytes } : {}),
    ...(text === undefined ? {} : { text }),
  };
};

/** What came with a message; an entry without a usable link is left out. */
export const attachmentsOf = (value: unknown): readonly Attachment[] =>
  arrayOf(value)
    .map(attachmentOf)
    .filter((one) => one !== undefined);
