import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { request } from 'undici';
import { isLoopback } from '../config/checks.js';
import type { ResolvedConfig } from '../config/resolved.js';
import type { App } from './app.js';
import { refuse } from './refusals.js';

/** Where an emulated platform may be: a channel's own address, and only on this machine. Shape: no trailing slash. */
export const platformOf = ({ channels }: Pick<ResolvedConfig, 'channels'>): string | null => {
  const apis = Object.values(channels).map(({ endpoints }) => endpoints.api);
  return apis.find((api) => isLoopback(new URL(api).hostname)) ?? null;
};

const ASK_MS = 1_000;
const ACT_MS = 30_000;

/** Whether an emulator answers there, and not some other server of this machine. */
const isEmulator = async (url: string): Promise<boolean> => {
  try {
    const { statusCode, body } = await request(`${url}/_emulator/state`, {
      headersTimeout: ASK_MS,
      bodyTimeout: ASK_MS,
    });
    if (statusCode === 200) return typeof ((await body.json()) as { gatewayUrl?: unknown }).gatewayUrl === 'string';
    await body.dump();
    return false;
  } catch {
    return false;
  }
};

/** The emulator's control surface, passed on so that the page finds it where it came from. Gives whether it is there. */
export const servePlatform = (app: App, url: string): (() => Promise<boolean>) => {
  app.all<{ Params: { '*': string } }>('/v1/platform/*', { schema: { hide: true } }, async (incoming, reply) => {
    const { method, params, body } = incoming;
    if (method !== 'GET' && method !== 'POST') return refuse(reply, 405, 'method', 'GET or POST');
    const query = incoming.url.includes('?') ? incoming.url.slice(incoming.url.indexOf('?')) : '';
    const parts = params['*'].split('/');
    // What leads out of the control surface is the bot's own door, and not for the page.
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      return refuse(reply, 404, 'notFound', 'there is nothing here');
    }
    const path = parts.map(encodeURIComponent).join('/');
    // What the page sends to the router, its token above all, stays with the router.
    const answer = await request(`${url}/_emulator/${path}${query}`, {
      method,
      headersTimeout: ACT_MS,
      bodyTimeout: 0,
      ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
    }).catch(() => null);
    if (!answer) return refuse(reply, 502, 'emulatorGone', 'no emulator answers there any more');
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(answer.statusCode, {
      'content-type': String(answer.headers['content-type'] ?? 'application/json'),
      'cache-control': 'no-store',
      connection: 'close',
    });
    open.add(raw);
    pipeline(answer.body, raw, () => open.delete(raw));
    return reply;
  });
  const open = new Set<ServerResponse>();
  app.addHook('preClose', async () => {
    for (const raw of open) raw.destroy();
  });
  return () => isEmulator(url);
};
