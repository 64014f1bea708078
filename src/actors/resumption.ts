import { commandIn } from '../domain/command.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome, Piece } from '../domain/reply.js';
import { withTurn } from '../domain/transcript.js';
import type { Interrupted, Receipt, TurnInfo } from '../domain/turn.js';
import type { ConversationRecord } from '../ports/store.js';
import { AfterCrash } from './after-crash.js';
import type { ConversationDeps, Unfinished } from './conversation-deps.js';
import { ConversationLine } from './conversation-line.js';

/** How what a crash had cut ended. */
export type Resumed = {
  readonly id: ConversationId;
  readonly record: ConversationRecord;
  /** The turn that is closed with it; null where nothing was said to anybody. */
  readonly closed: { readonly turn: TurnInfo; readonly receipt: Receipt } | null;
  /** Messages that begin their turn anew, in order. */
  readonly again: readonly Inbound[];
};

export type ResumptionDeps = Pick<
  ConversationDeps,
  'clock' | 'lease' | 'sending' | 'outbound' | 'settingsFor' | 'transcriptMax' | 'onOutcome'
> & { readonly onEnd: (resumed: Resumed) => void };

/**
 * One conversation between two lives: its sends without an outcome are tried again with the pair they had, before
 * anything new happens in it. It is a running turn for whoever writes meanwhile: the busy policy may interrupt it, and a
 * stop ends it. Then nothing of it that is not with the transport already is sent any more.
 */
export class Resumption {
  readonly id: ConversationId;
  readonly scene: Scene;
  readonly #deps: ResumptionDeps;
  readonly #line: ConversationLine;
  readonly #crash: AfterCrash;
  readonly #messages: readonly Inbound[];
  readonly #open: Set<Piece>;
  readonly #isLive: (epoch: number) => boolean;
  #isCut = false;
  #isStopped = false;

  constructor({ id, scene, sends, settled, messages }: Unfinished, record: ConversationRecord, deps: ResumptionDeps) {
    this.id = id;
    this.scene = scene;
    this.#deps = deps;
    this.#messages = messages;
    this.#crash = new AfterCrash(record, { sends, settled });
    this.#open = new Set(sends.map(({ piece }) => piece));
    const over = new Set(sends.filter((entry) => this.#crash.isOver(entry)).map(({ piece }) => piece.epoch));
    this.#isLive = (epoch) => !this.#isCut && !over.has(epoch);
    this.#line = new ConversationLine({
      sending: deps.sending,
      outbound: deps.outbound,
      isLive: this.#isLive,
      mayWrite: () => deps.lease.valid(),
      onOutcome: (outcome, tookMs) => this.#onOutcome(outcome, tookMs),
      onChange: () => undefined,
    });
    for (const entry of sends) this.#line.resend(entry);
    if (sends.length === 0) queueMicrotask(() => this.#end());
  }

  /** A message has come that waits behind it. */
  preempt(message: Inbound): void {
    const { policy } = this.#deps.settingsFor(this.scene);
    const isTheirs = this.#messages.every(({ sender }) => sender.id === message.sender.id);
    const isBoss = message.sender.role === 'owner' || message.sender.role === 'admin';
    if (commandIn(message.text)) {
      if (isTheirs || isBoss) this.stop();
    } else if (policy.busy === 'interrupt' && (isTheirs || policy.interruptScope === 'anyone')) this.#cut();
  }

  /** Its messages are not answered any more either. */
  stop(): void {
    this.#isStopped = true;
    this.#cut();
  }

  /** Lets go of everything; a later life takes it up again. */
  abandon(): void {
    this.#line.end();
  }

  #cut(): void {
    this.#isCut = true;
    for (const epoch of new Set([...this.#open].map((piece) => piece.epoch))) this.#line.cancel(epoch);
  }

  #onOutcome(outcome: Outcome, tookMs: number): void {
    this.#deps.onOutcome(outcome, tookMs);
    if (!this.#open.delete(outcome.piece)) return;
    this.#crash.learn(outcome);
    if (this.#open.size === 0) this.#end();
  }

  #end(): void {
    const { id, scene } = this;
    const { transcriptMax, onEnd } = this.#deps;
    const answered = this.#messages.filter((message) => this.#isStopped || this.#crash.isAnswered(message));
    const again = this.#messages.filter((message) => !answered.includes(message));
    const record = this.#crash.record(answered.length > 0 && !this.#isCut, this.#messages.length > 0);
    const newest = answered.at(-1);
    this.#line.end();
    if (!newest) {
      onEnd({ id, record, closed: null, again });
      return;
    }
    const { said } = this.#crash;
    const turn: TurnInfo = {
      id: `${id}:r${newest.id}`,
      conversation: id,
      epoch: record.epoch,
      inputs: answered,
      askedAtMs: newest.atMs,
    };
    const receipt: Receipt = {
      status: this.#isCut ? 'cancelled' : 'failed',
      ...(this.#isCut && { reason: this.#isStopped ? ('user_stop' as const) : ('superseded' as const) }),
      delivered: said,
      generatedChars: said.length,
      certainty: 'maybe-more',
      messageIds: [],
    };
    const isTakenBack =
      receipt.reason === 'superseded' && this.#deps.settingsFor(scene).interruptedHistory === 'rollback';
    const transcript = isTakenBack ? record.transcript : withTurn(record.transcript, turn, receipt, transcriptMax);
    const interrupted = this.#isCut ? interruptedIn(turn, receipt, this.#deps.clock.now()) : undefined;
    const { interrupted: _, ...kept } = record;
    onEnd({
      id,
      record: { ...kept, transcript, ...(interrupted && { interrupted }) },
      closed: { turn, receipt },
      again,
    });
  }
}

const interruptedIn = ({ id: turn, epoch, inputs }: TurnInfo, receipt: Receipt, atMs: number): Interrupted => ({
  turn,
  epoch,
  reason: receipt.reason ?? 'policy',
  atMs,
  inputs: inputs.map(({ id, text }) => ({ id, text })),
  delivered: receipt.delivered,
  generatedChars: receipt.generatedChars,
  certainty: receipt.certainty,
  agent: 'killed',
});
