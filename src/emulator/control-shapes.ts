import { z } from 'zod';
import type { Match } from './platform/index.js';

// What the commands of the control surface are made of. Objects are strict: a misspelt field is an error, not a wish
// that goes unheard.

const TEXT_MAX = 2_000_000;
const BASE64_MAX = 28 * 1024 * 1024;
const LIST_MAX = 100;

/** An optional field that is absent rather than undefined, as JSON has it. */
export const maybe = <S extends z.ZodType>(shape: S) => shape.exactOptional();

export const id = z.string().min(1).max(200);
export const text = z.string().max(TEXT_MAX);
export const count = z.int().min(0).max(1_000_000);
export const times = z.int().min(1).max(1000);
export const milliseconds = z.int().min(0).max(86_400_000);
export const scene = z.enum(['c2c', 'group', 'guild', 'dm']);
export const bot = maybe(id.describe('app id'));
const overrides = maybe(z.record(z.string(), z.unknown()).describe('merged into `d` last'));

/** Bytes as base64. */
const bytes = z
  .base64()
  .max(BASE64_MAX)
  .transform((data) => Buffer.from(data, 'base64'));

export const attachment = z.strictObject({
  data: maybe(bytes.describe('base64; the emulator keeps it and makes the link')),
  url: maybe(text),
  filename: maybe(id),
  content_type: maybe(id),
  size: maybe(count),
  width: maybe(count),
  height: maybe(count),
  wav: maybe(bytes.describe('base64 of a voice message’s transcode')),
  voice_wav_url: maybe(text),
  asr_refer_text: maybe(text),
});

/** What every act of a user may say. */
export const act = {
  bot,
  overrides,
  omit: maybe(z.array(z.string().max(200)).max(LIST_MAX).describe('fields of `d` that are missing')),
};

export const speech = {
  ...act,
  from: id,
  text: maybe(text),
  username: maybe(id),
  attachments: maybe(z.array(attachment).max(LIST_MAX)),
  fromBot: maybe(z.boolean()),
  messageId: maybe(id),
};

export const ids = z.array(id).max(LIST_MAX);

/** Which calls a fault meets. A path is matched by what it contains. */
const match = z.union([
  z.enum(['any', 'api', 'sends', 'token', 'gateway', 'storage']),
  z.strictObject({ path: id.describe('meets calls whose path contains this'), method: maybe(id) }),
]);

export const aim = { match: maybe(match), times: maybe(times) };

/** A fault's aim as the platform takes it. */
export const aimed = <T extends { match?: z.infer<typeof match> }>(given: T): Omit<T, 'match'> & { match?: Match } => {
  const { match: chosen, ...rest } = given;
  if (chosen === undefined) return rest;
  if (typeof chosen === 'string') return { ...rest, match: chosen };
  const { path, method } = chosen;
  return {
    ...rest,
    match: (request) => request.path.includes(path) && (method === undefined || request.method === method),
  };
};
