import { z } from 'zod';
import { messageFromJson, remoteMessageSchema } from '../adapters/message-json.js';
import type { Router } from '../app/router.js';
import { RouterError } from '../errors/router-error.js';
import type { App } from './app.js';
import { refusal } from './refusals.js';
import { failure, sendReport } from './schemas.js';

export type SendDesk = Pick<Router, 'send'>;

/** A file of 30 MB in base64, and what stands around it. Units: bytes. */
const SEND_BODY_MAX = 42_000_000;
const DAY_MS = 86_400_000;

const id = () => z.string().min(1).max(512);

const target = z.union([
  z.strictObject({ scene: z.literal('c2c'), openid: id() }),
  z.strictObject({ scene: z.literal('group'), groupOpenid: id() }),
  z.strictObject({ scene: z.literal('guild'), channelId: id() }),
  z.strictObject({ scene: z.literal('dm'), guildId: id() }),
]);

/** The sidecar's `send` frame is understood as it stands: its `conv`, `content` and `id` are other names. */
const ALIASES = { conv: 'conversation', content: 'message', id: 'key' } as const;

const withoutAliases = (input: unknown): unknown => {
  if (typeof input !== 'object' || input === null) return input;
  const known: Record<string, unknown> = { ...input };
  delete known['t'];
  for (const [alias, name] of Object.entries(ALIASES)) {
    if (!(alias in known) || name in known) continue;
    known[name] = known[alias];
    delete known[alias];
  }
  return known;
};

/** Described by its schema, and read by the reader that names the place of a mistake within its unions. */
const { $schema: _, ...messageDocument } = z.toJSONSchema(remoteMessageSchema);
const message = z.unknown().meta(messageDocument as Record<string, unknown>);

const request = z.strictObject({
  conversation: id().optional().meta({ description: 'as `/v1/conversations` lists it; or `target`' }),
  target: target.optional(),
  channel: z.string().optional().meta({ description: 'needed with a `target` where several are configured' }),
  message,
  mode: z.enum(['auto', 'passive', 'proactive']).default('auto'),
  replyTo: id().optional().meta({ description: 'the message or event that is answered' }),
  key: id().optional().meta({ description: 'the same key says the same thing once; also as `Idempotency-Key`' }),
  ttlMs: z
    .int()
    .positive()
    .max(DAY_MS)
    .optional()
    .meta({ description: 'not begun by then, it is not sent. @default 300000' }),
  wakeUp: z.boolean().optional(),
});

/** What a program says outside of its turns. */
export const serveSend = (app: App, desk: SendDesk): void => {
  app.post(
    '/v1/send',
    {
      bodyLimit: SEND_BODY_MAX,
      schema: {
        summary: 'Says a message; answers once its outcome is known',
        body: z.preprocess(withoutAliases, request),
        response: { 200: sendReport, 400: failure, 404: failure },
      },
    },
    async ({ body, headers }, reply) => {
      const { conversation, target: to, channel, message, key = headers['idempotency-key'], ...options } = body;
      try {
        if ((conversation === undefined) === (to === undefined)) {
          throw new RouterError('message.invalid', 'give `conversation` or `target`, one of the two');
        }
        const place = conversation !== undefined ? { conversation } : { target: to, ...(channel && { channel }) };
        return await desk.send({
          ...place,
          ...options,
          message: messageFromJson(message, 'remote'),
          ...(typeof key === 'string' && { key }),
        } as Parameters<SendDesk['send']>[0]);
      } catch (error) {
        if (!(error instanceof RouterError)) throw error;
        if (error.code !== 'message.invalid' && error.code !== 'channel.notRunning') throw error;
        reply.code(error.code === 'message.invalid' ? 400 : 404);
        return refusal(error.code, error.message);
      }
    },
  );
};
