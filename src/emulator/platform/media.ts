import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Refusal, type Reply, refuse } from './errors.js';
import { formatOf } from './formats.js';
import { integerOf, isObject, type JsonObject, textOf } from './json.js';
import type { Scene } from './records.js';
import type { PlatformRequest } from './request.js';
import { findTarget, sendMessage } from './sends.js';
import { keepFile } from './storage.js';
import type { EntryMedia } from './transcript.js';
import { assemble, findUpload, takeBytes } from './uploads.js';

/** An uploaded file, bound to the scene of its upload, §6.8. */
export type FileInfo = EntryMedia & { readonly scene: Scene; readonly expiresAtMs: number };

type Content = {
  /** Undefined where a link was taken as it is. */
  readonly bytes: Buffer | undefined;
  readonly url: string | undefined;
};

/** §6.8: a `file_info` of this scene whose time has not passed. */
export const findFile = (context: Context, bot: Bot, scene: Scene, fileInfo: string): FileInfo | undefined => {
  const file = bot.files.get(fileInfo);
  return file && file.scene === scene && context.timers.now() < file.expiresAtMs ? file : undefined;
};

/**
 * §6.8 `POST /v2/users|groups/{id}/files`: base64, a link, or the end of a chunked upload. A link that was not fetched
 * on the way in is taken as it is.
 * Errors: 850019 `file_type` or format, 850026 neither data nor a link nor a whole upload, 850031 above the hard limit,
 * 40093002 the day's bytes used up.
 */
export const uploadFile = (
  context: Context,
  bot: Bot,
  scene: 'c2c' | 'group',
  id: string,
  { body: given, fetched }: PlatformRequest,
): Reply => {
  if (!context.sandbox && !bot.rates.upload.tryTake(context.timers.now())) return refuse(22009);
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const fileType = integerOf(given, 'file_type');
  if (fileType === undefined || fileType < 1 || fileType > 4) return refuse(850019);
  const upload = given['upload_id'] === undefined ? undefined : findUpload(context, bot, scene, given);
  if (given['upload_id'] !== undefined && upload?.fileType !== fileType) return refuse(50035, 'upload_id');
  if (upload?.answer) return upload.answer;
  const content = upload ? whole(assemble(context, upload)) : readContent(context, bot, given, fetched);
  if (isRefusal(content)) return content;
  const file = keep(context, scene, fileType, textOf(given, 'file_name') ?? upload?.fileName, content);
  if (isRefusal(file)) return file;
  const fileInfo = context.ids.opaque('CgQ');
  bot.files.set(fileInfo, file);
  const answer = {
    file_uuid: context.ids.opaque('u-'),
    file_info: fileInfo,
    ttl: context.limits.fileInfoTtlS,
    ...(upload && fileType !== 4 && { raw_url: file.url }),
  };
  const reply = given['srv_send_msg'] === true ? sendAtOnce(context, bot, scene, id, answer) : ok(answer);
  if (upload && !isRefusal(reply)) upload.answer = reply;
  return reply;
};

/** The link in a call that the platform would fetch, §6.8, §6.5. */
export const linkOf = ({ method, path, body }: PlatformRequest): string | undefined => {
  if (method !== 'POST' || !isObject(body)) return undefined;
  const [bare = ''] = path.split('?', 1);
  const isUpload = /^\/v2\/(?:users|groups)\/[^/]+\/files$/u.test(bare);
  const isGuild = /^\/(?:channels|dms)\/[^/]+\/messages$/u.test(bare);
  if (isUpload) return textOf(body, 'file_data') === undefined ? textOf(body, 'url') : undefined;
  return isGuild ? textOf(body, 'image') : undefined;
};

/** §6.5: the picture of a guild message. Errors: 304082 it could not be fetched, 304083 it is none, 304020 too large. */
export const guildImage = (
  context: Context,
  body: JsonObject,
  { files, fetched }: PlatformRequest,
): EntryMedia | Refusal | undefined => {
  const file = files?.['file_image'];
  const url = textOf(body, 'image');
  if (!file && body['file_image'] !== undefined) return refuse(50035, 'file_image goes by multipart');
  if (!file && url === undefined) return undefined;
  if (!file && !fetched) return { fileType: 1, fileName: undefined, sizeBytes: undefined, url };
  if (!file && fetched && 'error' in fetched) return refuse(fetched.error === 'tooLarge' ? 304020 : 304082);
  const bytes = file?.bytes ?? (fetched && 'bytes' in fetched ? fetched.bytes : Buffer.alloc(0));
  if (context.switches.formats === 'checked' && formatOf(bytes)?.kind !== 1) return refuse(304083);
  if (bytes.length > context.limits.guildImageBytes) return refuse(304020);
  const kept = keepFile(context, bytes, file?.fileName);
  return { fileType: 1, fileName: file?.fileName, sizeBytes: bytes.length, url: kept.url };
};

const whole = (bytes: Buffer | Refusal): Content | Refusal =>
  Buffer.isBuffer(bytes) ? { bytes, url: undefined } : bytes;

const readContent = (
  context: Context,
  bot: Bot,
  given: JsonObject,
  fetched: PlatformRequest['fetched'],
): Content | Refusal => {
  const [data, url] = [textOf(given, 'file_data'), textOf(given, 'url')];
  if (data === undefined) {
    if (!/^https?:\/\/\S+$/u.test(url ?? '')) return refuse(850026);
    if (!fetched) return { bytes: undefined, url };
    if ('error' in fetched) return refuse(fetched.error === 'tooLarge' ? 850031 : 850026);
    return counted(context, bot, fetched.bytes);
  }
  // One test of the whole text would be slow on megabytes; what is no base64 comes out shorter than it went in.
  const bytes = Buffer.from(data, 'base64');
  const isBase64 = bytes.length > 0 && bytes.toString('base64').replace(/=+$/u, '') === data.replace(/=+$/u, '');
  return isBase64 ? counted(context, bot, bytes) : refuse(850026);
};

const counted = (context: Context, bot: Bot, bytes: Buffer): Content | Refusal => {
  if (bytes.length > context.limits.fileBytes) return refuse(850031);
  return takeBytes(context, bot, bytes.length) ? { bytes, url: undefined } : refuse(40093002);
};

// §6.8: the wrong format is refused; over the soft limit it is delivered as a plain file, over the hard one not at all.
const keep = (
  context: Context,
  scene: Scene,
  fileType: number,
  fileName: string | undefined,
  { bytes, url }: Content,
): FileInfo | Refusal => {
  const { limits, switches, timers } = context;
  const expiresAtMs = limits.fileInfoTtlS === 0 ? Number.POSITIVE_INFINITY : timers.now() + limits.fileInfoTtlS * 1000;
  if (!bytes) return { scene, fileType, fileName, sizeBytes: undefined, url, expiresAtMs };
  if (fileType !== 4 && switches.formats === 'checked' && formatOf(bytes)?.kind !== fileType) return refuse(850019);
  if (bytes.length > limits.fileBytes) return refuse(850031);
  const softBytes = { 1: limits.imageSoftBytes, 2: limits.videoSoftBytes, 3: limits.voiceSoftBytes }[fileType];
  const shownAs = softBytes !== undefined && bytes.length > softBytes ? 4 : fileType;
  const kept = keepFile(context, bytes, fileName);
  return { scene, fileType: shownAs, fileName, sizeBytes: bytes.length, url: kept.url, expiresAtMs };
};

const sendAtOnce = (
  context: Context,
  bot: Bot,
  scene: 'c2c' | 'group',
  id: string,
  answer: JsonObject & { readonly file_info: string },
): Reply => {
  const sent = sendMessage(context, bot, scene, id, { msg_type: 7, media: { file_info: answer.file_info } });
  return isRefusal(sent) || !isObject(sent.body) ? sent : ok({ ...answer, id: sent.body['id'] });
};
