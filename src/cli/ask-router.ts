import { z } from 'zod';
import type { ChannelStatus } from '../app/events.js';
import type { ServerSettings } from '../config/resolved.js';
import { RouterError } from '../errors/router-error.js';
import type { Cli } from './cli.js';
import { CommandError } from './failures.js';

const TIMEOUT_MS = 5_000;

/** Enough to know that it is a router that answers; the rest is its own word. */
const answerSchema = z.object({ channels: z.array(z.looseObject({ name: z.string(), state: z.string() })) });

/** Where to reach a server that listens there: an address that stands for all of them reaches none. */
const addressOf = ({ host, port }: ServerSettings): string => {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const reachable = bare === '0.0.0.0' ? '127.0.0.1' : bare === '::' ? '::1' : bare;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

/**
 * The channels of the running router.
 * Errors: `server.unreachable` where none answers, a CommandError where something else does or the token is refused.
 */
export const askChannels = async (
  settings: ServerSettings,
  { list: words }: Cli['say'],
): Promise<readonly ChannelStatus[]> => {
  const url = addressOf(settings);
  const headers = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token.reveal()}` };
  const answer = await fetch(`${url}/v1/channels`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new RouterError('server.unreachable', words.noAnswer(url), { cause });
    },
  );
  if (answer.status === 401) throw new CommandError(words.tokenRefused(url));
  const parsed = answerSchema.safeParse(await answer.json().catch(() => null));
  if (!parsed.success) throw new CommandError(words.notRookery(url));
  return parsed.data.channels as unknown as readonly ChannelStatus[];
};
