import type { Scene } from '../../../../domain/conversation.js';
import type { ConversationSummary } from '../../../../ports/store.js';
import { lineHolds } from '../../conversation-line.js';
import type { Database } from '../driver.js';

/** A conversation's record as it crosses to the writer; `record` is JSON. */
export type ConversationRow = {
  readonly id: string;
  readonly scene: Scene;
  readonly epoch: number;
  readonly lastText: string;
  readonly record: string;
};

export type ReceiptRow = { readonly turn: string; readonly receipt: string };

/** Where a list goes on: behind the line with this time and number. */
export type ListPlace = readonly [at: number, n: number];

export type ListStep = {
  readonly after: ListPlace | null;
  readonly limit: number;
  /** Rows looked at in this step, at most: a search through a million must let writes in between. */
  readonly lookMax: number;
  readonly scene: Scene | null;
  /** In lower case. */
  readonly text: string | null;
};

/** `next`: where to look on; null once everything was looked at. */
export type ListFound = { readonly found: readonly ConversationSummary[]; readonly next: ListPlace | null };

type Line = { n: number; id: string; scene: Scene; epoch: number; at: number; last_text: string };

/** What conversations are remembered by, and how their turns ended. */
export class Conversations {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  save({ id, scene, epoch, lastText, record }: ConversationRow, nowMs: number): void {
    const row = this.#db
      .prepare(
        `insert into conversation(id, scene, epoch, at, last_text) values (?, ?, ?, ?, ?)
         on conflict(id) do update set epoch = excluded.epoch, at = excluded.at, last_text = excluded.last_text
         returning n`,
      )
      .get<{ n: number }>(id, scene, epoch, nowMs, lastText);
    this.#db.prepare('insert or replace into transcript(n, record) values (?, ?)').run(row?.n ?? null, record);
  }

  load(id: string): string | null {
    const row = this.#db
      .prepare('select record from conversation join transcript using (n) where id = ?')
      .get<{ record: string }>(id);
    return row?.record ?? null;
  }

  list({ after, limit, lookMax, scene, text }: ListStep): ListFound {
    const [at, n] = after ?? [Number.MAX_SAFE_INTEGER, 0];
    const lines = this.#db
      .prepare('select * from conversation where (at, n) < (?, ?) order by at desc, n desc limit ?')
      .all<Line>(at, n, lookMax);
    const found: ConversationSummary[] = [];
    for (const line of lines) {
      if (scene !== null && line.scene !== scene) continue;
      if (text !== null && !lineHolds(line.id, line.last_text, text)) continue;
      const { id: conversation, epoch, at: atMs, last_text: lastText } = line;
      found.push({ conversation, scene: line.scene, epoch, atMs, lastText });
      if (found.length === limit) return { found, next: [line.at, line.n] };
    }
    const last = lines[lines.length - 1];
    return { found, next: last && lines.length === lookMax ? [last.at, last.n] : null };
  }

  saveReceipt({ turn, receipt }: ReceiptRow, nowMs: number): void {
    this.#db
      .prepare(
        `insert into receipt(turn, at, receipt) values (?, ?, ?)
         on conflict(turn) do update set receipt = excluded.receipt`,
      )
      .run(turn, nowMs, receipt);
  }

  loadReceipt(turn: string): string | null {
    const row = this.#db.prepare('select receipt from receipt where turn = ?').get<{ receipt: string }>(turn);
    return row?.receipt ?? null;
  }
}
