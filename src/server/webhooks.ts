import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Router } from '../app/router.js';
import type { WebhookHandler } from '../app/webhook-desk.js';
import type { App } from './app.js';

export type CallbackDesk = Pick<Router, 'webhook'>;

const ALL = '/webhooks';
const ONE = '/webhooks/:channel';

/** What the platform calls: guarded by its signature instead of our token. */
export const SIGNED_ROUTES: ReadonlySet<string> = new Set([ALL, ONE]);

const bytesOf = (body: unknown): Uint8Array => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

/** The platform's callbacks. The body is handed on as it came: read and written again, no signature would fit it. */
export const serveWebhooks = async (app: App, desk: CallbackDesk): Promise<void> => {
  const all = desk.webhook();
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    const answer = async (handler: WebhookHandler | null, request: FastifyRequest, reply: FastifyReply) => {
      if (!handler) return reply.callNotFound();
      const { method, headers, body } = request;
      const answered = await handler({ method, headers, body: bytesOf(body) });
      return reply.code(answered.status).headers(answered.headers).send(answered.body);
    };
    const schema = (summary: string) => ({ summary, security: [] });

    scope.post(
      ALL,
      { schema: schema('The platform’s callbacks of all bots, told apart by X-Bot-Appid') },
      (request, reply) => answer(all, request, reply),
    );
    scope.post<{ Params: { channel: string } }>(
      ONE,
      { schema: { ...schema('The platform’s callbacks of one channel'), params: z.object({ channel: z.string() }) } },
      (request, reply) => answer(desk.webhook(request.params.channel), request, reply),
    );
  });
};
