import { z } from 'zod';

/** Bounds of what a frame may hold; the frame as a whole is bounded by `FRAME_BYTES_MAX`. */
export const FRAME_BYTES_MAX = 262_144;

const ID_MAX = 128;
/** Conversations of the platform come to some 110 characters; turns add to that. */
const NAME_MAX = 512;
const LABEL_MAX = 512;
const URL_MAX = 8_192;
const COUNT_MAX = 1_000_000;

/** What one side makes up so that the other can refer to it. */
export const id = (): z.ZodString => z.string().min(1).max(ID_MAX);
export const turn = (): z.ZodString => z.string().min(1).max(NAME_MAX);
export const conversation = (): z.ZodString => z.string().min(1).max(NAME_MAX);
export const label = (): z.ZodString => z.string().max(LABEL_MAX);
export const count = (least = 0): z.ZodInt => z.int().min(least).max(COUNT_MAX);
export const seq = (): z.ZodInt => z.int().min(0);
export const epochMs = (): z.ZodInt => z.int().min(0).describe('Epoch milliseconds.');
export const ms = (): z.ZodInt => z.int().min(0).max(86_400_000).describe('Milliseconds.');

export const scene = z.enum(['c2c', 'group', 'guild', 'dms']);

export const conv = z
  .object({
    id: conversation().describe('`qq:<appId>:<scene>:…`'),
    scene,
    member: z.string().optional().describe('Who writes, where several may.'),
  })
  .meta({ id: 'Conv', description: 'A conversation.' });

export const media = z
  .object({
    kind: z.enum(['image', 'voice', 'video', 'file']),
    url: z.string().min(1).max(URL_MAX),
    name: z.string().max(NAME_MAX).optional(),
    bytes: z.int().min(0).optional(),
    text: z.string().optional().describe('Speech recognition of a voice message.'),
  })
  .meta({ id: 'Media' });

/** Units: characters; the frame as a whole is bounded by `FRAME_BYTES_MAX`, so some 190 kB of bytes. */
const BASE64_MAX = FRAME_BYTES_MAX;

/** A file that an agent sends: by address, which the platform fetches, or whole. */
export const outgoingMedia = z
  .union([
    media,
    z.object({
      kind: z.enum(['image', 'voice', 'video', 'file']),
      base64: z.base64().min(1).max(BASE64_MAX).describe('The file’s bytes; its characters cost credit.'),
      name: z.string().max(NAME_MAX).optional(),
    }),
  ])
  .meta({ id: 'OutgoingMedia' });

export const inbound = z
  .object({
    id: z.string(),
    at: epochMs(),
    sender: z.object({
      id: z.string(),
      name: z.string().optional(),
      bot: z.boolean().optional(),
      role: z.string().optional(),
    }),
    text: z.string(),
    mention: z.boolean().optional(),
    quote: z.object({ id: z.string(), text: z.string().optional(), media: z.array(media).optional() }).optional(),
    media: z.array(media).optional(),
  })
  .meta({ id: 'Inbound', description: 'A message of a user.' });

export const toolState = z
  .object({ id: id(), label: label(), state: z.enum(['running', 'done', 'error']) })
  .meta({ id: 'ToolState' });

export const cancelReason = z
  .enum(['superseded', 'user_stop', 'operator_stop', 'recalled', 'deadline', 'disconnected', 'shutdown', 'policy'])
  .meta({ id: 'CancelReason' });

export const interrupted = z
  .object({
    turn: z.string(),
    epoch: z.int(),
    reason: cancelReason,
    at: epochMs(),
    inputs: z.array(z.object({ id: z.string(), text: z.string() })),
    delivered: z.string().describe('Exactly what the platform accepted, in order.'),
    generatedChars: z.int(),
    certainty: z.enum(['exact', 'maybe-more']),
    maybe: z.string().optional().describe('The text of the one call whose result is not known.'),
    agent: z.enum(['acked', 'killed']),
    tools: z.array(toolState).optional(),
  })
  .meta({ id: 'Interrupted', description: 'What became of the turn that this one replaces.' });

export const surface = z
  .object({
    mode: z.enum(['final', 'typing', 'block', 'native']),
    maxChars: z.int(),
    repliesLeft: z.int(),
    markdown: z.boolean(),
    windowMs: z.int(),
  })
  .meta({ id: 'Surface', description: 'How the answer will be shown, and what there is room for.' });

export const chatMessage = z
  .object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })
  .meta({ id: 'ChatMessage' });

export const FRAME_ERRORS = [
  'stale_turn',
  'unknown_turn',
  'gap',
  'prefix_conflict',
  'flow_exceeded',
  'too_large',
  'rate_limited',
  'window_closed',
  'not_permitted',
  'unsupported',
  'unknown_type',
  'bad_frame',
] as const;
export type FrameErrorCode = (typeof FRAME_ERRORS)[number];
