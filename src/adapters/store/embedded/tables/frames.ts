import type { FrameChange, KeptFrames } from '../../../../ports/store.js';
import type { Retention } from '../../retention.js';
import type { Database } from '../driver.js';

type Agent = { readonly n: number; readonly acked: number; readonly head: number; readonly profile: string };

/** What agents have been sent and have not acknowledged. */
export class Frames {
  readonly #db: Database;
  readonly #retention: Retention;

  constructor(db: Database, retention: Retention) {
    this.#db = db;
    this.#retention = retention;
  }

  write(changes: readonly FrameChange[], nowMs: number): void {
    for (const change of changes) this.#write(change, nowMs);
  }

  load(sid: string): KeptFrames | null {
    const agent = this.#db.prepare('select n, acked, head, profile from agent where sid = ?').get<Agent>(sid);
    if (!agent) return null;
    const frames = this.#db
      .prepare('select seq, frame, at from frame where agent = ? order by seq')
      .all<{ seq: number; frame: string; at: number }>(agent.n)
      .map(({ seq, frame, at }) => ({ seq, text: frame, atMs: at }));
    const turns = this.#db
      .prepare('select wire, epoch from agent_turn where agent = ?')
      .all<{ wire: string; epoch: number }>(agent.n);
    return { profile: agent.profile, acked: agent.acked, head: agent.head, frames, turns };
  }

  #write(change: FrameChange, nowMs: number): void {
    const { sid } = change;
    switch (change.kind) {
      case 'session':
        this.#db
          .prepare(
            `insert into agent(sid, at, profile) values (?, ?, ?)
             on conflict(sid) do update set at = excluded.at, profile = excluded.profile`,
          )
          .run(sid, change.atMs, change.profile);
        this.#keepAgents();
        return;
      case 'frame': {
        const agent = this.#touch(sid, nowMs);
        if (agent === null) return;
        this.#db
          .prepare('insert or replace into frame(agent, seq, at, frame) values (?, ?, ?, ?)')
          .run(agent, change.seq, change.atMs, change.text);
        this.#db.prepare('update agent set head = max(head, ?) where n = ?').run(change.seq, agent);
        return;
      }
      case 'ack': {
        const agent = this.#touch(sid, nowMs);
        if (agent === null) return;
        this.#db.prepare('update agent set acked = max(acked, ?) where n = ?').run(change.seq, agent);
        this.#dropUpTo(agent, change.seq);
        return;
      }
      case 'drop': {
        const agent = this.#touch(sid, nowMs);
        if (agent !== null) this.#dropUpTo(agent, change.seq - 1);
        return;
      }
      case 'held': {
        const agent = this.#touch(sid, nowMs);
        if (agent === null) return;
        this.#db
          .prepare('insert or replace into agent_turn(agent, wire, epoch) values (?, ?, ?)')
          .run(agent, change.wire, change.epoch);
        return;
      }
      case 'let go': {
        const agent = this.#touch(sid, nowMs);
        if (agent !== null)
          this.#db.prepare('delete from agent_turn where agent = ? and wire = ?').run(agent, change.wire);
        return;
      }
      case 'forget':
        this.#db.prepare('delete from agent where sid = ?').run(sid);
        return;
    }
  }

  #touch(sid: string, nowMs: number): number | null {
    const row = this.#db.prepare('update agent set at = ? where sid = ? returning n').get<{ n: number }>(nowMs, sid);
    return row?.n ?? null;
  }

  #dropUpTo(agent: number, seq: number): void {
    this.#db.prepare('delete from frame where agent = ? and seq <= ?').run(agent, seq);
  }

  #keepAgents(): void {
    this.#db
      .prepare('delete from agent where n in (select n from agent order by at desc, n desc limit -1 offset ?)')
      .run(this.#retention.agentsMax);
  }
}
