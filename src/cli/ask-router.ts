import { resolve } from 'node:path';
import { z } from 'zod';
import type { ChannelStatus } from '../app/events.js';
import { loadConfig } from '../config/load.js';
import type { ResolvedConfig, ServerSettings } from '../config/resolved.js';
import { RouterError } from '../errors/router-error.js';
import type { DeadLetter } from '../ports/store.js';
import { UNKNOWN_LETTER } from '../server/dead-letters.js';
import { addressOf } from './address.js';
import { announcedPort } from './announced-port.js';
import type { Cli } from './cli.js';
import { CommandError } from './failures.js';

const TIMEOUT_MS = 5_000;

/** Enough to know that it is a router that answers; the rest is its own word. */
const channelsSchema = z.object({ channels: z.array(z.looseObject({ name: z.string(), state: z.string() })) });
const lettersSchema = z.object({
  deadLetters: z.array(
    z.looseObject({
      id: z.string(),
      attempts: z.number(),
      why: z.string(),
      buriedAtMs: z.number(),
      message: z.looseObject({ conversation: z.string(), text: z.string() }),
    }),
  ),
});
const doneSchema = z.object({ done: z.literal(true) });

/** Where the demo mode begins to look for a port, and keeps its files. */
const DEMO = { server: { host: '127.0.0.1', port: 18_800 }, storePath: './rookery-data' } as const;

/** Where the router of a configuration listens. Shape: port 0 where that is any free one, and no router has said which. */
export const serverOf = async ({ server, store }: Pick<ResolvedConfig, 'server' | 'store'>): Promise<ServerSettings> =>
  server.port === 0 ? { ...server, port: (await announcedPort(store.path, server.host)) ?? 0 } : server;

/** Where the demo mode of this folder keeps its files: as a configuration without a word about it would. */
export const demoStorePath = (cwd: string): string => resolve(cwd, DEMO.storePath);

/** A router that runs, or should, and its configuration where there is one. */
export type Asked = { readonly server: ServerSettings; readonly config: ResolvedConfig | null };

/** The router that a command line means. Errors: those of the configuration. */
export const routerOf = async (file: string | undefined, { cwd, env }: Cli): Promise<Asked> => {
  const loaded = await loadConfig({ file, cwd, env });
  if (loaded.mode === 'run') return { server: await serverOf(loaded.config), config: loaded.config };
  const port = (await announcedPort(demoStorePath(cwd), DEMO.server.host)) ?? DEMO.server.port;
  return { server: { ...DEMO.server, port }, config: null };
};

/**
 * What the running router answers.
 * Errors: `server.unreachable` where none does, a CommandError where the token is refused.
 */
export const request = async (
  settings: ServerSettings,
  method: 'GET' | 'POST',
  path: string,
  { ask: words }: Cli['say'],
  body?: Readonly<Record<string, unknown>>,
): Promise<{ readonly url: string; readonly status: number; readonly body: unknown }> => {
  if (settings.port === 0) throw new RouterError('server.unreachable', words.noPort);
  const url = addressOf(settings);
  const headers = {
    ...(settings.token && { authorization: `Bearer ${settings.token.reveal()}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new RouterError('server.unreachable', words.noAnswer(url), { cause });
  });
  if (answer.status === 401) throw new CommandError(words.tokenRefused(url));
  return { url, status: answer.status, body: await answer.json().catch(() => null) };
};

const missingSchema = z.object({ missing: z.array(z.object({ what: z.string(), why: z.string() })) });

/** What the running router lacks before it could answer. Errors: as `askChannels`. */
export const askMissing = async (
  settings: ServerSettings,
  say: Cli['say'],
): Promise<readonly { readonly what: string; readonly why: string }[]> => {
  const answer = await request(settings, 'GET', '/readyz', say);
  const parsed = missingSchema.safeParse(answer.body);
  if (!parsed.success) throw notAsAsked(answer, say);
  return parsed.data.missing;
};

const failureSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Why an answer is not what was asked for. */
export const notAsAsked = ({ url, body }: { url: string; body: unknown }, { ask: words }: Cli['say']): CommandError => {
  const failure = failureSchema.safeParse(body);
  return new CommandError(failure.success ? words.refused(url, failure.data.error.message) : words.notRookery(url));
};

/** The channels of the running router. Errors: those of `request`; a CommandError where something else answers. */
export const askChannels = async (settings: ServerSettings, say: Cli['say']): Promise<readonly ChannelStatus[]> => {
  const answer = await request(settings, 'GET', '/v1/channels', say);
  const parsed = channelsSchema.safeParse(answer.body);
  if (!parsed.success) throw notAsAsked(answer, say);
  return parsed.data.channels as unknown as readonly ChannelStatus[];
};

/** What the running router has given up. Errors: as `askChannels`. */
export const askDeadLetters = async (settings: ServerSettings, say: Cli['say']): Promise<readonly DeadLetter[]> => {
  const answer = await request(settings, 'GET', '/v1/dead-letters', say);
  const parsed = lettersSchema.safeParse(answer.body);
  if (!parsed.success) throw notAsAsked(answer, say);
  return parsed.data.deadLetters as unknown as readonly DeadLetter[];
};

/** Has one of them retried or dropped. Shape: false where the router knows no such id. Errors: as `askChannels`. */
export const askAboutLetter = async (
  settings: ServerSettings,
  id: string,
  what: 'retry' | 'drop',
  say: Cli['say'],
): Promise<boolean> => {
  const answer = await request(settings, 'POST', `/v1/dead-letters/${encodeURIComponent(id)}/${what}`, say);
  if (doneSchema.safeParse(answer.body).success) return true;
  const failure = failureSchema.safeParse(answer.body);
  if (failure.data?.error.code === UNKNOWN_LETTER) return false;
  throw notAsAsked(answer, say);
};
