import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { isRefusal, ok, type Reply, refuse } from './errors.js';
import { integerOf, isObject, textOf } from './json.js';
import type { Scene } from './records.js';
import { findTarget, sendMessage } from './sends.js';

/** An uploaded file, bound to the scene of its upload, §6.8. */
export type FileInfo = {
  readonly scene: Scene;
  readonly fileType: number;
  readonly fileName: string | undefined;
  /** Bytes, where they came with the call. */
  readonly bytes: number | undefined;
  readonly url: string | undefined;
  readonly expiresAtMs: number;
};

/** §6.8: a `file_info` of this scene whose time has not passed. */
export const findFile = (context: Context, bot: Bot, scene: Scene, fileInfo: string): FileInfo | undefined => {
  const file = bot.files.get(fileInfo);
  return file && file.scene === scene && context.timers.now() < file.expiresAtMs ? file : undefined;
};

/**
 * §6.8 `POST /v2/users|groups/{id}/files`, with base64 or a link; a link is taken as it is and not fetched.
 * Errors: 850019 no such `file_type`, 850026 neither data nor an http(s) link, 850031 above the hard limit.
 */
export const uploadFile = (context: Context, bot: Bot, scene: 'c2c' | 'group', id: string, given: unknown): Reply => {
  const nowMs = context.timers.now();
  if (!context.sandbox && !bot.rates.upload.tryTake(nowMs)) return refuse(22009);
  const conversation = findTarget(context, bot, scene, id);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const fileType = integerOf(given, 'file_type');
  if (fileType === undefined || fileType < 1 || fileType > 4) return refuse(850019);
  const [data, url] = [textOf(given, 'file_data'), textOf(given, 'url')];
  if (data === undefined && !/^https?:\/\/\S+$/u.test(url ?? '')) return refuse(850026);
  if (data !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/u.test(data)) return refuse(850026);
  const bytes = data === undefined ? undefined : Math.floor((data.replace(/=+$/u, '').length * 3) / 4);
  if (bytes !== undefined && bytes > context.limits.fileBytes) return refuse(850031);
  const ttlS = context.limits.fileInfoTtlS;
  const fileInfo = context.ids.opaque('CgQ');
  bot.files.set(fileInfo, {
    scene,
    fileType,
    fileName: textOf(given, 'file_name'),
    bytes,
    url,
    expiresAtMs: ttlS === 0 ? Number.POSITIVE_INFINITY : nowMs + ttlS * 1000,
  });
  const answer = { file_uuid: context.ids.opaque('u-'), file_info: fileInfo, ttl: ttlS };
  if (given['srv_send_msg'] !== true) return ok(answer);
  const sent = sendMessage(context, bot, scene, id, { msg_type: 7, media: { file_info: fileInfo } });
  return isRefusal(sent) || !isObject(sent.body) ? sent : ok({ ...answer, id: sent.body['id'] });
};
