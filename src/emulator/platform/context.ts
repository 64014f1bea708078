import type { Audits } from './audits.js';
import type { Bot } from './bot.js';
import type { BoundedMap } from './bounded-map.js';
import type { Events } from './events.js';
import type { Faults } from './faults.js';
import type { Ids } from './ids.js';
import type { Limits } from './limits.js';
import type { Link } from './link.js';
import type { Outside } from './outside.js';
import type { Records } from './records.js';
import type { Storage } from './storage.js';
import type { Switches } from './switches.js';
import type { Timers } from './timers.js';
import type { Tokens } from './tokens.js';
import type { Upload } from './uploads.js';
import type { WebhookFaults } from './webhook-faults.js';

/** What the platform's parts share. */
export type Context = {
  readonly timers: Timers;
  readonly limits: Limits;
  switches: Readonly<Switches>;
  readonly bounds: Bounds;
  /** §11: rate rules do not apply to sends, and DM events do not exist. */
  readonly sandbox: boolean;
  /** Registered domains, which the URL filter lets through, §6.9. */
  readonly domains: string[];
  /** Text that moderation refuses, 40034006. */
  readonly blockedWords: string[];
  readonly ids: Ids;
  readonly records: Records;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly events: Events;
  readonly audits: Audits;
  readonly storage: Storage;
  /** Chunked uploads under way, by id. */
  readonly uploads: BoundedMap<string, Upload>;
  readonly outside: Outside;
  readonly webhookFaults: WebhookFaults;
  /** By app id. */
  readonly bots: ReadonlyMap<string, Bot>;
  readonly links: Set<Link>;
  /** Told by `/gateway`; the skin knows it once it listens. */
  gatewayUrl: string;
  /** What links to files begin with; the skin knows it once it listens. */
  baseUrl: string;
  /** A stall that new links share. */
  stallNewLinks: boolean;
  closed: boolean;
};

/** How much the emulator remembers. Oldest goes first. */
export type Bounds = {
  /** Entries in each log (`received`, `sends`, `refusals`, …). @default 100_000 */
  readonly records: number;
  /** Entries in one conversation's transcript. @default 10_000 */
  readonly transcript: number;
  /** Conversations of one bot. @default 100_000 */
  readonly conversations: number;
  /** Messages and events of one bot that may still be replied to, quoted or recalled. @default 200_000 */
  readonly anchors: number;
  /** Sessions of one bot. @default 1000 */
  readonly sessions: number;
  /** Bytes of files, of all bots together. @default 512 MiB */
  readonly fileBytes: number;
  /** Chunked uploads under way. @default 1000 */
  readonly uploads: number;
};

/** As much as a test of hours needs. */
export const DEFAULT_BOUNDS: Bounds = Object.freeze({
  records: 100_000,
  transcript: 10_000,
  conversations: 100_000,
  anchors: 200_000,
  sessions: 1000,
  fileBytes: 512 * 1024 * 1024,
  uploads: 1000,
});
