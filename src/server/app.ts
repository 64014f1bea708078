import swagger from '@fastify/swagger';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type onRequestAsyncHookHandler,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Logger } from '../log/logger.js';
import { allowedMethods } from './allowed-methods.js';
import { badRequest, wrongParts } from './bad-requests.js';
import { refuse } from './refusals.js';
import { withWebSockets } from './web-sockets.js';

/** A server whose routes are typed, checked and described by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Far above any request there is, far below what would hurt. Units: bytes. */
const BODY_MAX = 1_048_576;
const REQUEST_MS = 30_000;
/** Message ids of the platform come near to Fastify's own limit of 100. Units: characters. */
const PARAM_MAX = 512;

const answerErrors = (app: App, log: Logger): void => {
  const methodsOf = allowedMethods(app);
  app.setNotFoundHandler(({ url, method }, reply) => {
    const methods = methodsOf(url.split('?', 1)[0] ?? '');
    if (methods.length === 0 || methods.includes(method))
      return refuse(reply, 404, 'notFound', 'there is nothing here');
    reply.header('allow', methods.join(', '));
    return refuse(reply, 405, 'method', `${method} is not for this address; it takes ${methods.join(', ')}`);
  });
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, request, reply) => {
    if (hasZodFastifySchemaValidationErrors(error)) {
      return refuse(reply, 400, 'invalid', wrongParts(error.validation, error.validationContext));
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(badRequest(error));
    log.error({ error, path: request.routeOptions.url }, 'a request failed');
    return refuse(reply, status, 'internal', 'the request failed; see the log');
  });
};

/** Routes that are added from now on are in the document at `/openapi.json`, by their schemas. */
export const createApp = async (log: Logger, version: string, guard: onRequestAsyncHookHandler): Promise<App> => {
  const app: App = fastify({
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: PARAM_MAX },
    // What waits for its answer gets it; connections that only idle would hold the end up.
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // Before the guard: what it refuses of a connection that would be upgraded is closed with the answer.
  await withWebSockets(app);
  app.addHook('onRequest', guard);
  answerErrors(app, log);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Rookery', version, description: 'An actor-model message router for QQ bots' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { summary: 'This document' } }, async () => app.swagger());
  return app;
};
