import { recoveryFor } from './close-codes.js';
import type { Failure } from './failure.js';

/** Where the chart goes after a loss. */
export type Verdict = 'atOnce' | 'backOff' | 'coolOff' | 'pause' | 'stop';

/** Something went wrong; plain JSON, without secrets. `platformCode` is a close code or the platform's error code. */
export type Fault = { readonly code: string; readonly platformCode?: number; readonly detail: string };

/** What the chart counts. All of it is set back by READY and RESUMED but `quickDrops`, `intents` and `session`. */
export type Tally = {
  readonly session: { readonly id: string } | null;
  readonly url: string | null;
  readonly intents: 'full' | 'reduced';
  readonly canReduceIntents: boolean;
  readonly renewToken: boolean;
  /** Failures in a row, for the backoff. */
  readonly failures: number;
  /** Sockets in a row that never opened. */
  readonly openFailures: number;
  /** Links in a row that lived less than 5 s. */
  readonly quickDrops: number;
  /** Resumes in a row that were sent and not answered by RESUMED. */
  readonly unconfirmedResumes: number;
  /** Links in a row closed with 4004. */
  readonly tokenRefusals: number;
  /** A second op 9 that says "resumable" is not believed. */
  readonly invalidSessions: number;
  readonly pauseMs: number;
  readonly verdict: Verdict;
  readonly fault: Fault | null;
};

const PAUSE_MS = 60_000;
const QUICK_MS = 5_000;
const QUICK_DROPS_MAX = 3;
const UNCONFIRMED_MAX = 3;
const TOKEN_REFUSALS_MAX = 3;
const OPEN_FAILURES_MAX = 2;

/** `openMs`: how long the link was open when it was lost; null where it never opened. */
type Loss = {
  readonly fault: Fault;
  readonly openMs: number | null;
  readonly verdict: Verdict;
  readonly session?: 'keep' | 'drop';
  readonly waitMs?: number;
};

/** Three links in a row that lived less than 5 s mean that coming back at once makes it worse. Source: qq-bot-api §3.9. */
const pauseFor = (quickDrops: number, loss: Loss): Partial<Tally> =>
  quickDrops >= QUICK_DROPS_MAX && loss.verdict !== 'stop'
    ? { quickDrops: 0, pauseMs: PAUSE_MS, verdict: 'pause' }
    : { quickDrops, pauseMs: loss.waitMs ?? PAUSE_MS, verdict: loss.verdict };

/** A session is given up when the loss says so, or when it was resumed three times without an answer. */
const sessionAfter = (tally: Tally, loss: Loss): Partial<Tally> =>
  loss.session === 'drop' || tally.unconfirmedResumes >= UNCONFIRMED_MAX
    ? { session: null, unconfirmedResumes: 0, invalidSessions: 0 }
    : {};

const afterLoss = (tally: Tally, loss: Loss): Partial<Tally> => {
  const { openMs, fault } = loss;
  const quickDrops = openMs === null ? tally.quickDrops : openMs < QUICK_MS ? tally.quickDrops + 1 : 0;
  return {
    failures: tally.failures + 1,
    fault,
    ...sessionAfter(tally, loss),
    ...pauseFor(quickDrops, loss),
  };
};

const afterTokenRefusal = (tally: Tally, openMs: number | null): Partial<Tally> => {
  const tokenRefusals = tally.tokenRefusals + 1;
  const isLast = tokenRefusals >= TOKEN_REFUSALS_MAX;
  const fault = isLast
    ? {
        code: 'auth.rejected',
        platformCode: 4004,
        detail: `the gateway refused ${tokenRefusals} fresh tokens in a row`,
      }
    : { code: 'auth.expired', platformCode: 4004, detail: 'the gateway refused the access token' };
  const changes = afterLoss(tally, { fault, openMs, verdict: isLast ? 'stop' : 'backOff' });
  return { ...changes, tokenRefusals, renewToken: true };
};

const afterIntentsRefusal = (tally: Tally, fault: Fault, openMs: number | null, otherwise: Verdict): Partial<Tally> => {
  const mayReduce = tally.intents === 'full' && tally.canReduceIntents;
  const detail = mayReduce ? `${fault.detail}; trying once without the optional intents` : fault.detail;
  const verdict = mayReduce ? 'coolOff' : otherwise;
  const changes = afterLoss(tally, { fault: { ...fault, detail }, openMs, verdict, session: 'drop' });
  return mayReduce ? { ...changes, intents: 'reduced' } : changes;
};

/** The socket was closed by the platform or by the network. Source: qq-bot-api §3.8. */
export const afterClose = (tally: Tally, code: number, openMs: number | null): Partial<Tally> => {
  const recovery = recoveryFor(code);
  const fault = { code: recovery.code, platformCode: code, detail: `the link was closed with ${code}` };
  switch (recovery.step) {
    case 'renewToken':
      return afterTokenRefusal(tally, openMs);
    case 'reduceIntents':
      return afterIntentsRefusal(tally, fault, openMs, 'stop');
    case 'stop':
      return afterLoss(tally, { fault, openMs, verdict: 'stop', session: 'drop' });
    default: {
      const session = recovery.step === 'identify' ? 'drop' : 'keep';
      return recovery.waitMs === undefined
        ? afterLoss(tally, { fault, openMs, verdict: 'backOff', session })
        : afterLoss(tally, { fault, openMs, verdict: 'pause', session, waitMs: recovery.waitMs });
    }
  }
};

/** The socket never opened. A cached address that fails twice is asked for again, and not before. Source: qq-bot-api §2. */
export const afterOpenFailure = (tally: Tally, detail: string): Partial<Tally> => {
  const openFailures = tally.openFailures + 1;
  const isStale = openFailures >= OPEN_FAILURES_MAX;
  const fault = { code: 'gateway.unreachable', detail };
  return {
    ...afterLoss(tally, { fault, openMs: null, verdict: 'backOff' }),
    openFailures: isStale ? 0 : openFailures,
    url: isStale ? null : tally.url,
  };
};

/** The router itself gave the link up: it said nothing for too long. */
export const afterSilence = (tally: Tally, detail: string): Partial<Tally> =>
  afterLoss(tally, {
    fault: { code: 'transport.lost', detail },
    openMs: QUICK_MS,
    verdict: 'backOff',
  });

/** op 7 is routine, not a failure: back at once, unless it comes again and again. Source: qq-bot-api §3.6. */
export const afterReconnectRequest = (tally: Tally, openMs: number): Partial<Tally> => {
  const fault = { code: 'transport.lost', platformCode: 7, detail: 'the platform asked for a new connection' };
  const changes = afterLoss(tally, { fault, openMs, verdict: 'atOnce' });
  return changes.verdict === 'atOnce' ? { ...changes, failures: tally.failures, fault: tally.fault } : changes;
};

/** No loss at all: the link answers, and is changed for another all the same; the resume brings what it may have kept back. */
export const AFTER_EVENTLESS = { verdict: 'atOnce', quickDrops: 0 } as const satisfies Partial<Tally>;

/** op 9 while a session was resumed or under way. Source: qq-bot-api §3.7. */
export const afterInvalidSession = (tally: Tally, resumable: boolean, openMs: number): Partial<Tally> => {
  const isBelieved = resumable && tally.invalidSessions === 0;
  const fault = {
    code: 'transport.lost',
    platformCode: 9,
    detail: isBelieved ? 'the platform asked for another resume' : 'the platform no longer knows the session',
  };
  const session = isBelieved ? 'keep' : 'drop';
  const changes = afterLoss(tally, { fault, openMs, verdict: 'coolOff', session });
  return { invalidSessions: isBelieved ? tally.invalidSessions + 1 : 0, ...changes };
};

/** op 9 in answer to an Identify: in the field this means an intent that is not granted. Source: qq-bot-api §3.7. */
export const afterIdentifyRefusal = (tally: Tally, openMs: number): Partial<Tally> => {
  const fault = { code: 'gateway.intentsRefused', platformCode: 9, detail: 'the platform refused to start a session' };
  return afterIntentsRefusal(tally, fault, openMs, 'pause');
};

/** A token or the gateway's address could not be had. */
export const afterFailure = (tally: Tally, failure: Failure): Partial<Tally> => {
  const { code, detail, platformCode, next, retryAfterMs } = failure;
  const fault: Fault = { code, detail, ...(platformCode !== undefined && { platformCode }) };
  const verdict = next === 'stop' ? 'stop' : next === 'wait' ? 'pause' : 'backOff';
  return {
    failures: tally.failures + 1,
    fault,
    verdict,
    pauseMs: Math.max(PAUSE_MS, retryAfterMs ?? 0),
    renewToken: tally.renewToken || code === 'auth.expired',
  };
};

/** A session is under way: what was counted against the connection is forgiven. */
export const FORGIVEN = {
  failures: 0,
  openFailures: 0,
  unconfirmedResumes: 0,
  tokenRefusals: 0,
  invalidSessions: 0,
} as const satisfies Partial<Tally>;

/** Nothing has happened yet. */
export const FRESH = {
  ...FORGIVEN,
  quickDrops: 0,
  intents: 'full',
  pauseMs: PAUSE_MS,
  verdict: 'atOnce',
  fault: null,
} as const satisfies Partial<Tally>;
