import { Subject, type Subscription } from 'rxjs';
import { type Actor, createActor } from 'xstate';
import { type ConversationEvent, receiptOf } from '../../machines/conversation/conversation.setup.js';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import type { ConversationId } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome, Piece } from '../domain/reply.js';
import { messagesFor, withTurn } from '../domain/transcript.js';
import { type CancelReason, type Interrupted, type Receipt, type TurnInfo, textOf } from '../domain/turn.js';
import { turnAbort } from '../domain/turn-abort.js';
import { outbound } from '../pipelines/outbound.js';
import { ReplyGatherer } from '../pipelines/reply-pieces.js';
import type { TurnInput } from '../ports/agent-driver.js';
import type { ConversationRecord } from '../ports/store.js';
import type { ConversationLogic } from './conversation.actor.js';
import type { ConversationDeps } from './conversation-deps.js';
import { TurnRun } from './turn-run.js';

/** Pieces of a turn in the outbox beyond which its agent is not read on. */
const OUTSTANDING_MAX = 8;

/**
 * One living conversation: its chart, its agent's run, its line to the platform and its transcript.
 * What must outlive it is in the record it hands to `deps.onRecord`.
 */
export class ConversationUnit {
  readonly actor: Actor<ConversationLogic>;
  readonly #deps: ConversationDeps;
  readonly #pieces = new Subject<Piece>();
  readonly #cancelled = new Subject<number>();
  readonly #sending: Subscription;
  #record: ConversationRecord;
  #run: TurnRun | null = null;
  #lastReceipt: { epoch: number; receipt: Receipt } | null = null;
  /** Pieces handed to the line and not come back. */
  #underWay = 0;
  #waiters: (() => void)[] = [];

  constructor(
    id: ConversationId,
    record: ConversationRecord | null,
    policy: ConversationPolicy,
    logic: ConversationLogic,
    deps: ConversationDeps,
  ) {
    this.#deps = deps;
    this.#record = record ?? { conversation: id, epoch: 0, transcript: [] };
    this.actor = createActor(logic, {
      clock: deps.clock,
      ...(deps.inspect && { inspect: deps.inspect }),
      input: { id, policy, epoch: this.#record.epoch, interrupted: this.#record.interrupted ?? null },
    });
    this.#sending = outbound(
      this.#pieces,
      {
        ...deps.sending,
        isLive: (epoch) => this.#isLive(epoch) && deps.lease.valid(),
        cancelled$: this.#cancelled,
      },
      deps.outbound,
    ).subscribe((outcome) => this.#onOutcome(outcome));
    this.actor.on('send', ({ piece }) => {
      this.#underWay += 1;
      this.#pieces.next(piece);
    });
    this.actor.on('turn.started', ({ turn }) => deps.onTurnStarted(turn));
    this.actor.on('turn.cancelled', ({ turn, reason }) => {
      this.#cancelled.next(turn.epoch);
      deps.onTurnCancelled(turn, reason);
      this.#wake();
    });
    this.actor.on('turn.closed', ({ turn, receipt, interrupted }) => this.#onClosed(turn, receipt, interrupted));
    this.actor.on('turn.settled', ({ turn, outcome }) => deps.onLateOutcome(turn, outcome));
    this.actor.on('message.dropped', ({ message }) => deps.onDropped([message]));
    this.actor.subscribe({ error: (error) => deps.onFailed(this, error) });
    this.actor.start();
  }

  get isBusy(): boolean {
    return this.actor.getSnapshot().hasTag('busy');
  }

  /** Nothing waits and nothing is under way, not even a call that outlived its turn: the next send would overtake it. */
  get isIdle(): boolean {
    const { value, context } = this.actor.getSnapshot();
    return value === 'idle' && context.waiting.length === 0 && this.#underWay === 0;
  }

  take(message: Inbound): void {
    this.actor.send({ type: 'message.received', message, atMs: this.#deps.clock.now() });
  }

  stop(reason: CancelReason, all = false): void {
    this.actor.send({ type: 'stop', reason, all, atMs: this.#deps.clock.now() });
  }

  /** Leaves memory. Anything still under way is abandoned: ask `isIdle` first. */
  retire(): void {
    const { liveEpoch } = this.actor.getSnapshot().context;
    this.actor.stop();
    if (this.#run && !this.#run.isOver) this.#run.abort(turnAbort('shutdown'));
    if (liveEpoch !== null) this.#cancelled.next(liveEpoch);
    this.#sending.unsubscribe();
    this.#wake();
  }

  /** Called by the chart when a turn begins. */
  beginRun(turn: TurnInfo, interrupted: Interrupted | null, report: (event: ConversationEvent) => void): TurnRun {
    const { driver, settingsFor, newCutter } = this.#deps;
    const newest = turn.inputs[turn.inputs.length - 1] as Inbound;
    const reply = settingsFor(newest.target.scene).reply;
    const run = new TurnRun(
      turn,
      this.#inputFor(turn, newest, interrupted),
      {
        driver,
        gatherer: new ReplyGatherer(newCutter(reply, newest.target.scene), reply),
        room: () => this.#room(),
        onError: (error) => this.#deps.onAgentError(turn, error),
      },
      report,
    );
    this.#run = run;
    return run;
  }

  /** Called by the chart when it leaves the state in which the agent works. */
  endRun(run: TurnRun, epoch: number): void {
    const { liveEpoch, current } = this.actor.getSnapshot().context;
    if (liveEpoch === epoch) return;
    run.abort(turnAbort(current?.ending?.reason ?? 'shutdown'));
    this.actor.send({ type: 'agent.left', epoch, generatedChars: run.generatedChars });
  }

  /** Resolves when the agent of this epoch has stopped. */
  async agentEnded(epoch: number, signal: AbortSignal): Promise<void> {
    const run = this.#run;
    if (!run || this.actor.getSnapshot().context.epoch !== epoch) return;
    signal.addEventListener('abort', () => run.detach(), { once: true });
    await run.ended;
  }

  #inputFor(turn: TurnInfo, newest: Inbound, interrupted: Interrupted | null): TurnInput {
    return {
      id: turn.id,
      epoch: turn.epoch,
      conversation: {
        id: newest.conversation,
        scene: newest.target.scene,
        target: newest.target,
        sender: newest.sender,
      },
      inputs: turn.inputs,
      text: textOf(turn.inputs),
      ...(interrupted && { interrupted }),
      messages: (options) => messagesFor(this.#record.transcript, turn, interrupted, options),
      delivered: () => this.#delivered(turn.epoch),
    };
  }

  /**
   * After a cancel it does not wait for the closing, which waits for the agent; and not for longer than half of the
   * grace, so that an agent that waits here is not taken for one that does not stop.
   */
  async #delivered(epoch: number): Promise<Receipt> {
    const { clock } = this.#deps;
    let answerAtMs = Number.POSITIVE_INFINITY;
    for (;;) {
      const { status, context } = this.actor.getSnapshot();
      const { current, policy } = context;
      if (status !== 'active' || current?.turn.epoch !== epoch) break;
      const isCancelled = current.ending?.reason !== undefined;
      if (isCancelled) answerAtMs = Math.min(answerAtMs, clock.now() + policy.graceMs / 2);
      const isKnown = current.outstanding === 0 && (isCancelled || current.ending === null);
      if (isKnown || clock.now() >= answerAtMs) return receiptOf(current);
      await (isCancelled ? Promise.race([this.#change(), this.#pause(answerAtMs - clock.now())]) : this.#change());
    }
    return this.#lastReceipt?.epoch === epoch
      ? this.#lastReceipt.receipt
      : { status: 'cancelled', delivered: '', generatedChars: 0, certainty: 'maybe-more', messageIds: [] };
  }

  #room(): Promise<void> | null {
    const { current } = this.actor.getSnapshot().context;
    return current && current.outstanding >= OUTSTANDING_MAX ? this.#change() : null;
  }

  /** The next outcome or closing; whoever waits looks again. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.clock.setTimeout(resolve, delayMs);
    });
  }

  #isLive(epoch: number): boolean {
    const { status, context } = this.actor.getSnapshot();
    return status === 'active' && context.liveEpoch === epoch;
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #onOutcome(outcome: Outcome): void {
    this.#underWay -= 1;
    this.#deps.onOutcome(outcome);
    if (outcome.piece.content.kind === 'typing') return;
    this.actor.send({ type: 'piece.settled', outcome, atMs: this.#deps.clock.now() });
    this.#wake();
  }

  #onClosed(turn: TurnInfo, receipt: Receipt, interrupted: Interrupted | null): void {
    this.#lastReceipt = { epoch: turn.epoch, receipt };
    this.#record = {
      conversation: this.#record.conversation,
      epoch: turn.epoch,
      transcript: withTurn(this.#record.transcript, turn, receipt, this.#deps.transcriptMax),
      ...(interrupted && { interrupted }),
    };
    this.#deps.onTurnClosed(this, turn, receipt, this.#record);
    this.#wake();
  }
}
