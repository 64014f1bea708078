import { z } from 'zod';
import type { Router } from '../app/router.js';
import type { App } from './app.js';
import { notFound } from './refusals.js';
import { deadLetter, done, failure } from './schemas.js';

export type DeadLetterDesk = Pick<Router, 'deadLetters' | 'retryDeadLetter' | 'dropDeadLetter'>;

/** What a client may look for: any other 404 is of an address that is not served. */
export const UNKNOWN_LETTER = 'unknownDeadLetter';

/** The messages that were given up. Their texts are users': they are in the answer, and nowhere else. */
export const serveDeadLetters = (app: App, desk: DeadLetterDesk): void => {
  app.get(
    '/v1/dead-letters',
    {
      schema: {
        summary: 'Messages that brought down every turn that began with them, the last given up first',
        response: { 200: z.object({ deadLetters: z.array(deadLetter).readonly() }) },
      },
    },
    async () => ({ deadLetters: await desk.deadLetters() }),
  );
  const settled = (verb: 'retry' | 'drop', summary: string, settle: (id: string) => Promise<boolean>): void => {
    app.post(
      `/v1/dead-letters/:id/${verb}`,
      { schema: { summary, params: z.object({ id: z.string() }), response: { 200: done, 404: failure } } },
      async ({ params }, reply) =>
        (await settle(params.id))
          ? { done: true as const }
          : notFound(reply, UNKNOWN_LETTER, 'no message of this id was given up'),
    );
  };
  settled('retry', 'Offers one to its conversation again', (id) => desk.retryDeadLetter(id));
  settled('drop', 'Gives one up for good', (id) => desk.dropDeadLetter(id));
};
