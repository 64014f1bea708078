import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { AccessDecision } from '../domain/pairing.js';
import type { PlatformEvent } from '../domain/platform-event.js';
import type { Outcome } from '../domain/reply.js';
import type { CancelReason, Receipt, TurnInfo } from '../domain/turn.js';
import type { ErrorCode } from '../errors/codes.js';
import type { UploadProgress } from '../pipelines/files/file-desk.js';
import type { WebhookStatus } from './webhook-desk.js';

/**
 * A channel's connection. `waiting`: something failed and the next try is on its way; `stopped`: it failed for good, or
 * was stopped.
 */
export type ChannelState = 'starting' | 'connecting' | 'ready' | 'waiting' | 'stopped' | 'disabled';

/** Why a channel is not READY, under its code; what mends it stands in docs/errors.md. */
export type ChannelFault = {
  readonly code: string;
  readonly detail: string;
  readonly platformCode?: number;
  /** Units: ms until the next try, at most. Absent where none follows. */
  readonly nextTryInMs?: number;
};

/** One of several shards. Units: ms. */
export type ShardView = {
  readonly shard: readonly [index: number, count: number];
  readonly gateway: string;
  readonly session?: string;
  readonly watermark?: number;
  readonly lagEvents?: number;
  readonly reconnects: number;
  readonly heartbeatLatencyMs?: number;
};

/** How one channel is now. */
export type ChannelStatus = {
  readonly name: string;
  readonly state: ChannelState;
  readonly appId: string;
  readonly transport: 'websocket' | 'webhook';
  /** The state of its gateway's chart, as a path. */
  readonly gateway?: string;
  /** The bot as READY named it. */
  readonly bot?: { readonly id: string; readonly username: string };
  readonly session?: string;
  /** The highest event number below which all is safe. */
  readonly watermark?: number;
  /** Events that came in and are not safe yet. */
  readonly lagEvents?: number;
  readonly reconnects: number;
  /** What the platform was asked for and refused; not asked for again while the router runs. */
  readonly lostRights?: readonly LostRight[];
  /** Of a channel with transport "webhook". */
  readonly webhook?: WebhookStatus;
  readonly heartbeatLatencyMs?: number;
  /** Configured intents that the platform has not granted: their events do not come. Absent: it granted all. */
  readonly refusedIntents?: readonly string[];
  /** Absent where one connection carries all. */
  readonly shards?: readonly ShardView[];
  readonly fault?: ChannelFault;
  /** Events whose kind this version does not know, or that lacked their ids. Absent: none. */
  readonly unknownEvents?: number;
  readonly conversations: { readonly living: number; readonly busy: number };
};

/** One of the platform's rates or quotas: how much of it is used up now. */
export type RateLevel = {
  readonly channel: string;
  readonly what: string;
  readonly used: number;
  readonly max: number;
};

/** What a bot turned out not to be granted. */
export type LostRight = { readonly right: 'markdown' | 'keyboard' | 'typing'; readonly scene?: Scene };

/** What happens in a router, for whoever wants to know. Texts of users are in `turn.*` events only. */
export type RouterEvent =
  /** The store cannot be written: no message is taken until it can, and the platform keeps what comes. */
  | { readonly type: 'store.degraded'; readonly code: ErrorCode }
  | { readonly type: 'store.recovered' }
  /** A file on its way to the platform. Units: bytes, from 0 to `totalBytes`, never less than before. */
  | ({ readonly type: 'upload'; readonly channel: string } & UploadProgress)
  | { readonly type: 'channel.token'; readonly channel: string }
  | { readonly type: 'channel.gateway'; readonly channel: string }
  | { readonly type: 'channel.ready'; readonly channel: string; readonly username: string; readonly resumed: boolean }
  | { readonly type: 'channel.lost'; readonly channel: string; readonly fault: ChannelFault }
  | { readonly type: 'channel.stopped'; readonly channel: string; readonly fault: ChannelFault }
  /** `raw`: the platform's `d` as it came. It is handed on here and kept nowhere. */
  | { readonly type: 'message.accepted'; readonly channel: string; readonly message: Inbound; readonly raw: unknown }
  | { readonly type: 'message.skipped'; readonly channel: string; readonly why: string }
  /** Whatever the platform pushes that is no message: each once, in the order of arrival, where the intent was asked for. */
  | { readonly type: 'platform.event'; readonly channel: string; readonly event: PlatformEvent }
  /** It was accepted, and will be in no turn: it was a command, too much, too old, or taken back. */
  | {
      readonly type: 'message.dropped';
      readonly channel: string;
      readonly conversation: ConversationId;
      readonly message: string;
      readonly why: string;
    }
  /** What was decided about who may write: by the operator, or by the clock. */
  | { readonly type: 'access.decided'; readonly channel: string; readonly decision: AccessDecision }
  | { readonly type: 'turn.started'; readonly channel: string; readonly turn: TurnInfo }
  | {
      readonly type: 'turn.cancelled';
      readonly channel: string;
      readonly turn: TurnInfo;
      readonly reason: CancelReason;
    }
  | { readonly type: 'turn.closed'; readonly channel: string; readonly turn: TurnInfo; readonly receipt: Receipt }
  | { readonly type: 'turn.settled'; readonly channel: string; readonly turn: string; readonly outcome: Outcome }
  /** `tookMs`: from handing the piece on until its outcome. */
  | { readonly type: 'piece'; readonly channel: string; readonly outcome: Outcome; readonly tookMs: number };
