import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Router } from '../app/router.js';

export type DeadLetterDesk = Pick<Router, 'deadLetters' | 'retryDeadLetter' | 'dropDeadLetter'>;

/** What a client may look for: any other 404 is of an address that is not served. */
export const UNKNOWN_LETTER = 'unknownDeadLetter';

type Params = { readonly id: string };

/** The messages that were given up. Their texts are users': they are in the answer, and nowhere else. */
export const serveDeadLetters = (app: FastifyInstance, desk: DeadLetterDesk): void => {
  const answer = (reply: FastifyReply, isKnown: boolean): unknown =>
    isKnown
      ? { done: true }
      : reply.code(404).send({ error: { code: UNKNOWN_LETTER, message: 'no message of this id was given up' } });

  app.get('/v1/dead-letters', async () => ({ deadLetters: await desk.deadLetters() }));
  app.post<{ Params: Params }>('/v1/dead-letters/:id/retry', async ({ params }, reply) =>
    answer(reply, await desk.retryDeadLetter(params.id)),
  );
  app.post<{ Params: Params }>('/v1/dead-letters/:id/drop', async ({ params }, reply) =>
    answer(reply, await desk.dropDeadLetter(params.id)),
  );
};
