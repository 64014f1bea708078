import { z } from 'zod';
import type { Router } from '../app/router.js';
import type { App } from './app.js';
import type { Missing } from './readiness.js';
import { channel, missing } from './schemas.js';

/** Asked by supervisors, which hold no token. */
export const OPEN_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export const serveHealth = (app: App, found: () => Promise<Missing[]>): void => {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'The process is alive',
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  const readiness = z.object({ ready: z.boolean(), missing: z.array(missing) });
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Every enabled channel is READY, the agent answers, the store can be written; else what is missing',
        security: [],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_, reply) => {
      const list = await found();
      return reply.code(list.length === 0 ? 200 : 503).send({ ready: list.length === 0, missing: list });
    },
  );
};

export const serveChannels = (app: App, router: Pick<Router, 'channels'>, version: string): void => {
  app.get(
    '/v1/channels',
    {
      schema: {
        summary: 'The channels and how each stands',
        response: { 200: z.object({ version: z.string(), channels: z.array(channel).readonly() }) },
      },
    },
    async () => ({ version, channels: router.channels() }),
  );
};
