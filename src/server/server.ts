import type { onRequestAsyncHookHandler } from 'fastify';
import { configError } from '../config/problems.js';
import type { ServerSettings } from '../config/resolved.js';
import type { Inspection } from '../debug/inspection.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import { bringsTokenLater, serveAgents } from './agents.js';
import { type App, createApp } from './app.js';
import { bearerMatches } from './bearer.js';
import { CONSOLE_ROUTES, serveConsole } from './console.js';
import { type ConversationDesk, serveConversations } from './conversations.js';
import { type DeadLetterDesk, serveDeadLetters } from './dead-letters.js';
import { OPEN_ROUTES, serveChannels, serveHealth } from './health.js';
import { serveInspect } from './inspect.js';
import { createMetrics, type Measured, serveMetrics } from './metrics.js';
import { isHostAllowed, isOriginAllowed } from './origin.js';
import { type PairingOffice, servePairing } from './pairing.js';
import { servePlatform } from './platform.js';
import { forbidActions } from './read-only.js';
import { readinessOf, type Watched } from './readiness.js';
import { refuse } from './refusals.js';
import { type SendDesk, serveSend } from './send.js';
import { type CallbackDesk, SIGNED_ROUTES, serveWebhooks } from './webhooks.js';

export type ServerDeps = {
  /** Absent: no channel is answered by agents that dial in. */
  readonly agents?: AgentDesk | null;
  readonly router: Watched & DeadLetterDesk & ConversationDesk & SendDesk & Measured & PairingOffice & CallbackDesk;
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly version: string;
  /** Units: epoch ms. @default the system's clock */
  readonly now?: () => number;
  /** Absent: nothing is inspected. */
  readonly inspection?: Pick<Inspection, 'feed'>;
  /** Where an emulated platform may be, which the console can then act on. */
  readonly platform?: string | null;
};

export type RunningServer = {
  /** No trailing slash; the port is the real one where 0 was asked for. */
  readonly url: string;
  /** From now on `/readyz` says no: the router is about to stop. */
  readonly drain: () => void;
  /** Answers what was asked, and then frees the port. */
  readonly close: () => Promise<void>;
};

/** Before anything of a request is looked at: who asks, and through which page. */
export const guard =
  ({ host, token }: ServerSettings): onRequestAsyncHookHandler =>
  async (request, reply) => {
    const { host: named, origin, authorization } = request.headers;
    // By the route that was found, so that no other spelling of a path can pass for one of these.
    const route = request.routeOptions.url ?? '';
    // The platform's signature guards these; its requests come through whatever proxy holds the certificate.
    if (SIGNED_ROUTES.has(route)) return;
    if (!isHostAllowed(named, host)) return refuse(reply, 403, 'host', 'this Host is not served here');
    if (!isOriginAllowed(origin, named)) return refuse(reply, 403, 'origin', 'this Origin may not ask here');
    const isOpen = OPEN_ROUTES.has(route) || CONSOLE_ROUTES.has(route) || bringsTokenLater(request);
    if (token === undefined || isOpen || bearerMatches(authorization, token.reveal())) return;
    reply.header('www-authenticate', 'Bearer');
    return refuse(reply, 401, 'token', 'this address needs the token of server.token');
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

const urlOf = (app: App, host: string): string => {
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
};

/** Gives the address it listens on. Errors: as of `startServer`; the app is closed then. */
export const listenOn = async (app: App, settings: ServerSettings): Promise<string> => {
  try {
    // Brackets belong to addresses in a URL; the system knows them without.
    await app.listen({ host: settings.host.replace(/^\[(.*)\]$/, '$1'), port: settings.port });
  } catch (error) {
    await app.close();
    throw listenError(error, settings);
  }
  return urlOf(app, settings.host);
};

/** Nothing but the doors where agents dial in. Errors: as of `startServer`. */
export const startAgentServer = async ({
  agents,
  settings,
  log,
  version,
}: Required<Pick<ServerDeps, 'agents' | 'settings' | 'log' | 'version'>>): Promise<Omit<RunningServer, 'drain'>> => {
  const app = await createApp(log, version, guard(settings));
  serveAgents(app, agents, settings);
  return { url: await listenOn(app, settings), close: () => app.close() };
};

/**
 * The sidecar's HTTP face.
 * Errors: `server.portTaken`; `config.invalid` where the address cannot be listened on at all.
 */
export const startServer = async ({
  router,
  agents,
  settings,
  log,
  version,
  now,
  inspection,
  platform,
}: ServerDeps): Promise<RunningServer> => {
  const app = await createApp(log, version, guard(settings));
  let isDraining = false;
  const missing = readinessOf(router);
  const metrics = createMetrics(router, now);
  if (settings.readOnly) forbidActions(app);

  serveHealth(app, async () => (isDraining ? [{ what: 'router', why: 'stopping' }] : await missing()));
  serveChannels(app, router, version);
  serveSend(app, router);
  serveConversations(app, router);
  serveDeadLetters(app, router);
  await serveWebhooks(app, router);
  servePairing(app, router);
  serveMetrics(app, metrics);
  serveAgents(app, agents ?? null, settings);
  if (inspection) await serveInspect(app, inspection.feed);
  const isPlatformThere = platform ? servePlatform(app, platform) : async () => false;
  await serveConsole(app, async () => ({
    mode: 'live',
    version,
    readOnly: settings.readOnly ?? false,
    inspect: inspection ? (settings.inspect ?? 'states') : 'off',
    platform: await isPlatformThere(),
  }));

  return {
    url: await listenOn(app, settings),
    drain: () => {
      isDraining = true;
    },
    close: async () => {
      metrics.close();
      await app.close();
    },
  };
};
