import type { JsonObject } from './json.js';
import type { PlatformRequest } from './request.js';
import { isStoragePath } from './storage.js';

/**
 * Which calls a fault meets.
 * Shape: `api` all but the token and the links to files (`storage`), `sends` whatever says something to somebody (messages, streams, typing).
 */
export type Match =
  | 'any'
  | 'api'
  | 'sends'
  | 'token'
  | 'gateway'
  | 'storage'
  | RegExp
  | ((request: PlatformRequest) => boolean);

type Aimed = {
  /** Which calls it meets. @default 'api' for failNext and delays, 'sends' for swallowNext and rateLimit */
  match?: Match;
  /** How many calls it meets. @default 1 */
  times?: number;
};

/** An answer that is not the platform's own: with `processed` the call took effect all the same. */
export type Failure = Aimed & {
  status: number;
  code?: number;
  errCode?: number;
  message?: string;
  /** A whole body instead of the error shape; a string goes out as HTML, as gateways do, §8.1. */
  body?: JsonObject | string;
  processed?: boolean;
};

/** `cut` ends the connection without an answer, `hang` leaves it open; the call took effect unless `processed` is false. */
export type Swallow = Aimed & { how?: 'cut' | 'hang'; processed?: boolean };
/** Answers that come late, by so much. Units: ms. */
export type Delay = Aimed & { ms: number };

/** What stands in a call's way. */
export type Obstacle = {
  readonly failure: Failure | undefined;
  readonly swallow: Swallow | undefined;
  readonly delayMs: number;
};

type Counted<T> = { readonly fault: T; readonly match: Match; left: number };

const SENDS = /\/(?:messages|stream_messages)$/u;

const meets = (match: Match, request: PlatformRequest): boolean => {
  if (typeof match === 'function') return match(request);
  if (match instanceof RegExp) return match.test(request.path);
  const path = request.path.split('?', 1)[0] ?? '';
  const isToken = path === '/app/getAppAccessToken';
  if (match === 'any') return true;
  if (match === 'token') return isToken;
  if (match === 'storage') return isStoragePath(path);
  if (match === 'gateway') return path === '/gateway' || path === '/gateway/bot';
  return match === 'sends' ? request.method === 'POST' && SENDS.test(path) : !isToken && !isStoragePath(path);
};

/** How much trouble is still to come; counts, but for the switches and `delayAllMs`. */
export type FaultsView = {
  readonly dropAcks: boolean;
  readonly refuseAddress: boolean;
  readonly pushTwice: number;
  readonly outOfOrder: number;
  readonly mentionsNull: number;
  readonly delayAllMs: number;
  readonly failures: number;
  readonly swallows: number;
  readonly delays: number;
  readonly resumeRefusals: number;
};

const FAULTS_MAX = 1000;

/** Faults asked for and not yet spent. */
export class Faults {
  readonly #failures: Counted<Failure>[] = [];
  readonly #swallows: Counted<Swallow>[] = [];
  readonly #delays: Counted<Delay>[] = [];
  readonly #resumeRefusals: ('op9' | number)[] = [];
  /** Heartbeats are heard and not answered. */
  dropAcks = false;
  /** Source address is off the allow-list: 401, 11298 / 40023002, §1.4. */
  refuseAddress = false;
  /** Events to push twice, to hold back behind the next, to rob of `mentions`. */
  pushTwice = 0;
  outOfOrder = 0;
  mentionsNull = 0;
  /** Held back before every answer, in ms. */
  delayAllMs = 0;

  fail(failure: Failure): void {
    add(this.#failures, failure, 'api');
  }

  swallow(swallow: Swallow): void {
    add(this.#swallows, swallow, 'sends');
  }

  delay(delay: Delay): void {
    add(this.#delays, delay, 'api');
  }

  refuseResume(how: 'op9' | number, times: number): void {
    for (let i = 0; i < Math.min(times, FAULTS_MAX); i += 1) this.#resumeRefusals.push(how);
  }

  takeResumeRefusal(): 'op9' | number | undefined {
    return this.#resumeRefusals.shift();
  }

  /** Spends what meets this call. */
  takeFor(request: PlatformRequest): Obstacle {
    const delay = take(this.#delays, request);
    return {
      failure: take(this.#failures, request),
      swallow: take(this.#swallows, request),
      delayMs: this.delayAllMs + (delay?.ms ?? 0),
    };
  }

  /** What was asked for and is not spent. */
  view(): FaultsView {
    const { dropAcks, refuseAddress, pushTwice, outOfOrder, mentionsNull, delayAllMs } = this;
    const left = (list: readonly { readonly left: number }[]): number => list.reduce((sum, one) => sum + one.left, 0);
    return {
      ...{ dropAcks, refuseAddress, pushTwice, outOfOrder, mentionsNull, delayAllMs },
      failures: left(this.#failures),
      swallows: left(this.#swallows),
      delays: left(this.#delays),
      resumeRefusals: this.#resumeRefusals.length,
    };
  }

  clear(): void {
    for (const list of [this.#failures, this.#swallows, this.#delays, this.#resumeRefusals]) list.length = 0;
    Object.assign(this, { dropAcks: false, refuseAddress: false, pushTwice: 0, outOfOrder: 0, mentionsNull: 0 });
    this.delayAllMs = 0;
  }
}

const add = <T extends Aimed>(list: Counted<T>[], fault: T, match: Match): void => {
  if (list.length >= FAULTS_MAX) throw new RangeError(`more than ${FAULTS_MAX} faults wait`);
  list.push({ fault, match: fault.match ?? match, left: fault.times ?? 1 });
};

const take = <T>(list: Counted<T>[], request: PlatformRequest): T | undefined => {
  if (list.length === 0) return undefined;
  const index = list.findIndex(({ match }) => meets(match, request));
  const counted = list[index];
  if (!counted) return undefined;
  counted.left -= 1;
  if (counted.left <= 0) list.splice(index, 1);
  return counted.fault;
};
