import type { Context } from './context.js';
import { formatOf } from './formats.js';
import type { JsonObject } from './json.js';
import { keepFile } from './storage.js';
import type { EntryMedia } from './transcript.js';

/** A file a user sends along, §5.1: bytes, which the emulator keeps and links to, or a link to somewhere else. */
export type Attachment = {
  /** @default by the first bytes: an image's or video's MIME type, `voice`, or `file` */
  content_type?: string;
  filename?: string;
  /** Needed where there is no `data`. */
  url?: string;
  data?: Uint8Array;
  /** @default the length of `data` */
  size?: number;
  width?: number;
  height?: number;
  /** Voice: the transcode, as bytes or as a link. */
  wav?: Uint8Array;
  voice_wav_url?: string;
  asr_refer_text?: string;
};

/** What a user's file is on the wire, and in the transcript. */
export type Delivered = { readonly wire: JsonObject; readonly media: EntryMedia };

/** Errors: RangeError for an attachment with neither `data` nor `url`. */
export const deliverAttachments = (context: Context, given: readonly Attachment[] | undefined): readonly Delivered[] =>
  (given ?? []).map((one) => deliver(context, one));

const deliver = (context: Context, { data, wav, ...said }: Attachment): Delivered => {
  const bytes = data && Buffer.from(data);
  const url = bytes ? keepFile(context, bytes, said.filename).url : said.url;
  if (url === undefined) throw new RangeError('an attachment needs `data` or `url`');
  const kept = {
    ...said,
    ...(bytes && { content_type: said.content_type ?? typeOf(bytes), size: said.size ?? bytes.length }),
    ...(wav && { voice_wav_url: withoutScheme(context, keepFile(context, Buffer.from(wav), 'voice.wav').url) }),
  };
  const media = {
    fileType: fileTypeOf(kept.content_type ?? 'file'),
    fileName: said.filename,
    sizeBytes: kept.size,
    url,
  };
  return { wire: { ...kept, url: withoutScheme(context, url) }, media };
};

const typeOf = (bytes: Buffer): string => {
  const format = formatOf(bytes);
  if (!format) return 'file';
  return format.kind === 3 ? 'voice' : format.mime;
};

const fileTypeOf = (contentType: string): number => {
  if (contentType.startsWith('image')) return 1;
  if (contentType.startsWith('video')) return 2;
  return contentType === 'voice' || contentType.startsWith('audio') ? 3 : 4;
};

// §5.1: links come without a scheme at times.
const withoutScheme = ({ switches }: Context, url: string): string => {
  if (switches.attachmentUrls === 'whole') return url;
  const slashes = url.replace(/^https?:/u, '');
  return switches.attachmentUrls === 'bare' ? slashes.replace(/^\/\//u, '') : slashes;
};
