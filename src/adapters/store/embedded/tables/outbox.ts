import type { Database } from '../driver.js';

/** A send as it crosses to the writer; `entry` is JSON. */
export type SendRow = {
  readonly key: string;
  /** Null for what is no answer. */
  readonly anchor: string | null;
  /** What it answers as well. */
  readonly others: readonly string[];
  readonly msgSeq: number;
  readonly atMs: number;
  readonly entry: string;
};

/** What is said, and what each message was answered with. */
export class Outbox {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  enqueue(bot: number, { key, anchor, others, msgSeq, atMs, entry }: SendRow): 'new' | 'duplicate' {
    const isNew = this.#db
      .prepare('insert into outbox(bot, key, at, entry) values (?, ?, ?, ?) on conflict(bot, key) do nothing')
      .run(bot, key, atMs, entry);
    if (isNew === 0) return 'duplicate';
    const count = this.#db.prepare(
      `insert into anchor(bot, id, used, at) values (?, ?, ?, ?)
       on conflict(bot, id) do update set used = max(used, excluded.used)`,
    );
    if (anchor !== null) count.run(bot, anchor, msgSeq, atMs);
    const note = this.#db.prepare(
      'insert into anchor(bot, id, used, at) values (?, ?, 0, ?) on conflict(bot, id) do nothing',
    );
    for (const other of others) note.run(bot, other, atMs);
    return 'new';
  }

  settle(bot: number, key: string, outcome: string): void {
    this.#db
      .prepare('update outbox set entry = null, outcome = ? where bot = ? and key = ? and outcome is null')
      .run(outcome, bot, key);
  }

  revise(bot: number, key: string, entry: string): void {
    this.#db.prepare('update outbox set entry = ? where bot = ? and key = ? and outcome is null').run(entry, bot, key);
  }

  /** The sends in answer to a message have keys that begin with its id and `#`, which is followed by `$`. */
  settled(bot: number, messages: readonly string[]): string[] {
    const select = this.#db.prepare(
      'select n, outcome from outbox where bot = ? and key > ? and key < ? and outcome is not null',
    );
    return messages
      .flatMap((id) => select.all<{ n: number; outcome: string }>(bot, `${id}#`, `${id}$`))
      .sort((one, other) => one.n - other.n)
      .map(({ outcome }) => outcome);
  }

  unsettled(bot: number): string[] {
    return this.#db
      .prepare('select entry from outbox where bot = ? and outcome is null order by n')
      .all<{ entry: string }>(bot)
      .map(({ entry }) => entry);
  }

  used(bot: number, anchors: readonly string[]): [string, number][] {
    const select = this.#db.prepare('select used from anchor where bot = ? and id = ?');
    return anchors.flatMap((id): [string, number][] => {
      const row = select.get<{ used: number }>(bot, id);
      return row ? [[id, row.used]] : [];
    });
  }
}
