import { z } from 'zod';
import { conversation, count, id, label, ms, outgoingMedia, seq, toolState, turn } from './parts.js';

/** Shared by all output frames of a turn: 1, 2, 3 … */
const n = () => z.int().min(1);
const name = () => z.string().min(1).max(128);

/** What an agent may say, by `t`. Unknown fields are ignored. Source: sidecar §5.3. */
export const FROM_AGENT = {
  hello: z
    .object({
      t: z.literal('hello'),
      v: z.literal(1),
      token: z.string().max(4_096).optional().describe('Where no `Authorization` header can be sent.'),
      agent: z.object({ name: name(), version: z.string().max(128) }),
      caps: z.object({
        steer: z.boolean().optional(),
        flow: z.boolean().optional().describe('Keeps to `turn.credit`.'),
        history: z.enum(['router', 'agent']).describe('Who remembers what was said.'),
        progress: z.boolean().optional(),
      }),
      filter: z
        .object({
          scene: z.array(z.string().max(16)).max(8).optional(),
          conv: z.array(conversation()).max(1_000).optional().describe('Ids; one that ends with `*` is a beginning.'),
        })
        .optional(),
      turns: count().describe('How many turns at once.'),
      resume: z.string().max(256).optional().describe('`<sid>.<seq>`: go on behind that frame.'),
    })
    .describe('The first frame, within 10 s.'),
  ack: z
    .object({ t: z.literal('ack'), seq: seq() })
    .describe('Everything up to `seq` is safe with me, and need not be replayed.'),
  'turn.accept': z.object({ t: z.literal('turn.accept'), turn: turn() }).describe('I work on it.'),
  'turn.decline': z
    .object({
      t: z.literal('turn.decline'),
      turn: turn(),
      retryAfterMs: ms().optional(),
      reason: z.string().max(512).optional(),
    })
    .describe('Hand it to another connection, or back to the queue.'),
  'turn.delta': z
    .object({ t: z.literal('turn.delta'), turn: turn(), n: n(), text: z.string(), id: id().optional() })
    .describe('More text.'),
  'turn.set': z
    .object({ t: z.literal('turn.set'), turn: turn(), n: n(), text: z.string(), id: id().optional() })
    .describe('The whole message so far. What is out of it must stay.'),
  'turn.break': z
    .object({ t: z.literal('turn.break'), turn: turn(), n: n(), id: id().optional() })
    .describe('What was said goes out now; what follows is a new message.'),
  'turn.media': z
    .object({ t: z.literal('turn.media'), turn: turn(), n: n(), media: outgoingMedia, id: id().optional() })
    .describe('A picture, voice, video or file, by `url` or as `base64`.'),
  'turn.progress': z
    .object({
      t: z.literal('turn.progress'),
      turn: turn(),
      id: id(),
      label: label(),
      state: z.enum(['running', 'done', 'error']),
      detail: z.string().max(2_048).optional(),
    })
    .describe('What I am doing. Renews the idle deadline.'),
  'turn.hold': z
    .object({ t: z.literal('turn.hold'), turn: turn(), on: z.boolean(), maxMs: ms().optional() })
    .describe('While it is on, an interrupt waits.'),
  'turn.input.ok': z
    .object({ t: z.literal('turn.input.ok'), turn: turn(), input: z.string().max(512), accepted: z.boolean() })
    .describe('Answer to `turn.input`.'),
  'turn.end': z
    .object({
      t: z.literal('turn.end'),
      turn: turn(),
      n: z.int().min(0).describe('How many output frames there were.'),
      reason: z.enum(['stop', 'length', 'silent']),
      usage: z.record(z.string().max(64), z.number()).optional(),
      id: id().optional(),
    })
    .describe('The answer is complete.'),
  'turn.fail': z
    .object({
      t: z.literal('turn.fail'),
      turn: turn(),
      code: z.string().max(128),
      message: z.string().max(2_048),
      userMessage: z.string().max(2_048).optional().describe('What the user is told, where nothing was said yet.'),
      retryable: z.boolean(),
    })
    .describe('I cannot answer.'),
  'turn.cancelled': z
    .object({ t: z.literal('turn.cancelled'), turn: turn(), tools: z.array(toolState).max(20).optional() })
    .describe('Answer to `turn.cancel`: work has stopped.'),
  typing: z
    .object({ t: z.literal('typing'), turn: turn().optional(), conv: conversation().optional(), on: z.boolean() })
    .describe(
      'I am at it. With `turn` it renews the idle deadline; with `conv`, outside a turn, a private chat shows it for up to a minute, which takes a reply.',
    ),
  send: z
    .object({
      t: z.literal('send'),
      id: id().describe('The idempotency key.'),
      conv: conversation(),
      content: z.looseObject({}).describe('A message: `text`, `markdown`, `media`.'),
      mode: z.enum(['auto', 'passive', 'proactive']),
      replyTo: z.string().max(512).optional(),
      ttlMs: ms().optional(),
    })
    .describe('Something to say outside a turn.'),
  stop: z
    .object({
      t: z.literal('stop'),
      id: id(),
      turn: turn().optional(),
      conv: conversation().optional(),
      reason: z.enum(['user_stop', 'operator_stop']),
    })
    .describe('Cancel this turn, or the one under way in this conversation.'),
  turns: z
    .object({ t: z.literal('turns'), add: z.int().min(-1_000_000).max(1_000_000) })
    .describe('Raise or lower the number of turns taken at once.'),
  pong: z.object({ t: z.literal('pong'), re: z.string().max(128) }).describe('Answer to `ping`.'),
} as const;

export type AgentFrames = { readonly [T in keyof typeof FROM_AGENT]: z.infer<(typeof FROM_AGENT)[T]> };
export type AgentFrameType = keyof AgentFrames;
/** Any frame of an agent. */
export type AgentFrame = AgentFrames[AgentFrameType];
/** A frame that is a part of a turn's answer, in order. */
export type OutputFrame = AgentFrames['turn.delta' | 'turn.set' | 'turn.break' | 'turn.media'];
/** An agent’s first frame: what it is, and what it can do. */
export type Hello = AgentFrames['hello'];
