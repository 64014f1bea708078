import type { ConversationId } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { ChatMessage, Interrupted } from '../domain/turn.js';

/** The right to write for one bot. `valid()` is synchronous and is asked right before every send. */
export interface Lease {
  readonly appId: string;
  readonly epoch: number;
  valid(): boolean;
}

export type InboxEvent = { readonly id: string; readonly message: Inbound };

/** A gateway session that may be resumed. `seq` is the watermark: every event up to it is safe. */
export type SessionRecord = { readonly sessionId: string; readonly seq: number; readonly atMs: number };

/** What a conversation remembers while no actor stands for it. */
export type ConversationRecord = {
  readonly conversation: ConversationId;
  /** The epoch of its last turn. */
  readonly epoch: number;
  /** What was said, as the user saw it; bounded by the writer. */
  readonly transcript: readonly ChatMessage[];
  readonly interrupted?: Interrupted;
};

/**
 * What survives. Every write is made under a lease; a stale one is refused.
 * Errors: `capacity.full` where a bound is reached that cannot be waited for.
 */
export interface Store {
  open(): Promise<void>;
  close(): Promise<void>;
  lease(appId: string): Promise<Lease>;
  /**
   * Takes events in, in order; idempotent by (bot, id). Resolves once they are safe; waits while the inbox is full.
   * Shape: one answer per event, in the same order.
   */
  ingest(lease: Lease, events: readonly InboxEvent[]): Promise<readonly ('new' | 'duplicate')[]>;
  /** These events are answered, or deliberately not to be. */
  settle(lease: Lease, ids: readonly string[]): Promise<void>;
  loadSession(lease: Lease, shard: number): Promise<SessionRecord | null>;
  saveSession(lease: Lease, shard: number, session: SessionRecord | null): Promise<void>;
  loadConversation(lease: Lease, id: ConversationId): Promise<ConversationRecord | null>;
  saveConversation(lease: Lease, record: ConversationRecord): Promise<void>;
}
