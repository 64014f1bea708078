/** What the chart does about the session after a close. */
export type Step = 'resume' | 'identify' | 'renewToken' | 'reduceIntents' | 'stop';

/** `code` is the router's name for it, reported as a fault or as the reason of a stop. */
export type Recovery = { readonly step: Step; readonly code: string; readonly waitMs?: number };

const RESUME: Recovery = { step: 'resume', code: 'transport.lost' };
const IDENTIFY: Recovery = { step: 'identify', code: 'transport.lost' };
const stop = (code: string): Recovery => ({ step: 'stop', code });

const RECOVERY: Readonly<Record<number, Recovery>> = {
  1000: RESUME,
  1001: RESUME,
  1005: RESUME,
  1006: RESUME,
  4000: IDENTIFY,
  4001: stop('gateway.refused'),
  4002: stop('gateway.refused'),
  4003: IDENTIFY,
  4004: { step: 'renewToken', code: 'auth.expired' },
  4005: IDENTIFY,
  4006: IDENTIFY,
  4007: IDENTIFY,
  // The platform was spoken to too fast: the one thing that does not help is to come back at once.
  4008: { step: 'resume', code: 'transport.lost', waitMs: 60_000 },
  // Routine: the platform ends every link about twice an hour. The session lives on.
  4009: RESUME,
  4010: stop('gateway.shardRefused'),
  4011: stop('gateway.shardRefused'),
  4012: stop('gateway.refused'),
  4013: stop('gateway.intentsRefused'),
  4014: { step: 'reduceIntents', code: 'gateway.intentsRefused' },
  4015: IDENTIFY,
  4900: IDENTIFY,
  4901: IDENTIFY,
  // "reset by resume": resuming such a session ends in the same close, for ever.
  4902: IDENTIFY,
  4903: IDENTIFY,
  4904: IDENTIFY,
  4905: IDENTIFY,
  4906: IDENTIFY,
  4907: IDENTIFY,
  4908: IDENTIFY,
  4909: IDENTIFY,
  4910: IDENTIFY,
  4911: IDENTIFY,
  4912: IDENTIFY,
  4913: IDENTIFY,
  4914: stop('gateway.sandboxOnly'),
  4915: stop('gateway.banned'),
};

/**
 * What to do once the platform has closed the socket.
 * Shape: total; an unlisted platform code asks for a new session, a transport code (below 4000) tries to resume.
 * Source: qq-bot-api §3.8.
 */
export const recoveryFor = (code: number): Recovery => RECOVERY[code] ?? (code < 4000 ? RESUME : IDENTIFY);
