import type { Observable } from 'rxjs';
import type { ActorRefFrom } from 'xstate';
import type { gatewayMachine } from '../../machines/gateway/gateway.machine.js';
import type { GatewayEmitted } from '../../machines/gateway/gateway.setup.js';
import type { Fault } from '../../machines/gateway/losses.js';
import type { SessionStarts } from '../domain/session-starts.js';
import type { Clock } from '../ports/clock.js';
import type { DispatchFrame, GatewayCodec } from '../ports/gateway-codec.js';
import type { GatewayLocator } from '../ports/gateway-locator.js';
import type { SocketTransport } from '../ports/socket.js';
import type { SessionRecord } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import type { EventPlace } from './gateway-session.js';
import type { Inspector } from './inspect.js';

export type GatewayActor = ActorRefFrom<typeof gatewayMachine>;

/** Fields first, then a constant message: a pino logger is one. */
export type GatewayLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>
>;

export type GatewayDeps = {
  readonly appId: string;
  /** [index, count]; [0, 1] is one shard for all. */
  readonly shard: readonly [index: number, count: number];
  readonly sockets: SocketTransport;
  readonly tokens: TokenSource;
  readonly locator: GatewayLocator;
  readonly codec: GatewayCodec;
  readonly clock: Clock;
  /** Shape: 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log?: GatewayLog;
  /** Shared by the shards of one bot, for the platform counts its session starts per bot. */
  readonly starts?: SessionStarts;
  /** The session has come, moved or gone (`null`). Called often: a caller that writes to disk throttles it. */
  readonly saveSession: (record: SessionRecord | null) => void;
  readonly inspect?: Inspector;
};

export type GatewayOptions = {
  /** The bit mask asked for at Identify. */
  readonly intents: number;
  /** A session of an earlier life: it is resumed. @default null */
  readonly session?: SessionRecord | null;
  /** Events handed on and not settled; at this many the router stops reading. @default 10_000 */
  readonly pendingMax?: number;
};

/** One event of the platform, and the session whose number `s` is. */
export type GatewayDispatch = DispatchFrame & EventPlace;

/** `fault`: something went wrong and when it is tried again. `stopped`: it is not, unless someone says `reconnect`. */
export type GatewayNotice = GatewayEmitted;

/** Units: ms. Counters run from the gateway's creation. */
export type GatewayStatus = {
  /** The chart's state, as a path: `linked.ready.acked`. */
  readonly state: string;
  readonly sessionId: string | null;
  /** Every event up to this number is safe. */
  readonly watermark: number;
  /** Events handed on and not yet settled. */
  readonly lagEvents: number;
  readonly reconnects: number;
  /** The intents asked for that the platform has refused, as a bit mask; 0 where it has refused none. */
  readonly refusedIntents: number;
  readonly heartbeatLatencyMs: number | null;
  readonly lastFault: (Fault & { readonly atMs: number }) | null;
  readonly isLinePaused: boolean;
  /** Frames nobody could read; events the platform sent again; numbers it left out. */
  readonly unreadable: number;
  readonly repeated: number;
  readonly skipped: number;
};

export type Gateway = {
  readonly start: () => void;
  /** Ends for good: says goodbye with 1000 and completes every stream. Resolves once the socket is gone. */
  readonly stop: () => Promise<void>;
  /** Tries afresh at once, from whatever state, also after `stopped`. */
  readonly reconnect: () => void;
  /** For inspection. */
  readonly actor: GatewayActor;
  /** Hot: subscribe before `start`. Each event once, in the order of arrival, also those replayed by a resume. */
  readonly dispatches$: Observable<GatewayDispatch>;
  /** Begins with the present value. */
  readonly online$: Observable<boolean>;
  /** Hot. Its error is a bug of ours: the chart is dead. */
  readonly notices$: Observable<GatewayNotice>;
  /** The event is safe (stored, or dropped on purpose): a resume need not ask for it again. */
  readonly settle: (event: EventPlace) => void;
  /** The line behind the gateway is full: nothing more is read until `flow`. */
  readonly pause: () => void;
  readonly flow: () => void;
  readonly snapshotStatus: () => GatewayStatus;
};
