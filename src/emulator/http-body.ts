import type { IncomingMessage } from 'node:http';

/** A request's body: JSON where it was JSON, else the text. */
export type Body =
  | { readonly state: 'read'; readonly value: unknown }
  | { readonly state: 'tooLarge' }
  | { readonly state: 'broken' };

/** Reads at most `bytesMax`. */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Body> => {
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
  if (bytes === 0) return { state: 'read', value: undefined };
  const whole = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/iu.exec(type)?.[1];
  if (boundary !== undefined) return { state: 'read', value: readMultipart(whole, boundary) };
  return { state: 'read', value: jsonOrText(whole.toString('utf8')) };
};

// §6.5: text fields plain, object fields as JSON strings, `file_image` as bytes, of which only the size is kept.
const readMultipart = (whole: Buffer, boundary: string): Record<string, unknown> => {
  const fields: Record<string, unknown> = {};
  for (const part of whole.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const content = rest.join('\r\n\r\n').replace(/\r\n$/u, '');
    const name = /\bname="([^"]*)"/iu.exec(head)?.[1];
    if (name === undefined) continue;
    const text = Buffer.from(content, 'latin1').toString('utf8');
    const isFile = /\bfilename="/iu.test(head);
    fields[name] = isFile ? { bytes: content.length } : text.startsWith('{') ? jsonOrText(text) : text;
  }
  return fields;
};

const jsonOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
