import { type Dispatcher, request } from 'undici';
import type { PlatformRequest } from './platform/index.js';

/**
 * Which links in uploads the emulator fetches, as the platform would: those to this machine, all, or none. What it does
 * not fetch is taken as it is.
 */
export type FetchLinks = 'loopback' | 'all' | 'none';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

const TIMEOUT_MS = 10_000;

/** Whether a link is to be fetched at all. */
export const isFetched = (link: string, links: FetchLinks): boolean => {
  if (links === 'none' || !URL.canParse(link)) return false;
  const { protocol, hostname } = new URL(link);
  return /^https?:$/u.test(protocol) && (links === 'all' || LOOPBACK.has(hostname));
};

/** What a link leads to; no redirects. Shape: never rejects; reads no more than `bytesMax`. */
export const fetchLink = async (
  link: string,
  bytesMax: number,
  dispatcher: Dispatcher,
): Promise<NonNullable<PlatformRequest['fetched']>> => {
  try {
    const answer = await request(link, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return { error: 'tooLarge' };
      chunks.push(chunk);
    }
    return answer.statusCode === 200 ? { bytes: Buffer.concat(chunks) } : { error: 'failed' };
  } catch {
    return { error: 'failed' };
  }
};
