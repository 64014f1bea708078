import { createHash } from 'node:crypto';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Refusal, type Reply, refuse } from './errors.js';
import { isObject, type JsonObject, textOf } from './json.js';
import { platformDay } from './rates.js';
import { findTarget } from './sends.js';

/** A chunked upload under way, §6.8. */
export type Upload = {
  readonly id: string;
  readonly bot: Bot;
  readonly scene: 'c2c' | 'group';
  readonly fileType: number;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sums: { readonly md5: string; readonly sha1: string; readonly md5Head: string };
  readonly key: string;
  readonly parts: readonly Part[];
  readonly untilMs: number;
  /** What finishing it was answered; asked for again, it is told again. */
  answer: Reply | undefined;
};

type Part = { readonly storageId: string; readonly sizeBytes: number; isFinished: boolean };

/** `md5_10m` is the MD5 of this many first bytes, §6.8. */
const HEAD_BYTES = 10_002_432;
const PARTS_MAX = 10_000;

/**
 * §6.8 `POST …/upload_prepare`.
 * Errors: 850019 `file_type`, 850031 size, 50035 a sum that is none, 40093002 the day's bytes used up.
 */
export const prepareUpload = (
  context: Context,
  bot: Bot,
  scene: 'c2c' | 'group',
  id: string,
  given: unknown,
): Reply => {
  const nowMs = context.timers.now();
  const { limits, switches } = context;
  if (!context.sandbox && !bot.rates.prepare.tryTake(nowMs)) return refuse(22009);
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const fileType = numberOf(given, 'file_type');
  if (fileType === undefined || fileType < 1 || fileType > 4) return refuse(850019);
  const sizeBytes = numberOf(given, 'file_size');
  if (sizeBytes === undefined || sizeBytes < 1) return refuse(50035, 'file_size');
  if (sizeBytes > limits.fileBytes || sizeBytes > limits.uploadBlockBytes * PARTS_MAX) return refuse(850031);
  const fileName = textOf(given, 'file_name');
  const sums = readSums(given);
  if (fileName === undefined || !sums) return refuse(50035, 'file_name, md5, sha1 and md5_10m are needed');
  if (!takeBytes(context, bot, sizeBytes)) return refuse(40093002);
  const uploadId = context.ids.opaque('up-');
  const sizes = blocks(sizeBytes, limits.uploadBlockBytes);
  const parts = sizes.map((size, at) => ({ storageId: `${uploadId}/${at}`, sizeBytes: size, isFinished: false }));
  const key = context.ids.opaque('k');
  const untilMs = nowMs + limits.uploadLifeMs;
  const answer = undefined;
  const upload: Upload = { id: uploadId, bot, scene, fileType, fileName, sizeBytes, sums, key, parts, untilMs, answer };
  context.uploads.set(uploadId, upload);
  const config = { concurrency: 1, retry_timeout: 300, retry_delay: 1 };
  return ok({
    upload_id: uploadId,
    block_size: String(limits.uploadBlockBytes),
    parts: parts.map((part, at) => ({
      index: at + switches.partIndexFrom,
      presigned_url: `${context.baseUrl}/uploads/${uploadId}/${at}?rkey=${key}`,
      block_size: String(part.sizeBytes),
    })),
    ...(switches.uploadConfig === 'nested' ? { upload_config: config } : config),
  });
};

/** §6.8, the `PUT` of one part to its pre-signed link. */
export const putPart = (
  context: Context,
  { uploadId, index, key, bytes }: { uploadId: string; index: string; key: string; bytes: Buffer },
): Reply => {
  const upload = context.uploads.get(uploadId);
  const part = upload?.parts[/^\d{1,6}$/u.test(index) ? Number(index) : -1];
  if (!upload || !part || upload.key !== key || context.timers.now() > upload.untilMs) {
    return { ...refuse(850026, 'the link is not valid, or not any more'), status: 403 };
  }
  if (bytes.length !== part.sizeBytes) return refuse(850026, `expected ${part.sizeBytes} bytes`);
  part.isFinished = false;
  context.storage.put({ id: part.storageId, bytes, fileName: '', key, linkUntilMs: 0 });
  return { status: 200, body: undefined };
};

/**
 * §6.8 `POST …/upload_part_finish`.
 * Errors: 40093001 the part is not there (yet), 850026 it is not what was said, 50035 no such upload or part.
 */
export const finishPart = (context: Context, bot: Bot, scene: 'c2c' | 'group', id: string, given: unknown): Reply => {
  if (!context.sandbox && !bot.rates.partFinish.tryTake(context.timers.now())) return refuse(22009);
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const upload = findUpload(context, bot, scene, given);
  const index = numberOf(given, 'part_index');
  const part = index === undefined ? undefined : upload?.parts[index - context.switches.partIndexFrom];
  if (!part) return refuse(50035, 'upload_id or part_index');
  const stored = context.storage.get(part.storageId);
  if (!stored) return refuse(40093001);
  const isRight = numberOf(given, 'block_size') === part.sizeBytes && textOf(given, 'md5') === hex('md5', stored.bytes);
  if (!isRight) return refuse(850026, 'block_size or md5 differ from what arrived');
  part.isFinished = true;
  return ok({});
};

/** All parts as one file; the parts are forgotten. Errors: 50035 no such upload, 850026 parts missing or sums wrong. */
export const assemble = (context: Context, upload: Upload): Buffer | Refusal => {
  const parts = upload.parts.map((part) => (part.isFinished ? context.storage.get(part.storageId)?.bytes : undefined));
  if (parts.includes(undefined)) return refuse(850026, 'not every part is finished');
  const whole = Buffer.concat(parts as Buffer[]);
  const { md5, sha1, md5Head } = upload.sums;
  const isWhole =
    hex('md5', whole) === md5 && hex('sha1', whole) === sha1 && hex('md5', whole.subarray(0, HEAD_BYTES)) === md5Head;
  if (!isWhole) return refuse(850026, 'md5, sha1 or md5_10m differ from what arrived');
  for (const { storageId } of upload.parts) context.storage.drop(storageId);
  return whole;
};

/** The upload that a call names, if it is this bot's, this scene's, and not too old. */
export const findUpload = (
  context: Context,
  bot: Bot,
  scene: 'c2c' | 'group',
  given: JsonObject,
): Upload | undefined => {
  const upload = context.uploads.get(textOf(given, 'upload_id') ?? '');
  const isHere = upload?.bot === bot && upload.scene === scene && context.timers.now() <= upload.untilMs;
  return isHere ? upload : undefined;
};

/** Books bytes on the day's quota; false when it is used up, §6.8. */
export const takeBytes = (context: Context, bot: Bot, bytes: number): boolean => {
  const day = platformDay(context.timers.now());
  if (bot.uploaded.day !== day) bot.uploaded = { day, bytes: 0 };
  if (bot.uploaded.bytes + bytes > context.limits.uploadBytesPerDay) return false;
  bot.uploaded.bytes += bytes;
  return true;
};

const blocks = (sizeBytes: number, blockBytes: number): number[] => {
  const whole = Math.ceil(sizeBytes / blockBytes);
  return Array.from({ length: whole }, (_, at) => Math.min(blockBytes, sizeBytes - at * blockBytes));
};

const readSums = (given: JsonObject): Upload['sums'] | undefined => {
  const [md5, sha1, md5Head] = [textOf(given, 'md5'), textOf(given, 'sha1'), textOf(given, 'md5_10m')];
  const isSum = (text: string | undefined, digits: number): text is string =>
    text !== undefined && text.length === digits && /^[0-9a-f]+$/u.test(text);
  return isSum(md5, 32) && isSum(sha1, 40) && isSum(md5Head, 32) ? { md5, sha1, md5Head } : undefined;
};

// §6.8: numbers in the docs' strings, and as numbers in the field.
const numberOf = (given: JsonObject, key: string): number | undefined => {
  const value = given[key];
  if (typeof value === 'string') return /^\d{1,15}$/u.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
};

const hex = (algorithm: 'md5' | 'sha1', bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');
