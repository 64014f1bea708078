import type { Database } from '../driver.js';

/** What became of what was said under a key. */
export class Reports {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  save(bot: number, key: string, report: string, nowMs: number): void {
    this.#db
      .prepare(
        `insert into report(bot, key, at, report) values (?, ?, ?, ?)
         on conflict(bot, key) do update set report = excluded.report`,
      )
      .run(bot, key, nowMs, report);
  }

  load(bot: number, key: string): string | null {
    const row = this.#db
      .prepare('select report from report where bot = ? and key = ?')
      .get<{ report: string }>(bot, key);
    return row?.report ?? null;
  }
}
