import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { AccessDecision, Peer } from '../domain/pairing.js';
import type { Anchor, Outcome, Piece } from '../domain/reply.js';
import type { SendReport } from '../domain/send.js';
import type { BusyPolicy, ChatMessage, Interrupted, Receipt } from '../domain/turn.js';
import type { Unheard } from '../domain/unheard-review.js';
import type { ErrorCode } from '../errors/codes.js';

/**
 * The right to write for one bot. `valid()` is synchronous and is asked right before every send.
 * Shape: epochs of a bot only grow, over restarts too; a newer lease of the same bot ends this one.
 */
export interface Lease {
  readonly appId: string;
  readonly epoch: number;
  valid(): boolean;
}

export type InboxEvent = { readonly id: string; readonly message: Inbound };

/** An event that was taken in and is neither answered nor given up. */
export type UnsettledEvent = InboxEvent & {
  /** Its place in the order of arrival; `after` of the next page. */
  readonly position: number;
  /** When it was taken in, by this machine's clock, epoch ms. */
  readonly takenAtMs: number;
  /** Turns that have begun with it. */
  readonly attempts: number;
};

/**
 * A turn with this event was under way when a life of the process ended, and the event is unsettled still.
 * `life` grows from one opening of the store to the next, and is the same for all bots of one process. `id` is null where
 * somebody was under way who is gone: see `doubt`.
 */
export type Claim = { readonly life: number; readonly appId: string; readonly id: string | null };

/** An event that is not offered any more, because it brought down every turn that began with it. */
export type DeadLetter = InboxEvent & {
  readonly appId: string;
  readonly attempts: number;
  readonly why: string;
  readonly buriedAtMs: number;
};

/** A gateway session that may be resumed. `seq` is the watermark: every event up to it is safe. */
export type SessionRecord = { readonly sessionId: string; readonly seq: number; readonly atMs: number };

/** What a conversation remembers while no actor stands for it. */
export type ConversationRecord = {
  readonly conversation: ConversationId;
  /** The epoch of its last turn. */
  readonly epoch: number;
  /** What was said, as the user saw it; bounded by the writer. */
  readonly transcript: readonly ChatMessage[];
  readonly interrupted?: Interrupted;
  /** Text of an earlier answer that goes out with the next turn, for no reply could carry it any more. */
  readonly parked?: string;
  /** What was chosen for this conversation in place of its scene's setting. */
  readonly busy?: BusyPolicy;
  /** What the agent's driver wants to find again; bounded by the writer. */
  readonly memo?: string;
};

/** A line of the list of conversations. */
export type ConversationSummary = {
  readonly conversation: ConversationId;
  readonly scene: Scene;
  readonly epoch: number;
  /** When it was last saved, epoch ms. */
  readonly atMs: number;
  /** The beginning of the last thing said. */
  readonly lastText: string;
};

/** Which conversations, a page at a time. */
export type ConversationQuery = {
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
  readonly scene?: Scene;
  /** Part of the id or of the last text, whatever its case. */
  readonly text?: string;
};

export type ConversationPage = {
  readonly conversations: readonly ConversationSummary[];
  /** Null on the last page. */
  readonly next: string | null;
};

/**
 * A send that may have been tried. `key` is the same for the same pair of anchor and `msgSeq`, which is what the platform
 * refuses to accept twice: see `sendKey`.
 */
export type OutboxEntry = {
  readonly key: string;
  readonly piece: Piece;
  /** Of the piece's anchors, the one it answers; null for an active message, which nothing makes harmless to repeat. */
  readonly anchor: Anchor | null;
  readonly msgSeq: number;
  /** When it was written down, epoch ms. */
  readonly atMs: number;
  /** Of an active message: it was handed to the transport, so that its outcome stays unknown where it was not heard. */
  readonly isTried?: boolean;
  /** Of an active message to a guild's channel: its guild, whose quota it is counted in; absent where nobody knows it. */
  readonly guildId?: string;
  /** Of a bubble that takes more: its newest frame. The piece's text is then all that it shows with that frame. */
  readonly frame?: WrittenFrame;
};

/** A frame that may have been tried, as it was or is to be sent; `anchor` and the rest are its entry's. */
export type WrittenFrame = {
  readonly streamId: string;
  readonly index: number;
  readonly msgSeq: number;
  /** Characters of the text that the frames before have shown. */
  readonly sentChars: number;
  /** It has arrived. */
  readonly isShown?: true;
};

/** The key of an active message: `part` counts what one piece was divided into. Proactive sends have no anchor, but a turn. */
export const activeKey = ({ anchors, turn, epoch, index }: Piece, part: number): string =>
  `${anchors[0]?.id ?? turn}#a${epoch}.${index}.${part}`;

/** The key under which it is written down that a piece waits for the user's next message. */
export const parkedKey = ({ anchors, turn, epoch, index }: Piece): string =>
  `${anchors[0]?.id ?? turn}#p${epoch}.${index}`;

export const sendKey = (anchorId: string, msgSeq: number): string => `${anchorId}#${msgSeq}`;

type WithoutPiece<O> = O extends unknown ? Omit<O, 'piece'> : never;

/** Whose outcome it is. `messages`: what the piece answers. */
export type SentPiece = Pick<Piece, 'conversation' | 'epoch' | 'index' | 'role' | 'isCarried'> & {
  readonly messages: readonly string[];
};

export const sentPieceOf = ({ conversation, epoch, index, role, isCarried, anchors }: Piece): SentPiece => ({
  conversation,
  epoch,
  index,
  role,
  ...(isCarried && { isCarried }),
  messages: anchors.map(({ id }) => id),
});

/** An outcome, told of a send that is known by its key. */
export type SendOutcome = WithoutPiece<Outcome> & { readonly of?: SentPiece };

/**
 * A message of the bot's that waits for the platform's review. `isRejected`, `passedAs` (the message's id, empty where the
 * verdict gave none): the review has come, and what follows of it is under way. `isTold`: the user of its turn was told
 * that something could not be sent. `unheard`: whether it waits at all was in an answer that nobody heard; `audit` is our
 * name for it then, and a verdict about it is known by place and time.
 */
export type Review = {
  readonly audit: string;
  readonly piece: Piece;
  readonly said: string;
  readonly isRejected?: true;
  readonly passedAs?: string;
  readonly isTold?: true;
  readonly unheard?: Unheard;
};

/** A peer who refuses messages without an anchor. `isUntilHeard`: or until they are heard from. `peer`: see `peerKeyOf`. */
export type Refusal = { readonly peer: string; readonly untilMs: number; readonly isUntilHeard: boolean };

/** Whom a bot may still reach, and how, as its earlier lives have left it; each list begins with the oldest. */
export type Reach = {
  /** Messages and events that may still be answered. */
  readonly heard: readonly { readonly peer: string; readonly id: string; readonly atMs: number }[];
  /** Messages without an anchor that may have gone out. */
  readonly active: readonly { readonly peer: string; readonly atMs: number; readonly guildId?: string }[];
  readonly refusals: readonly Refusal[];
};

/** A receipt that can be found by its turn. */
export type TurnReceipt = Receipt & {
  readonly turn: string;
  readonly conversation: ConversationId;
  readonly epoch: number;
  readonly inputIds: readonly string[];
  readonly askedAtMs: number;
  readonly closedAtMs: number;
};

/** The end of a turn. `settledIds`: the events that are answered with it. */
export type ClosedTurn = {
  readonly record: ConversationRecord;
  readonly receipt: TurnReceipt;
  readonly settledIds: readonly string[];
};

/** What changed at a bot's door: peers as they are now, users who are known no more, and why, for the trail. */
export type AccessChange = {
  readonly peers: readonly Peer[];
  readonly gone: readonly string[];
  readonly trail: readonly AccessDecision[];
};

/**
 * A change of what an agent has been sent and has not acknowledged. `session`: who the agent is; `ack`: frames up to that
 * number are safe with it; `drop`: those below it are kept no more; `held`, `let go`: it has a turn, and has it no more;
 * `forget`: the agent will not come back.
 */
export type FrameChange =
  | { readonly kind: 'session'; readonly sid: string; readonly profile: string; readonly atMs: number }
  | { readonly kind: 'frame'; readonly sid: string; readonly seq: number; readonly text: string; readonly atMs: number }
  | { readonly kind: 'ack'; readonly sid: string; readonly seq: number }
  | { readonly kind: 'drop'; readonly sid: string; readonly seq: number }
  | { readonly kind: 'held'; readonly sid: string; readonly wire: string; readonly epoch: number }
  | { readonly kind: 'let go'; readonly sid: string; readonly wire: string }
  | { readonly kind: 'forget'; readonly sid: string };

/** What is kept for one agent. */
export type KeptFrames = {
  readonly profile: string;
  /** The number of the last frame that was acknowledged, and of the last one that was kept. */
  readonly acked: number;
  readonly head: number;
  /** In order of their numbers. */
  readonly frames: readonly { readonly seq: number; readonly text: string; readonly atMs: number }[];
  /** The turns it holds, by their names on the wire; in any order. */
  readonly turns: readonly { readonly wire: string; readonly epoch: number }[];
};

/** How the store is. */
export type StoreHealth = {
  readonly driver: 'memory' | 'embedded';
  /** The directory it lives in. */
  readonly path?: string;
  readonly schemaVersion: number;
  /** Events taken in and not settled, of all bots. */
  readonly unsettled: number;
  /** Sends without an outcome, of all bots. */
  readonly outbox: number;
  /** What it takes up on disk; 0 in memory. */
  readonly bytes: number;
  /** How long the last commit took with its sync, in ms; null before the first. */
  readonly lastSyncMs: number | null;
  /** Why nothing can be written now: writes wait (`store.full`) or are refused (any other). */
  readonly degraded?: ErrorCode;
};

/**
 * What survives. Every write is made under a lease; a stale one is refused.
 * Shape: a write resolves once it is safe. Writes take effect in the order of the calls, awaited or not: what is safe is
 * always a beginning of what was asked, never a part from the middle. Reads see every write asked for before them. An
 * `ingest` that waits for room in the inbox has its place in that order from when there is room.
 * Errors: `store.fenced` for a write under a stale lease; `store.closed` for what comes after `close`, or waited when it
 * came; `store.failed` and `store.corrupt` when the disk fails; `capacity.full` where a bound is reached that cannot be
 * waited for. While the disk is full, writes wait and `health` says so.
 */
export interface Store {
  /** Errors: `store.locked`, `store.tooNew`, `store.corrupt`, `store.full`, `store.failed`. */
  open(): Promise<void>;
  /** Ends every lease. What was asked before is safe when it resolves. */
  close(): Promise<void>;
  lease(appId: string): Promise<Lease>;

  /**
   * Takes events in, in order; idempotent by (bot, id). Resolves once they are safe; waits while the inbox is full.
   * Shape: one answer per event, in the same order.
   */
  ingest(lease: Lease, events: readonly InboxEvent[]): Promise<readonly ('new' | 'duplicate')[]>;
  /** These events are answered, or deliberately not to be. */
  settle(lease: Lease, ids: readonly string[]): Promise<void>;
  /** In order of arrival; dead letters are not among them. */
  unsettled(
    lease: Lease,
    page: { readonly after?: number; readonly limit: number },
  ): Promise<readonly UnsettledEvent[]>;
  /** A turn begins with these: to be awaited before it may do harm. The claim stands until the event is settled. */
  claim(lease: Lease, ids: readonly string[]): Promise<void>;
  /** What stands from earlier lives, of all bots, the earliest life first. */
  claims(): Promise<readonly Claim[]>;
  /**
   * These are about to be settled without having come to an end of their own: it stays known, for as long as others are
   * claimed in those lives, that they may have ended them.
   */
  doubt(lease: Lease, ids: readonly string[]): Promise<void>;
  /** This life ends in good order: what this bot has claimed in it is no evidence against anyone. */
  release(lease: Lease): Promise<void>;
  /**
   * To the dead letters; ids that are not unsettled are passed over. The ends of the lives in which they were claimed are
   * explained by them: nobody's claim in those stands any more.
   */
  bury(lease: Lease, ids: readonly string[], why: string): Promise<void>;
  /** Of one bot or of all; the last buried first. */
  deadLetters(lease?: Lease): Promise<readonly DeadLetter[]>;
  /** Unsettled again, in its old place, as if it came now and was never tried. False where no such letter is dead. */
  revive(id: string): Promise<boolean>;
  /** Given up for good; its id stays known. False where no such letter is dead. */
  dropDead(id: string): Promise<boolean>;

  /** Everybody who is known at this bot's door. */
  loadPeers(lease: Lease): Promise<readonly Peer[]>;
  /** One step. Errors: also `capacity.full` where as many are known as there is room for. */
  saveAccess(lease: Lease, change: AccessChange): Promise<void>;
  /** The last decided first. */
  accessTrail(lease: Lease, limit: number): Promise<readonly AccessDecision[]>;

  loadSession(lease: Lease, shard: number): Promise<SessionRecord | null>;
  saveSession(lease: Lease, shard: number, session: SessionRecord | null): Promise<void>;

  /**
   * To be awaited before the first attempt. Counts the reply against its anchor in the same step, and notes that the
   * other messages its piece may refer to are being answered too. A piece that a program says beside the answers counts
   * for none.
   * Shape: idempotent by key; `duplicate` also where the send is settled already.
   */
  enqueueSend(lease: Lease, entry: OutboxEntry): Promise<'new' | 'duplicate'>;
  settleSend(lease: Lease, key: string, outcome: SendOutcome): Promise<void>;
  /** Takes the place of the entry with its key, unless that is settled. An active one that is tried counts in `loadReach`. */
  reviseSend(lease: Lease, entry: OutboxEntry): Promise<void>;
  /** The outcomes of all sends in answer to these messages, in order of writing. */
  settledSends(lease: Lease, messageIds: readonly string[]): Promise<readonly SendOutcome[]>;
  /** Sends whose outcome was never written down, in order of writing. */
  unsettledSends(lease: Lease): Promise<readonly OutboxEntry[]>;
  /**
   * The highest `msgSeq` written down per anchor; 0 for a message that is answered along with another. Those nothing was
   * written down for are left out.
   */
  repliesUsed(lease: Lease, anchorIds: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** The last one of an audit counts. */
  saveReview(lease: Lease, review: Review): Promise<void>;
  /** All that is to be done about it is done. */
  endReview(lease: Lease, audit: string): Promise<void>;
  /** Those that wait, in order of writing. */
  reviews(lease: Lease): Promise<readonly Review[]>;

  /** An event may be answered from now on, as a message may that was taken in; it is known by its id as that is. */
  noteAnchor(lease: Lease, peer: string, anchor: Anchor): Promise<void>;
  /** The last one of a peer counts; one that is over already ends it. */
  saveRefusal(lease: Lease, refusal: Refusal): Promise<void>;
  /** `heardSinceMs`: older messages cannot be answered any more; `activeSinceMs`: older sends count no more. */
  loadReach(lease: Lease, since: { readonly heardMs: number; readonly activeMs: number }): Promise<Reach>;

  /** What became of what was said under this key; null where it is not known, or forgotten. */
  loadReport(lease: Lease, key: string): Promise<SendReport | null>;
  /** The last one of a key counts. */
  saveReport(lease: Lease, key: string, report: SendReport): Promise<void>;

  /** One step: the conversation's record, the turn's receipt, its events settled. */
  closeTurn(lease: Lease, turn: ClosedTurn): Promise<void>;
  /** The same at the cancel point, as far as it is known then; `closeTurn` follows with the final words. */
  cancelTurn(lease: Lease, turn: ClosedTurn): Promise<void>;
  loadTurn(turn: string): Promise<TurnReceipt | null>;
  loadConversation(lease: Lease, id: ConversationId): Promise<ConversationRecord | null>;
  saveConversation(lease: Lease, record: ConversationRecord): Promise<void>;
  /** The last touched first. One that is touched between two pages may be seen on both, or on neither. */
  listConversations(query: ConversationQuery): Promise<ConversationPage>;
  countConversations(): Promise<number>;

  /** In order, in one step. Changes of an agent that was never named, or was forgotten, are passed over. */
  writeFrames(lease: Lease, changes: readonly FrameChange[]): Promise<void>;
  loadFrames(lease: Lease, sid: string): Promise<KeptFrames | null>;

  /** Forgets what is past its age or count, in small steps between other writes. Gives how many rows went. */
  prune(nowMs: number): Promise<number>;
  /** Synchronous, for it must answer when nothing else does. */
  health(): StoreHealth;
  /** Called whenever `degraded` changes. Gives the way to stop listening. */
  watch(listener: (health: StoreHealth) => void): () => void;
}
