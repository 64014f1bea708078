import { assign, emit, sendTo, setup } from 'xstate';
import { unprovided } from '../unprovided.js';
import { backoffMs } from './backoff.js';
import { type Failure, failureOf } from './failure.js';
import {
  AFTER_EVENTLESS,
  afterClose,
  afterFailure,
  afterIdentifyRefusal,
  afterInvalidSession,
  afterOpenFailure,
  afterReconnectRequest,
  afterSilence,
  type Fault,
  FORGIVEN,
  FRESH,
  type Tally,
  type Verdict,
} from './losses.js';

/** What a connection begins with. */
export type GatewayInput = {
  /** A session of an earlier life that may be resumed. */
  readonly session: { readonly id: string } | null;
  /** A smaller intent mask exists than the configured one. */
  readonly canReduceIntents: boolean;
};

export type Bot = { readonly id: string; readonly username: string };

/** `seq` is not here: dispatches flow past the chart, and their numbers are kept beside it. */
export type GatewayContext = Tally & {
  readonly heartbeatIntervalMs: number;
  /** The router reads no further: the line behind the gateway is full. */
  readonly isLinePaused: boolean;
};

/** What the socket, and the timers beside it, report. Units: `openMs` is how long the link had been open. */
export type LinkEvent =
  | { type: 'socket.opened' }
  | { type: 'socket.closed'; code: number; openMs: number }
  | { type: 'frame.hello'; heartbeatIntervalMs: number }
  | { type: 'frame.ready'; sessionId: string; bot: Bot }
  | { type: 'frame.resumed' }
  | { type: 'frame.heartbeatAck' }
  | { type: 'frame.heartbeat' }
  | { type: 'frame.reconnect'; openMs: number }
  | { type: 'frame.invalidSession'; resumable: boolean; openMs: number }
  | { type: 'link.silent' }
  | { type: 'link.eventless' }
  | { type: 'beat.due' };

/** What the chart is told. */
export type GatewayEvent =
  | LinkEvent
  | { type: 'sessionStart.permitted' }
  | { type: 'sessionStart.delayed'; waitMs: number }
  | { type: 'sessionStart.outdated' }
  | { type: 'line.paused' }
  | { type: 'line.flowing' }
  | { type: 'stop' }
  | { type: 'reconnect' };

/** What the chart tells the socket it has opened. */
export type SocketCommand =
  | { type: 'identify'; intents: 'full' | 'reduced' }
  | { type: 'resume'; sessionId: string }
  | { type: 'heartbeat' }
  | { type: 'close' };

/** Units: `nextTryInMs` is the longest it can take; chance may make it shorter. */
export type GatewayEmitted =
  | { type: 'ready'; sessionId: string; bot: Bot }
  | { type: 'resumed' }
  | { type: 'fault'; fault: Fault; nextTryInMs: number }
  | { type: 'stopped'; reason: Fault };

/** `waiting`: nothing is tried until a timer ends. */
export type GatewayTag = 'connecting' | 'online' | 'waiting' | 'stopped';

const SHUTDOWN: Fault = { code: 'shutdown', detail: 'stopped by command' };

/** After op 9 the platform wants a pause of 1 to 5 s; `src` draws it. Source: qq-bot-api §3.7. */
const COOL_OFF = { typicalMs: 3_000, mostMs: 5_000 } as const;

const waitOf = (context: GatewayContext): number => {
  if (context.verdict === 'pause') return context.pauseMs;
  return context.verdict === 'coolOff' ? COOL_OFF.mostMs : backoffMs(context.failures);
};

export const gatewaySetup = setup({
  types: {
    input: {} as GatewayInput,
    context: {} as GatewayContext,
    events: {} as GatewayEvent,
    emitted: {} as GatewayEmitted,
    tags: {} as GatewayTag,
  },
  actors: {
    /** Makes a token ready for the next Identify or Resume; `renew`: the one at hand was refused. */
    getToken: unprovided.promise<void, { renew: boolean }>('getToken'),
    locateGateway: unprovided.promise<{ url: string }, void>('locateGateway'),
    /**
     * Says `sessionStart.permitted` once a session may be started, `sessionStart.delayed` while it may not, and
     * `sessionStart.outdated` when the platform's count has begun anew and is to be asked for.
     */
    awaitSessionStart: unprovided.callback<SocketCommand, void, GatewayEvent>('awaitSessionStart'),
    openSocket: unprovided.callback<SocketCommand, { url: string }, LinkEvent>('openSocket'),
    /** Says `link.silent` when not one frame has come for so long; does not judge while the line is paused. */
    watchLink: unprovided.callback<SocketCommand, { silenceMs: number }, LinkEvent>('watchLink'),
    /** Says `link.eventless` when no event has come for so long; does not judge while the line is paused. */
    watchEvents: unprovided.callback<SocketCommand, { eventlessMs: number }, LinkEvent>('watchEvents'),
    /** Says `beat.due` once an interval. */
    keepBeat: unprovided.callback<SocketCommand, { intervalMs: number }, LinkEvent>('keepBeat'),
  },
  actions: {
    keepUrl: assign((_, { url }: { url: string }) => ({ url })),
    keepInterval: assign((_, { heartbeatIntervalMs }: { heartbeatIntervalMs: number }) => ({ heartbeatIntervalMs })),
    keepSession: assign((_, { sessionId }: { sessionId: string }) => ({ session: { id: sessionId } })),
    takeFreshToken: assign({ renewToken: false }),
    forgiveOpening: assign({ openFailures: 0 }),
    forgive: assign(FORGIVEN),
    /** Counters and intents as at the start; the session and the address are kept, for both may still be good. */
    startAfresh: assign(FRESH),
    countResume: assign({ unconfirmedResumes: ({ context }) => context.unconfirmedResumes + 1 }),
    pauseLine: assign({ isLinePaused: true }),
    letLineFlow: assign({ isLinePaused: false }),

    noteClose: assign(({ context }, { code, openMs }: { code: number; openMs: number }) =>
      afterClose(context, code, openMs),
    ),
    noteOpenFailure: assign(({ context }, { detail }: { detail: string }) => afterOpenFailure(context, detail)),
    noteSilence: assign(({ context }, { detail }: { detail: string }) => afterSilence(context, detail)),
    noteEventless: assign(AFTER_EVENTLESS),
    noteReconnectRequest: assign(({ context }, { openMs }: { openMs: number }) =>
      afterReconnectRequest(context, openMs),
    ),
    noteInvalidSession: assign(({ context }, { resumable, openMs }: { resumable: boolean; openMs: number }) =>
      afterInvalidSession(context, resumable, openMs),
    ),
    noteIdentifyRefusal: assign(({ context }, { openMs }: { openMs: number }) => afterIdentifyRefusal(context, openMs)),
    noteFailure: assign(({ context }, { error }: { error: unknown }) => afterFailure(context, failureOf(error))),
    noteTimeout: assign(({ context }, { detail }: { detail: string }) => {
      const failure: Failure = { code: 'transport.timeout', next: 'retry', detail };
      return afterFailure(context, failure);
    }),
    noteShutdown: assign({ fault: SHUTDOWN }),

    sendIdentify: sendTo('socket', ({ context }): SocketCommand => ({ type: 'identify', intents: context.intents })),
    sendResume: sendTo(
      'socket',
      ({ context }): SocketCommand => ({ type: 'resume', sessionId: context.session?.id ?? '' }),
    ),
    sendHeartbeat: sendTo('socket', (): SocketCommand => ({ type: 'heartbeat' })),
    sendClose: sendTo('socket', (): SocketCommand => ({ type: 'close' })),

    reportReady: emit(
      (_, { sessionId, bot }: { sessionId: string; bot: Bot }): GatewayEmitted => ({ type: 'ready', sessionId, bot }),
    ),
    reportResumed: emit({ type: 'resumed' }),
    reportFault: emit(
      ({ context }): GatewayEmitted => ({
        type: 'fault',
        fault: context.fault ?? SHUTDOWN,
        nextTryInMs: waitOf(context),
      }),
    ),
    reportDelay: emit(
      (_, { waitMs }: { waitMs: number }): GatewayEmitted => ({
        type: 'fault',
        fault: { code: 'gateway.sessionLimit', detail: 'no session may be started now' },
        nextTryInMs: waitMs,
      }),
    ),
    reportStopped: emit(({ context }): GatewayEmitted => ({ type: 'stopped', reason: context.fault ?? SHUTDOWN })),
  },
  guards: {
    hasSession: ({ context }) => context.session !== null,
    knowsUrl: ({ context }) => context.url !== null,
    verdictIs: ({ context }, verdict: Verdict) => context.verdict === verdict,
    isLinePaused: ({ context }) => context.isLinePaused,
    isLineFlowing: ({ context }) => !context.isLinePaused,
  },
  delays: {
    requestTimeout: 30_000,
    connectTimeout: 30_000,
    helloTimeout: 30_000,
    readyTimeout: 15_000,
    closeTimeout: 3_000,
    reconnectBackoff: ({ context }) => backoffMs(context.failures),
    coolOff: COOL_OFF.typicalMs,
    pause: ({ context }) => context.pauseMs,
  },
});
