import { commandIn } from '../domain/command.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome, Piece } from '../domain/reply.js';
import type { BusyPolicy, CancelReason } from '../domain/turn.js';
import type { ConversationRecord } from '../ports/store.js';
import { conversationLogic } from './conversation.actor.js';
import type { ConversationDeps, Unfinished } from './conversation-deps.js';
import { ConversationUnit } from './conversation-unit.js';
import { lanesOf } from './lanes.js';
import { type Resumed, Resumption } from './resumption.js';

export type DirectoryOptions = {
  /** An idle conversation leaves memory after this long, in ms. */
  readonly retireAfterMs: number;
  /** Conversations in memory; beyond, the one idle for longest leaves at once. @default 20_000 */
  readonly livingMax?: number;
};

export type DirectoryDeps = Omit<ConversationDeps, 'onTurnClosed' | 'onFailed' | 'onLineQuiet'> & {
  readonly load: (id: ConversationId) => Promise<ConversationRecord | null>;
  readonly onTurnClosed: ConversationDeps['onTurnClosed'];
  readonly onFailed: (id: ConversationId, error: unknown) => void;
  /** What a crash had cut in this conversation is over; its messages may come. */
  readonly onResumed: (resumed: Resumed) => void;
};

type Given = { readonly message: Inbound; readonly takenAtMs: number | undefined };

/** Sends that wait while their conversation is read from the store; further ones come back `full`. */
const SAYING_MAX = 256;

/**
 * All conversations of one bot: finds, starts, retires. It outlives any that fails.
 *
 * A plain map rather than a chart with children: a machine copies the table of its children whenever one comes or goes,
 * which costs more than a whole turn once ten thousand live.
 */
export class Directory {
  readonly #deps: ConversationDeps;
  readonly #load: DirectoryDeps['load'];
  readonly #ended: DirectoryDeps['onResumed'];
  readonly #options: Required<DirectoryOptions>;
  readonly #logic: ReturnType<typeof conversationLogic>;
  readonly #living = new Map<ConversationId, ConversationUnit>();
  /**
   * Messages that wait while their conversation is read from the store: after a crash, all it had taken in. Each is
   * unsettled there, so the store's bound is theirs; which of them find no place is for the conversation to decide.
   */
  readonly #loading = new Map<ConversationId, Given[]>();
  /** Conversations whose last life is being taken up; they count as being read until that is over. */
  readonly #resuming = new Map<ConversationId, Resumption>();
  /** What is to be said in a conversation that is being read from the store. */
  readonly #saying = new Map<ConversationId, ((unit: ConversationUnit) => void)[]>();
  /** Since when each resting conversation has been idle; the longest idle first. */
  readonly #idleSinceMs = new Map<ConversationId, number>();
  #sweep: unknown = null;
  #isDraining = false;
  #whenQuiet: (() => void)[] = [];

  constructor(deps: DirectoryDeps, options: DirectoryOptions) {
    this.#load = deps.load;
    this.#ended = deps.onResumed;
    this.#options = { livingMax: 20_000, ...options };
    this.#deps = {
      ...deps,
      onTurnClosed: (unit, turn, receipt, record) => {
        deps.onTurnClosed(unit, turn, receipt, record);
        this.#noteRest(turn.conversation, unit);
      },
      // A call that outlived its turn was what kept the conversation here.
      onLineQuiet: (unit) => this.#noteRest(unit.id, unit),
      onFailed: (unit, error) => {
        this.#forget(unit.id);
        deps.onFailed(unit.id, error);
      },
    };
    this.#logic = conversationLogic((id) => this.#living.get(id), deps.clock);
  }

  get living(): number {
    return this.#living.size;
  }

  get busy(): number {
    let count = this.#loading.size;
    for (const unit of this.#living.values()) if (unit.isBusy) count += 1;
    return count;
  }

  units(): IterableIterator<ConversationUnit> {
    return this.#living.values();
  }

  get(id: ConversationId): ConversationUnit | undefined {
    return this.#living.get(id);
  }

  /** Hands a message to its conversation; messages of one conversation are handed on in the order of the calls. */
  deliver(given: Inbound, takenAtMs?: number): void {
    const message = this.#inLane(given);
    const id = message.conversation;
    const unit = this.#living.get(id);
    if (unit) {
      this.#hand(unit, message, takenAtMs);
      return;
    }
    const loading = this.#loading.get(id);
    if (!loading) {
      this.#loading.set(id, [{ message, takenAtMs }]);
      void this.#start(id, message.target.scene);
    } else loading.push({ message, takenAtMs });
  }

  /** Says something outside of a turn, in the conversation it names. Never rejects; `full` where too much waits. */
  say(piece: Piece): Promise<Outcome> {
    const { conversation: id, target } = piece;
    const unit = this.#living.get(id);
    if (unit) {
      this.#idleSinceMs.delete(id);
      return unit.say(piece);
    }
    const waiting = this.#saying.get(id) ?? [];
    if (waiting.length >= SAYING_MAX) return Promise.resolve({ piece, status: 'full' });
    this.#saying.set(id, waiting);
    const said = new Promise<Outcome>((resolve) => {
      waiting.push((started) => resolve(started.say(piece)));
    });
    if (!this.#loading.has(id)) {
      this.#loading.set(id, []);
      void this.#start(id, target.scene);
    }
    return said;
  }

  /**
   * Called before anything is delivered to this conversation; nothing may be until `onResumed`. `behind`: messages that
   * wait for that.
   */
  async resume(unfinished: Unfinished, behind: () => readonly Inbound[]): Promise<void> {
    const { id } = unfinished;
    this.#loading.set(id, []);
    const record = (await this.#read(id)) ?? { conversation: id, epoch: 0, transcript: [] };
    const resumption = new Resumption(unfinished, record, { ...this.#deps, onEnd: (ended) => this.#onResumed(ended) });
    this.#resuming.set(id, resumption);
    for (const message of behind()) resumption.preempt(message);
  }

  /** A message waits behind what is taken up. */
  preempt(message: Inbound): void {
    for (const lane of lanesOf(message.conversation)) this.#resuming.get(lane)?.preempt(message);
  }

  #onResumed(resumed: Resumed): void {
    const { id } = resumed;
    const scene = this.#resuming.get(id)?.scene ?? 'c2c';
    this.#resuming.delete(id);
    this.#ended(resumed);
    if ((this.#loading.get(id)?.length ?? 0) > 0 || this.#saying.has(id)) void this.#start(id, scene);
    else {
      this.#loading.delete(id);
      this.#wakeDrain();
    }
  }

  recall(id: ConversationId, messageId: string): void {
    for (const lane of lanesOf(id)) {
      this.#living.get(lane)?.recall(messageId);
      const loading = this.#loading.get(lane);
      const index = loading?.findIndex(({ message }) => message.id === messageId) ?? -1;
      const [recalled] = index < 0 ? [] : (loading?.splice(index, 1) ?? []);
      if (recalled) this.#deps.onDropped(recalled.message, 'recalled');
    }
  }

  /** Chooses for one conversation, from now on; gives what is to be saved, null where it is not in memory. */
  choose(id: ConversationId, busy: BusyPolicy | null): ConversationRecord | null {
    const unit = this.#living.get(id);
    return unit ? unit.choose(busy, this.#deps.settingsFor(unit.scene).policy) : null;
  }

  /** Lets a conversation leave memory now; false where it is not here, or not idle. */
  retire(id: ConversationId): boolean {
    if (!this.#living.get(id)?.isIdle) return false;
    this.#retire(id);
    return true;
  }

  stop(id: ConversationId, reason: CancelReason, all = false): boolean {
    const units = lanesOf(id).flatMap((lane) => this.#living.get(lane) ?? []);
    const wasBusy = units.some((unit) => unit.isBusy);
    for (const unit of units) unit.stop(reason, all);
    return wasBusy;
  }

  /** Ends what is under way with one user, and drops what they have waiting, in every conversation of theirs alone. */
  stopAllOf(user: string, reason: CancelReason): void {
    for (const [id, unit] of this.#living) {
      const [, , , ...peer] = (id.split('#')[0] ?? id).split(':');
      if (peer.at(-1) === user) unit.stop(reason, true);
    }
  }

  /** No new turn starts from now on. Resolves once none is under way. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const unit of this.#living.values()) unit.actor.send({ type: 'drain' });
    while (this.busy > 0) await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
  }

  /** Ends every turn that is still under way. */
  stopAll(reason: CancelReason): void {
    for (const unit of this.#living.values()) if (unit.isBusy) unit.stop(reason);
  }

  close(): void {
    this.#deps.clock.clearTimeout(this.#sweep);
    for (const unit of this.#living.values()) unit.retire();
    for (const resumption of this.#resuming.values()) resumption.abandon();
    this.#resuming.clear();
    this.#living.clear();
    this.#idleSinceMs.clear();
  }

  /**
   * Under `concurrent` a message that finds its conversation busy goes to another lane: a conversation beside it, with a
   * line and a transcript of its own. When all lanes are busy it waits in the first.
   */
  #inLane(message: Inbound): Inbound {
    const { policy, concurrentMax } = this.#deps.settingsFor(message.target.scene);
    if (policy.busy !== 'concurrent') return message;
    // A command is for all of them, and reads the first.
    if (commandIn(message.text)) return message;
    for (const conversation of lanesOf(message.conversation).slice(0, concurrentMax)) {
      if (!this.#loading.has(conversation) && !this.#living.get(conversation)?.isBusy)
        return { ...message, conversation };
    }
    return message;
  }

  async #read(id: ConversationId): Promise<ConversationRecord | null> {
    try {
      return await this.#load(id);
    } catch (error) {
      const askedAtMs = this.#deps.clock.now();
      this.#deps.onAgentError({ id: `${id}:load`, conversation: id, epoch: 0, inputs: [], askedAtMs }, error);
      return null;
    }
  }

  async #start(id: ConversationId, scene: Scene): Promise<void> {
    const record = await this.#read(id);
    const given = this.#loading.get(id) ?? [];
    this.#loading.delete(id);
    const unit = new ConversationUnit(id, scene, record, this.#logic, this.#deps);
    if (this.#isDraining) unit.actor.send({ type: 'drain' });
    this.#living.set(id, unit);
    this.#makeRoom();
    const saying = this.#saying.get(id) ?? [];
    this.#saying.delete(id);
    for (const say of saying) say(unit);
    for (const { message, takenAtMs } of given) this.#hand(unit, message, takenAtMs);
    // Its one message may have been recalled meanwhile.
    if (!unit.isBusy) this.#noteRest(id, unit);
  }

  #hand(unit: ConversationUnit, message: Inbound, takenAtMs?: number): void {
    const command = commandIn(message.text);
    if (command) {
      for (const lane of lanesOf(message.conversation)) {
        const under = this.#living.get(lane);
        if (under?.mayBeStoppedBy(message)) under.stop('user_stop', command.all, lane === unit.id ? message : null);
      }
      this.#deps.onDropped(message, 'command');
      if (unit.isIdle) this.#noteRest(message.conversation, unit);
      return;
    }
    this.#idleSinceMs.delete(message.conversation);
    unit.take(message, takenAtMs);
  }

  /** Called while the chart is in the middle of a step, so what it came to rest in is looked at afterwards. */
  #noteRest(id: ConversationId, unit: ConversationUnit): void {
    queueMicrotask(() => {
      if (!unit.isBusy) this.#wakeDrain();
      if (!unit.isIdle || this.#living.get(id) !== unit) return;
      this.#idleSinceMs.delete(id);
      this.#idleSinceMs.set(id, this.#deps.clock.now());
      this.#armSweep();
    });
  }

  #wakeDrain(): void {
    const waiting = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const wake of waiting) wake();
  }

  #armSweep(): void {
    if (this.#sweep !== null) return;
    const oldest = this.#idleSinceMs.values().next();
    if (oldest.done) return;
    const { clock } = this.#deps;
    const dueMs = oldest.value + this.#options.retireAfterMs;
    this.#sweep = clock.setTimeout(
      () => {
        this.#sweep = null;
        this.#retireIdle();
        this.#armSweep();
      },
      Math.max(0, dueMs - clock.now()),
    );
  }

  #retireIdle(): void {
    const nowMs = this.#deps.clock.now();
    for (const [id, sinceMs] of this.#idleSinceMs) {
      if (nowMs - sinceMs < this.#options.retireAfterMs) return;
      this.#retire(id);
    }
  }

  #makeRoom(): void {
    while (this.#living.size > this.#options.livingMax) {
      const longest = this.#idleSinceMs.keys().next();
      if (longest.done) return;
      this.#retire(longest.value);
    }
  }

  #retire(id: ConversationId): void {
    const unit = this.#living.get(id);
    if (unit?.isIdle) {
      unit.retire();
      this.#living.delete(id);
    }
    this.#idleSinceMs.delete(id);
  }

  #forget(id: ConversationId): void {
    this.#living.get(id)?.retire();
    this.#living.delete(id);
    this.#idleSinceMs.delete(id);
    this.#wakeDrain();
  }
}
