import type { SessionRecord } from '../../../../ports/store.js';
import type { Database } from '../driver.js';

/** Where each of a bot's gateway sessions may be resumed. */
export class Sessions {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  load(bot: number, shard: number): SessionRecord | null {
    const row = this.#db
      .prepare('select session_id, seq, at from session where bot = ? and shard = ?')
      .get<{ session_id: string; seq: number; at: number }>(bot, shard);
    return row ? { sessionId: row.session_id, seq: row.seq, atMs: row.at } : null;
  }

  save(bot: number, shard: number, session: SessionRecord | null): void {
    if (session) {
      this.#db
        .prepare('insert or replace into session(bot, shard, session_id, seq, at) values (?, ?, ?, ?, ?)')
        .run(bot, shard, session.sessionId, session.seq, session.atMs);
    } else this.#db.prepare('delete from session where bot = ? and shard = ?').run(bot, shard);
  }
}
