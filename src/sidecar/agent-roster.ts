import { createHash } from 'node:crypto';
import type { InspectorFor } from '../actors/inspect.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import type { Lease, Store } from '../ports/store.js';
import type { AgentLink } from './agent-link.js';
import { AgentPeer, type PeerDoor } from './agent-peer.js';
import { type AgentProfile, AgentSession, TURNS_MAX } from './agent-session.js';
import type { Answer } from './answers.js';
import { FrameJournal } from './frame-journal.js';
import { FRAME_LOG } from './frame-log.js';
import type { Hello } from './frames/from-agent.js';
import { FRAME_BYTES_MAX } from './frames/parts.js';
import type { RouterFrames } from './frames/to-agent.js';
import { readSession } from './restored-session.js';
import { wireClosed } from './wire-form.js';

export type AgentRosterDeps = {
  readonly clock: Clock;
  /** A name nobody can guess, or take for another. */
  readonly name: (length: number) => string;
  readonly log: Logger;
  readonly receive: (session: AgentSession, text: string) => Answer;
  /** Some agent can take a turn. */
  readonly onRoom: () => void;
  readonly inspectorFor?: InspectorFor;
};

export type Greeted = { readonly session: AgentSession; readonly isResumed: boolean };

/** Who asks to be let in has said nothing yet. */
const STRANGERS_MAX = 32;
const SESSIONS_MAX = 256;
const JOURNAL = '#agents';
const HEARTBEAT_MS = 15_000;

/**
 * Who has dialled in: connections that have yet to say who they are, and the agents, each over all its connections and
 * over the lives of this process.
 */
export class AgentRoster {
  readonly #deps: AgentRosterDeps;
  readonly #journal: FrameJournal;
  readonly #sessions = new Map<string, AgentSession>();
  readonly #strangers = new Set<AgentPeer>();
  readonly #opening: Promise<void>;
  #opened: () => void = () => undefined;
  #store: Store | null = null;
  #isClosed = false;
  /** Connections so far. */
  #links = 0;
  #dropped = 0;
  #lost = 0;

  constructor(deps: AgentRosterDeps) {
    this.#deps = deps;
    this.#journal = new FrameJournal(deps.log);
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
    for (const peer of this.#strangers) peer.bye('shutdown');
    for (const session of this.#sessions.values()) {
      session.bye('shutdown');
      session.end();
    }
    this.#sessions.clear();
    await this.#journal.flush();
  }

  /** In the order in which they came. */
  all(): Iterable<AgentSession> {
    return this.#sessions.values();
  }

  /** Those of this life only; see `find`. */
  get(sid: string): AgentSession | undefined {
    return this.#sessions.get(sid);
  }

  get droppedFrames(): number {
    return this.#dropped;
  }

  get lostFrames(): number {
    return this.#lost;
  }

  /** See `AgentDesk.connect`. */
  connect(link: AgentLink, isToken: PeerDoor['isToken']): AgentPeer | null {
    if (this.#isClosed || this.#strangers.size >= STRANGERS_MAX) return null;
    this.#links += 1;
    const inspector = this.#deps.inspectorFor?.({ chart: 'agentLink', channel: '', id: String(this.#links) });
    const door: PeerDoor = {
      clock: this.#deps.clock,
      isToken,
      greet: (hello) => this.#greet(hello),
      greeting,
      onLetIn: (one) => this.#strangers.delete(one),
      onGone: (one) => this.#strangers.delete(one),
      receive: this.#deps.receive,
    };
    const peer = new AgentPeer(link, door, inspector);
    this.#strangers.add(peer);
    return peer;
  }

  /** See `AgentDesk.greet`. */
  async greet(hello: Hello): Promise<Greeted | null> {
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

  async #greet(hello: Hello): Promise<Greeted | null> {
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
    const inspector = this.#deps.inspectorFor?.({ chart: 'agentSession', channel: '', id: shownName(start) });
    const session = new AgentSession(start, {
      clock: this.#deps.clock,
      ...(inspector && { inspector }),
      journal: this.#journal,
      onRoom: this.#deps.onRoom,
      onLeasesEnded: ({ turns }) => {
        for (const turn of [...turns.values()]) turn.onLeaseEnded();
      },
      onEnded: ({ sid, unacked }) => {
        this.#lost += unacked;
        this.#sessions.delete(sid);
        this.#journal.forget(sid);
      },
      onDropped: () => {
        this.#dropped += 1;
      },
      onLost: (frames) => {
        this.#lost += frames;
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
      session.record(wireClosed(wire, epoch, receipts[index] ?? ROUTER_RESTART));
    });
    return session;
  }
}

/** For whoever looks on: readable, the same over all its connections, and nothing to come back as it with. */
const shownName = ({ sid, profile }: ConstructorParameters<typeof AgentSession>[0]): string =>
  `${profile.agent.name.replaceAll(/[^\w.-]+/g, '_').slice(0, 32)}-${createHash('sha256').update(sid).digest('hex').slice(0, 8)}`;

const sidOf = (resume: string): string => resume.slice(0, Math.max(0, resume.lastIndexOf('.')));

const ROUTER_RESTART = {
  status: 'failed',
  reason: 'router_restart',
  delivered: '',
  generatedChars: 0,
  certainty: 'maybe-more',
  messageIds: [],
} as const;

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
