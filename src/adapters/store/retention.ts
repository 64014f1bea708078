/** How long things are kept, and how many of them. What is older goes, and the oldest of what is too many. */
export type RetentionOptions = {
  /** An event's id is known for at least this long, in ms: as long as it may be answered. @default 3_600_000 */
  readonly dedupeMs?: number;
  /** The last ids of each bot are known whatever their age. @default 20_000 */
  readonly dedupeMin?: number;
  /** Ids known per bot, however young. @default 1_000_000 */
  readonly dedupeMax?: number;
  /** Dead letters, in ms. @default 30 days */
  readonly deadMs?: number;
  /** Dead letters of all bots. @default 1_000 */
  readonly deadMax?: number;
  /** Sends whose outcome is known, in ms. @default 86_400_000 */
  readonly sentMs?: number;
  /** @default 100_000 */
  readonly sentMax?: number;
  /** Reply counters, in ms; no reply window is longer than an hour. @default 86_400_000 */
  readonly anchorsMs?: number;
  /** @default 200_000 */
  readonly anchorsMax?: number;
  /** Receipts of turns, in ms. @default 7 days */
  readonly receiptsMs?: number;
  /** @default 100_000 */
  readonly receiptsMax?: number;
  /** What became of what was said under a key, in ms. @default 86_400_000 */
  readonly reportsMs?: number;
  /** Of all bots on disk, of each in memory. @default 100_000 */
  readonly reportsMax?: number;
  /** Messages that wait for the platform's review, in ms. @default 7 days */
  readonly reviewsMs?: number;
  /** Of all bots on disk, of each in memory. @default 1_000 */
  readonly reviewsMax?: number;
  /** Messages without an anchor, which count into the day's quotas, in ms. @default 86_400_000 */
  readonly activeMs?: number;
  /** Of all bots on disk, of each in memory. @default 100_000 */
  readonly activeMax?: number;
  /** Peers who refuse them; the one that ends first is forgotten first. @default 20_000 */
  readonly refusalsMax?: number;
  /** Conversations nobody wrote in, in ms. @default 180 days */
  readonly conversationsMs?: number;
  /** The one longest untouched is forgotten first. @default 2_000_000 */
  readonly conversationsMax?: number;
  /** Users known at one bot's door; more are refused. @default 20_000 */
  readonly peersMax?: number;
  /** Decisions about them that are kept per bot. @default 10_000 */
  readonly trailMax?: number;
  /** Frames that an agent has not acknowledged, and agents nothing was sent to, in ms. @default 600_000 */
  readonly framesMs?: number;
  /** Frames per agent. @default 2_000 */
  readonly framesMax?: number;
  /** Agents. @default 256 */
  readonly agentsMax?: number;
};

export type Retention = Readonly<Required<RetentionOptions>>;

const DAY_MS = 86_400_000;

export const RETENTION = {
  dedupeMs: 60 * 60_000,
  dedupeMin: 20_000,
  dedupeMax: 1_000_000,
  deadMs: 30 * DAY_MS,
  deadMax: 1_000,
  sentMs: DAY_MS,
  sentMax: 100_000,
  anchorsMs: DAY_MS,
  anchorsMax: 200_000,
  receiptsMs: 7 * DAY_MS,
  receiptsMax: 100_000,
  reportsMs: DAY_MS,
  reportsMax: 100_000,
  reviewsMs: 7 * DAY_MS,
  reviewsMax: 1_000,
  activeMs: DAY_MS,
  activeMax: 100_000,
  refusalsMax: 20_000,
  conversationsMs: 180 * DAY_MS,
  conversationsMax: 2_000_000,
  peersMax: 20_000,
  trailMax: 10_000,
  framesMs: 600_000,
  framesMax: 2_000,
  agentsMax: 256,
} as const satisfies Retention;
