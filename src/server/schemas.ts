import { z } from 'zod';

/**
 * What the HTTP API takes and gives, written once: requests are checked by it, answers carry nothing that is not in it,
 * and `/openapi.json` is made of it. Units: milliseconds; `…AtMs` and `atMs` are epoch milliseconds.
 */

const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();

export const scene = z.enum(['c2c', 'group', 'guild', 'dm']);

export const busyPolicy = z.enum(['interrupt', 'steer', 'collect', 'enqueue', 'reject', 'concurrent']);

export const cancelReason = z.enum([
  'superseded',
  'user_stop',
  'operator_stop',
  'recalled',
  'deadline',
  'disconnected',
  'shutdown',
  'policy',
]);

export const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export const done = z.object({ done: z.literal(true) });

const certainty = z.enum(['exact', 'maybe-more']).meta({
  description: '`maybe-more`: the result of one last call was not known when the turn was closed',
});

export const receipt = z.object({
  turn: z.string(),
  conversation: z.string(),
  epoch: z.int(),
  status: z.enum(['completed', 'cancelled', 'killed', 'failed', 'timed_out']),
  reason: cancelReason.exactOptional(),
  delivered: z.string().meta({ description: 'exactly what the platform accepted; see `certainty`' }),
  generatedChars: z.int(),
  certainty,
  messageIds: list(z.string()),
  inputIds: list(z.string()),
  askedAtMs: z.number(),
  closedAtMs: z.number(),
});

export const runningTurn = z.object({
  turn: z.string(),
  conversation: z.string(),
  epoch: z.int(),
  status: z.enum(['running', 'ending']),
  inputIds: list(z.string()),
  askedAtMs: z.number(),
  delivered: z.string(),
  open: z.int().meta({ description: 'pieces that were handed on and have no outcome yet' }),
});

const chatMessage = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

const tool = z.object({ id: z.string(), label: z.string(), state: z.enum(['running', 'done', 'error']) });

export const interrupted = z.object({
  turn: z.string(),
  epoch: z.int(),
  reason: cancelReason,
  atMs: z.number(),
  inputs: list(z.object({ id: z.string(), text: z.string() })),
  delivered: z.string(),
  generatedChars: z.int(),
  certainty,
  maybe: z.string().exactOptional(),
  agent: z.enum(['acked', 'killed']),
  tools: list(tool).exactOptional(),
});

const conversationFields = {
  conversation: z.string(),
  scene,
  living: z.boolean().meta({ description: 'whether it is in memory' }),
  state: z.string().exactOptional().meta({ description: 'where its chart stands; only of a living one' }),
  epoch: z.int().meta({ description: 'the number of its last turn' }),
};

export const conversationListed = z.object({
  ...conversationFields,
  channel: z.string().exactOptional(),
  atMs: z.number(),
  lastText: z.string(),
});

export const conversationPage = z.object({
  conversations: list(conversationListed),
  next: z.string().nullable().meta({ description: '`after` of the next page; null on the last' }),
  total: z.int(),
});

export const conversationView = z.object({
  ...conversationFields,
  channel: z.string(),
  busy: busyPolicy.exactOptional(),
  transcript: list(chatMessage),
  interrupted: interrupted.exactOptional(),
  parked: z.string().exactOptional(),
  turn: runningTurn.exactOptional(),
  waiting: list(z.object({ id: z.string(), text: z.string(), atMs: z.number() })),
  replies: list(
    z.object({
      anchor: z.string(),
      used: z.int(),
      left: z.int().nullable().meta({ description: 'replies it still takes; null where they are not counted' }),
      leftMs: z.number(),
    }),
  ),
  turns: list(receipt),
});

/** A channel says more as it grows: what is not named here is passed on. */
export const channel = z.looseObject({
  name: z.string(),
  state: z.enum(['starting', 'connecting', 'ready', 'waiting', 'stopped', 'disabled']),
  appId: z.string(),
  transport: z.enum(['websocket', 'webhook']),
  gateway: z.string().exactOptional(),
  bot: z.object({ id: z.string(), username: z.string() }).exactOptional(),
  session: z.string().exactOptional(),
  watermark: z.int().exactOptional(),
  lagEvents: z.int().exactOptional(),
  reconnects: z.int(),
  heartbeatLatencyMs: z.number().exactOptional(),
  fault: z
    .object({
      code: z.string(),
      detail: z.string(),
      platformCode: z.int().exactOptional(),
      nextTryInMs: z.number().exactOptional(),
    })
    .exactOptional(),
  conversations: z.object({ living: z.int(), busy: z.int() }),
});

export const deadLetter = z.looseObject({
  id: z.string(),
  appId: z.string(),
  attempts: z.int(),
  why: z.string(),
  buriedAtMs: z.number(),
  message: z.looseObject({ id: z.string(), conversation: z.string(), text: z.string() }),
});

export const missing = z.object({ what: z.string(), why: z.string() });

export const sendReport = z.object({
  status: z.enum(['delivered', 'rejected', 'uncertain', 'expired']),
  messageId: z.string().exactOptional(),
  messageIds: list(z.string()).exactOptional(),
  refIndex: z.string().exactOptional(),
  code: z.string().exactOptional(),
  platformCode: z.int().exactOptional(),
  traceId: z.string().exactOptional().meta({ description: 'what the platform’s support asks for' }),
  remedy: z.string().exactOptional(),
  duplicate: z.boolean().exactOptional().meta({ description: 'its key was known: nothing was sent now' }),
});
