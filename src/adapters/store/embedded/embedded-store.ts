import type { ConversationId } from '../../../domain/conversation.js';
import type { AccessDecision, Peer } from '../../../domain/pairing.js';
import type { Anchor } from '../../../domain/reply.js';
import type { SendReport } from '../../../domain/send.js';
import { RouterError } from '../../../errors/router-error.js';
import type { Clock } from '../../../ports/clock.js';
import type {
  AccessChange,
  Claim,
  ClosedTurn,
  ConversationPage,
  ConversationQuery,
  ConversationRecord,
  ConversationSummary,
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
} from '../../../ports/store.js';
import { RETENTION, type Retention, type RetentionOptions } from '../retention.js';
import type { Asked, Name } from './calls.js';
import type { Pulse } from './protocol.js';
import { activeSendOf, inboxRowOf, reachOf, rowOf } from './rows.js';
import type { Holder } from './tables/bots.js';
import type { ListPlace } from './tables/conversations.js';
import type { PrunePoint } from './tables/pruner.js';
import { Writer, type WriterOptions } from './writer.js';

export type EmbeddedStoreOptions = RetentionOptions &
  WriterOptions & {
    /** The directory it lives in; made where there is none. One process at a time. */
    readonly path: string;
    /** Events taken in and not settled; `ingest` waits while there are as many. @default 100_000 */
    readonly unsettledMax?: number;
    /** How often what is past its age is looked for, in ms. @default 60_000 */
    readonly pruneEveryMs?: number;
  };

const DEFAULTS = { unsettledMax: 100_000, pruneEveryMs: 60_000 } as const;

/** Rows of the list looked at between two writes. */
const LOOK_MAX = 2_000;

const NEW: Pulse = { schemaVersion: 0, unsettled: 0, outbox: 0, bytes: 0, lastSyncMs: null, degraded: null };

/** SQLite in a directory of its own, written by a thread of its own, so that a sync holds nothing else up. */
export class EmbeddedStore implements Store {
  readonly #clock: Clock;
  readonly #path: string;
  readonly #retention: Retention;
  readonly #line: WriterOptions;
  readonly #unsettledMax: number;
  readonly #pruneEveryMs: number;
  readonly #held = new Map<string, number>();
  readonly #listeners = new Set<(health: StoreHealth) => void>();
  #open: Writer | null = null;
  #pulse = NEW;
  #pruning: unknown = null;
  /** Events on their way to the inbox. */
  #arriving = 0;
  #wakeups: (() => void)[] = [];

  constructor(clock: Clock, options: EmbeddedStoreOptions) {
    this.#clock = clock;
    const { path, underWayMax, waitingMax, unsettledMax, pruneEveryMs, ...retention } = { ...DEFAULTS, ...options };
    this.#path = path;
    this.#retention = { ...RETENTION, ...retention };
    this.#line = { ...(underWayMax && { underWayMax }), ...(waitingMax && { waitingMax }) };
    this.#unsettledMax = unsettledMax;
    this.#pruneEveryMs = pruneEveryMs;
  }

  async open(): Promise<void> {
    const setup = { dir: this.#path, retention: this.#retention };
    this.#open = await Writer.open(setup, (pulse) => this.#onPulse(pulse), this.#line);
    this.#pruneLater();
  }

  async close(): Promise<void> {
    const writer = this.#open;
    this.#open = null;
    this.#held.clear();
    this.#clock.clearTimeout(this.#pruning);
    this.#wake();
    await writer?.close();
  }

  async lease(appId: string): Promise<Lease> {
    const epoch = await this.#ask('lease', appId);
    this.#held.set(appId, epoch);
    return { appId, epoch, valid: () => this.#held.get(appId) === epoch };
  }

  async ingest(lease: Lease, events: readonly InboxEvent[]): Promise<readonly ('new' | 'duplicate')[]> {
    const rows = events.map(inboxRowOf);
    while (this.#mustWait()) {
      await new Promise<void>((resolve) => this.#wakeups.push(resolve));
    }
    this.#arriving += rows.length;
    try {
      return await this.#ask('ingest', by(lease), rows, this.#clock.now());
    } finally {
      this.#arriving -= rows.length;
      if (!this.#mustWait()) this.#wake();
    }
  }

  settle(lease: Lease, ids: readonly string[]): Promise<void> {
    return this.#ask('settle', by(lease), ids);
  }

  async unsettled(
    lease: Lease,
    { after = 0, limit }: { readonly after?: number; readonly limit: number },
  ): Promise<readonly UnsettledEvent[]> {
    const rows = await this.#ask('unsettled', lease.appId, after, limit);
    return rows.map(({ n: position, id, at: takenAtMs, attempts, message }) => {
      return { position, id, takenAtMs, attempts, message: JSON.parse(message) };
    });
  }

  claim(lease: Lease, ids: readonly string[]): Promise<void> {
    return this.#ask('claim', by(lease), ids);
  }

  async claims(): Promise<readonly Claim[]> {
    const rows = await this.#ask('claims');
    return rows.map(({ life, app, id }) => ({ life, appId: app ?? '', id: app === null ? null : id }));
  }

  doubt(lease: Lease, ids: readonly string[]): Promise<void> {
    return this.#ask('doubt', by(lease), ids);
  }

  release(lease: Lease): Promise<void> {
    return this.#ask('release', by(lease));
  }

  bury(lease: Lease, ids: readonly string[], why: string): Promise<void> {
    return this.#ask('bury', by(lease), ids, why, this.#clock.now());
  }

  async deadLetters(lease?: Lease): Promise<readonly DeadLetter[]> {
    const rows = await this.#ask('deadLetters', lease?.appId ?? null);
    return rows.map(({ app: appId, id, attempts, message, why, dead_at: buriedAtMs }) => {
      return { appId, id, attempts, message: JSON.parse(message), why, buriedAtMs };
    });
  }

  revive(id: string): Promise<boolean> {
    return this.#ask('revive', id, this.#clock.now());
  }

  dropDead(id: string): Promise<boolean> {
    return this.#ask('dropDead', id);
  }

  async loadPeers(lease: Lease): Promise<readonly Peer[]> {
    const peers = await this.#ask('loadPeers', lease.appId);
    return peers.map((peer) => JSON.parse(peer) as Peer);
  }

  saveAccess(lease: Lease, { peers, gone, trail }: AccessChange): Promise<void> {
    const rows = {
      peers: peers.map((peer) => [peer.user, JSON.stringify(peer)] as const),
      gone,
      trail: trail.map((decision) => JSON.stringify(decision)),
    };
    return this.#ask('saveAccess', by(lease), rows);
  }

  async accessTrail(lease: Lease, limit: number): Promise<readonly AccessDecision[]> {
    const trail = await this.#ask('accessTrail', lease.appId, limit);
    return trail.map((decision) => JSON.parse(decision) as AccessDecision);
  }

  loadSession(lease: Lease, shard: number): Promise<SessionRecord | null> {
    return this.#ask('loadSession', lease.appId, shard);
  }

  saveSession(lease: Lease, shard: number, session: SessionRecord | null): Promise<void> {
    return this.#ask('saveSession', by(lease), shard, session);
  }

  enqueueSend(lease: Lease, entry: OutboxEntry): Promise<'new' | 'duplicate'> {
    const { key, anchor, msgSeq, atMs, piece } = entry;
    const answers = piece.role === 'send' ? null : (anchor?.id ?? null);
    const others = piece.role === 'send' ? [] : piece.anchors.map(({ id }) => id).filter((id) => id !== anchor?.id);
    const send = { key, anchor: answers, others, msgSeq, atMs, entry: JSON.stringify(entry) };
    return this.#ask('enqueueSend', by(lease), send);
  }

  settleSend(lease: Lease, key: string, outcome: SendOutcome): Promise<void> {
    return this.#ask('settleSend', by(lease), key, JSON.stringify(outcome));
  }

  reviseSend(lease: Lease, entry: OutboxEntry): Promise<void> {
    return this.#ask('reviseSend', by(lease), entry.key, JSON.stringify(entry), activeSendOf(entry, this.#clock.now()));
  }

  saveReview(lease: Lease, review: Review): Promise<void> {
    return this.#ask('saveReview', by(lease), review.audit, JSON.stringify(review), this.#clock.now());
  }

  endReview(lease: Lease, audit: string): Promise<void> {
    return this.#ask('endReview', by(lease), audit);
  }

  async reviews(lease: Lease): Promise<readonly Review[]> {
    const reviews = await this.#ask('reviews', lease.appId);
    return reviews.map((review) => JSON.parse(review) as Review);
  }

  noteAnchor(lease: Lease, peer: string, { id, atMs }: Anchor): Promise<void> {
    return this.#ask('noteAnchor', by(lease), id, peer, atMs, this.#clock.now());
  }

  saveRefusal(lease: Lease, { peer, untilMs, isUntilHeard }: Refusal): Promise<void> {
    return untilMs > this.#clock.now()
      ? this.#ask('refuse', by(lease), peer, untilMs, isUntilHeard)
      : this.#ask('allow', by(lease), peer);
  }

  async loadReach(
    lease: Lease,
    { heardMs, activeMs }: { readonly heardMs: number; readonly activeMs: number },
  ): Promise<Reach> {
    return reachOf(await this.#ask('loadReach', lease.appId, heardMs, activeMs, this.#clock.now()));
  }

  async settledSends(lease: Lease, messageIds: readonly string[]): Promise<readonly SendOutcome[]> {
    const outcomes = await this.#ask('settledSends', lease.appId, messageIds);
    return outcomes.map((outcome) => JSON.parse(outcome) as SendOutcome);
  }

  async unsettledSends(lease: Lease): Promise<readonly OutboxEntry[]> {
    const entries = await this.#ask('unsettledSends', lease.appId);
    return entries.map((entry) => JSON.parse(entry) as OutboxEntry);
  }

  async repliesUsed(lease: Lease, anchorIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(await this.#ask('repliesUsed', lease.appId, anchorIds));
  }

  async loadReport(lease: Lease, key: string): Promise<SendReport | null> {
    const report = await this.#ask('loadReport', lease.appId, key);
    return report === null ? null : (JSON.parse(report) as SendReport);
  }

  saveReport(lease: Lease, key: string, report: SendReport): Promise<void> {
    return this.#ask('saveReport', by(lease), key, JSON.stringify(report), this.#clock.now());
  }

  closeTurn(lease: Lease, { record, receipt, settledIds }: ClosedTurn): Promise<void> {
    const closing = { turn: receipt.turn, receipt: JSON.stringify(receipt) };
    return this.#ask('closeTurn', by(lease), rowOf(record), closing, settledIds, this.#clock.now());
  }

  cancelTurn(lease: Lease, turn: ClosedTurn): Promise<void> {
    return this.closeTurn(lease, turn);
  }

  async loadTurn(turn: string): Promise<TurnReceipt | null> {
    const receipt = await this.#ask('loadTurn', turn);
    return receipt === null ? null : (JSON.parse(receipt) as TurnReceipt);
  }

  async loadConversation(_lease: Lease, id: ConversationId): Promise<ConversationRecord | null> {
    const record = await this.#ask('loadConversation', id);
    return record === null ? null : (JSON.parse(record) as ConversationRecord);
  }

  saveConversation(lease: Lease, record: ConversationRecord): Promise<void> {
    return this.#ask('saveConversation', by(lease), rowOf(record), this.#clock.now());
  }

  /** `after` is the time and the number of the last line. */
  async listConversations({ after, limit, scene, text }: ConversationQuery): Promise<ConversationPage> {
    const sought = { scene: scene ?? null, text: text?.toLowerCase() ?? null };
    const lookMax = scene === undefined && text === undefined ? limit : LOOK_MAX;
    const conversations: ConversationSummary[] = [];
    let place = after === undefined ? null : (after.split('.').map(Number) as unknown as ListPlace);
    do {
      const left = limit - conversations.length;
      const step = await this.#ask('listConversations', { ...sought, after: place, limit: left, lookMax });
      conversations.push(...step.found);
      place = step.next;
    } while (place !== null && conversations.length < limit);
    return { conversations, next: place?.join('.') ?? null };
  }

  async countConversations(): Promise<number> {
    const { conversation = 0 } = await this.#ask('tally');
    return conversation;
  }

  writeFrames(lease: Lease, changes: readonly FrameChange[]): Promise<void> {
    return this.#ask('writeFrames', by(lease), changes, this.#clock.now());
  }

  loadFrames(_lease: Lease, sid: string): Promise<KeptFrames | null> {
    return this.#ask('loadFrames', sid);
  }

  async prune(nowMs: number): Promise<number> {
    let gone = 0;
    let next: PrunePoint | null = { stage: 0, after: 0 };
    while (next) {
      const step: { gone: number; next: PrunePoint | null } = await this.#ask('prune', nowMs, next);
      gone += step.gone;
      next = step.next;
    }
    return gone;
  }

  health(): StoreHealth {
    const { degraded, ...pulse } = this.#pulse;
    return { driver: 'embedded', path: this.#path, ...pulse, ...(degraded && { degraded }) };
  }

  watch(listener: (health: StoreHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #ask<N extends Name>(name: N, ...args: Parameters<Asked[N]>): Promise<ReturnType<Asked[N]>> {
    if (this.#open) return this.#open.ask(name, ...args);
    return Promise.reject(new RouterError('store.closed', `${this.#path} is closed`));
  }

  /** The inbox has no place for now; an end of the store is for `#ask` to tell. */
  #mustWait(): boolean {
    const isOver = this.#open?.isOver ?? true;
    return !isOver && this.#pulse.unsettled + this.#arriving >= this.#unsettledMax;
  }

  #onPulse(pulse: Pulse): void {
    const before = this.#pulse;
    this.#pulse = pulse;
    if (!this.#mustWait()) this.#wake();
    if (pulse.degraded !== before.degraded) for (const listener of this.#listeners) listener(this.health());
  }

  #pruneLater(): void {
    const writer = this.#open;
    this.#pruning = this.#clock.setTimeout(() => {
      // Whatever fails here fails the writes that matter too, and is said there.
      this.prune(this.#clock.now())
        .catch(() => undefined)
        .finally(() => this.#open === writer && this.#pruneLater());
    }, this.#pruneEveryMs);
  }

  #wake(): void {
    if (this.#wakeups.length === 0) return;
    const wakeups = this.#wakeups;
    this.#wakeups = [];
    for (const wakeup of wakeups) wakeup();
  }
}

const by = ({ appId, epoch }: Lease): Holder => [appId, epoch];
