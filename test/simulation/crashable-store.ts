import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { ErrorCode } from '../../src/errors/codes.js';
import type { Lease, Store, StoreHealth } from '../../src/ports/store.js';
import type { Life } from '../../src/testing/life.js';
import type { Chance } from '../support/chance.js';
import type { Survival } from './plan.js';

/** A new method of the port does not compile until it is written here. */
const KINDS = {
  close: 'process',
  health: 'process',
  watch: 'process',
  open: 'write',
  lease: 'write',
  ingest: 'write',
  settle: 'write',
  claim: 'write',
  doubt: 'write',
  release: 'write',
  bury: 'write',
  revive: 'write',
  dropDead: 'write',
  saveAccess: 'write',
  saveSession: 'write',
  enqueueSend: 'write',
  settleSend: 'write',
  reviseSend: 'write',
  saveReview: 'write',
  endReview: 'write',
  noteAnchor: 'write',
  saveRefusal: 'write',
  cancelTurn: 'write',
  saveReport: 'write',
  closeTurn: 'write',
  saveConversation: 'write',
  writeFrames: 'write',
  prune: 'write',
  claims: 'read',
  unsettled: 'read',
  deadLetters: 'read',
  loadPeers: 'read',
  accessTrail: 'read',
  loadSession: 'read',
  unsettledSends: 'read',
  settledSends: 'read',
  repliesUsed: 'read',
  loadReport: 'read',
  reviews: 'read',
  loadReach: 'read',
  loadTurn: 'read',
  loadConversation: 'read',
  listConversations: 'read',
  countConversations: 'read',
  loadFrames: 'read',
} as const satisfies Record<keyof Store, 'process' | 'write' | 'read'>;

export type WriteName = {
  [Name in keyof typeof KINDS]: (typeof KINDS)[Name] extends 'write' ? Name : never;
}[keyof Store];

/** One write, as it was asked. */
export type Written = { [Name in WriteName]: Call<Name> }[WriteName];
type Call<Name extends WriteName> = {
  readonly name: Name;
  readonly args: Parameters<Store[Name]>;
  readonly atMs: number;
};

/** How long a sync takes at most where the disk is well. */
export const SYNC_MAX_MS = 6;
/** A full disk is tried again after so long. */
const FULL_RETRY_MS = 250;

export type DiskHooks = {
  /** A write was asked for, and is not safe; the process may die of it. */
  readonly asked: (write: Written) => void;
  /** It is safe. */
  readonly synced: (write: Written) => void;
  /** A commit is safe, and nobody has been told; the process may die of it. */
  readonly committed: (writes: readonly Written[]) => void;
  /** Something was read, and nobody has been told. */
  readonly read: (name: keyof Store) => void;
  /** Nothing can be written now. */
  readonly isFull: () => boolean;
  /** The store is so from now on, and has told whoever listens. */
  readonly told: (degraded: ErrorCode | null) => void;
  /** How long a sync takes now, beyond the usual. */
  readonly slownessMs: () => number;
};

type Any = (...args: unknown[]) => unknown;

const callOn = (store: Store, { name, args }: Pick<Written, 'name' | 'args'>): Promise<unknown> =>
  (store[name] as Any)(...args) as Promise<unknown>;

/**
 * What survives the process: the writes that were synced, and of those that were not, some beginning.
 * A store for the next life is made by doing them all again.
 */
export class Disk {
  readonly #chance: Chance;
  readonly #hooks: DiskHooks;
  #writes: Written[] = [];
  #syncedCount = 0;

  constructor(chance: Chance, hooks: DiskHooks) {
    this.#chance = chance;
    this.#hooks = hooks;
  }

  /** Everything that is safe, in order. */
  get synced(): readonly Written[] {
    return this.#writes.slice(0, this.#syncedCount);
  }

  /** The process is gone: what was asked and not synced may have reached the disk up to any point. Gives what has not. */
  cut(survives: Survival = 'some'): number {
    const asked = this.#writes.slice(this.#syncedCount);
    const some = this.#chance.between(0, asked.length);
    const survived = asked.slice(0, survives === 'some' ? some : survives === 'all' ? asked.length : 0);
    this.#syncedCount += survived.length;
    this.#writes.length = this.#syncedCount;
    for (const write of survived) this.#hooks.synced(write);
    return asked.length - survived.length;
  }

  /** The store of a new life, which holds what has survived. */
  async mount(life: Life): Promise<Store> {
    let replayedMs: number | null = null;
    const memory = new MemoryStore({ ...life, now: () => replayedMs ?? life.now() });
    const leases = new Map<string, Lease>();
    for (const write of this.#writes) {
      replayedMs = write.atMs;
      const [first, ...rest] = write.args as unknown[];
      const args = isLease(first) ? [leases.get(nameOf(first)), ...rest] : write.args;
      const done = callOn(memory, { name: write.name, args } as Written).catch(() => undefined);
      if (write.name !== 'lease') continue;
      const lease = (await done) as Lease;
      leases.set(nameOf(lease), lease);
    }
    replayedMs = null;
    return this.#storeOn(memory, life);
  }

  /** A commit starts as soon as the one before has returned, with all that was asked meanwhile. */
  #storeOn(memory: MemoryStore, life: Life): Store {
    let waiting: { readonly write: Written; readonly acknowledge: () => void }[] = [];
    let isSyncing = false;
    let degraded: ErrorCode | null = null;
    const listeners = new Set<(health: StoreHealth) => void>();
    const health = (): StoreHealth => ({ ...memory.health(), ...(degraded && { degraded }) });

    const become = (next: ErrorCode | null): void => {
      if (next === degraded) return;
      degraded = next;
      for (const listener of listeners) listener(health());
      this.#hooks.told(degraded);
    };

    const sync = (): void => {
      if (isSyncing || waiting.length === 0) return;
      isSyncing = true;
      const batch = waiting;
      waiting = [];
      const tookMs = this.#chance.between(1, SYNC_MAX_MS) + this.#hooks.slownessMs();
      const commit = (): void => {
        if (this.#hooks.isFull()) {
          become('store.full');
          life.setTimeout(commit, FULL_RETRY_MS);
          return;
        }
        become(null);
        isSyncing = false;
        this.#syncedCount += batch.length;
        for (const { write } of batch) this.#hooks.synced(write);
        this.#hooks.committed(batch.map(({ write }) => write));
        if (life.isOver) return;
        for (const { acknowledge } of batch) acknowledge();
        sync();
      };
      life.setTimeout(commit, tookMs);
    };

    const write = (name: WriteName, args: unknown[]): Promise<unknown> => {
      if (life.isOver) return new Promise(() => undefined);
      const asked = { name, args, atMs: life.now() } as unknown as Written;
      const done = callOn(memory, asked);
      done.catch(() => undefined);
      this.#writes.push(asked);
      this.#hooks.asked(asked);
      return new Promise((resolve) => {
        waiting.push({ write: asked, acknowledge: () => resolve(done) });
        sync();
      });
    };

    const read = (name: keyof Store, args: unknown[]): Promise<unknown> =>
      new Promise((resolve) => {
        const seen = (memory[name] as Any)(...args);
        life.setTimeout(
          () => {
            this.#hooks.read(name);
            if (!life.isOver) resolve(seen);
          },
          this.#chance.between(0, 2),
        );
      });

    const close = (): Promise<void> =>
      new Promise((resolve) => {
        const whenSafe = (): void => {
          if (waiting.length === 0 && !isSyncing) resolve(memory.close());
          else life.setTimeout(whenSafe, 1);
        };
        whenSafe();
      });

    const methods = Object.entries(KINDS).map(([name, kind]) => {
      if (name === 'close') return [name, close];
      if (name === 'health') return [name, health];
      if (name === 'watch') {
        const watch: Store['watch'] = (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        };
        return [name, watch];
      }
      if (kind === 'process') return [name, (...args: unknown[]) => (memory[name as keyof Store] as Any)(...args)];
      return [
        name,
        (...args: unknown[]) => (kind === 'read' ? read(name as keyof Store, args) : write(name as WriteName, args)),
      ];
    });
    return Object.fromEntries(methods) as Store;
  }
}

const nameOf = ({ appId, epoch }: Lease): string => `${appId}/${epoch}`;

const isLease = (value: unknown): value is Lease => typeof value === 'object' && value !== null && 'valid' in value;
