import type { ConversationId } from '../../domain/conversation.js';
import type { AccessDecision, Peer } from '../../domain/pairing.js';
import type { Anchor } from '../../domain/reply.js';
import type { SendReport } from '../../domain/send.js';
import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type {
  AccessChange,
  Claim,
  ClosedTurn,
  ConversationPage,
  ConversationQuery,
  ConversationRecord,
  DeadLetter,
  FrameChange,
  InboxEvent,
  KeptFrames,
  Lease,
  OutboxEntry,
  Reach,
  Refusal,
  Review,
  SendOutcome,
  SessionRecord,
  Store,
  StoreHealth,
  TurnReceipt,
  UnsettledEvent,
} from '../../ports/store.js';
import { lastTextOf, lineHolds, sceneOf } from './conversation-line.js';
import { MemoryAccess } from './memory/access.js';
import { AgedMap } from './memory/aged-map.js';
import { MemoryClaims } from './memory/claims.js';
import { MemoryFrames } from './memory/frames.js';
import { MemoryInbox } from './memory/inbox.js';
import { MemoryOutbox } from './memory/outbox.js';
import { MemoryReach } from './memory/reach.js';
import { RETENTION, type Retention, type RetentionOptions } from './retention.js';

export type MemoryStoreOptions = RetentionOptions & {
  /** Events taken in and not settled; `ingest` waits while there are as many. @default 20_000 */
  readonly unsettledMax?: number;
};

/** What memory has room for; the rest as on disk. */
const DEFAULTS = {
  ...RETENTION,
  unsettledMax: 20_000,
  dedupeMax: 500_000,
  sentMax: 10_000,
  anchorsMax: 50_000,
  receiptsMax: 10_000,
  reportsMax: 10_000,
  trailMax: 1_000,
  conversationsMax: 100_000,
} as const satisfies Retention & Required<MemoryStoreOptions>;

type Bot = {
  readonly inbox: MemoryInbox;
  readonly outbox: MemoryOutbox;
  readonly access: MemoryAccess;
  readonly reports: AgedMap<string, SendReport>;
  readonly reviews: AgedMap<string, Review>;
  readonly reach: MemoryReach;
};

/** Keeps everything in this process: nothing survives its end. Every bound is counted per store, those of events per bot. */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #options: Required<MemoryStoreOptions>;
  readonly #bots = new Map<string, Bot>();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #conversations: AgedMap<ConversationId, ConversationRecord>;
  readonly #receipts: AgedMap<string, TurnReceipt>;
  readonly #frames: MemoryFrames;
  readonly #claims = new MemoryClaims();
  readonly #epochs = new Map<string, number>();
  /** The epochs whose leases hold; none once closed. */
  readonly #held = new Map<string, number>();
  #closed = false;
  #wakeups: (() => void)[] = [];

  constructor(clock: Clock, options: MemoryStoreOptions = {}) {
    this.#clock = clock;
    this.#options = { ...DEFAULTS, ...options };
    const { conversationsMax, conversationsMs, receiptsMax, receiptsMs } = this.#options;
    this.#conversations = new AgedMap(conversationsMax, conversationsMs);
    this.#receipts = new AgedMap(receiptsMax, receiptsMs);
    this.#frames = new MemoryFrames(this.#options);
  }

  async open(): Promise<void> {
    this.#closed = false;
    this.#claims.begin();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held.clear();
    this.#wake();
  }

  async lease(appId: string): Promise<Lease> {
    this.#refuseIfClosed();
    const epoch = (this.#epochs.get(appId) ?? 0) + 1;
    this.#epochs.set(appId, epoch);
    this.#held.set(appId, epoch);
    return { appId, epoch, valid: () => this.#held.get(appId) === epoch };
  }

  async ingest(lease: Lease, events: readonly InboxEvent[]): Promise<readonly ('new' | 'duplicate')[]> {
    while (this.#unsettled() >= this.#options.unsettledMax && !this.#closed) {
      await new Promise<void>((resolve) => this.#wakeups.push(resolve));
    }
    const { inbox } = this.#writable(lease);
    const nowMs = this.#clock.now();
    inbox.prune(nowMs);
    return events.map((event) => inbox.take(event, nowMs));
  }

  async settle(lease: Lease, ids: readonly string[]): Promise<void> {
    this.#writable(lease).inbox.settle(ids);
    this.#claims.drop(lease.appId, ids);
    this.#wakeIfRoom();
  }

  async unsettled(
    lease: Lease,
    page: { readonly after?: number; readonly limit: number },
  ): Promise<readonly UnsettledEvent[]> {
    return this.#bot(lease.appId).inbox.page(page.after ?? 0, page.limit);
  }

  async claim(lease: Lease, ids: readonly string[]): Promise<void> {
    this.#claims.add(lease.appId, this.#writable(lease).inbox.claim(ids));
  }

  async claims(): Promise<readonly Claim[]> {
    return this.#claims.earlier();
  }

  async doubt(lease: Lease, ids: readonly string[]): Promise<void> {
    this.#writable(lease);
    this.#claims.doubt(lease.appId, ids);
  }

  async release(lease: Lease): Promise<void> {
    this.#writable(lease);
    this.#claims.release(lease.appId);
  }

  async bury(lease: Lease, ids: readonly string[], why: string): Promise<void> {
    this.#writable(lease).inbox.bury(ids, why, this.#clock.now());
    this.#claims.explain(lease.appId, ids);
    this.#wakeIfRoom();
  }

  async deadLetters(lease?: Lease): Promise<readonly DeadLetter[]> {
    const bots = lease ? [this.#bot(lease.appId)] : [...this.#bots.values()];
    return bots.flatMap(({ inbox }) => inbox.deadLetters()).sort((one, other) => other.buriedAtMs - one.buriedAtMs);
  }

  async revive(id: string): Promise<boolean> {
    this.#refuseIfClosed();
    return [...this.#bots.values()].some(({ inbox }) => inbox.revive(id, this.#clock.now()));
  }

  async dropDead(id: string): Promise<boolean> {
    this.#refuseIfClosed();
    return [...this.#bots.values()].some(({ inbox }) => inbox.dropDead(id));
  }

  async loadPeers(lease: Lease): Promise<readonly Peer[]> {
    return this.#bot(lease.appId).access.peers();
  }

  async saveAccess(lease: Lease, change: AccessChange): Promise<void> {
    this.#writable(lease).access.save(change);
  }

  async accessTrail(lease: Lease, limit: number): Promise<readonly AccessDecision[]> {
    return this.#bot(lease.appId).access.trail(limit);
  }

  async loadSession(lease: Lease, shard: number): Promise<SessionRecord | null> {
    return this.#sessions.get(`${lease.appId}/${shard}`) ?? null;
  }

  async saveSession(lease: Lease, shard: number, session: SessionRecord | null): Promise<void> {
    this.#writable(lease);
    const key = `${lease.appId}/${shard}`;
    if (session) this.#sessions.set(key, session);
    else this.#sessions.delete(key);
  }

  async enqueueSend(lease: Lease, entry: OutboxEntry): Promise<'new' | 'duplicate'> {
    return this.#writable(lease).outbox.enqueue(entry, this.#clock.now());
  }

  async settleSend(lease: Lease, key: string, outcome: SendOutcome): Promise<void> {
    this.#writable(lease).outbox.settle(key, outcome, this.#clock.now());
  }

  async reviseSend(lease: Lease, entry: OutboxEntry): Promise<void> {
    const { outbox, reach } = this.#writable(lease);
    outbox.revise(entry);
    reach.spend(entry, this.#clock.now());
  }

  async saveReview(lease: Lease, review: Review): Promise<void> {
    const { reviews } = this.#writable(lease);
    reviews.set(review.audit, review, this.#clock.now());
  }

  async endReview(lease: Lease, audit: string): Promise<void> {
    this.#writable(lease).reviews.delete(audit);
  }

  async reviews(lease: Lease): Promise<readonly Review[]> {
    return this.#bot(lease.appId)
      .reviews.newestFirst()
      .map(([, review]) => review)
      .reverse();
  }

  async noteAnchor(lease: Lease, peer: string, { id, atMs }: Anchor): Promise<void> {
    this.#writable(lease).inbox.note(id, peer, atMs, this.#clock.now());
  }

  async saveRefusal(lease: Lease, refusal: Refusal): Promise<void> {
    this.#writable(lease).reach.refuse(refusal, this.#clock.now());
  }

  async loadReach(
    lease: Lease,
    { heardMs, activeMs }: { readonly heardMs: number; readonly activeMs: number },
  ): Promise<Reach> {
    const { inbox, reach } = this.#bot(lease.appId);
    return {
      heard: inbox.heard(heardMs),
      active: reach.active(activeMs),
      refusals: reach.refusals(this.#clock.now()),
    };
  }

  async settledSends(lease: Lease, messageIds: readonly string[]): Promise<readonly SendOutcome[]> {
    return this.#bot(lease.appId).outbox.settled(messageIds);
  }

  async unsettledSends(lease: Lease): Promise<readonly OutboxEntry[]> {
    return this.#bot(lease.appId).outbox.unsettled();
  }

  async repliesUsed(lease: Lease, anchorIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#bot(lease.appId).outbox.used(anchorIds);
  }

  async loadReport(lease: Lease, key: string): Promise<SendReport | null> {
    return this.#bot(lease.appId).reports.get(key) ?? null;
  }

  async saveReport(lease: Lease, key: string, report: SendReport): Promise<void> {
    this.#writable(lease).reports.set(key, report, this.#clock.now());
  }

  async closeTurn(lease: Lease, { record, receipt, settledIds }: ClosedTurn): Promise<void> {
    const { inbox } = this.#writable(lease);
    const nowMs = this.#clock.now();
    this.#conversations.set(record.conversation, record, nowMs);
    this.#receipts.set(receipt.turn, receipt, nowMs);
    inbox.settle(settledIds);
    this.#claims.drop(lease.appId, settledIds);
    this.#wakeIfRoom();
  }

  cancelTurn(lease: Lease, turn: ClosedTurn): Promise<void> {
    return this.closeTurn(lease, turn);
  }

  async loadTurn(turn: string): Promise<TurnReceipt | null> {
    return this.#receipts.get(turn) ?? null;
  }

  async loadConversation(_lease: Lease, id: ConversationId): Promise<ConversationRecord | null> {
    return this.#conversations.get(id) ?? null;
  }

  async saveConversation(lease: Lease, record: ConversationRecord): Promise<void> {
    this.#writable(lease);
    this.#conversations.set(record.conversation, record, this.#clock.now());
  }

  /** `after` is the number of lines that went before. */
  async listConversations({ after = '0', limit, scene, text }: ConversationQuery): Promise<ConversationPage> {
    const sought = text?.toLowerCase();
    const lines = this.#conversations
      .newestFirst()
      .map(([conversation, { epoch, transcript }, atMs]) => {
        return { conversation, scene: sceneOf(conversation), epoch, atMs, lastText: lastTextOf(transcript) };
      })
      .filter((line) => scene === undefined || line.scene === scene)
      .filter((line) => sought === undefined || lineHolds(line.conversation, line.lastText, sought));
    const end = Number(after) + limit;
    return { conversations: lines.slice(Number(after), end), next: end < lines.length ? String(end) : null };
  }

  async countConversations(): Promise<number> {
    return this.#conversations.size;
  }

  async writeFrames(lease: Lease, changes: readonly FrameChange[]): Promise<void> {
    this.#writable(lease);
    this.#frames.write(changes, this.#clock.now());
  }

  async loadFrames(_lease: Lease, sid: string): Promise<KeptFrames | null> {
    return this.#frames.load(sid);
  }

  async prune(nowMs: number): Promise<number> {
    let gone = this.#conversations.prune(nowMs) + this.#receipts.prune(nowMs) + this.#frames.prune(nowMs);
    for (const { inbox, outbox, reports, reviews, reach } of this.#bots.values()) {
      gone += inbox.prune(nowMs) + outbox.prune(nowMs) + reports.prune(nowMs);
      gone += reviews.prune(nowMs) + reach.prune(nowMs);
    }
    return gone;
  }

  health(): StoreHealth {
    let outbox = 0;
    for (const bot of this.#bots.values()) outbox += bot.outbox.size;
    return { driver: 'memory', schemaVersion: 0, unsettled: this.#unsettled(), outbox, bytes: 0, lastSyncMs: null };
  }

  /** Memory is never degraded. */
  watch(): () => void {
    return () => undefined;
  }

  #bot(appId: string): Bot {
    let bot = this.#bots.get(appId);
    if (!bot) {
      bot = {
        inbox: new MemoryInbox(appId, this.#options),
        outbox: new MemoryOutbox(this.#options),
        access: new MemoryAccess(this.#options),
        reports: new AgedMap(this.#options.reportsMax, this.#options.reportsMs),
        reviews: new AgedMap(this.#options.reviewsMax, this.#options.reviewsMs),
        reach: new MemoryReach(this.#options),
      };
      this.#bots.set(appId, bot);
    }
    return bot;
  }

  #writable(lease: Lease): Bot {
    this.#refuseIfClosed();
    if (!lease.valid()) {
      throw new RouterError('store.fenced', `epoch ${lease.epoch} of bot ${lease.appId} is over`);
    }
    return this.#bot(lease.appId);
  }

  #unsettled(): number {
    let count = 0;
    for (const { inbox } of this.#bots.values()) count += inbox.size;
    return count;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new RouterError('store.closed', 'the store is closed');
  }

  #wakeIfRoom(): void {
    if (this.#unsettled() < this.#options.unsettledMax) this.#wake();
  }

  #wake(): void {
    if (this.#wakeups.length === 0) return;
    const wakeups = this.#wakeups;
    this.#wakeups = [];
    for (const wakeup of wakeups) wakeup();
  }
}
