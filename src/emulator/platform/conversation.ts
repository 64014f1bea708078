import { BoundedMap } from './bounded-map.js';
import type { Limits } from './limits.js';
import { DayCount, RateWindow } from './rates.js';
import type { Scene } from './records.js';
import { Ring } from './ring.js';
import type { Stream } from './streams.js';
import type { Entry } from './transcript.js';

/** Something a bot may reply to: a message or an event, its time, and the replies it had, §6.3. */
export type Anchor = {
  readonly id: string;
  readonly conversation: Conversation;
  readonly atMs: number;
  /** Name of the event it came with. */
  readonly event: string;
  replies: number;
  /** The `msg_seq` values taken; made with the first. */
  seqs: Set<number> | undefined;
};

export type ConversationLimits = Limits & { readonly transcript: number };

/** Somebody in a group, as the bot has met them. */
export type GroupMember = {
  readonly openid: string;
  readonly username: string;
  readonly role: 'member' | 'admin' | 'owner';
  readonly atMs: number;
};

const MEMBERS_MAX = 10_000;

/** A user, a group, a guild channel or a guild DM, as one bot meets it. */
export class Conversation {
  readonly scene: Scene;
  /** Openid, group openid, channel id, or the pseudo guild id of a DM. */
  readonly id: string;
  readonly guildId: string | undefined;
  readonly transcript: Ring<Entry>;
  readonly activeMinute: RateWindow;
  readonly activeDay: DayCount;
  readonly channelSecond: RateWindow;
  /** The bot is in the group, or a friend of the user. */
  member = true;
  /** Group: every message comes, or only those that mention the bot, §5.4. */
  hearsAll = false;
  /** Word about active messages in particular; undefined leaves it to the bot's rights. */
  active: boolean | undefined;
  /** User or group switched active messages off, §5.9. */
  refuses = false;
  muted = false;
  /** When the user wrote last: wake-up messages hang on it, §6.3. */
  lastUserMs: number | undefined;
  readonly wakeUps = new Set<number>();
  stream: Stream | undefined;
  seqInChannel = 100;
  /** DM: who is on the other side. */
  userId: string | undefined;
  /** DM: its pseudo channel. */
  channelId: string | undefined;
  /** DM: where the user came from, §5.5. */
  sourceGuildId: string | undefined;

  readonly metAtMs: number;
  /** Group: what the bot is there. Admins hear of join requests, and may recall what members say, §5.9, §6.6. */
  botRole: 'member' | 'admin' | 'owner' = 'member';
  #members: BoundedMap<string, GroupMember> | undefined;

  constructor(scene: Scene, id: string, guildId: string | undefined, limits: ConversationLimits, metAtMs: number) {
    this.metAtMs = metAtMs;
    this.scene = scene;
    this.id = id;
    this.guildId = guildId;
    this.transcript = new Ring(limits.transcript);
    this.activeMinute = new RateWindow(
      scene === 'c2c' ? limits.c2cActivePerUserPerMinute : limits.groupActivePerGroupPerMinute,
      60_000,
    );
    this.activeDay = new DayCount(
      {
        c2c: limits.c2cActivePerUserPerDay,
        group: limits.groupActivePerGroupPerDay,
        guild: limits.guildActivePerChannelPerDay,
        dm: limits.dmActivePerUserPerDay,
      }[scene],
    );
    this.channelSecond = new RateWindow(limits.channelSendsPerSecond, 1000);
  }

  /** Group: who the bot has met there; made with the first. */
  get members(): BoundedMap<string, GroupMember> {
    this.#members ??= new BoundedMap(MEMBERS_MAX);
    return this.#members;
  }
}
