import { z } from 'zod';
import type { Router } from '../app/router.js';
import { turnOfWire } from '../sidecar/restored-session.js';
import type { App } from './app.js';
import { notFound } from './refusals.js';
import {
  busyPolicy,
  conversationPage,
  conversationView,
  done,
  failure,
  receipt,
  runningTurn,
  scene,
} from './schemas.js';

export type ConversationDesk = Pick<
  Router,
  'conversations' | 'conversation' | 'stopTurn' | 'retire' | 'setBusy' | 'turn' | 'reconnect'
>;

const PAGE_MAX = 500;
const params = z.object({ id: z.string().meta({ description: 'as `/v1/conversations` lists it, percent-encoded' }) });
const unknownConversation = 'no conversation of a running bot has this id';

/** What an operator sees of conversations and turns, and does to them. */
export const serveConversations = (app: App, desk: ConversationDesk): void => {
  app.get(
    '/v1/conversations',
    {
      schema: {
        summary: 'The conversations of the store, the last touched first',
        querystring: z.strictObject({
          after: z.string().exactOptional(),
          limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
          scene: scene.exactOptional(),
          text: z.string().min(1).max(200).exactOptional().meta({ description: 'part of the id or of the last text' }),
        }),
        response: { 200: conversationPage, 400: failure },
      },
    },
    ({ query }) => desk.conversations(query),
  );

  app.get(
    '/v1/conversations/:id',
    {
      schema: {
        summary: 'One conversation: where its chart stands, what was said, what is left of its replies, its last turns',
        params,
        response: { 200: conversationView, 404: failure },
      },
    },
    async (request, reply) =>
      (await desk.conversation(request.params.id)) ?? notFound(reply, 'unknownConversation', unknownConversation),
  );

  app.post(
    '/v1/conversations/:id/stop',
    {
      schema: {
        summary: 'Cancels the turn under way; nothing more of it is sent',
        params,
        response: {
          200: z.object({ stopped: z.boolean().meta({ description: 'false where no turn was under way' }) }),
        },
      },
    },
    async ({ params: { id } }) => ({ stopped: desk.stopTurn(id) }),
  );

  app.post(
    '/v1/conversations/:id/retire',
    {
      schema: {
        summary: 'Lets an idle conversation leave memory; it comes back with its next message',
        params,
        response: {
          200: z.object({ retired: z.boolean().meta({ description: 'false where it is busy or not there' }) }),
        },
      },
    },
    async ({ params: { id } }) => ({ retired: desk.retire(id) }),
  );

  app.post(
    '/v1/conversations/:id/busy',
    {
      schema: {
        summary: 'What a message does from now on while a turn is under way; null goes back to the scene’s setting',
        params,
        body: z.strictObject({ busy: busyPolicy.nullable() }),
        response: { 200: done, 400: failure, 404: failure },
      },
    },
    async ({ params: { id }, body }, reply) => {
      if (!(await desk.conversation(id))) return notFound(reply, 'unknownConversation', unknownConversation);
      await desk.setBusy(id, body.busy);
      return { done: true as const };
    },
  );

  app.get(
    '/v1/turns/:id',
    {
      schema: {
        summary: 'A turn under way, or the receipt of a closed one; also by the name an agent was offered it under',
        params,
        response: { 200: z.union([receipt, runningTurn]), 404: failure },
      },
    },
    async ({ params: { id } }, reply) =>
      (await desk.turn(id)) ??
      (await desk.turn(turnOfWire(id))) ??
      notFound(reply, 'unknownTurn', 'no turn of this id is under way or remembered'),
  );

  app.post(
    '/v1/channels/:id/reconnect',
    {
      schema: {
        summary: 'Tries a channel’s connection afresh, also after it had stopped',
        params: z.object({ id: z.string().meta({ description: 'the channel’s name' }) }),
        response: { 200: done, 404: failure },
      },
    },
    async ({ params: { id } }, reply) =>
      desk.reconnect(id) ? { done: true as const } : notFound(reply, 'unknownChannel', 'no channel has this name'),
  );
};
