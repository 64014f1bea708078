/**
 * The platform's numbers, as data. Every one may be overridden; `Infinity` lifts a limit.
 * Units: names end in the unit (`Ms`, `S`, `Bytes`); the others are counts.
 */
export type Limits = {
  /** Life of a fresh access token, §1.2. */
  readonly tokenLifeS: number;
  /** In its last seconds a token is joined by a new one, §1.2. */
  readonly tokenOverlapS: number;
  /** Token calls per minute and bot before 100001; no number is documented, §1.3 and §9. */
  readonly tokenCallsPerMinute: number;
  /** `/gateway` calls per `gatewayWindowMs` before 100017, counted by the switch `strictGateway`, §2. */
  readonly gatewayCalls: number;
  readonly gatewayWindowMs: number;
  /** Identifies in 24 h, §2. */
  readonly sessionStartsPerDay: number;
  /** Identifies per `sessionStartWindowMs`, §2; enforced by the switch `maxConcurrency`. */
  readonly maxConcurrency: number;
  readonly sessionStartWindowMs: number;
  /** Told in Hello, §3.2. */
  readonly heartbeatIntervalMs: number;
  /** A silent client is cut after `interval × slack + grace`: 60 s with the platform's 45 s, §3.4. */
  readonly heartbeatSlack: number;
  readonly heartbeatGraceMs: number;
  /** A link that neither identifies nor resumes is closed with 4003; no number is documented. */
  readonly identifyTimeoutMs: number;
  /** Frames per minute beyond the heartbeats before 4008; no number is documented, §9. */
  readonly clientFramesPerMinute: number;
  /** Events kept for replay in each session, and how long after a disconnect, §3.5. */
  readonly replayEvents: number;
  readonly resumableMs: number;
  /** Client that stays after op 7 is closed with 4009, §3.6. */
  readonly reconnectLingerMs: number;
  /** Passive windows and counts, §6.3. `c2cReplies` is 4 since 2026; the older statement is 5 [≠]. */
  readonly c2cWindowMs: number;
  readonly c2cReplies: number;
  readonly groupWindowMs: number;
  readonly groupReplies: number;
  readonly guildWindowMs: number;
  /** Endpoint rates per bot, §6.1. */
  readonly c2cSendsPerSecond: number;
  readonly groupSendsPerSecond: number;
  readonly streamCallsPerSecond: number;
  readonly uploadsPerSecond: number;
  readonly uploadPreparesPerSecond: number;
  readonly partFinishesPerSecond: number;
  readonly recallsPerSecond: number;
  readonly approvalsPerMinute: number;
  readonly interactionAnswersPerSecond: number;
  /** Active quotas, §6.3. */
  readonly c2cActivePerSecond: number;
  readonly c2cActivePerUserPerMinute: number;
  readonly c2cActivePerUserPerDay: number;
  readonly groupActivePerMinute: number;
  readonly groupActivePerGroupPerMinute: number;
  readonly groupActivePerGroupPerDay: number;
  readonly guildActivePerChannelPerDay: number;
  readonly guildActiveChannelsPerDay: number;
  readonly dmActivePerUserPerDay: number;
  readonly dmActivePerDay: number;
  /** Active or passive, one guild channel, §9. */
  readonly channelSendsPerSecond: number;
  /** Characters of one message; a million was accepted in the field, §6.9. */
  readonly textChars: number;
  /** Streams, §6.4: characters, chunks, and the silence after which a stream times out. */
  readonly streamChars: number;
  readonly streamChunks: number;
  readonly streamIdleMs: number;
  /** Own messages may be recalled this long, §6.6. */
  readonly recallMs: number;
  /** A clicked button spins this long, §5.8. */
  readonly interactionMs: number;
  /** Keyboard rows, and buttons in a row, §7.4. */
  readonly keyboardSide: number;
  /** `file_info` life (0 = for ever), the hard size, and the soft ones, above which a file is shown as a plain one, §6.8. */
  readonly fileInfoTtlS: number;
  readonly fileBytes: number;
  readonly imageSoftBytes: number;
  readonly videoSoftBytes: number;
  readonly voiceSoftBytes: number;
  /** A picture in a guild, §8.2 (304020); no number is documented. */
  readonly guildImageBytes: number;
  /** Chunked uploads, §6.8: size of a block, life of the pre-signed links, bytes of all uploads of a day (40093002). */
  readonly uploadBlockBytes: number;
  readonly uploadLifeMs: number;
  readonly uploadBytesPerDay: number;
  /** Life of the links to what users send, §5.1; no number is documented. */
  readonly attachmentLinkMs: number;
  /** Callbacks, §10.5: deliveries in all, how long each may take, the rest between two, how many are on their way at once. */
  readonly webhookAttempts: number;
  readonly webhookTimeoutMs: number;
  readonly webhookRetryMs: number;
  readonly webhookInFlight: number;
  /** Events that may wait for one callback address; the next is dropped. */
  readonly webhookWaiting: number;
  /** Kinds of reactions on one message, §8.2 (620002). */
  readonly reactionKinds: number;
  /** HTTP body; near 32 MB answers 413 in the field. */
  readonly bodyBytes: number;
  /** One client frame on the socket. */
  readonly frameBytes: number;
  /** Bytes that may wait for a client that does not read, before its socket is cut. */
  readonly unreadBytes: number;
};

/** What the platform does when nobody says otherwise. */
export const PLATFORM_LIMITS: Limits = Object.freeze({
  tokenLifeS: 7200,
  tokenOverlapS: 60,
  tokenCallsPerMinute: Number.POSITIVE_INFINITY,
  gatewayCalls: 2,
  gatewayWindowMs: 10_000,
  sessionStartsPerDay: 1500,
  maxConcurrency: 1,
  sessionStartWindowMs: 5000,
  heartbeatIntervalMs: 45_000,
  heartbeatSlack: 1.3,
  heartbeatGraceMs: 1500,
  identifyTimeoutMs: 30_000,
  clientFramesPerMinute: 120,
  replayEvents: 1000,
  resumableMs: 300_000,
  reconnectLingerMs: 5000,
  c2cWindowMs: 3_600_000,
  c2cReplies: 4,
  groupWindowMs: 300_000,
  groupReplies: 5,
  guildWindowMs: 300_000,
  c2cSendsPerSecond: 100,
  groupSendsPerSecond: 100,
  streamCallsPerSecond: 50,
  uploadsPerSecond: 50,
  uploadPreparesPerSecond: 10,
  partFinishesPerSecond: 10,
  recallsPerSecond: 10,
  approvalsPerMinute: 60,
  interactionAnswersPerSecond: 50,
  c2cActivePerSecond: 10,
  c2cActivePerUserPerMinute: 20,
  c2cActivePerUserPerDay: 1000,
  groupActivePerMinute: 60,
  groupActivePerGroupPerMinute: 20,
  groupActivePerGroupPerDay: 1000,
  guildActivePerChannelPerDay: 20,
  guildActiveChannelsPerDay: 2,
  dmActivePerUserPerDay: 2,
  dmActivePerDay: 200,
  channelSendsPerSecond: 5,
  textChars: 1_000_000,
  streamChars: 1_000_000,
  streamChunks: 10_000,
  streamIdleMs: 300_000,
  recallMs: 120_000,
  interactionMs: 3000,
  keyboardSide: 5,
  fileInfoTtlS: 259_200,
  fileBytes: 200_000_000,
  imageSoftBytes: 20_000_000,
  videoSoftBytes: 30_000_000,
  voiceSoftBytes: 20_000_000,
  guildImageBytes: 20_000_000,
  uploadBlockBytes: 5 * 1024 * 1024,
  uploadLifeMs: 3_600_000,
  uploadBytesPerDay: Number.POSITIVE_INFINITY,
  attachmentLinkMs: 3_600_000,
  webhookAttempts: 3,
  webhookTimeoutMs: 5000,
  webhookRetryMs: 2000,
  webhookInFlight: 1,
  webhookWaiting: 10_000,
  reactionKinds: 20,
  bodyBytes: 32 * 1024 * 1024,
  frameBytes: 1024 * 1024,
  unreadBytes: 64 * 1024 * 1024,
});

/** No rate and no quota stands in the way: for benchmarks. Windows and counts stay as they are. */
export const UNTHROTTLED: Partial<Limits> = Object.freeze({
  clientFramesPerMinute: Number.POSITIVE_INFINITY,
  sessionStartsPerDay: Number.POSITIVE_INFINITY,
  c2cSendsPerSecond: Number.POSITIVE_INFINITY,
  groupSendsPerSecond: Number.POSITIVE_INFINITY,
  streamCallsPerSecond: Number.POSITIVE_INFINITY,
  uploadsPerSecond: Number.POSITIVE_INFINITY,
  uploadPreparesPerSecond: Number.POSITIVE_INFINITY,
  partFinishesPerSecond: Number.POSITIVE_INFINITY,
  recallsPerSecond: Number.POSITIVE_INFINITY,
  approvalsPerMinute: Number.POSITIVE_INFINITY,
  interactionAnswersPerSecond: Number.POSITIVE_INFINITY,
  c2cActivePerSecond: Number.POSITIVE_INFINITY,
  c2cActivePerUserPerMinute: Number.POSITIVE_INFINITY,
  c2cActivePerUserPerDay: Number.POSITIVE_INFINITY,
  groupActivePerMinute: Number.POSITIVE_INFINITY,
  groupActivePerGroupPerMinute: Number.POSITIVE_INFINITY,
  groupActivePerGroupPerDay: Number.POSITIVE_INFINITY,
  guildActivePerChannelPerDay: Number.POSITIVE_INFINITY,
  guildActiveChannelsPerDay: Number.POSITIVE_INFINITY,
  dmActivePerUserPerDay: Number.POSITIVE_INFINITY,
  dmActivePerDay: Number.POSITIVE_INFINITY,
  channelSendsPerSecond: Number.POSITIVE_INFINITY,
});
