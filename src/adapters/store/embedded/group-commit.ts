import type { ErrorCode } from '../../../errors/codes.js';
import { RouterError } from '../../../errors/router-error.js';
import { type Calls, type Name, READS } from './calls.js';
import type { Database } from './driver.js';
import { faultOf, storeFailure } from './faults.js';
import type { Answer, Pulse, Request } from './protocol.js';
import { SCHEMA_VERSION } from './schema.js';

export type GroupCommitDeps = {
  readonly db: Database;
  readonly calls: Calls;
  readonly dir: string;
  readonly post: (answers: readonly Answer[], pulse: Pulse) => void;
  /** What the store takes up on disk. */
  readonly bytes: () => number;
};

export type GroupCommitOptions = {
  /** Requests in one transaction, at most. @default 1_024 */
  readonly groupMax?: number;
  /** How often a write that found no room is tried again, in ms. @default 250 */
  readonly retryMs?: number;
};

const DEFAULTS = { groupMax: 1_024, retryMs: 250 } as const satisfies Required<GroupCommitOptions>;

type Call = (...args: readonly unknown[]) => unknown;

const isRead = ({ name }: Request): boolean => READS.has(name);

/** Failures that pass: what could not be written keeps its place and is tried again. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['store.full', 'store.locked']);

/**
 * Runs requests in order, as many as have come, in one transaction, and answers once it is synced. There is no window:
 * a group is what arrived while the one before was being written.
 * Shape: a request that fails by itself is answered with its error and takes nothing with it. On a full disk writes wait
 * and reads go on; after any other failure of the disk every write is refused, since nobody knows what is on it.
 */
export class GroupCommit {
  readonly #deps: GroupCommitDeps;
  readonly #options: Required<GroupCommitOptions>;
  readonly #byName: Readonly<Record<Name, Call>>;
  #queue: Request[] = [];
  #retry: NodeJS.Timeout | null = null;
  #degraded: ErrorCode | null = null;
  #lastSyncMs: number | null = null;
  #known = { unsettled: 0, outbox: 0 };

  constructor(deps: GroupCommitDeps, options: GroupCommitOptions = {}) {
    this.#deps = deps;
    this.#options = { ...DEFAULTS, ...options };
    this.#byName = { ...deps.calls.writes, ...deps.calls.reads } as Readonly<Record<Name, Call>>;
  }

  pulse(): Pulse {
    return {
      schemaVersion: SCHEMA_VERSION,
      ...this.#counts(),
      bytes: this.#deps.bytes(),
      lastSyncMs: this.#lastSyncMs,
      degraded: this.#degraded,
    };
  }

  take(requests: readonly Request[]): void {
    for (const request of requests) this.#queue.push(request);
    if (this.#retry) this.#serveReads();
    else this.#work();
  }

  /** What still waits for room is given up, and said to be. */
  close(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    const detail = `${this.#deps.dir} was closed before this could be written`;
    this.#refuse(this.#queue.splice(0), 'store.closed', detail);
  }

  /** The last known ones where they cannot be read. */
  #counts(): { unsettled: number; outbox: number } {
    try {
      const { unsettled = 0, outbox = 0 } = this.#deps.calls.reads.tally();
      this.#known = { unsettled, outbox };
    } catch (error) {
      this.#degraded ??= faultOf(error, this.#deps.dir);
    }
    return this.#known;
  }

  #work(): void {
    while (this.#queue.length > 0) {
      const group = this.#queue.slice(0, this.#options.groupMax);
      if (!this.#run(group)) {
        this.#wait();
        return;
      }
      this.#queue.splice(0, group.length);
    }
  }

  #wait(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#makeRoom();
      this.#work();
    }, this.#options.retryMs);
    this.#serveReads();
    this.#answer([]);
  }

  /** Reads are answered while writes wait; what waits was never acknowledged, so they need not see it. */
  #serveReads(): void {
    const reads = this.#queue.filter(isRead);
    if (reads.length === 0) return;
    this.#queue = this.#queue.filter((request) => !isRead(request));
    this.#run(reads);
  }

  /** What the log holds moves into the store, so that the log begins anew and needs no more room. */
  #makeRoom(): void {
    try {
      this.#deps.db.pragma('wal_checkpoint(passive)');
    } catch {
      // There was no room for that either; the write that follows says so.
    }
  }

  /** Answers a group; false where it has to wait. */
  #run(group: readonly Request[]): boolean {
    try {
      if (group.every(isRead)) this.#answer(group.map((request) => this.#one(request)));
      else if (this.#degraded && !PASSING.has(this.#degraded)) this.#runBroken(group, this.#degraded);
      else this.#answer(this.#transact(group));
      return true;
    } catch (error) {
      const fault = faultOf(error, this.#deps.dir);
      if (fault && PASSING.has(fault)) {
        this.#degraded = fault;
        return false;
      }
      if (fault) this.#degraded = fault;
      // A mistake of ours is in one request: alone, each of the others is written.
      else if (group.length > 1) return group.every((request) => this.#run([request]));
      const { code, detail } = storeFailure(error, this.#deps.dir);
      this.#refuse(group, code, detail);
      return true;
    }
  }

  #runBroken(group: readonly Request[], code: ErrorCode): void {
    const writes = group.filter((request) => !isRead(request));
    this.#refuse(writes, code, `${this.#deps.dir} takes no writes since it failed`);
    this.#run(group.filter(isRead));
  }

  #transact(group: readonly Request[]): Answer[] {
    const { db, calls } = this.#deps;
    db.exec('begin immediate');
    try {
      const answers = group.map((request) => this.#one(request));
      const fromMs = performance.now();
      db.exec('commit');
      this.#lastSyncMs = performance.now() - fromMs;
      this.#degraded = null;
      calls.kept();
      return answers;
    } catch (error) {
      try {
        db.exec('rollback');
      } catch {
        // SQLite rolls back by itself when it runs out of room.
      }
      calls.rolledBack();
      throw error;
    }
  }

  #one({ id, name, args }: Request): Answer {
    try {
      return { id, value: this.#byName[name](...args) };
    } catch (error) {
      if (error instanceof RouterError) return { id, failure: storeFailure(error, this.#deps.dir) };
      throw error;
    }
  }

  #refuse(requests: readonly Request[], code: ErrorCode, detail: string): void {
    if (requests.length > 0) this.#answer(requests.map(({ id }) => ({ id, failure: { code, detail } })));
  }

  #answer(answers: readonly Answer[]): void {
    this.#deps.post(answers, this.pulse());
  }
}
