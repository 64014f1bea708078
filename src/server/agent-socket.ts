import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { ServerSettings } from '../config/resolved.js';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import { type AgentLink, CLOSE } from '../sidecar/agent-link.js';
import { FRAME_BYTES_MAX } from '../sidecar/frames/parts.js';
import type { App } from './app.js';
import { tokenMatches } from './bearer.js';
import { refuse } from './refusals.js';
import { AGENT_PROTOCOL } from './web-sockets.js';

export const AGENT_SOCKET = '/v1/agent';

/** A close frame that is not answered is not waited for. Units: ms. */
const CLOSING_MS = 2_000;

const offersProtocol = (request: FastifyRequest): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((one) => one.trim() === AGENT_PROTOCOL);

/** Frames that leave together, beyond which they do not wait for each other. Units: bytes. */
const TOGETHER_BYTES = 65_536;

/**
 * Frames of one turn of the event loop leave in one write: a call to the system costs more than a frame.
 * `wire`: the connection below. `onDrained`: what was waiting to leave has left.
 */
const linkOf = (socket: WebSocket, wire: Socket, onDrained: () => void): AgentLink => {
  let isGathering = false;
  const leave = (): void => {
    if (isGathering) wire.uncork();
    isGathering = false;
  };
  return {
    binding: 'websocket',
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return;
      if (!isGathering) {
        isGathering = true;
        wire.cork();
        setImmediate(leave);
      }
      socket.send(text, onDrained);
      if (wire.writableLength > TOGETHER_BYTES) leave();
    },
    buffered: () => socket.bufferedAmount,
    close: (code, reason) => {
      leave();
      socket.close(code, reason);
      const cut = setTimeout(() => socket.terminate(), CLOSING_MS);
      cut.unref();
      socket.once('close', () => clearTimeout(cut));
    },
  };
};

type IsToken = ((token: string | undefined) => boolean) | null;

const serve = (socket: WebSocket, wire: Socket, desk: AgentDesk, isToken: IsToken): void => {
  let drain = (): void => undefined;
  const peer = desk.connect(
    linkOf(socket, wire, () => drain()),
    isToken,
  );
  if (!peer) {
    socket.close(CLOSE.tryAgain, 'full');
    return;
  }
  drain = () => peer.drained();
  // An error is always followed by `close`; without a listener it would end the process.
  socket.on('error', () => undefined);
  socket.on('message', (data: RawData, isBinary: boolean) => {
    const bytes = data as Buffer;
    if (isBinary || bytes.length > FRAME_BYTES_MAX) peer.tooLarge();
    else peer.text(bytes.toString('utf8'));
  });
  socket.on('close', () => peer.closed());
};

/**
 * `/v1/agent`: an agent's frames, one JSON object a text message.
 * A program that can set no header brings the token in its hello; the guard has let it in so far.
 */
export const serveAgentSocket = (app: App, desk: AgentDesk | null, { token }: ServerSettings): void => {
  app.route({
    method: 'GET',
    url: AGENT_SOCKET,
    schema: { summary: 'The frames between a router and an agent, as a WebSocket; see `/asyncapi.json`' },
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      if (!desk) return refuse(reply, 404, 'notNative', 'no channel has the agent driver "native"');
      if (!request.ws) return refuse(reply.header('upgrade', 'websocket'), 426, 'upgrade', 'this is a WebSocket');
      if (offersProtocol(request)) return;
      return refuse(reply, 400, 'protocol', `ask for the sub-protocol ${AGENT_PROTOCOL}`);
    },
    handler: (_, reply) => refuse(reply, 426, 'upgrade', 'this is a WebSocket'),
    wsHandler: (socket, request) => {
      const needsToken = token !== undefined && request.headers.authorization === undefined;
      if (desk)
        serve(socket, request.raw.socket, desk, needsToken ? (given) => tokenMatches(given, token.reveal()) : null);
    },
  });
};
