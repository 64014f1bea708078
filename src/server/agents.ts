import type { FastifyRequest } from 'fastify';
import type { ServerSettings } from '../config/resolved.js';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import { asyncApiDocument } from '../sidecar/async-api.js';
import { AGENT_SOCKET, serveAgentSocket } from './agent-socket.js';
import { serveAgentStream } from './agent-stream.js';
import type { App } from './app.js';

/**
 * A WebSocket that brings no header has to bring the token in its hello; one with a wrong header is refused at once, and
 * so is what asks for no WebSocket.
 */
export const bringsTokenLater = (request: FastifyRequest): boolean =>
  request.routeOptions.url === AGENT_SOCKET &&
  request.headers.upgrade?.toLowerCase() === 'websocket' &&
  request.headers.authorization === undefined;

/** Where agents dial in, and how it is described. */
export const serveAgents = (app: App, desk: AgentDesk | null, settings: ServerSettings): void => {
  serveAgentSocket(app, desk, settings);
  serveAgentStream(app, desk);
  app.get(
    '/asyncapi.json',
    { schema: { summary: 'The frames between a router and an agent, as AsyncAPI 3' } },
    async () => asyncApiDocument(),
  );
};
