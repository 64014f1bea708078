import { type Actor, createActor } from 'xstate';
import { type AgentSessionEvent, agentSessionMachine } from '../../machines/agent/agent-session.machine.js';
import { type Inspector, inspectOption, tellingSteps } from '../actors/inspect.js';
import type { Clock } from '../ports/clock.js';
import { type AgentLink, CLOSE, CLOSE_ABOVE_BYTES, DROP_ABOVE_BYTES, UNACKED_MAX } from './agent-link.js';
import { type Answer, frameOf, stamped } from './answers.js';
import type { FrameJournal } from './frame-journal.js';
import { FrameLog, type LoggedFrame } from './frame-log.js';
import type { Hello } from './frames/from-agent.js';
import type { ByeReason, RouterFrames, ToLog, ToSay } from './frames/to-agent.js';
import type { NativeTurn } from './native-turn.js';
import type { TurnHolder } from './turn-holder.js';

/** What an agent said of itself. */
export type AgentProfile = Pick<Hello, 'agent' | 'caps' | 'filter' | 'turns'>;

export type SessionDeps = {
  readonly clock: Clock;
  readonly journal: FrameJournal;
  /** A slot is free, or the session takes turns again. */
  readonly onRoom: () => void;
  readonly onLeasesEnded: (session: AgentSession) => void;
  readonly onEnded: (session: AgentSession) => void;
  readonly onDropped: () => void;
  /** So many frames were given up before they were acknowledged. */
  readonly onLost: (frames: number) => void;
  readonly inspector?: Inspector;
};

export type SessionStart = {
  readonly sid: string;
  readonly profile: AgentProfile;
  readonly isRestored: boolean;
  readonly log?: FrameLog;
};

/** Names of turns that are over, so that what is late is told from what is wrong. */
const PAST_MAX = 4_096;
export const TURNS_MAX = 1_000;
const RECONNECT_MS: Readonly<Record<ByeReason, number>> = {
  shutdown: 1_000,
  refresh: 0,
  replaced: 0,
  slow_consumer: 1_000,
  auth: 60_000,
};

/**
 * One agent, over all its connections: the frames it is owed, and the turns it holds.
 * Shape: frames with a number are kept until they are acknowledged and are sent in order, as fast as the connection takes
 * them; the others go to the connection there is, if it has room.
 */
export class AgentSession implements TurnHolder {
  readonly sid: string;
  readonly #actor: Actor<typeof agentSessionMachine>;
  /** By their names on the wire; until their closing records. */
  readonly turns = new Map<string, NativeTurn>();
  readonly #deps: SessionDeps;
  readonly #log: FrameLog;
  #profile: AgentProfile;
  #slots: number;
  #working = 0;
  #link: AgentLink | null = null;
  #heart: { pong(): void } | null = null;
  /** The last frame that this connection was given. */
  #sentSeq = 0;
  /** The connection has not yet been given what was kept for it. */
  #isCatchingUp = false;
  readonly #past = new Set<string>();

  constructor({ sid, profile, isRestored, log = new FrameLog() }: SessionStart, deps: SessionDeps) {
    this.sid = sid;
    this.#deps = deps;
    this.#log = log;
    this.#profile = profile;
    this.#slots = slotsOf(profile.turns);
    const { clock, inspector } = deps;
    this.#actor = createActor(tellingSteps(agentSessionMachine, inspector), {
      clock,
      ...inspectOption(inspector),
      input: { isRestored },
    });
    this.#actor.on('leases.ended', () => deps.onLeasesEnded(this));
    this.#actor.on('session.ended', () => deps.onEnded(this));
    this.#actor.start();
  }

  get profile(): AgentProfile {
    return this.#profile;
  }

  get caps(): AgentProfile['caps'] {
    return this.#profile.caps;
  }

  get isAttached(): boolean {
    return this.#link !== null;
  }

  get slots(): number {
    return this.#slots;
  }

  get working(): number {
    return this.#working;
  }

  get acked(): number {
    return this.#log.acked;
  }

  get unacked(): number {
    return this.#log.size;
  }

  /** A chart that has come to its end is told nothing more. */
  tell(type: AgentSessionEvent['type']): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type });
  }

  /** It was given that name once, and it is over. */
  isPast(wire: string): boolean {
    return this.#past.has(wire);
  }

  /** Takes effect for what comes next. */
  introduce(profile: AgentProfile): void {
    this.#profile = profile;
    this.#slots = slotsOf(profile.turns);
  }

  addSlots(add: number): void {
    this.#slots = slotsOf(this.#slots + add);
    if (add > 0) this.#deps.onRoom();
  }

  // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** From now on this connection speaks for it; another one is sent away. `from`: the last frame the agent has. */
  attach(
    link: AgentLink,
    from: number,
    greeting: Omit<RouterFrames['hello.ok'], 'ts' | 'seq' | 'sid' | 'missed'>,
    heart: { pong(): void },
  ): void {
    if (this.#link) this.bye('replaced');
    this.ack(from);
    this.#giveUp(() => this.#log.prune(this.#deps.clock.now()));
    this.#link = link;
    this.#heart = heart;
    this.#sentSeq = this.#log.acked;
    const hello: RouterFrames['hello.ok'] = {
      ...greeting,
      ts: this.#deps.clock.now(),
      sid: this.sid,
      seq: this.#log.acked,
      missed: this.#log.takeMissed(),
    };
    link.send(JSON.stringify(hello), null);
    this.#isCatchingUp = true;
    this.tell('link.attached');
    this.pump();
    for (const turn of this.turns.values()) turn.onAttached();
    this.#deps.onRoom();
  }

  isWith(link: AgentLink): boolean {
    return this.#link === link;
  }

  /** The agent has answered a ping, by whatever way. */
  pong(): void {
    this.#heart?.pong();
  }

  /** The connection is gone. */
  detach(link: AgentLink): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#heart = null;
    for (const turn of this.turns.values()) turn.onDetached();
    this.tell('link.lost');
  }

  /** Says goodbye and closes the connection. */
  bye(reason: ByeReason): void {
    const link = this.#link;
    if (!link) return;
    link.send(byeFrame(reason, this.#deps.clock.now()), null);
    this.detach(link);
    link.close(reason === 'slow_consumer' ? CLOSE.tryAgain : CLOSE.goingAway, reason);
  }

  // ── frames to the agent ───────────────────────────────────────────────────────────────────────────────────────────

  record(frame: ToLog): void {
    const ts = this.#deps.clock.now();
    if (frame.t === 'turn.closed') this.#forgetTurn(frame.turn);
    const isGivenUp = this.#giveUp(() => {
      this.#log.prune(ts);
      const logged = this.#log.append((seq) => JSON.stringify({ seq, ts, ...frame }), ts);
      this.#deps.journal.frame(this.sid, logged);
    });
    // Behind the frame that says so: what is cut off by a crash is done again, not left out.
    if (frame.t === 'turn.start') this.#deps.journal.held(this.sid, frame.turn, frame.epoch);
    if (frame.t === 'turn.closed') this.#deps.journal.letGo(this.sid, frame.turn);
    if (isGivenUp) this.#deps.journal.forgetBefore(this.sid, this.#firstKept());
    this.pump();
  }

  /** Whether what it does makes the log give frames up. */
  #giveUp(change: () => void): boolean {
    const before = this.#log.missed;
    change();
    const lost = this.#log.missed - before;
    if (lost > 0) this.#deps.onLost(lost);
    return lost > 0;
  }

  say(frame: ToSay): void {
    const link = this.#link;
    if (!link) return;
    if (link.buffered() > DROP_ABOVE_BYTES) {
      this.#deps.onDropped();
      return;
    }
    link.send(stamped(frame, this.#deps.clock.now()), null);
  }

  answer(answer: Answer): void {
    this.say(frameOf(answer));
  }

  ack(seq: number): void {
    if (!this.#log.ack(seq)) return;
    this.#deps.journal.ack(this.sid, this.#log.acked);
    this.pump();
  }

  /**
   * Hands on what is kept, as far as the connection takes it. What a connection missed it gets at its own pace; one that
   * has caught up and then falls behind is too slow.
   */
  pump(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const link = this.#link as AgentLink;
      const isFull = link.buffered() > CLOSE_ABOVE_BYTES || this.#log.unackedUpTo(this.#sentSeq) >= UNACKED_MAX;
      if (isFull) {
        if (!this.#isCatchingUp) this.bye('slow_consumer');
        return;
      }
      if (this.#isCatchingUp && link.buffered() > DROP_ABOVE_BYTES) return;
      this.#sentSeq = next.seq;
      link.send(next.text, next.seq);
    }
    this.#isCatchingUp = false;
  }

  #next(): LoggedFrame | undefined {
    return this.#link ? this.#log.after(this.#sentSeq) : undefined;
  }

  #firstKept(): number {
    return this.#log.after(this.#log.acked)?.seq ?? this.#log.head;
  }

  // ── turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  hold(wire: string, turn: NativeTurn): void {
    this.#working += 1;
    this.turns.set(wire, turn);
  }

  freed(): void {
    this.#working -= 1;
    this.#deps.onRoom();
  }

  /** A turn of an earlier life. */
  notePast(wire: string): void {
    this.#past.add(wire);
    if (this.#past.size > PAST_MAX) this.#past.delete(this.#past.values().next().value as string);
  }

  #forgetTurn(wire: string): void {
    this.turns.delete(wire);
    this.notePast(wire);
  }

  end(): void {
    this.#actor.stop();
    this.#link = null;
  }
}

const slotsOf = (turns: number): number => Math.max(0, Math.min(turns, TURNS_MAX));

export const byeFrame = (reason: ByeReason, ts: number): string =>
  JSON.stringify({ t: 'bye', ts, reason, reconnectAfterMs: RECONNECT_MS[reason] } satisfies RouterFrames['bye']);
