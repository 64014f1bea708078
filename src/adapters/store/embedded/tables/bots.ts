import { RouterError } from '../../../../errors/router-error.js';
import type { Database } from '../driver.js';

/** A bot's events are numbered from its number times this on: room for a million million events of each bot. */
const PLACES = 2 ** 40;

/** The first place of a bot, and the first beyond its last. */
export const placesOf = (bot: number): readonly [number, number] => [bot * PLACES, (bot + 1) * PLACES];

/** The lease a write is made under, as it crosses to the writer. */
export type Holder = readonly [appId: string, epoch: number];

type Bot = { readonly bot: number; readonly epoch: number };

/** The bots by number, and who may write for them. */
export class Bots {
  readonly #db: Database;
  readonly #held = new Map<string, Bot>();
  /** What this transaction has replaced. */
  readonly #before = new Map<string, Bot | undefined>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** A new epoch; the one before is over. */
  lease(appId: string): number {
    const row = this.#db
      .prepare(
        `insert into bot(app, epoch) values (?, 1) on conflict(app) do update set epoch = epoch + 1 returning bot, epoch`,
      )
      .get<Bot>(appId);
    if (!row) throw new Error('a bot was neither found nor made');
    if (!this.#before.has(appId)) this.#before.set(appId, this.#held.get(appId));
    this.#held.set(appId, row);
    return row.epoch;
  }

  /** The number of the bot this lease may write for. Errors: `store.fenced`. */
  writable([appId, epoch]: Holder): number {
    const held = this.#held.get(appId);
    if (held?.epoch === epoch) return held.bot;
    throw new RouterError('store.fenced', `epoch ${epoch} of bot ${appId} is over`);
  }

  /** 0, which is no bot's number, for one that was never leased. */
  numberOf(appId: string): number {
    const row = this.#db.prepare('select bot from bot where app = ?').get<{ bot: number }>(appId);
    return row?.bot ?? 0;
  }

  all(): readonly number[] {
    return this.#db
      .prepare('select bot from bot order by bot')
      .all<{ bot: number }>()
      .map(({ bot }) => bot);
  }

  kept(): void {
    this.#before.clear();
  }

  /** The leases of a transaction that was rolled back were never given. */
  rolledBack(): void {
    for (const [appId, held] of this.#before) {
      if (held) this.#held.set(appId, held);
      else this.#held.delete(appId);
    }
    this.#before.clear();
  }
}
