import { type Actor, createActor } from 'xstate';
import type { ConversationEmitted, ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { begun, type Progress, parkedBy } from '../../machines/conversation/progress.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import { anchorsOf, type Inbound, newestOf } from '../domain/inbound.js';
import { type Outcome, type Piece, saidBy, textOfPiece } from '../domain/reply.js';
import type { BusyPolicy, CancelReason, Interrupted, ToolState, TurnInfo } from '../domain/turn.js';
import { turnAbort } from '../domain/turn-abort.js';
import type { ConversationRecord } from '../ports/store.js';
import { answerGatherer } from './answer-gatherer.js';
import type { ConversationLogic } from './conversation.actor.js';
import type { ConversationDeps } from './conversation-deps.js';
import { ConversationLine } from './conversation-line.js';
import { ConversationMemory } from './conversation-memory.js';
import { Expiries } from './expiries.js';
import { inspectOption, tellingSteps } from './inspect.js';
import { Receipts } from './receipts.js';
import { OFFER_REPLIES_MIN, StopOffer } from './stop-offer.js';
import { turnInput } from './turn-input.js';
import { TurnRun } from './turn-run.js';
import { type UnitView, unitViewOf } from './unit-view.js';

/** Pieces of a turn without an outcome beyond which its agent is not read on. */
const OPEN_MAX = 8;

/**
 * One living conversation: its chart, its agent's run, its line to the platform and its transcript.
 * What must outlive it is in the record it hands to `deps.onTurnClosed`.
 */
export class ConversationUnit {
  readonly actor: Actor<ConversationLogic>;
  readonly #deps: ConversationDeps;
  readonly #line: ConversationLine;
  readonly #memory: ConversationMemory;
  readonly #expiries: Expiries;
  #run: TurnRun | null = null;
  readonly #stopOffer: StopOffer;
  /** Messages it was given that are neither in a closed turn nor dropped. */
  readonly #owed = new Set<Inbound>();
  /** The turn that was started and is not closed. */
  #turn: TurnInfo | null = null;
  #notices = 0;
  /** Who waits for what was said outside of a turn. */
  readonly #asked = new Map<Piece, (outcome: Outcome) => void>();
  readonly #receipts: Receipts;

  constructor(
    readonly id: ConversationId,
    readonly scene: Scene,
    record: ConversationRecord | null,
    logic: ConversationLogic,
    deps: ConversationDeps,
  ) {
    this.#deps = deps;
    this.#stopOffer = new StopOffer({
      clock: deps.clock,
      mayOffer: () => this.#mayOfferStop(),
      offer: (text) => this.#offerStop(text),
    });
    this.#receipts = new Receipts({
      clock: deps.clock,
      context: () => {
        const { status, context } = this.actor.getSnapshot();
        return status === 'active' ? context : null;
      },
      generatedChars: () => this.#run?.generatedChars ?? 0,
    });
    const { policy, pauseMs } = deps.settingsFor(scene);
    this.#memory = new ConversationMemory(record ?? { conversation: id, epoch: 0, transcript: [] }, deps);
    this.#expiries = new Expiries(deps.clock, (message) => this.actor.send({ type: 'message.expired', id: message }));
    const { epoch, interrupted = null, parked = '', busy } = this.record;
    const inspector = deps.inspectorOf?.(id);
    this.actor = createActor(tellingSteps(logic, inspector), {
      clock: deps.clock,
      ...inspectOption(inspector),
      input: { id, policy: busy ? { ...policy, busy } : policy, epoch, interrupted, parked },
    });
    this.#line = new ConversationLine({
      sending: deps.sending,
      outbound: { ...deps.outbound, ...(pauseMs && { pauseMs }) },
      isLive: (one) => this.#isLive(one),
      mayWrite: () => deps.lease.valid(),
      onOutcome: (outcome, tookMs) => this.#onOutcome(outcome, tookMs),
      onChange: () => {
        this.#receipts.wake();
        if (this.#line.underWay === 0) deps.onLineQuiet(this);
      },
    });
    this.actor.on('*', (emitted) => this.#onEmitted(emitted));
    this.actor.subscribe({ error: (error) => this.#onDeath(error) });
    this.actor.start();
  }

  get isBusy(): boolean {
    return this.actor.getSnapshot().hasTag('busy') || this.#line.underWay > 0;
  }

  /** Nothing waits and nothing is under way, not even a call that outlived its turn: the next send would overtake it. */
  get isIdle(): boolean {
    const { value, context } = this.actor.getSnapshot();
    return value === 'idle' && context.line.waiting.length === 0 && this.#line.underWay === 0;
  }

  get record(): ConversationRecord {
    return this.#memory.record;
  }

  /** What an operator is shown of it. */
  view(): UnitView {
    return unitViewOf(this.id, this.actor.getSnapshot());
  }

  /** `takenAtMs`: when it was taken in; the user's quiet counts from then, also over a restart. */
  take(message: Inbound, takenAtMs = Number.POSITIVE_INFINITY): void {
    this.#owed.add(message);
    // A clock that was set back does not make anybody wait for a time that was.
    const atMs = Math.min(takenAtMs, this.#deps.clock.now());
    this.actor.send({ type: 'message.received', message, atMs });
  }

  /**
   * Says something outside of a turn, in its place on the line. Never rejects. A turn under way keeps one reply of each
   * message for itself, unless the send is `passive`.
   */
  say(piece: Piece): Promise<Outcome> {
    const { ledger, clock } = this.#deps.sending;
    const { scene } = piece.target;
    const keep = this.actor.getSnapshot().context.current && piece.send?.mode === 'auto' ? 1 : 0;
    const anchors = piece.anchors.filter((anchor) => ledger.repliesLeft(scene, [anchor], clock.now()) > keep);
    const asked: Piece = { ...piece, anchors };
    return new Promise((resolve) => {
      this.#asked.set(asked, resolve);
      this.#line.send(asked);
    });
  }

  /** `by`: the user's message that asks for it. */
  stop(reason: CancelReason, all = false, by: Inbound | null = null): void {
    this.actor.send({ type: 'stop', reason, all, by, atMs: this.#deps.clock.now() });
  }

  recall(messageId: string): void {
    this.actor.send({ type: 'message.recalled', id: messageId, atMs: this.#deps.clock.now() });
  }

  /** From now on, and in later lives too; `null` goes back to the scene's setting. */
  choose(busy: BusyPolicy | null, policy: ConversationPolicy): ConversationRecord {
    this.actor.send({ type: 'policy.changed', policy: busy ? { ...policy, busy } : policy });
    return this.#memory.choose(busy);
  }

  /** The platform's review let these words go after they were taken for said; gives what is to be saved. */
  unsay(said: string): ConversationRecord {
    return this.#memory.unsaid(said);
  }

  /** Whether this user may end what is under way: it is theirs alone, or they run the place. */
  mayBeStoppedBy({ sender }: Inbound): boolean {
    const inputs = this.actor.getSnapshot().context.current?.turn.inputs ?? [];
    const { admins } = this.#deps.settingsFor(this.scene);
    const isInCharge = sender.role === 'owner' || sender.role === 'admin' || admins.includes(sender.id);
    return isInCharge || inputs.every((input) => input.sender.id === sender.id);
  }

  /** Leaves memory. Anything still under way is abandoned: ask `isIdle` first. */
  retire(): void {
    const { liveEpoch } = this.actor.getSnapshot().context;
    this.actor.stop();
    if (this.#run && !this.#run.isOver) this.#run.abort(turnAbort('shutdown'));
    if (liveEpoch !== null) this.#line.cancel(liveEpoch);
    this.#line.end();
    for (const [piece, resolve] of this.#asked) {
      resolve({ piece, status: 'unknown', code: 'store.closed', maybe: textOfPiece(piece) });
    }
    this.#asked.clear();
    this.#expiries.end();
    this.#stopOffer.end();
    this.#receipts.wake();
  }

  /** How long the turn's newest message may still be answered. Units: ms. */
  replyWindowMs(turn: TurnInfo): number {
    return this.#windowMs(newestOf(turn));
  }

  /** Called by the chart when a turn begins. */
  beginRun(turn: TurnInfo, interrupted: Interrupted | null, report: (event: ConversationEvent) => void): TurnRun {
    const { driver, settingsFor, clock, silenceMaxMs, received } = this.#deps;
    const { scene } = newestOf(turn).target;
    const { stopOffer } = settingsFor(scene);
    const gatherer = answerGatherer(scene, this.#deps, {
      budget: () => this.#line.budgetFor(this.actor.getSnapshot().context.current?.turn.inputs ?? turn.inputs),
      isClear: () => this.actor.getSnapshot().context.current?.open.length === 0,
      say: (pieces) => run.say(pieces),
    });
    const run: TurnRun = new TurnRun(
      turn,
      turnInput(turn, interrupted, {
        deps: this.#deps,
        memory: this.#memory,
        run: () => run,
        report: (event) => this.actor.send(event),
        noteTools: (tools) => this.#noteTools(run, turn.epoch, tools),
        repliesLeft: () => this.#line.budgetFor(turn.inputs).replies,
        windowMs: () => this.replyWindowMs(turn),
        delivered: () => this.#receipts.delivered(turn.epoch),
      }),
      {
        clock,
        driver,
        gatherer,
        silenceMaxMs,
        admit: (signal) => this.#deps.admit(turn, signal),
        ...(received && { received }),
        isOwed: () => (this.actor.getSnapshot().context.current?.open.length ?? 0) > 0,
        room: () => this.#room(),
        onError: (error) => this.#deps.onAgentError(turn, error),
      },
      report,
    );
    this.#run = run;
    void run.ended.then(() => this.#letGo());
    if (stopOffer) this.#stopOffer.begin(stopOffer);
    return run;
  }

  /** What is over and closed would keep its agent, its signal and its timers for as long as the conversation lives. */
  #letGo(): void {
    if (this.#turn === null && this.#run?.isOver) this.#run = null;
  }

  /** Called by the chart when it leaves the state in which the agent works. */
  endRun(run: TurnRun, epoch: number): void {
    this.#stopOffer.end();
    const { liveEpoch, current } = this.actor.getSnapshot().context;
    if (liveEpoch === epoch) return;
    if (!run.hasEnded) run.abort(turnAbort(current?.ending?.reason ?? 'shutdown'));
    this.#tellLeft(run, epoch);
  }

  /** A turn that is closed takes no more, and most are by now: the chart is spared a step. */
  #tellLeft({ generatedChars, tools }: TurnRun, epoch: number): void {
    if (this.actor.getSnapshot().context.current?.turn.epoch !== epoch) return;
    this.actor.send({ type: 'agent.left', epoch, generatedChars, tools });
  }

  /** The agent has stopped, and says where. */
  #noteTools(run: TurnRun, epoch: number, tools: readonly ToolState[]): void {
    for (const tool of tools) run.noteTool(tool);
    this.#tellLeft(run, epoch);
  }

  /** Resolves when the agent of this epoch has stopped. */
  async agentEnded(epoch: number, signal: AbortSignal): Promise<void> {
    const run = this.#run;
    if (!run || this.actor.getSnapshot().context.epoch !== epoch) return;
    signal.addEventListener('abort', () => this.#detach(run, epoch), { once: true });
    await run.ended;
  }

  /** The grace is over: the next turn goes on without it, and later it is ended by force. Source: turns §3.4. */
  #detach(run: TurnRun, epoch: number): void {
    if (run.isOver) return;
    run.detach();
    const { clock, driver, killMs } = this.#deps;
    const { graceMs } = this.actor.getSnapshot().context.policy;
    if (!driver.kill || killMs === undefined) return;
    clock.setTimeout(
      () => {
        if (!run.isOver) driver.kill?.(`${this.id}:t${epoch}`);
      },
      Math.max(0, killMs - graceMs),
    );
  }

  #room(): Promise<void> | null {
    const { current } = this.actor.getSnapshot().context;
    return current && current.open.length >= OPEN_MAX ? this.#receipts.change() : null;
  }

  #isLive(epoch: number): boolean {
    const { status, context } = this.actor.getSnapshot();
    return status === 'active' && context.liveEpoch === epoch;
  }

  #onEmitted(emitted: ConversationEmitted): void {
    switch (emitted.type) {
      case 'send':
        this.#line.send(emitted.piece);
        break;
      case 'notice':
        this.#sendNotice(emitted.to, emitted.text);
        break;
      case 'offer':
        void this.#offer(emitted);
        break;
      case 'message.waiting':
        this.#armExpiry(emitted.message);
        break;
      case 'message.dropped':
        this.#expiries.disarm(emitted.message.id);
        this.#owed.delete(emitted.message);
        this.#deps.onDropped(emitted.message, emitted.why);
        break;
      case 'turn.started':
        for (const { id } of emitted.turn.inputs) this.#expiries.disarm(id);
        this.#turn = emitted.turn;
        this.#deps.onTurnStarted(emitted.turn);
        break;
      case 'turn.cancelled':
        this.#line.cancel(emitted.turn.epoch);
        this.#onCancelled(emitted);
        this.#receipts.wake();
        break;
      case 'turn.closed':
        this.#onClosed(emitted);
        break;
      case 'turn.settled':
        this.#deps.onLateOutcome(
          emitted.turn,
          emitted.outcome,
          this.#memory.late(emitted.epoch, emitted.outcome, emitted.parked),
        );
        break;
    }
  }

  /** An agent that takes a message may come to harm with it, so that it is written down first. */
  async #offer({ message, epoch }: Extract<ConversationEmitted, { type: 'offer' }>): Promise<void> {
    const run = this.#run;
    const turn = this.#turn;
    if (!run?.takesMore || !turn) return;
    try {
      await this.#deps.claim(message);
    } catch (error) {
      // It waits for its own turn, as if the agent had not taken it.
      this.#deps.onAgentError(turn, error);
      return;
    }
    // Recalled or given up meanwhile.
    if (!this.actor.getSnapshot().context.line.waiting.some(({ id }) => id === message.id)) return;
    run.offer(message, () => {
      this.#expiries.disarm(message.id);
      this.actor.send({ type: 'agent.steered', epoch, id: message.id });
    });
  }

  /** Not where the platform would take the button off, nor where the answer may need the reply. */
  #mayOfferStop(): boolean {
    const inputs = this.actor.getSnapshot().context.current?.turn.inputs ?? [];
    const [first] = inputs;
    const { rights } = this.#deps.sending;
    if (!first || !rights.stopKeyboard || rights.lacksKeyboard(first.target, rights.stopKeyboard)) return false;
    return this.#line.budgetFor(inputs).replies >= OFFER_REPLIES_MIN;
  }

  #offerStop(text: string): void {
    const { current } = this.actor.getSnapshot().context;
    if (current) this.#sendNotice(newestOf(current.turn), text, current.turn.epoch);
  }

  /** `ofEpoch`: fenced with that turn, whose stop button it carries. */
  #sendNotice(to: Inbound, text: string, ofEpoch?: number): void {
    const { target, conversation } = to;
    this.#notices += 1;
    this.#line.send({
      conversation,
      turn: `${conversation}:n${this.#notices}`,
      epoch: ofEpoch ?? 0,
      role: 'notice',
      index: 0,
      target,
      anchors: anchorsOf([to]),
      content: { kind: 'text', text, via: 'reply', ...(ofEpoch !== undefined && { more: true }) },
    });
  }

  #windowMs({ target, atMs }: Inbound): number {
    const { settingsFor, clock } = this.#deps;
    return atMs + settingsFor(target.scene).replyWindowMs - clock.now();
  }

  /** A message that can be answered no more waits no longer. */
  #armExpiry(message: Inbound): void {
    const { waitingLifeMs } = this.actor.getSnapshot().context.policy;
    this.#expiries.arm(message, Math.min(waitingLifeMs, this.#windowMs(message)));
  }

  #onOutcome(outcome: Outcome, tookMs: number): void {
    this.#deps.onOutcome(outcome, tookMs);
    const asked = this.#asked.get(outcome.piece);
    if (asked) {
      this.#asked.delete(outcome.piece);
      const said = saidBy(outcome);
      if (said !== null && said !== '') this.#deps.onSaid?.(this.#memory.said(said));
      asked(outcome);
    }
    if (outcome.piece.content.kind === 'typing' || outcome.piece.role !== 'answer') return;
    this.actor.send({ type: 'piece.settled', outcome, atMs: this.#deps.clock.now() });
  }

  #onCancelled(ended: Extract<ConversationEmitted, { type: 'turn.cancelled' }>): void {
    const { turn, reason, receipt } = ended;
    this.#deps.onTurnCancelled(turn, reason, receipt, this.#memory.after(ended));
  }

  #onClosed(ended: Extract<ConversationEmitted, { type: 'turn.closed' }>): void {
    const { turn, receipt } = ended;
    for (const message of turn.inputs) this.#owed.delete(message);
    this.#turn = null;
    this.#letGo();
    this.#receipts.keep(turn.epoch, receipt);
    this.#deps.onTurnClosed(this, turn, receipt, this.#memory.closed(ended));
    this.#receipts.wake();
  }

  /** What it had taken does not stay open, and the epoch of its turn is used up. */
  #onDeath(error: unknown): void {
    const { clock, onDropped, onFailed } = this.#deps;
    if (this.#turn) {
      const { current } = this.actor.getSnapshot().context;
      const last = current?.turn.epoch === this.#turn.epoch ? current : begun(this.#turn, '');
      const failed: Progress = { ...last, ending: { status: 'failed', atMs: clock.now() } };
      const receipt = this.#receipts.soFar(failed);
      this.#onClosed({ type: 'turn.closed', turn: failed.turn, receipt, interrupted: null, parked: parkedBy(failed) });
    }
    for (const message of this.#owed) onDropped(message, 'failed');
    onFailed(this, error);
  }
}
