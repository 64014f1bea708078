import { BehaviorSubject, Subject } from 'rxjs';
import type { Outcome, Piece } from '../../src/domain/reply.js';
import { PACE_LIMITS } from '../../src/domain/reply-limits.js';
import type { ErrorCode } from '../../src/errors/codes.js';
import { type ErrorMore, RouterError } from '../../src/errors/router-error.js';
import { type OutboundOptions, outbound } from '../../src/pipelines/outbound.js';
import { Pacer } from '../../src/pipelines/pacer.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import type { MessageApi, OutgoingText, SendGate, SendResult } from '../../src/ports/message-api.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { START_MS } from './samples.js';

/** One request that reached the transport, and the doors through which it ends. */
export type Call = {
  readonly kind: 'text' | 'typing';
  readonly message: Omit<OutgoingText, 'text'> & { readonly text?: string };
  readonly atMs: number;
  readonly accept: (result?: SendResult) => void;
  readonly fail: (code: ErrorCode, more?: ErrorMore) => void;
};

/** A platform whose every answer the test gives by hand; like the real one, it asks the gate before it sends. */
export class HandApi implements MessageApi {
  readonly calls: Call[] = [];
  inFlight = 0;
  inFlightMax = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get last(): Call {
    const call = this.calls.at(-1);
    if (!call) throw new Error('nothing was sent');
    return call;
  }

  get texts(): string[] {
    return this.calls.filter(({ kind }) => kind === 'text').map(({ message }) => message.text ?? '');
  }

  sendText(message: OutgoingText, mayStart: SendGate): Promise<SendResult> {
    return this.#call('text', message, mayStart);
  }

  sendTyping(message: Omit<OutgoingText, 'text'>, mayStart: SendGate): Promise<SendResult> {
    return this.#call('typing', message, mayStart);
  }

  async react(): Promise<void> {}

  async me(): Promise<{ id: string; username: string }> {
    return { id: '1', username: 'bot' };
  }

  #call(kind: Call['kind'], message: Call['message'], mayStart: SendGate): Promise<SendResult> {
    if (!mayStart()) return Promise.resolve({ fenced: true });
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    return new Promise<SendResult>((resolve, reject) => {
      const end = <Args extends unknown[]>(how: (...args: Args) => void): ((...args: Args) => void) => {
        let isOver = false;
        return (...args) => {
          if (isOver) return;
          isOver = true;
          this.inFlight -= 1;
          how(...args);
        };
      };
      const sentId = `sent ${this.calls.length + 1}`;
      this.calls.push({
        kind,
        message,
        atMs: this.#now() - START_MS,
        accept: end((result = { sentId }) => resolve(result)),
        fail: end((code, more) => reject(new RouterError(code, 'scripted', more))),
      });
    });
  }
}

/** One conversation's line to the platform, on virtual time. */
export class SendRig {
  readonly clock = new VirtualClock(START_MS);
  readonly api = new HandApi(this.clock.now);
  readonly ledger = new ReplyLedger();
  readonly pacer = new Pacer(PACE_LIMITS);
  readonly online$ = new BehaviorSubject(true);
  readonly outcomes: Outcome[] = [];
  isDone = false;
  #liveEpoch: number | null = 1;
  readonly #pieces = new Subject<Piece>();
  readonly #cancelled = new Subject<number>();

  constructor(options: OutboundOptions = {}) {
    outbound(
      this.#pieces,
      {
        api: this.api,
        clock: this.clock,
        random: () => 0,
        ledger: this.ledger,
        pacer: this.pacer,
        online$: this.online$,
        isOnline: () => this.online$.value,
        isLive: (epoch) => this.#liveEpoch === epoch,
        cancelled$: this.#cancelled,
      },
      options,
    ).subscribe({ next: (outcome) => this.outcomes.push(outcome), complete: () => (this.isDone = true) });
  }

  get statuses(): string[] {
    return this.outcomes.map(({ status, piece }) => `${piece.index} ${status}`);
  }

  async send(...pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) this.#pieces.next(piece);
    await this.clock.advance(0);
  }

  /** Answers the last call and lets what follows happen. */
  async answer(how: (call: Call) => void): Promise<void> {
    how(this.api.last);
    await this.clock.advance(0);
  }

  /** The cancel point of the live turn; the next one is live at once. */
  async cancel(): Promise<void> {
    const epoch = this.#liveEpoch ?? 0;
    this.#liveEpoch = epoch + 1;
    this.#cancelled.next(epoch);
    await this.clock.advance(0);
  }

  async end(): Promise<void> {
    this.#pieces.complete();
    await this.clock.advance(0);
  }
}
