import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';

/** The sub-protocol of the frames between a router and an agent. Source: sidecar §5.2. */
export const AGENT_PROTOCOL = 'rookery.v1';

/** A message beyond that closes its connection with 1009. Units: bytes. */
export const MESSAGE_BYTES_MAX = 1_048_576;

/** Routes that are added from now on may have a `wsHandler`. Compression holds memory for every connection: there is none. */
export const withWebSockets = async (app: Pick<FastifyInstance, 'register'>): Promise<void> => {
  await app.register(websocket, {
    options: {
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(AGENT_PROTOCOL) ? AGENT_PROTOCOL : false),
    },
  });
};
