import type { JsonObject } from './json.js';
import { Ring } from './ring.js';
import type { Timers } from './timers.js';
import type { TranscriptEntry } from './transcript.js';

/** Where something is said. */
export type Scene = 'c2c' | 'group' | 'guild' | 'dm';

/** A REST call, with what it was answered. Headers are lower-case; `body` is as parsed. */
export type ReceivedCall = {
  readonly kind: 'call';
  readonly atMs: number;
  readonly appId: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly status: number;
  readonly code: number | undefined;
  /** What was asked for and stood in the way, if anything. */
  readonly fault: 'cut' | 'hang' | 'injected' | undefined;
};

/** A frame from a client; `op` is null where none could be read. */
export type ReceivedFrame = {
  readonly kind: 'frame';
  readonly atMs: number;
  readonly link: number;
  readonly appId: string | undefined;
  readonly sessionId: string | undefined;
  readonly op: number | null;
  readonly d: unknown;
  readonly text: string;
};

/** Anything that came from a bot. */
export type Received = ReceivedCall | ReceivedFrame;

/** A send the platform accepted. `active`: it named no anchor. `body` is as it came. */
export type Sent = {
  readonly atMs: number;
  readonly appId: string;
  readonly scene: Scene;
  readonly target: string;
  readonly messageId: string;
  readonly msgId: string | undefined;
  readonly eventId: string | undefined;
  readonly msgSeq: number;
  readonly kind: 'text' | 'markdown' | 'ark' | 'embed' | 'media' | 'typing' | 'stream';
  readonly text: string;
  readonly active: boolean;
  /** Of a stream's chunk: the stream, the chunk's index, and its state (1 goes on, 10 ends). */
  readonly stream: { readonly id: string; readonly index: number; readonly state: number } | undefined;
  readonly body: JsonObject;
};

/** Any call that was answered with an error. */
export type Refused = {
  readonly atMs: number;
  readonly appId: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: number | undefined;
  readonly message: string | undefined;
  readonly body: unknown;
};

/** A turn in a session's life. `code` is the close code where there was one. */
export type SessionChange = {
  readonly atMs: number;
  readonly appId: string | undefined;
  readonly link: number;
  readonly sessionId: string | undefined;
  readonly change: 'connected' | 'identified' | 'resumed' | 'refused' | 'closed';
  readonly code: number | undefined;
  readonly reason: string | undefined;
};

/** An event the platform made. `sessions`: to how many it went or was kept for; a callback address counts as one. */
export type Pushed = {
  readonly atMs: number;
  readonly appId: string;
  readonly t: string;
  readonly id: string;
  readonly d: JsonObject;
  readonly sessions: number;
};

/**
 * One delivery to a callback address, §10. `attempt` counts from 1.
 * Shape: `refused` was answered, and not with the acknowledgement; `dropped` found the line full and was never sent.
 */
export type CallbackRecord = {
  readonly atMs: number;
  readonly appId: string;
  readonly url: string;
  readonly kind: 'event' | 'validation' | 'heartbeat';
  readonly t: string | undefined;
  readonly eventId: string | undefined;
  readonly attempt: number;
  readonly outcome: 'acknowledged' | 'refused' | 'timedOut' | 'unreachable' | 'dropped';
  readonly status: number | undefined;
  readonly reason: string | undefined;
};

/** A line of a transcript that came, or changed: a stream grew, a message was recalled or reacted to. */
export type EntryChange = {
  readonly atMs: number;
  readonly appId: string;
  readonly scene: Scene;
  readonly target: string;
  readonly entry: TranscriptEntry;
};

/** A button's life: it spins from the click until it is acknowledged, or until its time is over, §5.8. */
export type InteractionChange = {
  readonly atMs: number;
  readonly appId: string;
  readonly id: string;
  readonly change: 'clicked' | 'answered' | 'timedOut';
  /** What it was answered with. */
  readonly code: number | undefined;
};

/** What is recorded, by its kind. */
export type RecordKinds = {
  received: Received;
  sent: Sent;
  refused: Refused;
  session: SessionChange;
  pushed: Pushed;
  callback: CallbackRecord;
  interaction: InteractionChange;
  entry: EntryChange;
};
/** The kinds of records. */
export type RecordKind = keyof RecordKinds;
/** The kinds that are kept; of entries, the transcript is what is kept. */
export type RecordedKind = Exclude<RecordKind, 'entry'>;

type Waiter = { check(): void };

/** What happened, in order, in bounded rings; and whoever wants to hear of it. */
export class Records {
  readonly received: Ring<Received>;
  readonly sent: Ring<Sent>;
  readonly refused: Ring<Refused>;
  readonly session: Ring<SessionChange>;
  readonly pushed: Ring<Pushed>;
  readonly callback: Ring<CallbackRecord>;
  readonly interaction: Ring<InteractionChange>;
  readonly #listeners = new Map<RecordKind, Set<(record: never) => void>>();
  readonly #waiters = new Set<Waiter>();

  constructor(max: number) {
    this.received = new Ring(max);
    this.sent = new Ring(max);
    this.refused = new Ring(max);
    this.session = new Ring(max);
    this.pushed = new Ring(max);
    this.callback = new Ring(max);
    this.interaction = new Ring(max);
  }

  add<K extends RecordedKind>(kind: K, record: RecordKinds[K]): void {
    (this[kind] as unknown as Ring<RecordKinds[K]>).push(record);
    this.tell(kind, record);
  }

  isHeard(kind: RecordKind): boolean {
    return (this.#listeners.get(kind)?.size ?? 0) > 0;
  }

  /** To whoever hears, without keeping it. */
  tell<K extends RecordKind>(kind: K, record: RecordKinds[K]): void {
    const listeners = this.#listeners.get(kind);
    if (listeners) for (const listener of [...listeners]) (listener as (record: RecordKinds[K]) => void)(record);
    this.changed();
  }

  /** Something that may be waited for has changed. */
  changed(): void {
    if (this.#waiters.size > 0) for (const waiter of [...this.#waiters]) waiter.check();
  }

  on<K extends RecordKind>(kind: K, listener: (record: RecordKinds[K]) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  waitFor<T>(probe: () => T, timers: Timers, timeoutMs: number): Promise<NonNullable<T>> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        check: () => {
          const value = settle(() => probe());
          if (!value) return;
          this.#waiters.delete(waiter);
          cancel();
          resolve(value);
        },
      };
      const settle = (run: () => T): NonNullable<T> | false => {
        try {
          return run() || false;
        } catch (error) {
          this.#waiters.delete(waiter);
          cancel();
          reject(error);
          return false;
        }
      };
      const cancel = timers.after(timeoutMs, () => {
        this.#waiters.delete(waiter);
        reject(new Error(`nothing made the condition true within ${timeoutMs} ms: ${probe.toString().slice(0, 200)}`));
      });
      this.#waiters.add(waiter);
      waiter.check();
    });
  }
}
