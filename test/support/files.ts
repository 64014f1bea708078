/** Real files of a few bytes, and bytes that are none. */
export const PNG = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);
export const SILK = new Uint8Array([0x02, ...Buffer.from('#!SILK_V3 and so on')]);

const ascii = (text: string, length = text.length): Buffer => Buffer.from(text.padEnd(length, '\0'), 'latin1');
export const WAV = new Uint8Array(Buffer.concat([ascii('RIFF'), Buffer.from([36, 0, 0, 0]), ascii('WAVEfmt ', 40)]));
export const OGG = new Uint8Array(Buffer.concat([ascii('OggS', 28), ascii('OpusHead', 40)]));
export const M4A = new Uint8Array(Buffer.concat([Buffer.from([0, 0, 0, 24]), ascii('ftypM4A ', 40)]));

/** So many bytes, no two blocks of them alike. */
export const bytesOf = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return bytes;
};

export async function* inChunks(bytes: Uint8Array, chunk: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}
