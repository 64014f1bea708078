import type { Database } from '../driver.js';

/** A message without an anchor as it crosses to the writer. */
export type ActiveSend = {
  readonly key: string;
  readonly peer: string;
  readonly guild: string | null;
  readonly atMs: number;
};
export type ActiveRow = { readonly peer: string; readonly at: number; readonly guild: string | null };
export type RefusalRow = { readonly peer: string; readonly at: number; readonly heard: number };

/** What went out without an anchor, and who refuses that. */
export class ReachTables {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  spend(bot: number, { key, peer, guild, atMs }: ActiveSend): void {
    this.#db
      .prepare(
        `insert into active(bot, key, at, peer, guild) values (?, ?, ?, ?, ?)
         on conflict(bot, key) do update set at = excluded.at`,
      )
      .run(bot, key, atMs, peer, guild);
  }

  spent(bot: number, sinceMs: number): ActiveRow[] {
    return this.#db
      .prepare('select peer, at, guild from active where at > ? and bot = ? order by at')
      .all<ActiveRow>(sinceMs, bot);
  }

  refuse(bot: number, peer: string, untilMs: number, isUntilHeard: boolean): void {
    this.#db
      .prepare(
        `insert into refusal(bot, peer, at, heard) values (?, ?, ?, ?)
         on conflict(bot, peer) do update set at = excluded.at, heard = excluded.heard`,
      )
      .run(bot, peer, untilMs, isUntilHeard ? 1 : 0);
  }

  allow(bot: number, peer: string): void {
    this.#db.prepare('delete from refusal where bot = ? and peer = ?').run(bot, peer);
  }

  refused(bot: number, nowMs: number): RefusalRow[] {
    return this.#db
      .prepare('select peer, at, heard from refusal where at > ? and bot = ? order by n')
      .all<RefusalRow>(nowMs, bot);
  }
}
