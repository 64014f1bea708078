import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether what was given is `token`.
 * Shape: total; hashing first makes both sides equally long, so that the time taken tells nothing of either.
 */
export const tokenMatches = (given: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(given ?? ''), digest(token)) && given !== undefined;

/** Whether an `Authorization` header carries `token`. Shape: total. */
export const bearerMatches = (header: string | undefined, token: string): boolean =>
  tokenMatches(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1], token);
