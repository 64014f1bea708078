import type { Bot, Rights } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import type {
  Received,
  ReceivedCall,
  ReceivedFrame,
  RecordKind,
  RecordKinds,
  Refused,
  Scene,
  Sent,
} from './records.js';
import { snapshot, type TranscriptEntry } from './transcript.js';

/** A conversation: its id alone, or with its scene where ids might meet. A DM goes by its user or its pseudo guild. */
export type PeerName = string | { readonly scene: Scene; readonly id: string; readonly bot?: string };

/** A session as seen from outside. */
export type SessionView = {
  readonly id: string;
  readonly appId: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
  readonly seq: number;
  /** Events kept for a Resume. */
  readonly kept: number;
  /** A live socket carries it. */
  readonly connected: boolean;
  readonly stalled: boolean;
};

/** A bot as the control surface shows it. */
export type BotView = {
  readonly appId: string;
  readonly username: string;
  readonly userId: string;
  readonly private: boolean;
  readonly state: Bot['state'];
  /** Granted intents, as a mask. */
  readonly granted: number;
  readonly shards: number;
  readonly transport: 'websocket' | 'webhook';
  readonly webhookUrl: string | undefined;
  /** On the gateway, or with a callback address. */
  readonly connected: boolean;
  readonly rights: Rights;
};

/** A user, a group, a channel or a DM, as it stands with a bot. */
export type ConversationView = {
  readonly appId: string;
  readonly scene: Scene;
  readonly id: string;
  readonly guildId: string | undefined;
  /** Of a DM: who is on the other side. */
  readonly userId: string | undefined;
  /** The bot is in the group, or a friend of the user. */
  readonly member: boolean;
  /** Group: every message comes, not only mentions. */
  readonly hearsAll: boolean;
  /** Active messages were switched off there. */
  readonly refuses: boolean;
  readonly muted: boolean;
  /** Lines in the transcript; of the newest one, its time. */
  readonly lines: number;
  readonly lastAtMs: number | undefined;
};

/** A live socket, known or not. */
export type LinkView = { readonly number: number; readonly sessionId: string | undefined; readonly stalled: boolean };

const SCENES: readonly Scene[] = ['c2c', 'group', 'guild', 'dm'];

/** What can be looked at: transcripts, records, sessions. Each list is a copy, oldest first, bounded by `bounds`. */
export class Views {
  protected readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  /** What a user, a group or a channel sees, in order; empty for one the bot never met. */
  transcript(peer: PeerName): TranscriptEntry[] {
    for (const bot of this.#botsOf(peer)) {
      const conversation = findPeer(bot, peer);
      if (conversation) return conversation.transcript.toArray().map(snapshot);
    }
    return [];
  }

  /** Every REST call and every socket frame. */
  received(): Received[] {
    return this.context.records.received.toArray();
  }

  /** The REST calls among them. */
  calls(): ReceivedCall[] {
    return this.received().filter((one) => one.kind === 'call');
  }

  /** The socket frames among them. */
  frames(): ReceivedFrame[] {
    return this.received().filter((one) => one.kind === 'frame');
  }

  /** Accepted sends. */
  sends(): Sent[] {
    return this.context.records.sent.toArray();
  }

  /** Calls that were answered with an error. */
  refusals(): Refused[] {
    return this.context.records.refused.toArray();
  }

  /** Events the platform made. */
  pushes(): RecordKinds['pushed'][] {
    return this.context.records.pushed.toArray();
  }

  /** Deliveries to callback addresses, one entry an attempt. */
  callbacks(): RecordKinds['callback'][] {
    return this.context.records.callback.toArray();
  }

  /** Clicks, and what became of them. */
  interactions(): RecordKinds['interaction'][] {
    return this.context.records.interaction.toArray();
  }

  /** The bots, as their console shows them; without their secrets. */
  bots(): BotView[] {
    return [...this.context.bots.values()].map((bot) => ({
      appId: bot.appId,
      username: bot.username,
      userId: bot.userId,
      private: bot.private,
      state: bot.state,
      granted: bot.granted,
      shards: bot.shards,
      transport: bot.webhook ? 'webhook' : 'websocket',
      webhookUrl: bot.webhook?.url,
      connected: bot.connected,
      rights: bot.rights,
    }));
  }

  /** Who the bots have met, newest acquaintance last. */
  conversations(bot?: string): ConversationView[] {
    return [...(bot === undefined ? this.context.bots.values() : [this.botNamed(bot)])].flatMap((one) =>
      SCENES.flatMap((scene) => [...one.conversations(scene)].map((conversation) => viewOf(one, conversation))),
    );
  }

  /** What became of links and sessions. */
  sessionLog(): RecordKinds['session'][] {
    return this.context.records.session.toArray();
  }

  /** Sessions that are connected or may still be resumed. */
  sessions(): SessionView[] {
    const nowMs = this.context.timers.now();
    return [...this.context.bots.values()].flatMap((bot) =>
      [...bot.sessions]
        .filter(({ id }) => bot.liveSession(id, nowMs))
        .map(({ id, intents, shard, seq, kept, link }) => ({
          id,
          appId: bot.appId,
          intents,
          shard,
          seq,
          kept,
          connected: link !== undefined,
          stalled: link?.stalled ?? false,
        })),
    );
  }

  /** Open sockets, identified or not. */
  links(): LinkView[] {
    return [...this.context.links].map(({ number, session, stalled }) => ({ number, sessionId: session?.id, stalled }));
  }

  /** Hears of every new record of a kind, as it happens. Returns the way to stop. */
  on<K extends RecordKind>(kind: K, listener: (record: RecordKinds[K]) => void): () => void {
    return this.context.records.on(kind, listener);
  }

  /**
   * Resolves with what `probe` returns once that is truthy; looks again whenever something happened.
   * Errors: rejects after `timeoutMs` (default 5000) of the platform's clock, or with what `probe` throws.
   */
  waitFor<T>(probe: () => T, { timeoutMs = 5000 }: { timeoutMs?: number } = {}): Promise<NonNullable<T>> {
    return this.context.records.waitFor(probe, this.context.timers, timeoutMs);
  }

  #botsOf(peer: PeerName): Iterable<Bot> {
    if (typeof peer === 'string' || peer.bot === undefined) return this.context.bots.values();
    return [this.botNamed(peer.bot)];
  }

  /** Errors: throws a RangeError for an app id that is not here. */
  protected botNamed(appId: string | undefined): Bot {
    const bot = appId === undefined ? this.context.bots.values().next().value : this.context.bots.get(appId);
    if (!bot) throw new RangeError(`no bot ${appId}`);
    return bot;
  }
}

const viewOf = (bot: Bot, conversation: Conversation): ConversationView => {
  const { scene, id, guildId, userId, member, hearsAll, refuses, muted, transcript } = conversation;
  const lastAtMs = transcript.at(transcript.length - 1)?.atMs;
  const about = { scene, id, guildId, userId, member, hearsAll, refuses, muted };
  return { appId: bot.appId, ...about, lines: transcript.length, lastAtMs };
};

const findPeer = (bot: Bot, peer: PeerName) => {
  const { scenes, id } =
    typeof peer === 'string' ? { scenes: SCENES, id: peer } : { scenes: [peer.scene], id: peer.id };
  for (const scene of scenes) {
    const conversation =
      bot.find(scene, id) ?? (scene === 'dm' ? bot.find(scene, bot.dmGuilds.get(id) ?? '') : undefined);
    if (conversation) return conversation;
  }
  return undefined;
};
