import type { MediaKind } from './message.js';

const MB = 1024 * 1024;

/**
 * What may be uploaded of each kind. Above its soft limit (images and voice 20 MB, video 30 MB) the platform shows a plain
 * file; above the hard one it refuses.
 * Source: qq-bot-api §6.8.
 */
export const MEDIA_BYTES_MAX: Readonly<Record<MediaKind, number>> = {
  image: 200 * MB,
  video: 200 * MB,
  voice: 200 * MB,
  file: 200 * MB,
};

/** A picture in a guild, which goes with the message itself; no number is documented. */
export const GUILD_IMAGE_BYTES_MAX = 20 * MB;

/** What the platform takes as each kind, as file name endings; `null` is anything. Source: qq-bot-api §6.8. */
export const MEDIA_FORMATS: Readonly<Record<MediaKind, readonly string[] | null>> = {
  image: ['png', 'jpg', 'gif', 'webp', 'bmp'],
  video: ['mp4'],
  voice: ['silk', 'mp3', 'wav', 'ogg'],
  file: null,
};

/** A name that is one part of a path, and can be written down on any file system. Shape: never empty; at most 120 characters. */
export const safeFileName = (name: string | undefined, otherwise: string): string => {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? '';
  const printable = [...last.normalize('NFC')]
    .filter((char) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(char))
    .map((char) => (/[<>:"|?*]/.test(char) ? '_' : char))
    .join('')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  const isReserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(printable);
  const safe = isReserved ? `_${printable}` : printable;
  if (safe === '') return otherwise;
  if (safe.length <= 120) return safe;
  const dot = safe.lastIndexOf('.');
  const ending = dot > 0 && safe.length - dot <= 12 ? safe.slice(dot) : '';
  return `${[...safe.slice(0, 120 - ending.length)].filter((char) => !/\p{Cs}/u.test(char)).join('')}${ending}`;
};
