import type { Bot } from './bot.js';
import type { Context } from './context.js';
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
import type { Entry } from './transcript.js';

/** A conversation: its id alone, or with its scene where ids might meet. A DM goes by its user or its pseudo guild. */
export type PeerName = string | { readonly scene: Scene; readonly id: string; readonly bot?: string };

/** A line of a transcript, as it stood when it was asked for. */
export type TranscriptEntry = Readonly<Omit<Entry, 'reactions'>> & { readonly reactions: readonly string[] };

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

const snapshot = (entry: Entry): TranscriptEntry => ({
  ...entry,
  stream: entry.stream && { ...entry.stream },
  reactions: [...(entry.reactions ?? [])],
});
