import { z } from 'zod';
import {
  cancelReason,
  chatMessage,
  conv,
  count,
  epochMs,
  FRAME_ERRORS,
  id,
  inbound,
  interrupted,
  ms,
  seq,
  surface,
} from './parts.js';

const ts = { ts: epochMs() };
/** Replayed until it is acknowledged. */
const replayed = { ...ts, seq: seq() };
const wire = z.string().describe('The turn’s name on this wire; another offer of the same turn has another.');
const ofTurn = { ...replayed, turn: wire, epoch: z.int() };

/** What the router says, by `t`. Frames with `seq` are replayed until they are acknowledged. Source: sidecar §5.3. */
export const TO_AGENT = {
  'hello.ok': z
    .object({
      t: z.literal('hello.ok'),
      v: z.literal(1),
      ...ts,
      sid: z.string(),
      seq: seq().describe('The last frame that was acknowledged; what follows is replayed.'),
      resumed: z.boolean().describe('False: forget all open turns.'),
      missed: count().describe('Frames that were forgotten before they were acknowledged.'),
      heartbeatMs: ms(),
      limits: z.object({ frameBytes: count(), turns: count(), replayFrames: count(), replayMs: ms() }),
      caps: z.array(z.string()),
    })
    .describe('Answer to `hello`.'),
  'turn.start': z
    .object({
      t: z.literal('turn.start'),
      ...ofTurn,
      attempt: count(1),
      conv,
      inputs: z.array(inbound).min(1),
      interrupted: interrupted.optional(),
      dropped: z.object({ count: count(), texts: z.array(z.string()) }).optional(),
      history: z.array(chatMessage).optional().describe('What was delivered, ending with this turn’s question.'),
      note: z
        .string()
        .optional()
        .describe('For an agent with a history of its own: what became of the last answer, what was left out.'),
      surface,
      deadline: z.object({ acceptMs: ms(), idleMs: ms(), turnMs: ms() }),
      credit: count().describe('Characters that may be sent at first.'),
      trace: z.string().optional().describe('W3C `traceparent`.'),
    })
    .describe('A turn is yours: accept or decline it.'),
  'turn.input': z
    .object({ t: z.literal('turn.input'), ...ofTurn, input: inbound })
    .describe('A message came meanwhile: answer `turn.input.ok` within a second, silence is no.'),
  'turn.cancel': z
    .object({
      t: z.literal('turn.cancel'),
      ...ofTurn,
      reason: cancelReason,
      by: z.object({ sender: z.string(), message: z.string() }).optional(),
      graceMs: ms(),
      deliveredChars: count(),
    })
    .describe('Its output is fenced already. Stop, then say `turn.cancelled`.'),
  'turn.credit': z.object({ t: z.literal('turn.credit'), ...ts, turn: wire, add: count(1) }).describe('More room.'),
  'turn.delivered': z
    .object({ t: z.literal('turn.delivered'), ...ts, turn: wire, chars: count(), messageId: z.string().optional() })
    .describe('The platform has accepted so much of the answer.'),
  'turn.closed': z
    .object({
      t: z.literal('turn.closed'),
      ...ofTurn,
      status: z.enum(['completed', 'cancelled', 'killed', 'failed', 'timed_out']),
      reason: z.string().optional(),
      delivered: z.string(),
      generatedChars: count(),
      certainty: z.enum(['exact', 'maybe-more']),
      messageIds: z.array(z.string()),
    })
    .describe('The final receipt: once per turn.'),
  'turn.settled': z
    .object({
      t: z.literal('turn.settled'),
      ...replayed,
      turn: wire,
      outcome: z.enum(['delivered', 'rejected', 'unknown']),
      delivered: z.string(),
    })
    .describe('After a `turn.closed` with `maybe-more`: what became of the last piece.'),
  'conv.event': z
    .object({ t: z.literal('conv.event'), ...replayed, conv, kind: z.string(), data: z.looseObject({}) })
    .describe('What is not a turn.'),
  'send.result': z
    .object({
      t: z.literal('send.result'),
      ...replayed,
      id: id(),
      status: z.enum(['delivered', 'rejected', 'uncertain', 'expired']),
      messageId: z.string().optional(),
      code: z.string().optional(),
    })
    .describe('What became of a `send`.'),
  ok: z
    .object({
      t: z.literal('ok'),
      ...ts,
      re: z.string().optional().describe('The `id` of the frame that is answered.'),
      turn: z.string().optional(),
      n: z.int().optional(),
      dup: z.boolean().optional().describe('It was known already; nothing was done twice.'),
    })
    .describe('Done.'),
  error: z
    .object({
      t: z.literal('error'),
      ...ts,
      re: z.string().optional(),
      turn: z.string().optional(),
      code: z.enum(FRAME_ERRORS),
      message: z.string(),
      expect: z.int().optional().describe('The `n` to go on from.'),
      retryAfterMs: ms().optional(),
    })
    .describe('Not done.'),
  ping: z.object({ t: z.literal('ping'), ...ts, id: z.string() }).describe('Answer `pong`.'),
  bye: z
    .object({
      t: z.literal('bye'),
      ...ts,
      reason: z.enum(['shutdown', 'refresh', 'replaced', 'slow_consumer', 'auth']),
      reconnectAfterMs: ms(),
    })
    .describe('Before every close by the router.'),
} as const;

export type RouterFrames = { readonly [T in keyof typeof TO_AGENT]: z.infer<(typeof TO_AGENT)[T]> };
export type RouterFrameType = keyof RouterFrames;
/** Any frame of the router. */
export type RouterFrame = RouterFrames[RouterFrameType];
export type ByeReason = RouterFrames['bye']['reason'];

/** Those that are kept until they are acknowledged. */
export type LoggedType =
  | 'turn.start'
  | 'turn.input'
  | 'turn.cancel'
  | 'turn.closed'
  | 'turn.settled'
  | 'conv.event'
  | 'send.result';

type Unstamped<F> = F extends unknown ? Omit<F, 'seq' | 'ts'> : never;
/** A frame before it has its number and its time. */
export type ToLog = Unstamped<RouterFrames[LoggedType]>;
export type ToSay = Unstamped<RouterFrames[Exclude<RouterFrameType, LoggedType | 'hello.ok'>]>;
