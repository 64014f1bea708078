import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { RouterError } from '../../errors/router-error.js';
import type { Fetched, PublicFetch } from '../../ports/files.js';
import { isPublicAddress } from './public-address.js';

export type PublicFetchOptions = {
  /**
   * Origins that may be fetched from whatever their address is: those of the configured platform, which may be an emulator
   * on this machine. `https://host:port`, without a path.
   */
  readonly trustedOrigins: readonly string[];
  /** From the first call to the last byte. @default 30_000 */
  readonly timeoutMs?: number;
  /** @default 3 */
  readonly redirectsMax?: number;
  /** What a name means. @default the system's resolver */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
};

const DEFAULTS = { timeoutMs: 30_000, redirectsMax: 3 } as const;
const CONNECT_TIMEOUT_MS = 5_000;

const systemAddresses = async (host: string): Promise<readonly string[]> =>
  (await systemLookup(host, { all: true, verbatim: true })).map(({ address }) => address);

const refused = (host: string): RouterError =>
  new RouterError('media.addressRefused', `${host} is no address of the public internet`);

/**
 * A stranger's URL must not reach what only this machine can: every address its host stands for has to be public, the
 * connection goes to the address that was checked, and each redirect is checked like the first. No proxy of the
 * environment is used, and no cookie or credential is sent.
 */
export const createPublicFetch = (given: PublicFetchOptions): PublicFetch => {
  const { trustedOrigins, timeoutMs, redirectsMax, lookup } = { ...DEFAULTS, lookup: systemAddresses, ...given };
  const trusted = new Set(trustedOrigins.map((origin) => new URL(origin).origin));
  // What a name means is asked here and nowhere else, so that no second answer can lead elsewhere.
  const guarded = new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      lookup: (host, options, done) => {
        lookup(host).then(
          (addresses) => {
            const [first] = addresses;
            if (first === undefined || !addresses.every(isPublicAddress)) return done(refused(host), []);
            const found = addresses.map((address) => ({ address, family: isIP(address) }));
            return options.all ? done(null, found) : done(null, first, isIP(first));
          },
          (error: NodeJS.ErrnoException) => done(error, []),
        );
      },
    },
    bodyTimeout: timeoutMs,
    headersTimeout: timeoutMs,
  });
  const open = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    bodyTimeout: timeoutMs,
    headersTimeout: timeoutMs,
  });

  const agentFor = (url: URL): Agent => {
    if (trusted.has(url.origin)) return open;
    if (url.username !== '' || url.password !== '') throw refused(url.host);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // Addresses are not looked up, so the agent would not ask.
    if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused(url.host);
    return guarded;
  };

  const fetch = async (text: string, bytesMax: number): Promise<Fetched> => {
    const signal = AbortSignal.timeout(timeoutMs);
    let url = parsed(text);
    for (let redirects = 0; ; redirects += 1) {
      const answer = await request(url, {
        dispatcher: agentFor(url),
        method: 'GET',
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'rookery' },
        signal,
      });
      const { statusCode, headers, body } = answer;
      // A body that is let go says so as an error, which is nobody's business.
      body.on('error', () => undefined);
      const location = headerOf(headers['location']);
      if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
        body.destroy();
        if (redirects >= redirectsMax) throw new RouterError('media.unreadable', `${url.host} redirects without end`);
        url = parsed(new URL(location, url).href);
        continue;
      }
      if (statusCode !== 200) {
        body.destroy();
        throw new RouterError('media.unreadable', `${url.host} answers ${statusCode}`, { status: statusCode });
      }
      if (Number(headerOf(headers['content-length']) ?? 0) > bytesMax) {
        body.destroy();
        throw new RouterError('media.tooLarge', `${url.host} offers more than ${bytesMax} bytes`);
      }
      const contentType = headerOf(headers['content-type']);
      const name = nameOf(headerOf(headers['content-disposition']), url);
      return {
        bytes: bounded(body, bytesMax, url.host),
        ...(contentType !== undefined && { contentType }),
        ...(name !== undefined && { name }),
      };
    }
  };

  return {
    fetch: async (url, bytesMax) => {
      try {
        return await fetch(url, bytesMax);
      } catch (error) {
        throw asMediaError(error);
      }
    },
    close: async () => {
      await Promise.all([guarded.destroy(), open.destroy()]);
    },
  };
};

const parsed = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new RouterError('media.addressRefused', 'only http and https are fetched');
  }
  return url;
};

/** What arrives beyond the limit ends the reading, whatever the sender had announced. */
async function* bounded(body: Readable, bytesMax: number, host: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new RouterError('media.tooLarge', `${host} sends more than ${bytesMax} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw asMediaError(error);
  } finally {
    body.destroy();
  }
}

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const nameOf = (disposition: string | undefined, url: URL): string | undefined => {
  const quoted = /filename="([^"]+)"/i.exec(disposition ?? '')?.[1];
  const last = url.pathname.split('/').at(-1);
  if (quoted !== undefined) return quoted;
  try {
    return last === undefined || last === '' ? undefined : decodeURIComponent(last);
  } catch {
    return last;
  }
};

/** A refusal inside the connection comes out wrapped. */
const asMediaError = (error: unknown): RouterError => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof RouterError) return at;
  const { name, code } = error as NodeJS.ErrnoException;
  const isTimeout = name === 'TimeoutError' || (code?.includes('TIMEOUT') ?? false);
  return new RouterError(isTimeout ? 'transport.timeout' : 'media.unreadable', `fetching a file: ${code ?? name}`, {
    cause: error,
  });
};
