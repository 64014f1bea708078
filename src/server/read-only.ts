import type { App } from './app.js';

/** What an operator may do, as opposed to what an agent says and what the platform calls. */
const OPERATORS = ['/v1/conversations/', '/v1/channels/', '/v1/dead-letters/', '/v1/pairing', '/v1/platform/'];

/** `server.readOnly`: whoever asks may look, and may do nothing. */
export const forbidActions = (app: App): void => {
  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url ?? '';
    if (request.method === 'GET' || request.method === 'HEAD') return;
    if (!OPERATORS.some((prefix) => route.startsWith(prefix))) return;
    return reply
      .code(403)
      .send({ error: { code: 'readOnly', message: 'server.readOnly is set: look, but do nothing' } });
  });
};
