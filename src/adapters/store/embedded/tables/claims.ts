import type { Database } from '../driver.js';

export type ClaimRow = { readonly life: number; readonly app: string | null; readonly id: string };

/** No bot's number: under it a life is marked as doubtful. */
const NOBODY = 0;

/** Which unsettled events were under way in which life. A claim goes when its event is settled or given up. */
export class Claims {
  readonly #db: Database;
  /** The number behind the last of which anything is known. */
  readonly #life: number;

  constructor(db: Database) {
    this.#db = db;
    const last = db.prepare('select max(life) as life from claim').get<{ life: number | null }>();
    this.#life = (last?.life ?? 0) + 1;
    const forget = 'delete from claim where bot = ?1 and life not in (select life from claim where bot <> ?1)';
    db.prepare(forget).run(NOBODY);
  }

  add(bot: number, ids: readonly string[]): void {
    const insert = this.#db.prepare(
      `insert into claim(life, bot, id) select ?, bot, id from inbox where bot = ? and id = ? and status = 0
       on conflict do nothing`,
    );
    for (const id of ids) insert.run(this.#life, bot, id);
  }

  doubt(bot: number, ids: readonly string[]): void {
    const mark = this.#db.prepare(
      `insert into claim(life, bot, id) select life, ?, '' from claim where bot = ? and id = ? on conflict do nothing`,
    );
    for (const id of ids) mark.run(NOBODY, bot, id);
  }

  release(bot: number): void {
    this.#db.prepare('delete from claim where life = ? and bot = ?').run(this.#life, bot);
  }

  /** The ends of the lives these were under way in are explained. */
  explain(bot: number, ids: readonly string[]): void {
    const explained = this.#db.prepare(
      'delete from claim where life in (select life from claim where bot = ? and id = ?)',
    );
    for (const id of ids) explained.run(bot, id);
  }

  earlier(): ClaimRow[] {
    return this.#db
      .prepare('select life, app, id from claim left join bot using (bot) where life < ? order by life, bot, id')
      .all<ClaimRow>(this.#life);
  }
}
