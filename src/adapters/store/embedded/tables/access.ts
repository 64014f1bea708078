import { RouterError } from '../../../../errors/router-error.js';
import type { Retention } from '../../retention.js';
import type { Database } from '../driver.js';

/** A change as it crosses to the writer; peers and decisions are JSON. */
export type AccessRows = {
  readonly peers: readonly (readonly [user: string, peer: string])[];
  readonly gone: readonly string[];
  readonly trail: readonly string[];
};

/** Who is known at a bot's door, and what was decided there. */
export class Access {
  readonly #db: Database;
  readonly #limits: Pick<Retention, 'peersMax' | 'trailMax'>;

  constructor(db: Database, limits: Pick<Retention, 'peersMax' | 'trailMax'>) {
    this.#db = db;
    this.#limits = limits;
  }

  peers(bot: number): string[] {
    return this.#db
      .prepare('select peer from peer where bot = ? order by user')
      .all<{ peer: string }>(bot)
      .map(({ peer }) => peer);
  }

  /** Errors: `capacity.full`, before anything has changed. */
  save(bot: number, { peers, gone, trail }: AccessRows): void {
    this.#refuseTooMany(bot, peers, gone);
    const drop = this.#db.prepare('delete from peer where bot = ? and user = ?');
    for (const user of gone) drop.run(bot, user);
    const put = this.#db.prepare('insert or replace into peer(bot, user, peer) values (?, ?, ?)');
    for (const [user, peer] of peers) put.run(bot, user, peer);
    const note = this.#db.prepare('insert into access_trail(bot, decision) values (?, ?)');
    for (const decision of trail) note.run(bot, decision);
    this.#db
      .prepare(
        `delete from access_trail where bot = ?1 and n <=
           (select n from access_trail where bot = ?1 order by n desc limit 1 offset ?2)`,
      )
      .run(bot, this.#limits.trailMax);
  }

  trail(bot: number, limit: number): string[] {
    return this.#db
      .prepare('select decision from access_trail where bot = ? order by n desc limit ?')
      .all<{ decision: string }>(bot, limit)
      .map(({ decision }) => decision);
  }

  #refuseTooMany(bot: number, peers: AccessRows['peers'], gone: readonly string[]): void {
    const knows = this.#db.prepare('select count(*) as n from peer where bot = ? and user = ?');
    const isKnown = (user: string): boolean => knows.get<{ n: number }>(bot, user)?.n === 1;
    const fresh = peers.filter(([user]) => !isKnown(user)).length;
    if (fresh === 0) return;
    const count = this.#db.prepare('select count(*) as n from peer where bot = ?').get<{ n: number }>(bot)?.n ?? 0;
    const left = count - gone.filter(isKnown).length;
    if (left + fresh > this.#limits.peersMax) {
      throw new RouterError(
        'capacity.full',
        `${left} users are known at the bot’s door, and there is room for no more`,
      );
    }
  }
}
