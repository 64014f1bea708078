/** The bot as READY names it. */
export type BotUser = { readonly id: string; readonly username: string };

/** One event of the platform; `id` is the envelope's, `s` its number within the session. */
export type DispatchFrame = {
  readonly kind: 'dispatch';
  readonly s: number;
  readonly t: string;
  readonly id?: string;
  readonly d: unknown;
};

/**
 * One frame of the gateway, read. `ready` and `resumed` are dispatches too: `s` moves with them.
 * `unreadable` says why, and its number where one could be read.
 */
export type GatewayFrame =
  | DispatchFrame
  | { readonly kind: 'ready'; readonly s: number; readonly sessionId: string; readonly user: BotUser }
  | { readonly kind: 'resumed'; readonly s: number }
  | { readonly kind: 'hello'; readonly heartbeatIntervalMs: number }
  | { readonly kind: 'ack' }
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'invalidSession'; readonly resumable: boolean }
  | { readonly kind: 'heartbeatRequest' }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly s?: number };

/** Between text frames and their meaning. Shape: `decode` is total. Source: qq-bot-api §3.1–3.7. */
export type GatewayCodec = {
  readonly decode: (text: string) => GatewayFrame;
  /** `token` is bare; `intents` a bit mask. */
  readonly identify: (identify: {
    readonly token: string;
    readonly intents: number;
    readonly shard: readonly [index: number, count: number];
  }) => string;
  /** `seq` is the last event that is safe, not the last one seen. */
  readonly resume: (resume: { readonly token: string; readonly sessionId: string; readonly seq: number }) => string;
  /** `seq` is null before the first dispatch. */
  readonly heartbeat: (seq: number | null) => string;
};
