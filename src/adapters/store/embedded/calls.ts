import type { FrameChange, SessionRecord } from '../../../ports/store.js';
import type { Retention } from '../retention.js';
import type { Database } from './driver.js';
import { Access, type AccessRows } from './tables/access.js';
import { Bots, type Holder } from './tables/bots.js';
import { Claims } from './tables/claims.js';
import { type ConversationRow, Conversations, type ListStep, type ReceiptRow } from './tables/conversations.js';
import { Frames } from './tables/frames.js';
import { Inbox, type InboxRow } from './tables/inbox.js';
import { Outbox, type SendRow } from './tables/outbox.js';
import { type PrunePoint, Pruner } from './tables/pruner.js';
import { type ActiveSend, ReachTables } from './tables/reach.js';
import { Reports } from './tables/reports.js';
import { Reviews } from './tables/reviews.js';
import { Sessions } from './tables/sessions.js';

/** What can be asked of the writer. Each runs inside the transaction of its group and leaves commit and rollback to it. */
export const createCalls = (db: Database, retention: Retention) => {
  const bots = new Bots(db);
  const inbox = new Inbox(db);
  const claims = new Claims(db);
  const outbox = new Outbox(db);
  const sessions = new Sessions(db);
  const reports = new Reports(db);
  const reviews = new Reviews(db);
  const reach = new ReachTables(db);
  const access = new Access(db, retention);
  const conversations = new Conversations(db);
  const frames = new Frames(db, retention);
  const pruner = new Pruner(db, retention, bots, inbox);

  const writes = {
    lease: (appId: string) => bots.lease(appId),
    ingest: (by: Holder, events: readonly InboxRow[], nowMs: number) => inbox.ingest(bots.writable(by), events, nowMs),
    settle: (by: Holder, ids: readonly string[]) => inbox.settle(bots.writable(by), ids),
    claim: (by: Holder, ids: readonly string[]) => {
      const bot = bots.writable(by);
      inbox.claim(bot, ids);
      claims.add(bot, ids);
    },
    doubt: (by: Holder, ids: readonly string[]) => claims.doubt(bots.writable(by), ids),
    release: (by: Holder) => claims.release(bots.writable(by)),
    bury: (by: Holder, ids: readonly string[], why: string, nowMs: number) => {
      const bot = bots.writable(by);
      claims.explain(bot, ids);
      inbox.bury(bot, ids, why, nowMs);
    },
    revive: (id: string, nowMs: number) => inbox.revive(id, nowMs),
    dropDead: (id: string) => inbox.dropDead(id),
    saveSession: (by: Holder, shard: number, session: SessionRecord | null) =>
      sessions.save(bots.writable(by), shard, session),
    saveAccess: (by: Holder, rows: AccessRows) => access.save(bots.writable(by), rows),
    enqueueSend: (by: Holder, send: SendRow) => outbox.enqueue(bots.writable(by), send),
    settleSend: (by: Holder, key: string, outcome: string) => outbox.settle(bots.writable(by), key, outcome),
    saveReport: (by: Holder, key: string, report: string, nowMs: number) =>
      reports.save(bots.writable(by), key, report, nowMs),
    reviseSend: (by: Holder, key: string, entry: string, spent: ActiveSend | null) => {
      const bot = bots.writable(by);
      outbox.revise(bot, key, entry);
      if (spent) reach.spend(bot, spent);
    },
    saveReview: (by: Holder, audit: string, review: string, nowMs: number) =>
      reviews.save(bots.writable(by), audit, review, nowMs),
    endReview: (by: Holder, audit: string) => reviews.end(bots.writable(by), audit),
    noteAnchor: (by: Holder, id: string, peer: string, saidMs: number, nowMs: number) =>
      inbox.note(bots.writable(by), id, peer, saidMs, nowMs),
    refuse: (by: Holder, peer: string, untilMs: number, isUntilHeard: boolean) =>
      reach.refuse(bots.writable(by), peer, untilMs, isUntilHeard),
    allow: (by: Holder, peer: string) => reach.allow(bots.writable(by), peer),
    saveConversation: (by: Holder, row: ConversationRow, nowMs: number) => {
      bots.writable(by);
      conversations.save(row, nowMs);
    },
    closeTurn: (by: Holder, row: ConversationRow, receipt: ReceiptRow, ids: readonly string[], nowMs: number) => {
      const bot = bots.writable(by);
      conversations.save(row, nowMs);
      conversations.saveReceipt(receipt, nowMs);
      inbox.settle(bot, ids);
    },
    writeFrames: (by: Holder, changes: readonly FrameChange[], nowMs: number) => {
      bots.writable(by);
      frames.write(changes, nowMs);
    },
    prune: (nowMs: number, from: PrunePoint) => pruner.step(nowMs, from),
  };

  const reads = {
    unsettled: (appId: string, after: number, limit: number) => inbox.unsettled(bots.numberOf(appId), after, limit),
    claims: () => claims.earlier(),
    deadLetters: (appId: string | null) => inbox.dead(appId === null ? null : bots.numberOf(appId)),
    loadSession: (appId: string, shard: number) => sessions.load(bots.numberOf(appId), shard),
    loadPeers: (appId: string) => access.peers(bots.numberOf(appId)),
    accessTrail: (appId: string, limit: number) => access.trail(bots.numberOf(appId), limit),
    settledSends: (appId: string, messages: readonly string[]) => outbox.settled(bots.numberOf(appId), messages),
    unsettledSends: (appId: string) => outbox.unsettled(bots.numberOf(appId)),
    repliesUsed: (appId: string, anchors: readonly string[]) => outbox.used(bots.numberOf(appId), anchors),
    reviews: (appId: string) => reviews.all(bots.numberOf(appId)),
    loadReach: (appId: string, heardMs: number, activeMs: number, nowMs: number) => {
      const bot = bots.numberOf(appId);
      return {
        heard: inbox.heard(bot, heardMs),
        active: reach.spent(bot, activeMs),
        refusals: reach.refused(bot, nowMs),
      };
    },
    loadReport: (appId: string, key: string) => reports.load(bots.numberOf(appId), key),
    loadTurn: (turn: string) => conversations.loadReceipt(turn),
    loadConversation: (id: string) => conversations.load(id),
    listConversations: (step: ListStep) => conversations.list(step),
    loadFrames: (sid: string) => frames.load(sid),
    tally: (): Readonly<Record<string, number>> =>
      Object.fromEntries(
        db
          .prepare('select k, n from tally')
          .all<{ k: string; n: number }>()
          .map(({ k, n }) => [k, n]),
      ),
  };

  return {
    writes,
    reads,
    kept: (): void => bots.kept(),
    rolledBack: (): void => {
      bots.rolledBack();
      inbox.rolledBack();
    },
  };
};

export type Calls = ReturnType<typeof createCalls>;
export type Asked = Calls['writes'] & Calls['reads'];
export type Name = keyof Asked;

/** What may be answered while nothing can be written. */
export const READS: ReadonlySet<Name> = new Set<keyof Calls['reads']>([
  'unsettled',
  'claims',
  'deadLetters',
  'loadSession',
  'loadPeers',
  'accessTrail',
  'settledSends',
  'unsettledSends',
  'repliesUsed',
  'loadReport',
  'reviews',
  'loadReach',
  'loadTurn',
  'loadConversation',
  'listConversations',
  'loadFrames',
  'tally',
]);
