import { assign, emit, setup } from 'xstate';
import { backoffMs } from '../gateway/backoff.js';
import { type Failure, failureOf } from '../gateway/failure.js';
import type { Bot, GatewayEmitted, GatewayTag } from '../gateway/gateway.setup.js';
import type { Fault } from '../gateway/losses.js';
import { unprovided } from '../unprovided.js';

/** What the chart remembers. */
export type WebhookContext = {
  /** Checks in a row that failed, for the backoff. */
  readonly failures: number;
  readonly fault: Fault | null;
  /** What the failure asks for: trying again soon, after a pause, or not at all. */
  readonly verdict: 'backOff' | 'pause' | 'stop';
  readonly pauseMs: number;
};

/** What the chart is told from outside. */
export type WebhookEvent = { type: 'stop' } | { type: 'reconnect' };

/** A minute is what the token service and the address list need. Source: qq-bot-api §1.3. */
const PAUSE_MS = 60_000;

export const FRESH = {
  failures: 0,
  fault: null,
  verdict: 'backOff',
  pauseMs: PAUSE_MS,
} as const satisfies WebhookContext;

const SHUTDOWN: Fault = { code: 'shutdown', detail: 'stopped by command' };

const afterFailure = (context: WebhookContext, failure: Failure): WebhookContext => {
  const { code, detail, platformCode, next, retryAfterMs } = failure;
  return {
    failures: context.failures + 1,
    fault: { code, detail, ...(platformCode !== undefined && { platformCode }) },
    verdict: next === 'stop' ? 'stop' : next === 'wait' ? 'pause' : 'backOff',
    pauseMs: Math.max(PAUSE_MS, retryAfterMs ?? 0),
  };
};

export const webhookSetup = setup({
  types: {
    context: {} as WebhookContext,
    events: {} as WebhookEvent,
    emitted: {} as GatewayEmitted,
    tags: {} as GatewayTag,
  },
  actors: {
    /** A token that is valid now, and who the bot is: the secret is right, and the platform talks to this address. */
    introduce: unprovided.promise<Bot, void>('introduce'),
  },
  actions: {
    noteFailure: assign(({ context }, { error }: { error: unknown }) => afterFailure(context, failureOf(error))),
    noteTimeout: assign(({ context }) =>
      afterFailure(context, { code: 'transport.timeout', next: 'retry', detail: 'the platform did not answer' }),
    ),
    noteShutdown: assign({ fault: SHUTDOWN }),
    startAfresh: assign(FRESH),
    reportReady: emit((_, { bot }: { bot: Bot }): GatewayEmitted => ({ type: 'ready', sessionId: '', bot })),
    reportFault: emit(({ context }): GatewayEmitted => {
      const nextTryInMs = context.verdict === 'pause' ? context.pauseMs : backoffMs(context.failures);
      return { type: 'fault', fault: context.fault ?? SHUTDOWN, nextTryInMs };
    }),
    reportStopped: emit(({ context }): GatewayEmitted => ({ type: 'stopped', reason: context.fault ?? SHUTDOWN })),
  },
  guards: {
    verdictIs: ({ context }, verdict: WebhookContext['verdict']) => context.verdict === verdict,
  },
  delays: {
    requestTimeout: 30_000,
    checkBackoff: ({ context }) => backoffMs(context.failures),
    pause: ({ context }) => context.pauseMs,
  },
});
