import type { FastifyReply } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { CHARTS } from '../debug/charts.js';
import { CLIENTS_MAX, type Feed, FOLLOWED_MAX, type Sink, type Wish } from '../debug/inspect-feed.js';
import type { Frame } from '../debug/inspect-frames.js';
import { toStately } from '../debug/stately-bridge.js';
import type { App } from './app.js';

/** Bytes that may wait for one client; beyond, it is told later, or not at all. */
const WAITING_MAX = 262_144;

const query = z.object({
  actor: z
    .union([z.string(), z.array(z.string())])
    .exactOptional()
    .meta({ description: 'follows this actor step by step; again and again for more, "*" for all' }),
  format: z.enum(['stately']).exactOptional().meta({ description: 'speaks the protocol of `@statelyai/inspect`' }),
});
type Query = z.output<typeof query>;

/** `?actor=<key>` (again and again, up to 16) follows actors step by step, `?actor=*` all; without it, how all stand. */
const wishOf = ({ actor }: Query): Wish | null => {
  const actors = actor === undefined ? [] : [actor].flat();
  if (actors.includes('*')) return { actors: '*', overview: false };
  if (actors.length > FOLLOWED_MAX) return null;
  return { actors, overview: actors.length === 0 };
};

const definitionOf = (chart: keyof typeof CHARTS): string => JSON.stringify(CHARTS[chart].config);

/** What a frame becomes on the wire: itself, or what Stately's inspector understands of it. */
const wordsFor =
  ({ format }: Query) =>
  (frame: Frame): readonly string[] =>
    format === 'stately' ? toStately(frame, definitionOf).map((one) => JSON.stringify(one)) : [JSON.stringify(frame)];

const TOO_MANY = { error: { code: 'full', message: `more than ${CLIENTS_MAX} clients look on already` } };
const TOO_MUCH = { error: { code: 'badRequest', message: `a client follows ${FOLLOWED_MAX} actors at most, or "*"` } };

const serveEvents = (feed: Feed, query: Query, reply: FastifyReply): unknown => {
  const wish = wishOf(query);
  if (!wish) return reply.code(400).send(TOO_MUCH);
  if (feed.clients >= CLIENTS_MAX) return reply.code(503).send(TOO_MANY);
  reply.hijack();
  const { raw } = reply;
  // An open feed is not to keep the server from closing.
  raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  // In Stately's words the first frame may be long in coming; a client is to know at once that it is connected.
  raw.flushHeaders();
  const words = wordsFor(query);
  const sink: Sink = {
    write: (frame) => {
      for (const text of words(frame)) raw.write(`data: ${text}\n\n`);
    },
    isFull: () => raw.writableLength > WAITING_MAX,
    giveUp: () => raw.destroy(),
  };
  const leave = feed.open(wish, sink);
  raw.on('close', () => leave?.());
  return reply;
};

const serveSocket = (feed: Feed, query: Query, socket: WebSocket): void => {
  const wish = wishOf(query);
  if (!wish) {
    socket.close(1008, TOO_MUCH.error.message);
    return;
  }
  const words = wordsFor(query);
  const sink: Sink = {
    write: (frame) => {
      if (socket.readyState !== socket.OPEN) return;
      for (const text of words(frame)) socket.send(text);
    },
    isFull: () => socket.bufferedAmount > WAITING_MAX,
    giveUp: () => socket.terminate(),
  };
  // The feed is told, not asked: whatever a client says is not listened to.
  socket.on('error', () => socket.terminate());
  const leave = feed.open(wish, sink);
  if (leave) socket.on('close', leave);
  else socket.close(1013, TOO_MANY.error.message);
};

/** `/v1/inspect`: as WebSocket where a client asks for one, else as Server-Sent Events. */
export const serveInspect = async (app: App, feed: Feed): Promise<void> => {
  app.addHook('preClose', async () => feed.close());
  app.route({
    method: 'GET',
    url: '/v1/inspect',
    schema: {
      summary: 'What the charts do, live: Server-Sent Events, or a WebSocket where a client asks for one',
      querystring: query,
    },
    handler: (request, reply) => serveEvents(feed, request.query, reply),
    wsHandler: (socket, request) => serveSocket(feed, request.query as Query, socket),
  });
};
