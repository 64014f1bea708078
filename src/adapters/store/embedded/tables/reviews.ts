import type { Database } from '../driver.js';

/** What waits for the platform's review; `review` is JSON. */
export class Reviews {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  save(bot: number, audit: string, review: string, nowMs: number): void {
    this.#db
      .prepare(
        `insert into review(bot, audit, at, review) values (?, ?, ?, ?)
         on conflict(bot, audit) do update set review = excluded.review`,
      )
      .run(bot, audit, nowMs, review);
  }

  end(bot: number, audit: string): void {
    this.#db.prepare('delete from review where bot = ? and audit = ?').run(bot, audit);
  }

  all(bot: number): string[] {
    return this.#db
      .prepare('select review from review where bot = ? order by n')
      .all<{ review: string }>(bot)
      .map(({ review }) => review);
  }
}
