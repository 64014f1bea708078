import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import { type Outcome, saidBy } from '../domain/reply.js';
import type { CancelReason, Receipt } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { AgentDriver, TurnInput } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { Lease, Store } from '../ports/store.js';
import type { AgentLink } from './agent-link.js';
import { AgentPeer, type PeerDoor } from './agent-peer.js';
import { type AgentProfile, AgentSession, TURNS_MAX } from './agent-session.js';
import type { Answer } from './answers.js';
import { BoundedMap } from './bounded-map.js';
import { FrameJournal } from './frame-journal.js';
import { FRAME_LOG } from './frame-log.js';
import type { Hello } from './frames/from-agent.js';
import { FRAME_BYTES_MAX } from './frames/parts.js';
import type { RouterFrames, ToLog, ToSay } from './frames/to-agent.js';
import { NativeTurn, type TurnTimes } from './native-turn.js';
import { readSession } from './restored-session.js';
import { SessionCommands, type SidecarCommands } from './session-commands.js';
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
  readonly droppedFrames: number;
  readonly lostEvents: number;
};

/** Who asks to be let in has said nothing yet. */
const STRANGERS_MAX = 32;
const SESSIONS_MAX = 256;
const WAITING_MAX = 10_000;
/** Conversations whose last agent is remembered, so that it gets the next turn too. */
const AFFINITIES_MAX = 10_000;
/** Turns whose receipts said `maybe-more`. */
const UNSETTLED_MAX = 1_000;
/** Messages that may yet be the cause of a cancel. */
const CAUSES_MAX = 1_000;
const JOURNAL = '#agents';

type Waiting = { readonly timer: unknown; readonly until: number };

/**
 * All agents that have dialled in, and the turns between them and the conversations.
 * Shape: a turn is with one agent at a time; one that nobody takes waits for `waitMs`; agents are found by their filter,
 * their free slots, and by who had the conversation before.
 */
export class AgentDesk {
  readonly #deps: AgentDeskDeps;
  readonly #journal: FrameJournal;
  readonly #sessions = new Map<string, AgentSession>();
  readonly #commands: SessionCommands;
  readonly #strangers = new Set<AgentPeer>();
  /** By the turn's own name; until its closing record. */
  readonly #turns = new Map<string, NativeTurn>();
  readonly #waiting = new Map<NativeTurn, Waiting>();
  readonly #lastAgent = new BoundedMap<ConversationId, string>(AFFINITIES_MAX);
  readonly #lastMessage = new BoundedMap<ConversationId, Inbound>(CAUSES_MAX);
  readonly #unsettled = new BoundedMap<string, { readonly sid: string; readonly wire: string; readonly said: string }>(
    UNSETTLED_MAX,
  );
  #store: Store | null = null;
  #opening: Promise<void>;
  #opened: () => void = () => undefined;
  #isClosed = false;
  #isPlacing = false;
  #retry: unknown = null;
  #stale = 0;
  #dropped = 0;
  #lostEvents = 0;

  constructor(deps: AgentDeskDeps) {
    this.#deps = deps;
    this.#journal = new FrameJournal(deps.log);
    this.#commands = new SessionCommands(deps.commands, deps.log);
    this.#opening = new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  /** From now on agents are let in. */
  async open(store: Store): Promise<void> {
    const lease: Lease = await store.lease(JOURNAL);
    this.#store = store;
    this.#journal.open(store, lease);
    this.#opened();
  }

  /** Everybody is told goodbye; what was asked for is written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#deps.clock.clearTimeout(this.#retry);
    for (const peer of this.#strangers) peer.bye('shutdown');
    for (const session of this.#sessions.values()) {
      session.bye('shutdown');
      session.end();
    }
    this.#sessions.clear();
    await this.#journal.flush();
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
        if ([...this.#sessions.values()].some(({ isAttached }) => isAttached)) return;
        throw new RouterError('agent.detached', 'no agent is attached');
      },
    };
  }

  status(): DeskStatus {
    return {
      agents: [...this.#sessions.values()].map((session) => ({
        sid: session.sid,
        name: session.profile.agent.name,
        version: session.profile.agent.version,
        isAttached: session.isAttached,
        working: session.working,
        turns: session.slots,
        unackedFrames: session.unacked,
      })),
      waiting: this.#waiting.size,
      staleFrames: this.#stale,
      droppedFrames: this.#dropped,
      lostEvents: this.#lostEvents,
    };
  }

  /** The name under which a turn is with its agent now. */
  wireOf(turn: string): string | null {
    return this.#turns.get(turn)?.wire ?? null;
  }

  /** Whether an agent takes messages into a running turn. */
  get isSteerable(): boolean {
    return [...this.#sessions.values()].some(({ caps, isAttached }) => isAttached && caps.steer === true);
  }

  /** A frame that no version knows yet, for whoever checks that agents pass it over. */
  sayToAll(frame: { readonly t: string }): void {
    for (const session of this.#sessions.values()) session.say(frame as ToSay);
  }

  /** Closes every connection; agents may come back at once. */
  hangUp(reason: 'refresh'): void {
    for (const session of this.#sessions.values()) session.bye(reason);
  }

  // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A connection that has said nothing yet; null where too many wait to be let in. `isToken`: whether what its hello
   * brings is the token; null where the connection has shown it, or needs none.
   */
  connect(link: AgentLink, isToken: ((token: string | undefined) => boolean) | null): AgentPeer | null {
    if (this.#isClosed || this.#strangers.size >= STRANGERS_MAX) return null;
    const door: PeerDoor = {
      clock: this.#deps.clock,
      isToken,
      greet: (hello) => this.#greet(hello),
      greeting: (isResumed) => greeting(isResumed),
      onLetIn: (peer) => {
        this.#strangers.delete(peer);
      },
      onGone: (peer) => {
        this.#strangers.delete(peer);
      },
      receive: (session, text) => this.receive(session, text),
    };
    const peer = new AgentPeer(link, door);
    this.#strangers.add(peer);
    return peer;
  }

  /** An agent that has said hello by other means than a connection: it has the lease's time to open one. */
  async greet(hello: Hello): Promise<{ readonly session: AgentSession; readonly isResumed: boolean } | null> {
    const greeted = await this.#greet(hello);
    if (greeted && !greeted.session.isAttached) greeted.session.tell('link.lost');
    return greeted;
  }

  /** The session of that name, also one of an earlier life; null where it is forgotten. */
  async find(sid: string): Promise<AgentSession | null> {
    await this.#opening;
    return this.#sessions.get(sid) ?? (await this.#restore(sid));
  }

  /** The answer to a hello that came by other means than a connection. */
  helloOf(session: AgentSession, isResumed: boolean): Omit<RouterFrames['hello.ok'], 'ts'> {
    return { ...greeting(isResumed), sid: session.sid, seq: session.acked, missed: 0 };
  }

  /** One frame of an agent that was let in. */
  receive(session: AgentSession, text: string): Answer {
    const answer = this.#commands.receive(session, text);
    this.#deps.onFrame?.(session, text, answer);
    if (answer.t === 'error' && answer.code === 'stale_turn') this.#stale += 1;
    return answer;
  }

  async #greet(hello: Hello): Promise<{ session: AgentSession; isResumed: boolean } | null> {
    await this.#opening;
    const known = hello.resume ? await this.find(sidOf(hello.resume)) : null;
    if (this.#isClosed) return null;
    const profile: AgentProfile = { agent: hello.agent, caps: hello.caps, turns: hello.turns };
    const full = hello.filter ? { ...profile, filter: hello.filter } : profile;
    const session = known ?? this.#begin(full);
    if (!session) return null;
    session.introduce(full);
    this.#journal.session(session.sid, JSON.stringify(full), this.#deps.clock.now());
    return { session, isResumed: known !== null };
  }

  #begin(profile: AgentProfile): AgentSession | null {
    if (this.#sessions.size >= SESSIONS_MAX && !this.#forgetOne()) return null;
    const sid = this.#deps.name(24);
    this.#journal.session(sid, JSON.stringify(profile), this.#deps.clock.now());
    return this.#admit({ sid, profile, isRestored: false });
  }

  /** The one of those without a connection that holds no turn makes room. */
  #forgetOne(): boolean {
    for (const session of this.#sessions.values()) {
      if (session.isAttached || session.working > 0) continue;
      session.tell('dismissed');
      return true;
    }
    return false;
  }

  #admit(start: ConstructorParameters<typeof AgentSession>[0]): AgentSession {
    const session = new AgentSession(start, {
      clock: this.#deps.clock,
      journal: this.#journal,
      onRoom: () => this.#placeWaiting(),
      onLeasesEnded: ({ turns }) => {
        for (const turn of [...turns.values()]) turn.onLeaseEnded();
      },
      onEnded: ({ sid }) => {
        this.#sessions.delete(sid);
        this.#journal.forget(sid);
      },
      onDropped: () => {
        this.#dropped += 1;
      },
    });
    this.#sessions.set(session.sid, session);
    return session;
  }

  /** An agent of an earlier life. Turns it held are over: each is closed, as its receipt says where there is one. */
  async #restore(sid: string): Promise<AgentSession | null> {
    const kept = await this.#journal.load(sid);
    const living = this.#sessions.get(sid);
    if (!kept || living || !this.#store) return living ?? null;
    const { profile, log, open } = readSession(kept);
    const receipts = await Promise.all(open.map(({ turn }) => this.#store?.loadTurn(turn) ?? null));
    const meanwhile = this.#sessions.get(sid);
    if (meanwhile) return meanwhile;
    const session = this.#admit({ sid, profile, isRestored: true, log });
    open.forEach(({ wire, epoch }, index) => {
      const receipt = receipts[index] ?? ROUTER_RESTART;
      session.record({ ...closedBy(receipt), turn: wire, epoch });
    });
    return session;
  }

  // ── turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #turnFor(input: TurnInput, signal: AbortSignal, waitMs: number): NativeTurn {
    const turn = new NativeTurn(input, signal, {
      clock: this.#deps.clock,
      times: this.#deps.times,
      nameOffer: (id) => `${id}.${this.#deps.name(6)}`,
      place: (one) => this.#place(one, waitMs),
      withdraw: (one) => this.#withdraw(one),
      causeOf: (one, reason) => this.#causeOf(one, reason),
    });
    this.#turns.set(input.id, turn);
    return turn;
  }

  #place(turn: NativeTurn, waitMs: number): void {
    if (this.#offer(turn)) return;
    if (this.#waiting.size >= WAITING_MAX) {
      turn.fail('capacity.full', 'too many turns wait for an agent', true);
      return;
    }
    const { clock } = this.#deps;
    const timer = clock.setTimeout(() => {
      this.#waiting.delete(turn);
      turn.fail('agent.detached', `no agent took the turn within ${waitMs} ms`, true);
    }, waitMs);
    this.#waiting.set(turn, { timer, until: clock.now() + waitMs });
    this.#retryLater();
  }

  #withdraw(turn: NativeTurn): void {
    const waiting = this.#waiting.get(turn);
    if (!waiting) return;
    this.#deps.clock.clearTimeout(waiting.timer);
    this.#waiting.delete(turn);
  }

  /** Whoever waits the longest comes first. */
  #placeWaiting(): void {
    if (this.#isPlacing || this.#waiting.size === 0) return;
    this.#isPlacing = true;
    for (const turn of [...this.#waiting.keys()]) {
      if (!this.#hasRoom()) break;
      if (this.#waiting.has(turn) && this.#offer(turn)) this.#withdraw(turn);
    }
    this.#isPlacing = false;
  }

  /** Agents that declined may be asked again after a while. */
  #retryLater(): void {
    const { clock } = this.#deps;
    const nextMs = Math.min(...[...this.#waiting.keys()].map((turn) => turn.nextAskMs ?? Number.POSITIVE_INFINITY));
    clock.clearTimeout(this.#retry);
    if (!Number.isFinite(nextMs)) return;
    this.#retry = clock.setTimeout(() => {
      this.#placeWaiting();
      this.#retryLater();
    }, nextMs - clock.now());
  }

  #hasRoom(): boolean {
    for (const session of this.#sessions.values()) {
      if (session.isAttached && session.working < session.slots) return true;
    }
    return false;
  }

  #offer(turn: NativeTurn): boolean {
    const { conversation } = turn.input;
    const last = this.#lastAgent.get(conversation.id);
    let best: AgentSession | null = null;
    for (const session of this.#sessions.values()) {
      if (!session.isAttached || session.working >= session.slots || !turn.mayAsk(session.sid)) continue;
      if (!isWanted(session.profile.filter, conversation)) continue;
      if (session.sid === last) {
        best = session;
        break;
      }
      if (!best || load(session) < load(best)) best = session;
    }
    if (!best) return false;
    this.#lastAgent.set(conversation.id, best.sid);
    turn.offerTo(best);
    return true;
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

  onClosed(id: string, receipt: Receipt): void {
    const turn = this.#turns.get(id);
    if (!turn) return;
    this.#turns.delete(id);
    const { holder, wire } = turn;
    turn.onClosed(receipt);
    if (receipt.certainty === 'maybe-more' && holder && wire) {
      this.#unsettled.set(id, { sid: holder.sid, wire, said: receipt.delivered });
    }
  }

  onSettled(id: string, outcome: Outcome): void {
    const owed = this.#unsettled.take(id);
    if (!owed) return;
    const said = saidBy(outcome);
    this.#sessions.get(owed.sid)?.record({
      t: 'turn.settled',
      turn: owed.wire,
      outcome: outcome.status === 'unknown' ? 'unknown' : said === null ? 'rejected' : 'delivered',
      delivered: owed.said + (said ?? ''),
    });
  }

  /** What is no turn goes to one agent: the one that had the conversation last, else the first that wants it. */
  onEvent(id: ConversationId, scene: Scene, kind: string, data: Readonly<Record<string, unknown>>): void {
    const all = [...this.#sessions.values()].filter(({ profile }) => isWanted(profile.filter, { id, scene }));
    const last = this.#lastAgent.get(id);
    const session = all.find(({ sid }) => sid === last) ?? all.find(({ isAttached }) => isAttached) ?? all[0];
    if (!session) this.#lostEvents += 1;
    session?.record({ t: 'conv.event', conv: { id, scene: wireScene(scene) }, kind, data: { ...data } });
  }
}

const load = ({ working, slots }: AgentSession): number => working / Math.max(1, slots);

const sidOf = (resume: string): string => resume.slice(0, Math.max(0, resume.lastIndexOf('.')));

const ROUTER_RESTART = {
  status: 'failed',
  reason: 'router_restart',
  delivered: '',
  generatedChars: 0,
  certainty: 'maybe-more',
  messageIds: [],
} as const;

const closedBy = (
  receipt: Omit<Receipt, 'reason'> & { readonly reason?: string },
): Omit<Extract<ToLog, { t: 'turn.closed' }>, 'turn' | 'epoch'> => ({
  t: 'turn.closed',
  status: receipt.status,
  ...(receipt.reason !== undefined && { reason: receipt.reason }),
  delivered: receipt.delivered,
  generatedChars: receipt.generatedChars,
  certainty: receipt.certainty,
  messageIds: [...receipt.messageIds],
});

const HEARTBEAT_MS = 15_000;

const greeting = (resumed: boolean): Omit<RouterFrames['hello.ok'], 'ts' | 'seq' | 'sid' | 'missed'> => ({
  t: 'hello.ok',
  v: 1,
  resumed,
  heartbeatMs: HEARTBEAT_MS,
  limits: {
    frameBytes: FRAME_BYTES_MAX,
    turns: TURNS_MAX,
    replayFrames: FRAME_LOG.framesMax,
    replayMs: FRAME_LOG.ageMs,
  },
  caps: ['steer', 'flow', 'hold', 'progress', 'send', 'stop', 'resume'],
});
