import { randomUUID } from 'node:crypto';
import type { Json } from '../json.js';

export type Multipart = { readonly contentType: string; readonly body: Uint8Array };

/** A file name that cannot leave its header. */
const safe = (name: string): string => name.replace(/["\\\r\n]/g, '_');

/** Text fields plain, objects as JSON strings, and one file. Source: qq-bot-api §6.5. */
export const multipart = (
  fields: Json,
  file: { readonly field: string; readonly name: string; readonly bytes: Uint8Array },
): Multipart => {
  const boundary = `rookery-${randomUUID()}`;
  const parts = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `--${boundary}\r\nContent-Disposition: form-data; name="${safe(name)}"\r\n\r\n${text}\r\n`;
  });
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${file.field}"; filename="${safe(file.name)}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(parts.join('') + head), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
};
