import type { Database } from '../driver.js';
import { placesOf } from './bots.js';

/** An event as it crosses to the writer; the message is JSON. `peer`: null where nothing may answer it. */
export type InboxRow = readonly [id: string, message: string, peer: string | null, saidMs: number];

export type HeardRow = { readonly peer: string; readonly id: string; readonly said: number };

/** The last events of a bot among which those are sought that may be answered. */
const HEARD_MAX = 100_000;

export type UnsettledRow = {
  readonly n: number;
  readonly id: string;
  readonly at: number;
  readonly attempts: number;
  readonly message: string;
};

export type DeadRow = {
  readonly app: string;
  readonly id: string;
  readonly attempts: number;
  readonly message: string;
  readonly why: string;
  readonly dead_at: number;
};

const SETTLED = 'status = 1, message = null, why = null, dead_at = null';

/** What came in, and how far it has got. */
export class Inbox {
  readonly #db: Database;
  /** The last place taken, per bot. */
  readonly #last = new Map<number, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  ingest(bot: number, events: readonly InboxRow[], nowMs: number): ('new' | 'duplicate')[] {
    const insert = this.#db.prepare(
      `insert into inbox(n, bot, id, at, message, peer, said) values (?, ?, ?, ?, ?, ?, ?)
       on conflict(bot, id) do nothing`,
    );
    let last = this.lastPlace(bot);
    const answers = events.map(([id, message, peer, saidMs]): 'new' | 'duplicate' => {
      if (insert.run(last + 1, bot, id, nowMs, message, peer, saidMs) === 0) return 'duplicate';
      last += 1;
      return 'new';
    });
    this.#last.set(bot, last);
    return answers;
  }

  /** An event that waits for nothing: it comes in and is settled. */
  note(bot: number, id: string, peer: string, saidMs: number, nowMs: number): void {
    if (this.ingest(bot, [[id, '', peer, saidMs]], nowMs)[0] === 'new') this.settle(bot, [id]);
  }

  /** The oldest first. */
  heard(bot: number, sinceMs: number): HeardRow[] {
    const [first] = placesOf(bot);
    const last = this.lastPlace(bot);
    return this.#db
      .prepare('select peer, id, said from inbox where n > ? and n <= ? and peer is not null and said > ? order by n')
      .all<HeardRow>(Math.max(first, last - HEARD_MAX), last, sinceMs);
  }

  settle(bot: number, ids: readonly string[]): void {
    const update = this.#db.prepare(`update inbox set ${SETTLED} where bot = ? and id = ? and status = 0`);
    for (const id of ids) update.run(bot, id);
  }

  /** `after` and the places given back are counted from the bot's first. */
  unsettled(bot: number, after: number, limit: number): UnsettledRow[] {
    const [first, end] = placesOf(bot);
    return this.#db
      .prepare(
        `select n - ? as n, id, at, attempts, message from inbox
         where status = 0 and n > ? and n < ? order by n limit ?`,
      )
      .all<UnsettledRow>(first, first + after, end, limit);
  }

  claim(bot: number, ids: readonly string[]): void {
    const update = this.#db.prepare('update inbox set attempts = attempts + 1 where bot = ? and id = ? and status = 0');
    for (const id of ids) update.run(bot, id);
  }

  bury(bot: number, ids: readonly string[], why: string, nowMs: number): void {
    const update = this.#db.prepare(
      'update inbox set status = 2, why = ?, dead_at = ? where bot = ? and id = ? and status = 0',
    );
    for (const id of ids) update.run(why, nowMs, bot, id);
  }

  /** Of all bots where `bot` is null. */
  dead(bot: number | null): DeadRow[] {
    return this.#db
      .prepare(
        `select app, id, attempts, message, why, dead_at from inbox join bot using (bot)
         where status = 2 and (?1 is null or bot = ?1) order by dead_at desc, n desc`,
      )
      .all<DeadRow>(bot);
  }

  revive(id: string, nowMs: number): boolean {
    const update = this.#db.prepare(
      `update inbox set status = 0, attempts = 0, why = null, dead_at = null, at = ?1,
         message = json_set(message, '$.atMs', ?1) where id = ?2 and status = 2`,
    );
    return update.run(nowMs, id) > 0;
  }

  dropDead(id: string): boolean {
    return this.#db.prepare(`update inbox set ${SETTLED} where id = ? and status = 2`).run(id) > 0;
  }

  lastPlace(bot: number): number {
    const known = this.#last.get(bot);
    if (known !== undefined) return known;
    const [first, end] = placesOf(bot);
    const row = this.#db
      .prepare('select max(n) as n from inbox where n >= ? and n < ?')
      .get<{ n: number | null }>(first, end);
    return row?.n ?? first;
  }

  /** Places taken in a transaction that was rolled back are free again. */
  rolledBack(): void {
    this.#last.clear();
  }
}
