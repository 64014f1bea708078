import type { IncomingMessage } from 'node:http';
import type { UploadedFile } from './platform/index.js';
import { parseJson } from './platform/json.js';

/** A request's body: JSON where it was JSON, a form's fields and files, else the text; all the bytes where asked for. */
export type Body =
  | {
      readonly state: 'read';
      readonly value?: unknown;
      readonly bytes?: Buffer;
      readonly files?: Readonly<Record<string, UploadedFile>>;
    }
  | { readonly state: 'tooLarge' }
  | { readonly state: 'broken' };

/** Reads at most `bytesMax`. `raw`: the bytes are wanted as they are. */
export const readBody = async (request: IncomingMessage, bytesMax: number, raw = false): Promise<Body> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return { state: 'tooLarge' };
      chunks.push(chunk);
    }
  } catch {
    // The caller went away before it had said everything.
    return { state: 'broken' };
  }
  const whole = Buffer.concat(chunks);
  if (raw) return { state: 'read', bytes: whole };
  if (bytes === 0) return { state: 'read' };
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data;/iu.test(type)) return readForm(whole, type);
  return { state: 'read', value: jsonOrText(whole.toString('utf8')) };
};

// §6.5: text fields plain, object fields as JSON strings; of a file the field tells the size.
const readForm = async (whole: Buffer, type: string): Promise<Body> => {
  const fields: Record<string, unknown> = Object.create(null);
  const files: Record<string, UploadedFile> = Object.create(null);
  try {
    const form = await new Response(whole, { headers: { 'content-type': type } }).formData();
    for (const [name, value] of form) {
      if (typeof value === 'string') fields[name] = value.startsWith('{') ? jsonOrText(value) : value;
      else {
        const bytes = Buffer.from(await value.arrayBuffer());
        fields[name] = { bytes: bytes.length };
        files[name] = { fileName: value.name || undefined, bytes };
      }
    }
  } catch {
    // No form after all.
    return { state: 'read', value: whole.toString('latin1') };
  }
  return { state: 'read', value: { ...fields }, files };
};

const jsonOrText = (text: string): unknown => (text === 'null' ? null : (parseJson(text) ?? text));
