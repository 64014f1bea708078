import type { IncomingMessage } from 'node:http';
import type { UploadedFile } from './platform/index.js';
import { parseJson } from './platform/json.js';

/** JSON where it was JSON, a form's fields and files, else the text; all the bytes where asked for. */
export type Understood = {
  readonly value?: unknown;
  readonly bytes?: Buffer;
  readonly files?: Readonly<Record<string, UploadedFile>>;
};

/** A request's body. */
export type Body =
  | ({ readonly state: 'read' } & Understood)
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
  return { state: 'read', ...(await understand(Buffer.concat(chunks), request.headers['content-type'] ?? '', raw)) };
};

/** What the bytes of a body say. `type`: as the header names it. */
export const understand = async (whole: Buffer, type: string, raw = false): Promise<Understood> => {
  if (raw) return { bytes: whole };
  if (whole.length === 0) return {};
  if (/^multipart\/form-data;/iu.test(type)) return readForm(whole, type);
  return { value: jsonOrText(whole.toString('utf8')) };
};

// §6.5: text fields plain, object fields as JSON strings; of a file the field tells the size.
const readForm = async (whole: Buffer, type: string): Promise<Understood> => {
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
    return { value: whole.toString('latin1') };
  }
  return { value: { ...fields }, files };
};

const jsonOrText = (text: string): unknown => (text === 'null' ? null : (parseJson(text) ?? text));
