import type { ConversationId } from '../../domain/conversation.js';
import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type { ConversationRecord, InboxEvent, Lease, SessionRecord, Store } from '../../ports/store.js';

export type MemoryStoreOptions = {
  /** Events taken in and not settled; `ingest` waits while there are as many. @default 20_000 */
  readonly unsettledMax?: number;
  /** An id is known for at least this long. @default 1_800_000 */
  readonly dedupeMs?: number;
  /** Ids known per bot, whatever their age. @default 500_000 */
  readonly dedupeMax?: number;
  /** Conversations remembered; the one longest untouched is forgotten first. @default 100_000 */
  readonly conversationsMax?: number;
};

const DEFAULTS = {
  unsettledMax: 20_000,
  dedupeMs: 30 * 60_000,
  dedupeMax: 500_000,
  conversationsMax: 100_000,
} as const satisfies Required<MemoryStoreOptions>;

type Inbox = { readonly known: Map<string, number>; readonly unsettled: Set<string> };

/** Keeps everything in this process: nothing survives its end. Every bound is counted per store, ids per bot. */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #options: Required<MemoryStoreOptions>;
  readonly #inboxes = new Map<string, Inbox>();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #conversations = new Map<ConversationId, ConversationRecord>();
  #unsettled = 0;
  #closed = false;
  #wakeups: (() => void)[] = [];

  constructor(clock: Clock, options: MemoryStoreOptions = {}) {
    this.#clock = clock;
    this.#options = { ...DEFAULTS, ...options };
  }

  async open(): Promise<void> {
    this.#closed = false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
  }

  async lease(appId: string): Promise<Lease> {
    return { appId, epoch: 1, valid: () => !this.#closed };
  }

  async ingest(lease: Lease, events: readonly InboxEvent[]): Promise<readonly ('new' | 'duplicate')[]> {
    while (this.#unsettled >= this.#options.unsettledMax && !this.#closed) {
      await new Promise<void>((resolve) => this.#wakeups.push(resolve));
    }
    this.#refuseIfClosed();
    const inbox = this.#inbox(lease.appId);
    const nowMs = this.#clock.now();
    this.#forgetOldIds(inbox, nowMs);
    return events.map(({ id }) => {
      if (inbox.known.has(id) || inbox.unsettled.has(id)) return 'duplicate';
      inbox.known.set(id, nowMs + this.#options.dedupeMs);
      inbox.unsettled.add(id);
      this.#unsettled += 1;
      return 'new';
    });
  }

  async settle(lease: Lease, ids: readonly string[]): Promise<void> {
    const { unsettled } = this.#inbox(lease.appId);
    for (const id of ids) if (unsettled.delete(id)) this.#unsettled -= 1;
    if (this.#unsettled < this.#options.unsettledMax) this.#wake();
  }

  async loadSession(lease: Lease, shard: number): Promise<SessionRecord | null> {
    return this.#sessions.get(`${lease.appId}/${shard}`) ?? null;
  }

  async saveSession(lease: Lease, shard: number, session: SessionRecord | null): Promise<void> {
    const key = `${lease.appId}/${shard}`;
    if (session) this.#sessions.set(key, session);
    else this.#sessions.delete(key);
  }

  async loadConversation(_lease: Lease, id: ConversationId): Promise<ConversationRecord | null> {
    return this.#conversations.get(id) ?? null;
  }

  async saveConversation(_lease: Lease, record: ConversationRecord): Promise<void> {
    this.#conversations.delete(record.conversation);
    this.#conversations.set(record.conversation, record);
    if (this.#conversations.size <= this.#options.conversationsMax) return;
    const oldest = this.#conversations.keys().next();
    if (!oldest.done) this.#conversations.delete(oldest.value);
  }

  #inbox(appId: string): Inbox {
    let inbox = this.#inboxes.get(appId);
    if (!inbox) {
      inbox = { known: new Map(), unsettled: new Set() };
      this.#inboxes.set(appId, inbox);
    }
    return inbox;
  }

  /** Ids stand in order of arrival, so the first that is still young ends the sweep. */
  #forgetOldIds({ known }: Inbox, nowMs: number): void {
    for (const [id, untilMs] of known) {
      if (untilMs > nowMs && known.size < this.#options.dedupeMax) return;
      known.delete(id);
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new RouterError('capacity.full', 'the store is closed');
  }

  #wake(): void {
    const wakeups = this.#wakeups;
    this.#wakeups = [];
    for (const wakeup of wakeups) wakeup();
  }
}
