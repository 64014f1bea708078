import { createHash } from 'node:crypto';
import type { MediaKind } from '../../domain/message.js';
import { RouterError } from '../../errors/router-error.js';
import type { PeerTarget, UploadApi, Uploaded, UploadHead, UploadPart, UploadPlan } from '../../ports/files.js';
import type { HttpTransport } from '../../ports/http.js';
import { arrayOf, type Json, numberOf, objectOf, textOf } from '../json.js';
import type { Rest } from './rest.js';

const FILE_TYPES = { image: 1, video: 2, voice: 3, file: 4 } as const satisfies Record<MediaKind, number>;

const CALL_TIMEOUT_MS = 10_000;
/** The platform fetches a link, or takes bytes, within the call. */
const FETCH_TIMEOUT_MS = 60_000;
/** A slow line still gets so much through. Units: bytes a second. */
const SLOWEST = 64 * 1024;

const CONCURRENCY_MAX = 4;
const PARTS_MAX = 10_000;
const DEFAULT_RETRY = { concurrency: 1, timeoutS: 300, delayS: 1 } as const;

const timeoutFor = (bytes: number): number => FETCH_TIMEOUT_MS + Math.ceil(bytes / SLOWEST) * 1_000;

const peerPath = (target: PeerTarget): string =>
  target.scene === 'c2c'
    ? `/v2/users/${encodeURIComponent(target.openid)}`
    : `/v2/groups/${encodeURIComponent(target.groupOpenid)}`;

const headFields = ({ kind, name }: UploadHead): Json => ({ file_type: FILE_TYPES[kind], file_name: name });

/** Uploads of one bot, over `rest`; blocks go to their pre-signed links over `http`. */
export const createUploadApi = (rest: Rest, http: HttpTransport): UploadApi => {
  const post = async (target: PeerTarget, path: string, body: Json, timeoutMs: number): Promise<Json> => {
    const what = `${path.replaceAll('_', ' ')} in ${target.scene}`;
    const answer = await rest.call({
      what,
      method: 'POST',
      path: `${peerPath(target)}/${path}`,
      body,
      timeoutMs,
      expects: path === 'upload_part_finish' ? 'nothing' : 'object',
    });
    if (answer.kind !== 'done') throw new RouterError('platform.refused', `${what}: a review makes no sense here`);
    return answer.body;
  };
  const files = async (target: PeerTarget, body: Json, timeoutMs: number): Promise<Uploaded> => {
    const answer = await post(target, 'files', { ...body, srv_send_msg: false }, timeoutMs);
    const fileInfo = textOf(answer['file_info']);
    if (fileInfo === undefined) throw new RouterError('transport.lost', 'files: the answer names no file');
    const fileUuid = textOf(answer['file_uuid']);
    return { fileInfo, ttlS: numberOf(answer['ttl']) ?? 0, ...(fileUuid !== undefined && { fileUuid }) };
  };

  return {
    postUrl: (target, head, url) => files(target, { ...headFields(head), url }, FETCH_TIMEOUT_MS),
    postBytes: (target, head, bytes) => {
      const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      return files(target, { ...headFields(head), file_data: data }, timeoutFor(data.length));
    },
    prepare: async (target, head, sizeBytes, { md5, sha1, md5Head }) => {
      const body = { ...headFields(head), file_size: String(sizeBytes), md5, sha1, md5_10m: md5Head };
      return planOf(await post(target, 'upload_prepare', body, CALL_TIMEOUT_MS), sizeBytes);
    },
    putPart: async (url, bytes) => {
      const headers = { 'content-type': 'application/octet-stream' };
      const { status } = await http.request({
        method: 'PUT',
        url,
        headers,
        bytes,
        timeoutMs: timeoutFor(bytes.length),
      });
      if (status < 200 || status >= 300) {
        throw new RouterError(
          status >= 500 || status === 429 ? 'platform.unavailable' : 'platform.refused',
          'put a block',
          {
            status,
          },
        );
      }
    },
    finishPart: async (target, uploadId, index, bytes) => {
      const md5 = createHash('md5').update(bytes).digest('hex');
      const body = { upload_id: uploadId, part_index: index, block_size: bytes.length, md5 };
      await post(target, 'upload_part_finish', body, CALL_TIMEOUT_MS);
    },
    complete: (target, head, uploadId) => files(target, { ...headFields(head), upload_id: uploadId }, FETCH_TIMEOUT_MS),
  };
};

/**
 * Sizes come as strings or numbers, the retry settings in an object of their own or beside the rest.
 * Errors: `protocol.unreadable` where its blocks are not the file.
 */
const planOf = (body: Json, sizeBytes: number): UploadPlan => {
  const unreadable = (why: string): RouterError => new RouterError('protocol.unreadable', `upload prepare: ${why}`);
  const uploadId = textOf(body['upload_id']);
  if (uploadId === undefined) throw unreadable('the answer names no upload');
  const usual = numberOf(body['block_size']);
  const given = arrayOf(body['parts']).map(objectOf);
  if (given.length > PARTS_MAX) throw unreadable(`${given.length} blocks`);
  const parts: UploadPart[] = [];
  const byIndex = [...given].sort((a, b) => (numberOf(a?.['index']) ?? 0) - (numberOf(b?.['index']) ?? 0));
  for (const part of byIndex) {
    const [index, url] = [numberOf(part?.['index']), textOf(part?.['presigned_url'])];
    const size = numberOf(part?.['block_size']) ?? usual;
    if (index === undefined || url === undefined || !size || size < 1) throw unreadable('a block is not described');
    if (!/^https?:\/\//.test(url)) throw unreadable('a block goes nowhere');
    const from = parts.at(-1)?.to ?? 0;
    parts.push({ index, url, from, to: Math.min(sizeBytes, from + size) });
  }
  if (parts.at(-1)?.to !== sizeBytes || parts.some(({ from, to }) => from >= to)) {
    throw unreadable('its blocks are not the file');
  }
  const config = objectOf(body['upload_config']) ?? body;
  const { concurrency, timeoutS, delayS } = DEFAULT_RETRY;
  return {
    uploadId,
    parts,
    concurrency: Math.min(CONCURRENCY_MAX, Math.max(1, numberOf(config['concurrency']) ?? concurrency)),
    retryTimeoutMs: (numberOf(config['retry_timeout']) ?? timeoutS) * 1_000,
    retryDelayMs: Math.max(0.1, numberOf(config['retry_delay']) ?? delayS) * 1_000,
  };
};
