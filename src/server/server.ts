import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { configError } from '../config/problems.js';
import type { ServerSettings } from '../config/resolved.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import { bearerMatches } from './bearer.js';
import { type DeadLetterDesk, serveDeadLetters } from './dead-letters.js';
import { isHostAllowed, isOriginAllowed } from './origin.js';
import { readinessOf, type Watched } from './readiness.js';

export type ServerDeps = {
  readonly router: Watched & DeadLetterDesk;
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly version: string;
};

export type RunningServer = {
  /** No trailing slash; the port is the real one where 0 was asked for. */
  readonly url: string;
  /** From now on `/readyz` says no: the router is about to stop. */
  readonly drain: () => void;
  /** Answers what was asked, and then frees the port. */
  readonly close: () => Promise<void>;
};

/** Asked by supervisors, which hold no token. */
const OPEN_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Far above any request there is, far below what would hurt. Units: bytes. */
const BODY_MAX = 1_048_576;
const REQUEST_MS = 30_000;
/** Message ids of the platform come near to Fastify's own limit of 100. Units: characters. */
const PARAM_MAX = 512;

const refuse = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.code(status).send({ error: { code, message } });

/** Before anything of a request is looked at: who asks, and through which page. */
const guard = (app: FastifyInstance, { host, token }: ServerSettings): void => {
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { host: named, origin, authorization } = request.headers;
    if (!isHostAllowed(named, host)) return refuse(reply, 403, 'host', 'this Host is not served here');
    if (!isOriginAllowed(origin, named)) return refuse(reply, 403, 'origin', 'this Origin may not ask here');
    // By the route that was found, so that no other spelling of a path can pass for one of these.
    const isOpen = OPEN_ROUTES.has(request.routeOptions.url ?? '');
    if (token === undefined || isOpen || bearerMatches(authorization, token.reveal())) return;
    reply.header('www-authenticate', 'Bearer');
    return refuse(reply, 401, 'token', 'this address needs the token of server.token');
  });
};

const answerErrors = (app: FastifyInstance, log: Logger): void => {
  app.setNotFoundHandler((_, reply) => refuse(reply, 404, 'notFound', 'there is nothing here'));
  app.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(reply, status, error.code ?? 'badRequest', error.message);
    log.error({ error, path: request.url }, 'a request failed');
    return refuse(reply, status, 'internal', 'the request failed; see the log');
  });
};

const listenError = (error: unknown, { host, port }: ServerSettings): Error => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new RouterError('server.portTaken', `server.port ${port} is taken on ${host}`, { cause: error });
  }
  const at = code === 'EACCES' ? 'server.port' : 'server.host';
  return configError('config.invalid', [
    { kind: 'other', path: at, reason: `cannot listen on ${host}:${port} (${code ?? String(error)})` },
  ]);
};

const urlOf = (app: FastifyInstance, host: string): string => {
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
};

/**
 * The sidecar's HTTP face.
 * Errors: `server.portTaken`; `config.invalid` where the address cannot be listened on at all.
 */
export const startServer = async ({ router, settings, log, version }: ServerDeps): Promise<RunningServer> => {
  const app = fastify({
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: PARAM_MAX },
    // What waits for its answer gets it; connections that only idle would hold the end up.
    forceCloseConnections: 'idle',
  });
  let isDraining = false;
  const missing = readinessOf(router);
  guard(app, settings);
  answerErrors(app, log);

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_, reply) => {
    const found = isDraining ? [{ what: 'router', why: 'stopping' }] : await missing();
    if (found.length === 0) return { ready: true, missing: [] };
    return reply.code(503).send({ ready: false, missing: found });
  });
  app.get('/v1/channels', async () => ({ version, channels: router.channels() }));
  serveDeadLetters(app, router);

  try {
    // Brackets belong to addresses in a URL; the system knows them without.
    await app.listen({ host: settings.host.replace(/^\[(.*)\]$/, '$1'), port: settings.port });
  } catch (error) {
    await app.close();
    throw listenError(error, settings);
  }
  return {
    url: urlOf(app, settings.host),
    drain: () => {
      isDraining = true;
    },
    close: () => app.close(),
  };
};
