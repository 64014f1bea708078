import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import type { SidecarRig, WiredAgent } from './sidecar-rig.js';

/** How an agent of the property test behaves; all of it is allowed, but for `rude`. */
export type Habits = {
  /** Words of an answer, and the time before each. */
  readonly words: number;
  readonly gapMs: number;
  /** Goes on after a cancel, and after the router has forgotten it. */
  readonly rude: boolean;
  readonly acks: 'all' | 'none';
  /** Says every frame twice. */
  readonly stutters: boolean;
  /** What it says when it comes back: where it was, that it has nothing, or who it is. */
  readonly resumes: 'exactly' | 'from the start' | 'fresh';
};

type Job = {
  readonly start: RouterFrames['turn.start'];
  readonly said: string[];
  isOver: boolean;
  isCancelled: boolean;
};

/** What stands in a message of the property test. */
export type Word = { readonly wire: string; readonly n: number };

const wordOf = (wire: string, n: number): string => `<${wire}|${n}>`;

export const wordsIn = (text: string): Word[] =>
  [...text.matchAll(/<([^|>]+)\|(\d+)>/g)].map(([, wire = '', n]) => ({ wire, n: Number(n) }));

/** An agent that keeps what it has said, and repairs what was lost on the way. */
export class Worker {
  /** Frames with a number, by session: each as it was first heard. */
  readonly heard = new Map<string, Map<number, RouterFrame>>();
  /** A number that was heard again with another frame behind it, or too late. */
  readonly oddities: string[] = [];
  readonly #rig: SidecarRig;
  readonly #habits: Habits;
  readonly #jobs = new Map<string, Job>();
  #wired: WiredAgent | null = null;
  #line = 0;
  #sid = '';
  #lastSeq = 0;
  #highest = 0;

  constructor(rig: SidecarRig, habits: Habits) {
    this.#rig = rig;
    this.#habits = habits;
  }

  get isUp(): boolean {
    return this.#wired !== null;
  }

  connect(): void {
    this.#line += 1;
    const line = this.#line;
    const wired = this.#rig.dial({ turns: 4 }, false);
    this.#wired = wired;
    this.#highest = 0;
    wired.agent.hear = (text) => {
      if (line === this.#line) this.#hear(JSON.parse(text) as RouterFrame);
    };
    const { resumes } = this.#habits;
    const from = resumes === 'exactly' ? this.#lastSeq : 0;
    wired.agent.hello(this.#sid && resumes !== 'fresh' ? { resume: `${this.#sid}.${from}` } : {});
  }

  hangUp(): void {
    this.#line += 1;
    this.#wired?.agent.hangUp();
    this.#wired = null;
  }

  #say(frame: Parameters<WiredAgent['agent']['say']>[0]): void {
    this.#wired?.agent.say(frame);
    if (this.#habits.stutters) this.#wired?.agent.say(frame);
  }

  #hear(frame: RouterFrame): void {
    if (frame.t === 'hello.ok') this.#onHello(frame);
    else if ('seq' in frame && frame.t !== ('hello.ok' as string)) this.#onNumbered(frame);
    if (frame.t === 'ping') this.#wired?.agent.say({ t: 'pong', re: frame.id });
    if (frame.t === 'error' && frame.code === 'gap' && frame.turn) this.#repeat(frame.turn, frame.expect ?? 1);
  }

  #onHello({ sid, resumed }: RouterFrames['hello.ok']): void {
    this.#sid = sid;
    if (!resumed) this.#lastSeq = 0;
    if (!resumed && !this.#habits.rude) for (const job of this.#jobs.values()) job.isCancelled = true;
    for (const [wire, job] of this.#jobs) if (!job.isCancelled || this.#habits.rude) this.#repeat(wire, 1);
  }

  #onNumbered(frame: RouterFrame & { readonly seq: number }): void {
    const { seq } = frame;
    if (seq <= this.#highest) this.oddities.push(`${frame.t} ${seq} after ${this.#highest}`);
    this.#highest = seq;
    const log = this.heard.get(this.#sid) ?? new Map<number, RouterFrame>();
    this.heard.set(this.#sid, log);
    const known = log.get(seq);
    if (known && JSON.stringify(known) !== JSON.stringify(frame)) this.oddities.push(`${seq} was ${known.t}`);
    log.set(seq, frame);
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    if (this.#habits.acks === 'all') this.#wired?.agent.say({ t: 'ack', seq });
    if (known) return;
    if (frame.t === 'turn.start') void this.#work(frame);
    if (frame.t === 'turn.cancel') this.#onCancel(frame.turn);
    if (frame.t === 'turn.closed') {
      const job = this.#jobs.get(frame.turn);
      if (job && !this.#habits.rude) job.isCancelled = true;
    }
  }

  #onCancel(turn: string): void {
    const job = this.#jobs.get(turn);
    if (this.#habits.rude) return;
    if (job) job.isCancelled = true;
    this.#say({ t: 'turn.cancelled', turn });
  }

  async #work(start: RouterFrames['turn.start']): Promise<void> {
    const { turn } = start;
    const job: Job = { start, said: [], isOver: false, isCancelled: false };
    this.#jobs.set(turn, job);
    this.#say({ t: 'turn.accept', turn });
    for (let n = 1; n <= this.#habits.words; n += 1) {
      await new Promise<void>((resolve) => this.#rig.clock.setTimeout(resolve, this.#habits.gapMs));
      if (job.isCancelled) return;
      job.said.push(wordOf(turn, n));
      this.#sayNth(turn, n);
    }
    job.isOver = true;
    this.#end(turn, job);
  }

  /** Every word is two frames: the word, and a break, so that it goes out. */
  #sayNth(turn: string, word: number): void {
    this.#say({ t: 'turn.delta', turn, n: word * 2 - 1, text: wordOf(turn, word) });
    this.#say({ t: 'turn.break', turn, n: word * 2 });
  }

  #end(turn: string, { said }: Job): void {
    this.#say({ t: 'turn.end', turn, n: said.length * 2, reason: 'stop' });
  }

  #repeat(turn: string, fromN: number): void {
    const job = this.#jobs.get(turn);
    if (!job) return;
    for (let word = Math.ceil(fromN / 2); word <= job.said.length; word += 1) this.#sayNth(turn, Math.max(1, word));
    if (job.isOver) this.#end(turn, job);
  }
}
