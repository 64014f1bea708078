import type { Retention } from '../../retention.js';
import type { Database } from '../driver.js';
import { type Bots, placesOf } from './bots.js';
import type { Inbox } from './inbox.js';

/** Rows looked at in one step: some milliseconds, so that writes get in between. */
const STEP_ROWS = 500;

/** Where pruning goes on: which of its stages, and behind which row of it. */
export type PrunePoint = { readonly stage: number; readonly after: number };
export type Pruned = { readonly gone: number; readonly next: PrunePoint | null };

type Stage = (nowMs: number, after: number) => { gone: number; after: number | null };

/** Forgets what is past its age or its count, a step at a time. */
export class Pruner {
  readonly #db: Database;
  readonly #retention: Retention;
  readonly #bots: Bots;
  readonly #inbox: Inbox;

  constructor(db: Database, retention: Retention, bots: Bots, inbox: Inbox) {
    this.#db = db;
    this.#retention = retention;
    this.#bots = bots;
    this.#inbox = inbox;
  }

  step(nowMs: number, { stage, after }: PrunePoint): Pruned {
    const stages = this.#stages();
    const run = stages[stage];
    if (!run) return { gone: 0, next: null };
    const done = run(nowMs, after);
    if (done.after !== null) return { gone: done.gone, next: { stage, after: done.after } };
    return { gone: done.gone, next: stage + 1 < stages.length ? { stage: stage + 1, after: 0 } : null };
  }

  #stages(): readonly Stage[] {
    const { deadMs, deadMax, sentMs, sentMax, anchorsMs, anchorsMax } = this.#retention;
    const { reviewsMs, reviewsMax, activeMs, activeMax, refusalsMax } = this.#retention;
    const { reportsMs, reportsMax, receiptsMs, receiptsMax, conversationsMs, conversationsMax, framesMs } =
      this.#retention;
    return [
      this.#byTime('dead', deadMs, deadMax, (oldest) => {
        return `update inbox set status = 1, message = null, why = null, dead_at = null where n in
          (select n from inbox where status = 2 ${oldest('dead_at')})`;
      }),
      ...this.#bots.all().map(
        (bot): Stage =>
          (nowMs, after) =>
            this.#forgetIds(bot, nowMs, after),
      ),
      this.#byTime('sent', sentMs, sentMax, (oldest) => {
        return `delete from outbox where n in (select n from outbox where outcome is not null ${oldest('at')})`;
      }),
      this.#byTime('anchor', anchorsMs, anchorsMax, (oldest) => {
        return `delete from anchor where (bot, id) in (select bot, id from anchor where true ${oldest('at')})`;
      }),
      this.#byTime('receipt', receiptsMs, receiptsMax, (oldest) => {
        return `delete from receipt where n in (select n from receipt where true ${oldest('at', 'n')})`;
      }),
      this.#byTime('report', reportsMs, reportsMax, (oldest) => {
        return `delete from report where n in (select n from report where true ${oldest('at')})`;
      }),
      this.#byTime('review', reviewsMs, reviewsMax, (oldest) => {
        return `delete from review where n in (select n from review where true ${oldest('at', 'n')})`;
      }),
      this.#byTime('active', activeMs, activeMax, (oldest) => {
        return `delete from active where n in (select n from active where true ${oldest('at')})`;
      }),
      // Their time is when they end.
      this.#byTime('refusal', 0, refusalsMax, (oldest) => {
        return `delete from refusal where n in (select n from refusal where true ${oldest('at')})`;
      }),
      this.#byTime('conversation', conversationsMs, conversationsMax, (oldest) => {
        return `delete from conversation where n in (select n from conversation where true ${oldest('at')})`;
      }),
      this.#byAge('frame', (nowMs) => nowMs - framesMs, '(agent, seq)', 'agent, seq'),
      this.#byAge('agent', (nowMs) => nowMs - framesMs, 'n', 'n'),
      (_, after) => this.#frames(after),
    ];
  }

  /** One agent's frames at a time: the oldest of those that are too many. */
  #frames(after: number): { gone: number; after: number | null } {
    const agent = this.#db.prepare('select n from agent where n > ? order by n limit 1').get<{ n: number }>(after);
    if (!agent) return { gone: 0, after: null };
    const gone = this.#db
      .prepare(
        `delete from frame where agent = ? and seq <=
          (select seq from frame where agent = ? order by seq desc limit 1 offset ?)`,
      )
      .run(agent.n, agent.n, this.#retention.framesMax);
    return { gone, after: agent.n };
  }

  /** A small table whose rows leave by age alone. */
  #byAge(table: string, before: (nowMs: number) => number, key: string, columns: string): Stage {
    return (nowMs) => {
      const gone = this.#db
        .prepare(`delete from ${table} where ${key} in (select ${columns} from ${table} where at <= ? limit ?)`)
        .run(before(nowMs), STEP_ROWS);
      return { gone, after: gone >= STEP_ROWS ? 0 : null };
    };
  }

  /** A table whose rows leave by age, or as the oldest of too many. */
  #byTime(
    tally: string,
    ageMs: number,
    max: number,
    sql: (oldest: (column: string, order?: string) => string) => string,
  ): Stage {
    return (nowMs) => {
      const row = this.#db.prepare('select n from tally where k = ?').get<{ n: number }>(tally);
      const tooMany = Math.min(STEP_ROWS, Math.max(0, (row?.n ?? 0) - max));
      const old = this.#db.prepare(sql((column, order = column) => `and ${column} <= ? order by ${order} limit ?`));
      let gone = old.run(nowMs - ageMs, STEP_ROWS);
      if (tooMany > gone) {
        const extra = this.#db.prepare(sql((column, order = column) => `order by ${order} limit ?`));
        gone += extra.run(tooMany - gone);
      }
      return { gone, after: gone >= STEP_ROWS ? 0 : null };
    };
  }

  /** Ids lie in order of arrival, so the first that is young and not too many ends it. */
  #forgetIds(bot: number, nowMs: number, after: number): { gone: number; after: number | null } {
    const { dedupeMs, dedupeMin, dedupeMax } = this.#retention;
    const [first] = placesOf(bot);
    const last = this.#inbox.lastPlace(bot);
    const rows = this.#db
      .prepare('select n, at, status from inbox where n > ? and n <= ? order by n limit ?')
      .all<{ n: number; at: number; status: number }>(Math.max(first, after), last - dedupeMin, STEP_ROWS);
    const drop = this.#db.prepare('delete from inbox where n = ?');
    let gone = 0;
    for (const { n, at, status } of rows) {
      if (status !== 1) continue;
      if (nowMs - at < dedupeMs && n > last - dedupeMax) return { gone, after: null };
      gone += drop.run(n);
    }
    const end = rows[rows.length - 1];
    return { gone, after: end && rows.length === STEP_ROWS ? end.n : null };
  }
}
