import type { Inbound } from '../domain/inbound.js';
import type { CancelReason, Receipt } from '../domain/turn.js';
import type { TurnCancel } from '../domain/turn-abort.js';
import type { AgentEvent, TurnInput } from '../ports/agent-driver.js';
import { type Answer, ok, refused } from './answers.js';
import type { AgentFrames, OutputFrame } from './frames/from-agent.js';
import type { RouterFrames } from './frames/to-agent.js';
import { TurnHold } from './turn-hold.js';
import type { NativeTurnDeps, TurnHolder } from './turn-holder.js';
import { CREDIT_CHARS, newOutput, readOutput, type TurnOutput, takeEnd, takeOutput } from './turn-output.js';
import { TurnSteering } from './turn-steering.js';
import { ALIVE, type Unread, UnreadEvents } from './unread-events.js';
import { eventOf, wireClosed, wireInput, wireStart } from './wire-form.js';

/** Agents that may let an offer pass before the turn fails. Source: turns §3.4. */
const OFFERS_MAX = 2;
/** Room is given back in steps of this much, not a frame at a time. */
const CREDIT_STEP = CREDIT_CHARS / 4;

type Offer = { readonly holder: TurnHolder; readonly wire: string };

/**
 * One turn on its way to an agent and back: the router's side of a run.
 * Shape: offered to one agent at a time, under a name of its own each time; what comes under another name is stale.
 * As an iterator it gives the agent's events, then `end` or `error`; after an abort it ends once the agent has stopped.
 */
export class NativeTurn implements AsyncIterator<AgentEvent> {
  readonly input: TurnInput;
  readonly #signal: AbortSignal;
  readonly #deps: NativeTurnDeps;
  #offer: Offer | null = null;
  #attempt = 0;
  #isAccepted = false;
  #acceptTimer: unknown = null;
  #ignored = 0;
  #output: TurnOutput = newOutput(false);
  readonly #unread = new UnreadEvents();
  #owedCredit = 0;
  #deliveredChars = 0;
  /** `agent`: it has said its last word, or is known to have stopped. `all`: nobody reads any more. */
  #over: 'agent' | 'all' | null = null;
  #hasBegun = false;
  /** It was cancelled after its agent had said all: nobody is told to stop, and whatever is said again is stale. */
  #isFenced = false;
  readonly #steering: TurnSteering;
  readonly #hold: TurnHold;
  /** Messages that joined it after it had begun. */
  readonly #joined: Inbound[] = [];
  /** Agents that are not asked again, until when; epoch ms. */
  readonly #passed = new Map<string, number>();

  constructor(input: TurnInput, signal: AbortSignal, deps: NativeTurnDeps) {
    this.input = input;
    this.#signal = signal;
    this.#deps = deps;
    this.#steering = new TurnSteering(deps.clock);
    this.#hold = new TurnHold(deps.clock, (on) => input.hold(on));
  }

  get holder(): TurnHolder | null {
    return this.#offer?.holder ?? null;
  }

  get wire(): string | null {
    return this.#offer?.wire ?? null;
  }

  get deliveredChars(): number {
    return this.#deliveredChars;
  }

  get isCancelled(): boolean {
    return this.#signal.aborted || this.#isFenced;
  }

  /** It takes one of its agent's slots. */
  get isWorking(): boolean {
    return this.#offer !== null && this.#over === null;
  }

  /** Whether it may be offered to that agent now. */
  mayAsk(sid: string): boolean {
    return (this.#passed.get(sid) ?? 0) <= this.#deps.clock.now();
  }

  /** When the first of those that declined may be asked again; null where none did. */
  get nextAskMs(): number | null {
    const nowMs = this.#deps.clock.now();
    const later = [...this.#passed.values()].filter((atMs) => atMs > nowMs && Number.isFinite(atMs));
    return later.length > 0 ? Math.min(...later) : null;
  }

  // ── the router's side ─────────────────────────────────────────────────────────────────────────────────────────────

  async next(): Promise<IteratorResult<AgentEvent>> {
    if (!this.#hasBegun) this.#begin();
    for (;;) {
      const first = this.#unread.take();
      if (first) {
        this.#noteRead(first);
        return { done: false, value: first.event };
      }
      if (this.#over) return { done: true, value: undefined };
      await this.#unread.change();
    }
  }

  /** Nobody reads any more: an agent that is at work is told so, and what it says from now on is stale. */
  async return(): Promise<IteratorResult<AgentEvent>> {
    if (this.#over === null && !this.#signal.aborted) this.#tellCancel('policy');
    this.abandon();
    return { done: true, value: undefined };
  }

  /** It counts for nothing any more, whatever its agent does; its slot is free. */
  abandon(): void {
    this.#unread.clear();
    this.#end('all');
  }

  #begin(): void {
    this.#hasBegun = true;
    if (this.#signal.aborted) {
      this.#end('all');
      return;
    }
    this.#signal.addEventListener('abort', () => this.#onAbort(), { once: true });
    this.input.onSteer((message) => this.#steer(message));
    this.#deps.place(this);
  }

  /** The cancel point: the agent is told in this very step. */
  #onAbort(): void {
    if (this.#over !== null) return;
    this.#unread.clear();
    this.#steering.settle();
    if (this.#offer === null) {
      this.#deps.withdraw(this);
      this.#end('agent');
      return;
    }
    this.#deps.clock.clearTimeout(this.#acceptTimer);
    const { cause } = this.#signal.reason as { readonly cause?: TurnCancel };
    this.#tellCancel(cause?.reason ?? 'policy');
  }

  #tellCancel(reason: CancelReason): void {
    if (!this.#offer) return;
    const by = this.#deps.causeOf(this, reason);
    this.#offer.holder.record({
      t: 'turn.cancel',
      turn: this.#offer.wire,
      epoch: this.input.epoch,
      reason,
      ...(by && { by: { sender: by.sender.id, message: by.id } }),
      graceMs: this.#deps.times.graceMs,
      deliveredChars: this.#deliveredChars,
    });
  }

  #noteRead({ chars, isOutput }: Unread): void {
    if (!isOutput) return;
    this.#output = readOutput(this.#output, chars);
    this.#owedCredit += chars;
    if (!this.#offer?.holder.caps.flow || this.#owedCredit < CREDIT_STEP || this.#over !== null) return;
    this.#offer.holder.say({ t: 'turn.credit', turn: this.#offer.wire, add: this.#owedCredit });
    this.#owedCredit = 0;
  }

  // ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  offerTo(holder: TurnHolder): void {
    const { input } = this;
    this.#attempt += 1;
    const wire = this.#deps.nameOffer(input.id);
    this.#offer = { holder, wire };
    this.#isAccepted = false;
    this.#output = newOutput(holder.caps.flow ?? false);
    this.#owedCredit = 0;
    holder.hold(wire, this);
    holder.record(
      wireStart(input, this.#joined, {
        wire,
        attempt: this.#attempt,
        history: holder.caps.history,
        times: this.#deps.times,
        credit: this.#output.unreadMax,
      }),
    );
    this.onAttached();
  }

  /** Its agent has a connection: from now on it may be expected to accept. */
  onAttached(): void {
    const { clock, times } = this.#deps;
    clock.clearTimeout(this.#acceptTimer);
    if (this.#isAccepted || !this.isWorking || this.isCancelled || !this.#offer?.holder.isAttached) return;
    this.#acceptTimer = clock.setTimeout(() => this.#onIgnored(), times.acceptMs);
  }

  /** Its agent has none. */
  onDetached(): void {
    this.#deps.clock.clearTimeout(this.#acceptTimer);
  }

  /** Its agent did not come back in time: another one gets it, unless this one has begun to answer. */
  onLeaseEnded(): void {
    if (!this.isWorking) return;
    if (this.isCancelled) {
      this.#end('agent');
      return;
    }
    if (this.#output.taken > 0) {
      this.fail('agent.detached', 'the agent’s connection was lost', true);
      return;
    }
    this.#leaveOffer('lease_lost', Number.POSITIVE_INFINITY);
    this.#deps.place(this);
  }

  #onIgnored(): void {
    this.#ignored += 1;
    this.#leaveOffer('accept_timeout', Number.POSITIVE_INFINITY);
    if (this.#ignored >= OFFERS_MAX) this.fail('agent.timeout', 'the turn was offered twice, and not accepted', true);
    else this.#deps.place(this);
  }

  /** What is said under the offer's name is stale from now on. `untilMs`: when that agent may be asked again. */
  #leaveOffer(why: 'lease_lost' | 'accept_timeout' | 'declined', untilMs: number): void {
    const offer = this.#offer;
    if (!offer) return;
    this.#offer = null;
    this.#passed.set(offer.holder.sid, untilMs);
    this.#steering.settle();
    this.#hold.release();
    this.#deps.clock.clearTimeout(this.#acceptTimer);
    const nothing = { delivered: '', generatedChars: 0, certainty: 'exact', messageIds: [] } as const;
    offer.holder.record(wireClosed(offer.wire, this.input.epoch, { status: 'failed', reason: why, ...nothing }));
    offer.holder.freed();
  }

  /** The turn ends as failed; its agent, if it has one, is told by the closing record. */
  fail(code: string, message: string, retryable: boolean): void {
    if (this.#over !== null) return;
    this.#push({ type: 'error', code, message, retryable });
    this.#end('agent');
  }

  // ── the agent's side ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame under this offer's name, from the agent that holds it. Stale is what comes after the cancel or the end. */
  receive(frame: Extract<AgentFrames[keyof AgentFrames], { turn: string }>): Answer {
    if (this.#over !== null || this.isCancelled) return this.#receiveLate(frame);
    switch (frame.t) {
      case 'turn.accept':
        return this.#accept(ok(frame));
      case 'turn.decline':
        return this.#decline(frame);
      case 'turn.delta':
      case 'turn.set':
      case 'turn.break':
      case 'turn.media':
        return this.#takeOutput(frame);
      case 'turn.progress': {
        const { id, label, state, detail } = frame;
        this.#push({ type: 'progress', id, label, state, ...(detail !== undefined && { detail }) });
        return this.#accept(ok({ turn: frame.turn }));
      }
      case 'turn.hold':
        this.#hold.set(frame);
        return this.#accept(ok(frame));
      case 'turn.input.ok':
        this.#steering.answer(frame.input, frame.accepted);
        return this.#accept(ok(frame));
      case 'turn.end':
        return this.#takeEnd(frame);
      case 'turn.fail':
        return this.#takeFailure(frame);
      case 'turn.cancelled':
        return refused('not_permitted', frame, { message: 'it was not cancelled: end it, or fail it' });
    }
  }

  /** `typing` in a turn is a sign of life. */
  touch(): void {
    this.#push(ALIVE);
    this.#accept(ok());
  }

  /** Whatever is said after the end is stale, also the word that says that the work has stopped: but it is heard. */
  #receiveLate(frame: Extract<AgentFrames[keyof AgentFrames], { turn: string }>): Answer {
    const hasStopped =
      frame.t === 'turn.cancelled' || frame.t === 'turn.end' || frame.t === 'turn.fail' || frame.t === 'turn.decline';
    if (!hasStopped || !this.isCancelled)
      return this.#isRepeated(frame) ? ok(frame, { dup: true }) : refused('stale_turn', frame);
    if (frame.t === 'turn.cancelled' && frame.tools && this.#over === null) this.input.noteTools(frame.tools);
    this.#end('agent');
    return frame.t === 'turn.cancelled' ? ok(frame) : refused('stale_turn', frame);
  }

  /** The end of the answer, said again because its acknowledgement was lost. */
  #isRepeated(frame: { readonly t: string; readonly n?: number }): boolean {
    const isOutput = frame.n !== undefined && frame.n <= this.#output.taken;
    return !this.isCancelled && this.#output.hasEnded && isOutput;
  }

  #accept(answer: Answer): Answer {
    this.#isAccepted = true;
    this.#deps.clock.clearTimeout(this.#acceptTimer);
    return answer;
  }

  #decline(frame: AgentFrames['turn.decline']): Answer {
    if (this.#output.taken > 0) return refused('not_permitted', frame, { message: 'it has been answered in part' });
    const untilMs = this.#deps.clock.now() + (frame.retryAfterMs ?? 1_000);
    this.#leaveOffer('declined', untilMs);
    this.#deps.place(this);
    return ok(frame);
  }

  #takeOutput(frame: OutputFrame): Answer {
    const mayReplace = (): boolean => this.#unread.isAwaited && !this.input.hasSaid();
    const verdict = takeOutput(this.#output, frame, mayReplace);
    if (verdict.kind === 'dup') return this.#accept(ok(frame, { n: frame.n, dup: true }));
    if (verdict.kind === 'refused') return this.#refuse(verdict.code, frame, verdict.expect);
    this.#output = verdict.output;
    this.#push(eventOf(frame), verdict.chars, true);
    return this.#accept(ok(frame, { n: frame.n }));
  }

  #takeEnd(frame: AgentFrames['turn.end']): Answer {
    const verdict = takeEnd(this.#output, frame);
    if (verdict.kind === 'refused') return this.#refuse(verdict.code, frame, verdict.expect);
    if (verdict.kind === 'taken') this.#output = verdict.output;
    this.#accept(ok());
    if (frame.usage) this.#push({ type: 'usage', usage: frame.usage });
    this.#push({ type: 'end', reason: frame.reason });
    this.#end('agent');
    return ok(frame, { n: frame.n });
  }

  /** What the user is told stands as a message of its own, so that nothing is put behind it. */
  #takeFailure({ t: _, turn, code, message, userMessage, retryable }: AgentFrames['turn.fail']): Answer {
    this.#accept(ok());
    if (userMessage && this.#output.taken === 0) {
      this.#push({ type: 'text', delta: userMessage });
      this.#push({ type: 'break' });
    }
    this.#push({ type: 'error', code, message, retryable });
    this.#end('agent');
    return ok({ turn });
  }

  #refuse(
    code: Extract<RouterFrames['error']['code'], string>,
    frame: OutputFrame | AgentFrames['turn.end'],
    expect?: number,
  ): Answer {
    return refused(code, frame, expect === undefined ? {} : { expect });
  }

  #steer(message: Inbound): boolean | Promise<boolean> {
    const offer = this.#offer;
    if (!offer?.holder.caps.steer || !this.isWorking || this.isCancelled) return false;
    const isTaken = this.#steering.ask(message.id, () => this.#joined.push(message));
    offer.holder.record({ t: 'turn.input', turn: offer.wire, epoch: this.input.epoch, input: wireInput(message) });
    return isTaken;
  }

  // ── what the router reports back ──────────────────────────────────────────────────────────────────────────────────

  onCancelled(): void {
    this.#isFenced = true;
  }

  onDelivered(said: string, messageId?: string): void {
    this.#deliveredChars += said.length;
    this.#offer?.holder.say({
      t: 'turn.delivered',
      turn: this.#offer.wire,
      chars: this.#deliveredChars,
      ...(messageId !== undefined && { messageId }),
    });
  }

  /** The closing record; the last that is heard of it, but for a `turn.settled`. */
  onClosed(receipt: Receipt): void {
    this.#end('all');
    if (this.#offer) this.#offer.holder.record(wireClosed(this.#offer.wire, this.input.epoch, receipt));
  }

  #push(event: AgentEvent, chars = 0, isOutput = false): void {
    if (this.#over === null) this.#unread.push({ event, chars, isOutput });
  }

  #end(over: 'agent' | 'all'): void {
    const wasWorking = this.isWorking;
    this.#over = this.#over === 'all' ? 'all' : over;
    this.#steering.settle();
    this.#hold.release();
    this.#deps.clock.clearTimeout(this.#acceptTimer);
    if (this.#offer === null) this.#deps.withdraw(this);
    this.#unread.wake();
    if (wasWorking) this.#offer?.holder.freed();
  }
}
