import { BehaviorSubject, Subject } from 'rxjs';
import { rightsOf } from '../../src/app/rights.js';
import type { Scene } from '../../src/domain/conversation.js';
import { type Outcome, type Piece, type PieceContent, saidBy } from '../../src/domain/reply.js';
import { type ActiveQuota, MESSAGE_LIMITS, PACE_LIMITS, type ReplyWindow } from '../../src/domain/reply-limits.js';
import type { MessageLimits } from '../../src/domain/reply-plan.js';
import { ActiveLedger } from '../../src/pipelines/active-ledger.js';
import { type Carried, type Order, type OutboundOptions, outbound } from '../../src/pipelines/outbound.js';
import { Pacer } from '../../src/pipelines/pacer.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import { FramePace } from '../../src/pipelines/sending/frame-pace.js';
import { Lanes } from '../../src/pipelines/sending/lanes.js';
import type { Rights, SendLog } from '../../src/pipelines/sending/sending-deps.js';
import type { WrittenFrame } from '../../src/ports/store.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { type Call, type FrameCall, HandApi } from './hand-api.js';
import { pieceOf, START_MS } from './samples.js';

export { type Call, HandApi } from './hand-api.js';

export type SendRigOptions = OutboundOptions & {
  readonly windows?: Readonly<Record<Scene, ReplyWindow>>;
  /** Messages without an anchor are allowed. @default false */
  readonly active?: boolean;
  readonly quotas?: Readonly<Record<Scene, ActiveQuota>>;
  /** Where markdown is wanted; it is lost where the platform refuses it. @default nowhere */
  readonly markdown?: (scene: Scene) => boolean;
  readonly limits?: MessageLimits;
  readonly seqPerFrame?: boolean;
  readonly lanes?: Lanes;
  /** What is written down of each send. @default nothing */
  readonly log?: SendLog;
};

/** One conversation's line to the platform, on virtual time. */
export class SendRig {
  readonly clock = new VirtualClock(START_MS);
  readonly api = new HandApi(this.clock.now);
  readonly ledger: ReplyLedger;
  readonly active: ActiveLedger;
  readonly rights: Rights;
  readonly pacer = new Pacer(PACE_LIMITS);
  readonly framePace = new FramePace();
  readonly online$ = new BehaviorSubject(true);
  readonly carried: Carried[] = [];
  isDone = false;
  /** Whether the lease holds. */
  mayWrite = true;
  #liveEpoch: number | null = 1;
  readonly #orders = new Subject<Order>();
  readonly #cancelled = new Subject<number>();

  constructor(options: SendRigOptions = {}) {
    const {
      windows,
      active = false,
      quotas,
      markdown = () => false,
      limits,
      seqPerFrame = false,
      lanes,
      log,
    } = options;
    this.ledger = new ReplyLedger(windows);
    this.active = new ActiveLedger(() => active, quotas);
    this.rights = rightsOf(markdown);
    this.api.seqPerFrame = seqPerFrame;
    outbound(
      this.#orders,
      {
        api: this.api,
        streams: this.api,
        clock: this.clock,
        random: () => 0,
        ...(log && { log }),
        framePace: this.framePace,
        lanes: lanes ?? new Lanes(64),
        ledger: this.ledger,
        active: this.active,
        rights: this.rights,
        messageLimits: limits ?? MESSAGE_LIMITS,
        pacer: this.pacer,
        online$: this.online$,
        isOnline: () => this.online$.value,
        isLive: (epoch) => this.#liveEpoch === epoch,
        mayWrite: () => this.mayWrite,
        cancelled$: this.#cancelled,
      },
      options,
    ).subscribe({ next: (carried) => this.carried.push(carried), complete: () => (this.isDone = true) });
  }

  get outcomes(): Outcome[] {
    return this.carried.filter((one): one is Outcome => one.status !== 'closed');
  }

  get statuses(): string[] {
    return this.outcomes.map(({ status, piece }) => `${piece.index} ${status}`);
  }

  /** What the outcomes say the user has before their eyes. */
  get said(): string[] {
    return this.outcomes.flatMap((outcome) => saidBy(outcome) ?? []);
  }

  async send(...pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) this.#orders.next({ do: 'send', piece });
    await this.clock.advance(0);
  }

  /** A send of an earlier life. */
  async resend(piece: Piece, msgSeq: number, frame?: WrittenFrame): Promise<void> {
    const [anchor] = piece.anchors;
    if (!anchor) throw new Error('it had an anchor');
    const reserved = { slot: { anchor, msgSeq }, written: Promise.resolve(), isRepeat: true };
    this.#orders.next({ do: 'resend', piece, reserved, ...(frame && { frame }) });
    await this.clock.advance(0);
  }

  /** The next parts of one answer. */
  async say(...contents: readonly PieceContent[]): Promise<void> {
    for (const content of contents) await this.send(pieceOf(this.outcomes.length, { content }));
  }

  /** Ends the bubble of a turn, as its end or its cancel does. */
  async close(epoch = 1): Promise<void> {
    this.#orders.next({ do: 'close', epoch });
    await this.clock.advance(0);
  }

  /** Answers the last call and lets what follows happen. */
  async answer(how: (call: Call) => void): Promise<void> {
    how(this.api.last);
    await this.clock.advance(0);
  }

  async answerFrame(how: (call: FrameCall) => void): Promise<void> {
    how(this.api.lastFrame);
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
    this.#orders.complete();
    await this.clock.advance(0);
  }
}
