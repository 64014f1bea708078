import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import type { AgentLink } from '../sidecar/agent-link.js';
import { seqOf } from '../sidecar/agent-peer.js';
import type { AgentSession } from '../sidecar/agent-session.js';
import { type Answer, frameOf, refused } from '../sidecar/answers.js';
import type { Hello } from '../sidecar/frames/from-agent.js';
import { FRAME_BYTES_MAX } from '../sidecar/frames/parts.js';
import { readFrame } from '../sidecar/frames/read-frame.js';
import type { App } from './app.js';
import { refuse } from './refusals.js';

const NDJSON = 'application/x-ndjson';
/** Frames of one POST. */
const LINES_MAX = 1_000;
const LAST_ID = /^[\w-]{1,128}\.\d{1,16}$/;

const query = z.object({
  sid: z.string().max(128).exactOptional().meta({ description: 'the session, as `hello.ok` named it' }),
});
const eventsQuery = z.object({
  after: z.string().regex(LAST_ID).exactOptional().meta({ description: 'as `Last-Event-ID`, which goes first' }),
});

const answerLine = (desk: AgentDesk, answer: Answer): string => desk.stamped(frameOf(answer));

const noDesk = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 404, 'notNative', 'no channel has the agent driver "native"');

const serveEvents = (app: App, desk: AgentDesk | null): void => {
  app.get(
    '/v1/agent/events',
    {
      schema: {
        summary: 'The frames for an agent as Server-Sent Events: `id: <sid>.<seq>`, resumed with `Last-Event-ID`',
        querystring: eventsQuery,
      },
    },
    async (request, reply) => {
      if (!desk) return noDesk(reply);
      const header = request.headers['last-event-id'];
      const last = typeof header === 'string' && header !== '' ? header : request.query.after;
      if (last === undefined || !LAST_ID.test(last)) {
        return refuse(reply, 400, 'lastEventId', 'say hello to /v1/agent/frames, then ask with Last-Event-ID: <sid>.0');
      }
      const session = await desk.find(last.slice(0, last.lastIndexOf('.')));
      if (!session) return refuse(reply, 410, 'unknownSession', 'this session is forgotten: say hello anew');
      reply.hijack();
      const { raw } = reply;
      // Whoever has left meanwhile would never be heard to leave.
      if (raw.destroyed) return reply;
      // An open stream is not to keep the server from closing.
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
        'x-accel-buffering': 'no',
      });
      const link: AgentLink = {
        binding: 'sse',
        send: (text, seq) => {
          if (!raw.writableEnded) raw.write(`${seq === null ? '' : `id: ${session.sid}.${seq}\n`}data: ${text}\n\n`);
        },
        buffered: () => raw.writableLength,
        close: () => {
          raw.end();
          // What is left is not waited for: the far side may not read at all.
          if (raw.writableLength > 0) raw.destroy();
        },
      };
      const peer = desk.connect(link, null);
      if (!peer) {
        raw.destroy();
        return reply;
      }
      raw.on('drain', () => peer.drained());
      raw.on('close', () => peer.closed());
      raw.on('error', () => raw.destroy());
      peer.attach(session, seqOf(last), true);
      return reply;
    },
  );
};

/** Whoever posts a hello gets a session, and the lease's time to ask for its events. */
const greet = async (desk: AgentDesk, hello: Hello): Promise<{ session: AgentSession; line: string } | null> => {
  const greeted = await desk.greet(hello);
  if (!greeted) return null;
  const { session, isResumed } = greeted;
  return { session, line: desk.stamped(desk.helloOf(session, isResumed)) };
};

const serveFrames = (app: App, desk: AgentDesk | null): void => {
  app.addContentTypeParser(
    [NDJSON, 'application/x-json-stream', 'text/plain'],
    { parseAs: 'string' },
    (_, body, done) => done(null, body),
  );
  app.post(
    '/v1/agent/frames',
    {
      schema: {
        summary: 'Frames of an agent, one JSON object a line; the answer has one line for each',
        querystring: query,
      },
    },
    async (request, reply) => {
      if (!desk) return noDesk(reply);
      const { body } = request;
      const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      if (lines.length > LINES_MAX) return refuse(reply, 413, 'tooMany', `no more than ${LINES_MAX} frames at once`);
      const { sid } = request.query;
      let session = sid === undefined ? null : await desk.find(sid);
      if (sid !== undefined && !session) {
        return refuse(reply, 410, 'unknownSession', 'this session is forgotten: say hello anew');
      }
      const answers: string[] = [];
      for (const line of lines) {
        if (session) {
          const isTooLarge = Buffer.byteLength(line) > FRAME_BYTES_MAX;
          answers.push(answerLine(desk, isTooLarge ? refused('too_large') : desk.receive(session, line)));
          continue;
        }
        const read = readFrame(line);
        if ('unreadable' in read || read.frame.t !== 'hello') {
          const why =
            'unreadable' in read ? read.unreadable : { code: 'bad_frame' as const, message: 'say hello first' };
          answers.push(answerLine(desk, refused(why.code, {}, { message: why.message })));
          continue;
        }
        const greeted = await greet(desk, read.frame);
        if (!greeted) return refuse(reply, 503, 'full', 'no more agents can be let in');
        session = greeted.session;
        answers.push(greeted.line);
      }
      return reply.type(NDJSON).send(answers.map((answer) => `${answer}\n`).join(''));
    },
  );
};

/** `/v1/agent/events` and `/v1/agent/frames`: the same frames for programs with nothing but HTTP. */
export const serveAgentStream = (app: App, desk: AgentDesk | null): void => {
  serveEvents(app, desk);
  serveFrames(app, desk);
};
