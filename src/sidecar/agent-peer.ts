import { type Actor, createActor } from 'xstate';
import { type AgentLinkEvent, agentLinkMachine } from '../../machines/agent/agent-link.machine.js';
import { type Inspector, inspectOption, tellingSteps } from '../actors/inspect.js';
import type { Clock } from '../ports/clock.js';
import { type AgentLink, CLOSE } from './agent-link.js';
import { type AgentSession, byeFrame } from './agent-session.js';
import { type Answer, frameOf, refused, stamped } from './answers.js';
import type { Hello } from './frames/from-agent.js';
import { readFrame } from './frames/read-frame.js';
import type { ByeReason, RouterFrames } from './frames/to-agent.js';

/** What a connection asks of those it is let in by. */
export type PeerDoor = {
  readonly clock: Clock;
  /** Null where the connection has shown the token, or needs none. */
  readonly isToken: ((token: string | undefined) => boolean) | null;
  readonly greet: (hello: Hello) => Promise<{ readonly session: AgentSession; readonly isResumed: boolean } | null>;
  readonly greeting: (isResumed: boolean) => Omit<RouterFrames['hello.ok'], 'ts' | 'seq' | 'sid' | 'missed'>;
  readonly onLetIn: (peer: AgentPeer) => void;
  readonly onGone: (peer: AgentPeer) => void;
  readonly receive: (session: AgentSession, text: string) => Answer;
};

/** Frames of one that has not said who it is; after that many it is sent away. */
const STRANGE_FRAMES_MAX = 8;

/** One connection: let in by its hello, kept alive by pings, heard for its session. */
export class AgentPeer {
  readonly #link: AgentLink;
  readonly #door: PeerDoor;
  readonly #actor: Actor<typeof agentLinkMachine>;
  #session: AgentSession | null = null;
  #isGreeting = false;
  #strangeFrames = 0;
  #pings = 0;
  /** What came while the hello was looked at. */
  #early: string[] = [];

  constructor(link: AgentLink, door: PeerDoor, inspector?: Inspector) {
    this.#link = link;
    this.#door = door;
    this.#actor = createActor(tellingSteps(agentLinkMachine, inspector), {
      clock: door.clock,
      ...inspectOption(inspector),
    });
    this.#actor.on('ping', () => this.#ping());
    this.#actor.on('lost', ({ why }) => this.#leave(why === 'noHello' ? 'auth' : 'refresh'));
    this.#actor.start();
  }

  get session(): AgentSession | null {
    return this.#session;
  }

  /** A frame of the agent. */
  text(text: string): void {
    if (this.#isOver) return;
    if (this.#isGreeting) {
      if (this.#early.length < STRANGE_FRAMES_MAX) this.#early.push(text);
      else this.bye('auth');
      return;
    }
    if (!this.#session) {
      this.#strange(text);
      return;
    }
    this.#hear(this.#session, text);
  }

  /** A frame larger than any may be, which was not looked at. */
  tooLarge(): void {
    this.#answer(refused('too_large'));
  }

  /** For a session that is known by other means than a hello on this connection. `from`: the last frame the agent has. */
  attach(session: AgentSession, from: number, isResumed: boolean): void {
    this.#session = session;
    this.#door.onLetIn(this);
    this.#tell('hello.accepted');
    session.attach(this.#link, from, this.#door.greeting(isResumed), this);
  }

  pong(): void {
    this.#tell('pong');
  }

  /** There is room on the connection again. */
  drained(): void {
    this.#session?.pump();
  }

  /** The far side is gone. */
  closed(): void {
    this.#tell('link.closed');
    this.#session?.detach(this.#link);
    this.#door.onGone(this);
  }

  /** The connection of one that was never let in is closed. */
  bye(reason: ByeReason): void {
    this.#tell('bye');
    this.#leave(reason);
  }

  /** A chart that has come to its end is told nothing more. */
  #tell(type: AgentLinkEvent['type']): void {
    if (!this.#isOver) this.#actor.send({ type });
  }

  get #isOver(): boolean {
    return this.#actor.getSnapshot().status === 'done';
  }

  #strange(text: string): void {
    const read = readFrame(text);
    if ('unreadable' in read || read.frame.t !== 'hello') {
      this.#strangeFrames += 1;
      if (this.#strangeFrames > STRANGE_FRAMES_MAX) {
        this.bye('auth');
        return;
      }
      const { code, message } = 'unreadable' in read ? read.unreadable : NOT_YET;
      this.#answer(refused(code, {}, { message }));
      return;
    }
    const { frame } = read;
    if (this.#door.isToken?.(frame.token) === false) {
      this.bye('auth');
      return;
    }
    this.#isGreeting = true;
    this.#door.greet(frame).then(
      (greeted) => this.#onGreeted(frame, greeted),
      () => this.bye('refresh'),
    );
  }

  #onGreeted(hello: Hello, greeted: Awaited<ReturnType<PeerDoor['greet']>>): void {
    this.#isGreeting = false;
    if (this.#isOver) {
      // A session that was made for a connection that is gone waits as if it had just lost it.
      if (greeted && !greeted.isResumed) greeted.session.tell('link.lost');
      return;
    }
    if (!greeted) {
      this.bye('refresh');
      return;
    }
    this.attach(greeted.session, greeted.isResumed ? seqOf(hello.resume) : 0, greeted.isResumed);
    for (const text of this.#early.splice(0)) this.text(text);
  }

  #hear(session: AgentSession, text: string): void {
    const answer = this.#door.receive(session, text);
    if (answer.t === 'error' || !answer.isQuiet) this.#answer(answer);
  }

  #answer(answer: Answer): void {
    if (this.#session) {
      this.#session.answer(answer);
      return;
    }
    this.#link.send(stamped(frameOf(answer), this.#door.clock.now()), null);
  }

  #ping(): void {
    this.#pings += 1;
    const { clock } = this.#door;
    const ping: RouterFrames['ping'] = { t: 'ping', ts: clock.now(), id: `p${this.#pings}` };
    this.#link.send(JSON.stringify(ping), null);
  }

  #leave(reason: ByeReason): void {
    if (this.#session?.isWith(this.#link)) {
      this.#session.bye(reason);
      return;
    }
    this.#link.send(byeFrame(reason, this.#door.clock.now()), null);
    this.#link.close(reason === 'auth' ? CLOSE.refused : CLOSE.goingAway, reason);
    this.#door.onGone(this);
  }
}

const NOT_YET = { code: 'bad_frame', message: 'say hello first' } as const;

/** `<sid>.<seq>`. Shape: 0 for what is none. */
export const seqOf = (resume: string | undefined): number => {
  const seq = Number(resume?.slice(resume.lastIndexOf('.') + 1));
  return Number.isSafeInteger(seq) && seq > 0 ? seq : 0;
};
