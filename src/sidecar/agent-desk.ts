import type { InspectorFor } from '../actors/inspect.js';
import { BoundedMap } from '../domain/bounded-map.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import { type Outcome, saidBy } from '../domain/reply.js';
import type { CancelReason, Receipt } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { AgentDriver, TurnInput } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import type { AgentLink } from './agent-link.js';
import type { AgentPeer } from './agent-peer.js';
import { AgentRoster, type Greeted } from './agent-roster.js';
import type { AgentSession } from './agent-session.js';
import { type Answer, stamped } from './answers.js';
import type { Hello } from './frames/from-agent.js';
import type { RouterFrames, ToSay } from './frames/to-agent.js';
import { NativeTurn } from './native-turn.js';
import { SessionCommands, type SidecarCommands } from './session-commands.js';
import type { TurnTimes } from './turn-holder.js';
import { TurnLine } from './turn-line.js';
import { isWanted, wireScene } from './wire-form.js';

export type AgentDeskDeps = {
  readonly clock: Clock;
  /** A name nobody can guess, or take for another. */
  readonly name: (length: number) => string;
  readonly log: Logger;
  readonly times: TurnTimes;
  readonly commands: SidecarCommands;
  /** Sees what agents say, and what they are answered. */
  readonly onFrame?: (session: AgentSession, text: string, answer: Answer) => void;
  readonly inspectorFor?: InspectorFor;
};

/** How agents are, for whoever looks after the router. */
export type DeskStatus = {
  readonly agents: readonly {
    readonly sid: string;
    readonly name: string;
    readonly version: string;
    readonly isAttached: boolean;
    readonly working: number;
    readonly turns: number;
    readonly unackedFrames: number;
  }[];
  /** Turns that no agent has taken yet. */
  readonly waiting: number;
  readonly staleFrames: number;
  /** Frames without a number that slow agents did not get. */
  readonly droppedFrames: number;
  /** Frames with a number that were given up before they were acknowledged. */
  readonly lostFrames: number;
  /** Events of conversations that no agent was there for. */
  readonly lostEvents: number;
};

/** Turns whose receipts said `maybe-more`. */
const UNSETTLED_MAX = 1_000;
/** Messages that may yet be the cause of a cancel. */
const CAUSES_MAX = 1_000;

/**
 * All agents that have dialled in, and the turns between them and the conversations.
 * Shape: a turn is with one agent at a time; one that nobody takes waits for `waitMs`.
 */
export class AgentDesk {
  readonly #deps: AgentDeskDeps;
  readonly #roster: AgentRoster;
  readonly #line: TurnLine;
  readonly #commands: SessionCommands;
  /** By the turn's own name; until its closing record. */
  readonly #turns = new Map<string, NativeTurn>();
  readonly #lastMessage = new BoundedMap<ConversationId, Inbound>(CAUSES_MAX);
  readonly #unsettled = new BoundedMap<string, { readonly sid: string; readonly wire: string; readonly said: string }>(
    UNSETTLED_MAX,
  );
  /** Under which name an agent knew a turn that was interrupted, until the next one has been told of it. */
  readonly #interrupted = new BoundedMap<string, string>(UNSETTLED_MAX);
  #stale = 0;
  #lostEvents = 0;

  constructor(deps: AgentDeskDeps) {
    const { clock, name, log, commands, inspectorFor } = deps;
    this.#deps = deps;
    this.#commands = new SessionCommands(commands, log);
    this.#line = new TurnLine(clock, () => this.#roster.all());
    this.#roster = new AgentRoster({
      clock,
      name,
      log,
      receive: (session, text) => this.receive(session, text),
      onRoom: () => this.#line.placeWaiting(),
      ...(inspectorFor && { inspectorFor }),
    });
  }

  /** From now on agents are let in. */
  open(store: Store): Promise<void> {
    return this.#roster.open(store);
  }

  /** Everybody is told goodbye; what was asked for is written. */
  close(): Promise<void> {
    this.#line.close();
    return this.#roster.close();
  }

  /** `waitMs`: how long a turn waits for an agent. */
  driver({ waitMs }: { readonly waitMs: number }): AgentDriver {
    return {
      name: 'native',
      capabilities: {
        cancel: 'confirmed',
        disconnect: 'continues',
        steer: true,
        history: 'router',
        resume: true,
        progress: true,
      },
      run: (input, signal) => ({ [Symbol.asyncIterator]: () => this.#turnFor(input, signal, waitMs) }),
      kill: (turn) => this.#turns.get(turn)?.abandon(),
      check: async () => {
        if ([...this.#roster.all()].some(({ isAttached }) => isAttached)) return;
        throw new RouterError('agent.detached', 'no agent is attached');
      },
    };
  }

  status(): DeskStatus {
    return {
      agents: [...this.#roster.all()].map((session) => ({
        sid: session.sid,
        name: session.profile.agent.name,
        version: session.profile.agent.version,
        isAttached: session.isAttached,
        working: session.working,
        turns: session.slots,
        unackedFrames: session.unacked,
      })),
      waiting: this.#line.waiting,
      staleFrames: this.#stale,
      droppedFrames: this.#roster.droppedFrames,
      lostFrames: this.#roster.lostFrames,
      lostEvents: this.#lostEvents,
    };
  }

  /** The name under which a turn is with its agent now. */
  wireOf(turn: string): string | null {
    return this.#turns.get(turn)?.wire ?? null;
  }

  /** Whether an agent takes messages into a running turn. */
  get isSteerable(): boolean {
    return [...this.#roster.all()].some(({ caps, isAttached }) => isAttached && caps.steer === true);
  }

  /** A frame that no version knows yet, for whoever checks that agents pass it over. */
  sayToAll(frame: { readonly t: string }): void {
    for (const session of this.#roster.all()) session.say(frame as ToSay);
  }

  /** Closes every connection; agents may come back at once. */
  hangUp(reason: 'refresh'): void {
    for (const session of this.#roster.all()) session.bye(reason);
  }

  // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A connection that has said nothing yet; null where too many wait to be let in. `isToken`: whether what its hello
   * brings is the token; null where the connection has shown it, or needs none.
   */
  connect(link: AgentLink, isToken: ((token: string | undefined) => boolean) | null): AgentPeer | null {
    return this.#roster.connect(link, isToken);
  }

  /** An agent that has said hello by other means than a connection: it has the lease's time to open one. */
  greet(hello: Hello): Promise<Greeted | null> {
    return this.#roster.greet(hello);
  }

  /** The session of that name, also one of an earlier life; null where it is forgotten. */
  find(sid: string): Promise<AgentSession | null> {
    return this.#roster.find(sid);
  }

  /** The answer to a hello that came by other means than a connection. */
  helloOf(session: AgentSession, isResumed: boolean): Omit<RouterFrames['hello.ok'], 'ts'> {
    return this.#roster.helloOf(session, isResumed);
  }

  /** An answer that leaves by other means than a connection. */
  stamped(answer: object): string {
    return stamped(answer, this.#deps.clock.now());
  }

  /** One frame of an agent that was let in. */
  receive(session: AgentSession, text: string): Answer {
    const answer = this.#commands.receive(session, text);
    this.#deps.onFrame?.(session, text, answer);
    if (answer.t === 'error' && answer.code === 'stale_turn') this.#stale += 1;
    return answer;
  }

  // ── turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #turnFor(input: TurnInput, signal: AbortSignal, waitMs: number): NativeTurn {
    const turn = new NativeTurn(this.#inWireNames(input), signal, {
      clock: this.#deps.clock,
      times: this.#deps.times,
      nameOffer: (id) => `${id}.${this.#deps.name(6)}`,
      place: (one) => this.#line.place(one, waitMs),
      withdraw: (one) => this.#line.withdraw(one),
      causeOf: (one, reason) => this.#causeOf(one, reason),
    });
    this.#turns.set(input.id, turn);
    return turn;
  }

  /** Agents know the turn that was interrupted by the name of its offer. */
  #inWireNames(input: TurnInput): TurnInput {
    const { interrupted } = input;
    if (!interrupted) return input;
    const turn = this.#interrupted.take(interrupted.turn) ?? interrupted.turn;
    return { ...input, interrupted: { ...interrupted, turn } };
  }

  #causeOf({ input }: NativeTurn, reason: CancelReason): Inbound | undefined {
    if (reason !== 'superseded' && reason !== 'user_stop') return undefined;
    const last = this.#lastMessage.get(input.conversation.id);
    return last && !input.inputs.some(({ id }) => id === last.id) ? last : undefined;
  }

  // ── what the router reports ───────────────────────────────────────────────────────────────────────────────────────

  /** A message is about to be handed to its conversation: where it ends a turn, it is the cause. */
  onMessage(message: Inbound): void {
    this.#lastMessage.set(message.conversation, message);
  }

  onPiece(outcome: Outcome): void {
    const turn = this.#turns.get(outcome.piece.turn);
    const said = saidBy(outcome);
    if (turn && said !== null) turn.onDelivered(said, outcome.status === 'sent' ? outcome.sentId : undefined);
  }

  onCancelled(id: string): void {
    this.#turns.get(id)?.onCancelled();
  }

  onClosed(id: string, receipt: Receipt): void {
    const turn = this.#turns.get(id);
    if (!turn) return;
    this.#turns.delete(id);
    const { holder, wire } = turn;
    turn.onClosed(receipt);
    if (receipt.status !== 'completed' && wire) this.#interrupted.set(id, wire);
    if (receipt.certainty === 'maybe-more' && holder && wire) {
      this.#unsettled.set(id, { sid: holder.sid, wire, said: receipt.delivered });
    }
  }

  onSettled(id: string, outcome: Outcome): void {
    const owed = this.#unsettled.take(id);
    if (!owed) return;
    const said = saidBy(outcome);
    this.#roster.get(owed.sid)?.record({
      t: 'turn.settled',
      turn: owed.wire,
      outcome: outcome.status === 'unknown' ? 'unknown' : said === null ? 'rejected' : 'delivered',
      delivered: owed.said + (said ?? ''),
    });
  }

  /** What is no turn goes to one agent: the one that had the conversation last, else the first that wants it. */
  onEvent(id: ConversationId, scene: Scene, kind: string, data: Readonly<Record<string, unknown>>): void {
    const all = [...this.#roster.all()].filter(({ profile }) => isWanted(profile.filter, { id, scene }));
    const last = this.#line.lastAgentOf(id);
    const session = all.find(({ sid }) => sid === last) ?? all.find(({ isAttached }) => isAttached) ?? all[0];
    if (!session) this.#lostEvents += 1;
    session?.record({ t: 'conv.event', conv: { id, scene: wireScene(scene) }, kind, data: { ...data } });
  }
}
