/** What the first bytes of a file say it is. `kind` is §6.8's `file_type`: 1 image, 2 video, 3 voice. */
export type Format = { readonly mime: string; readonly kind: 1 | 2 | 3 };

type Sign = readonly [
  offset: number,
  text: string,
  mime: string,
  kind: Format['kind'],
  also?: readonly [number, string],
];

// §6.8, the overview's wider list: png jpg gif webp bmp · mp4 · silk mp3 wav ogg.
const SIGNS: readonly Sign[] = [
  [0, '\x89PNG\r\n\x1a\n', 'image/png', 1],
  [0, '\xff\xd8\xff', 'image/jpeg', 1],
  [0, 'GIF8', 'image/gif', 1],
  [0, 'RIFF', 'image/webp', 1, [8, 'WEBP']],
  [0, 'BM', 'image/bmp', 1],
  [4, 'ftyp', 'video/mp4', 2],
  // Tencent's SILK has one byte before the usual head.
  [0, '\x02#!SILK', 'audio/silk', 3],
  [0, '#!SILK', 'audio/silk', 3],
  [0, 'RIFF', 'audio/wav', 3, [8, 'WAVE']],
  [0, 'OggS', 'audio/ogg', 3],
  [0, 'ID3', 'audio/mpeg', 3],
  [0, '\xff\xfb', 'audio/mpeg', 3],
  [0, '\xff\xf3', 'audio/mpeg', 3],
  [0, '\xff\xf2', 'audio/mpeg', 3],
];

const standsAt = (bytes: Buffer, offset: number, text: string): boolean =>
  bytes.toString('latin1', offset, offset + text.length) === text;

/** Shape: undefined for what is none of the formats the platform converts. */
export const formatOf = (bytes: Buffer): Format | undefined => {
  for (const [offset, text, mime, kind, also] of SIGNS) {
    if (standsAt(bytes, offset, text) && (!also || standsAt(bytes, also[0], also[1]))) return { mime, kind };
  }
  return undefined;
};
