import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import statics from '@fastify/static';
import type { App } from './app.js';

/** The built page, beside the built server. */
const BUILT = fileURLToPath(new URL('../../console/', import.meta.url));

/** Files that hold nothing of the router: a browser needs them before it can be asked for the token. */
export const CONSOLE_ROUTES: ReadonlySet<string> = new Set(['/', '/assets/*', '/favicon.svg', '/charts.json']);

/** Everything comes from here, and nothing that is written into the page itself runs. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** The page's own routes are no part of the interface. */
const HIDDEN = { hide: true } as const;

/** What the page is told before anything else. */
export type ConsoleInfo = {
  readonly mode: 'live' | 'replay';
  readonly version: string;
  readonly readOnly: boolean;
  /** Off: nothing is inspected, and charts and timeline have nothing to show. */
  readonly inspect: 'off' | 'states' | 'texts';
  /** An emulated platform can be acted on through `/v1/platform`. */
  readonly platform: boolean;
};

/** The console at `/`. Shape: where it was not built, the address says so. */
export const serveConsole = async (app: App, info: () => Promise<ConsoleInfo>, dir: string = BUILT): Promise<void> => {
  app.get('/v1/console', { schema: HIDDEN }, info);
  const isBuilt = existsSync(`${dir}/index.html`);
  if (isBuilt) await app.register(statics, { root: dir, serve: false, index: false });
  app.get('/', { schema: HIDDEN }, (_, reply) => {
    reply.headers(HEADERS);
    if (!isBuilt) return reply.code(404).send({ error: { code: 'notBuilt', message: 'run `npm run build`' } });
    return reply.sendFile('index.html', { cacheControl: false });
  });
  if (!isBuilt) return;
  for (const name of ['favicon.svg', 'charts.json']) {
    app.get(`/${name}`, { schema: HIDDEN }, (_, reply) =>
      reply.headers(HEADERS).sendFile(name, { cacheControl: false }),
    );
  }
  // Their names change with what is in them.
  app.get<{ Params: { '*': string } }>('/assets/*', { schema: HIDDEN }, ({ params }, reply) =>
    reply.headers(HEADERS).sendFile(`assets/${params['*']}`, { maxAge: '365d', immutable: true }),
  );
};
