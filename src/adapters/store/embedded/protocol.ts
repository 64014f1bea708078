import type { ErrorCode } from '../../../errors/codes.js';
import type { Retention } from '../retention.js';
import type { Name } from './calls.js';

/** What the store's thread is started with. */
export type WorkerSetup = { readonly dir: string; readonly retention: Retention };

/** One thing asked of the writer. `id` comes back with its answer. */
export type Request = { readonly id: number; readonly name: Name; readonly args: readonly unknown[] };

/** Errors cross as their code and text; the main thread makes them errors again. */
export type Failure = { readonly code: ErrorCode; readonly detail: string };

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** How the writer is, as of its last commit. */
export type Pulse = {
  readonly schemaVersion: number;
  readonly unsettled: number;
  readonly outbox: number;
  readonly bytes: number;
  readonly lastSyncMs: number | null;
  readonly degraded: ErrorCode | null;
};

export type ToWorker = { readonly requests: readonly Request[] } | { readonly close: true };

export type FromWorker =
  | { readonly opened: Pulse }
  | { readonly refused: Failure }
  | { readonly answers: readonly Answer[]; readonly pulse: Pulse };
