import type { AgentFrame } from '../../src/sidecar/frames/from-agent.js';
import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import type { TestAgent } from '../../src/testing/test-agent.js';
import type { SidecarRig } from './sidecar-rig.js';

/**
 * How an agent takes a cancel. `polite` stops and says so at once, `slow` after a while, `rude` goes on writing and says
 * nothing, `dying` falls over, and is started again a little later.
 */
export type Manner = 'polite' | 'slow' | 'rude' | 'dying';
export const MANNERS: readonly Manner[] = ['polite', 'slow', 'rude', 'dying'];

type Start = RouterFrames['turn.start'];

/** Messages of an answer, each said after so long. */
export type Lines = { readonly lines: readonly string[]; readonly gapMs: number };

const SLOW_MS = 900;
const REBORN_MS = 1_000;

type Output = Extract<AgentFrame, { t: 'turn.delta' | 'turn.break' | 'turn.end' }>;

/**
 * An agent with manners: it takes every turn it is offered, says its lines, and hears a cancel in its own way. Where its
 * connection was lost it goes on where it was, and says again what may have been lost.
 */
export class Employed {
  readonly starts: Start[] = [];
  readonly cancels: RouterFrames['turn.cancel'][] = [];
  readonly closed: RouterFrames['turn.closed'][] = [];
  readonly settled: RouterFrames['turn.settled'][] = [];
  readonly hellos: RouterFrames['hello.ok'][] = [];
  /** What it was answered. */
  readonly errors: RouterFrames['error'][] = [];
  readonly #rig: SidecarRig;
  readonly #manner: Manner;
  readonly #linesFor: (start: Start) => Lines;
  #agent: TestAgent | null = null;
  #lives = 0;
  readonly #cancelled = new Set<string>();
  /** What it has said of turns that are not closed, in order. */
  readonly #said = new Map<string, Output[]>();

  private constructor(rig: SidecarRig, manner: Manner, linesFor: (start: Start) => Lines) {
    this.#rig = rig;
    this.#manner = manner;
    this.#linesFor = linesFor;
  }

  static async by(rig: SidecarRig, manner: Manner, linesFor: (start: Start) => Lines): Promise<Employed> {
    const employed = new Employed(rig, manner, linesFor);
    await employed.#live();
    return employed;
  }

  /** The connection is cut, as by a bad line; the agent works on. */
  cut(): void {
    this.#agent?.hangUp();
  }

  /** It dials in again, to go on where it was. */
  async comeBack(): Promise<void> {
    await this.#dial(this.#agent?.resume);
    for (const frame of [...this.#said.values()].flat()) this.#agent?.say(frame);
    await this.#rig.clock.advance(5);
  }

  async #live(): Promise<void> {
    this.#lives += 1;
    await this.#dial();
  }

  async #dial(resume?: string): Promise<void> {
    const agent = this.#rig.dialIn();
    this.#agent = agent;
    const { hear } = agent;
    agent.hear = (text) => {
      hear.call(agent, text);
      if (agent === this.#agent) this.#onFrame(JSON.parse(text) as RouterFrame);
    };
    agent.hello(resume === undefined ? {} : { resume });
    await this.#rig.clock.advance(5);
  }

  #onFrame(frame: RouterFrame): void {
    switch (frame.t) {
      case 'hello.ok':
        this.hellos.push(frame);
        break;
      case 'turn.start':
        this.starts.push(frame);
        void this.#work(frame, this.#lives);
        break;
      case 'turn.cancel':
        this.cancels.push(frame);
        this.#onCancel(frame);
        break;
      case 'turn.closed':
        this.closed.push(frame);
        this.#said.delete(frame.turn);
        break;
      case 'turn.settled':
        this.settled.push(frame);
        break;
      case 'error':
        this.errors.push(frame);
        break;
    }
  }

  #onCancel({ turn }: RouterFrames['turn.cancel']): void {
    const stop = (): void => {
      this.#cancelled.add(turn);
      this.#agent?.say({ t: 'turn.cancelled', turn });
    };
    if (this.#manner === 'polite') stop();
    if (this.#manner === 'slow') this.#rig.clock.setTimeout(stop, SLOW_MS);
    if (this.#manner === 'dying') {
      this.#lives += 1;
      this.#said.clear();
      this.#agent?.hangUp();
      this.#rig.clock.setTimeout(() => void this.#live(), REBORN_MS);
    }
  }

  #say(frame: Output): void {
    this.#said.get(frame.turn)?.push(frame);
    this.#agent?.say(frame);
  }

  async #work(start: Start, life: number): Promise<void> {
    const { turn } = start;
    this.#said.set(turn, []);
    this.#agent?.accept(turn);
    const { lines, gapMs } = this.#linesFor(start);
    for (const [index, text] of lines.entries()) {
      await new Promise<void>((resolve) => this.#rig.clock.setTimeout(resolve, gapMs));
      if (this.#cancelled.has(turn) || life !== this.#lives) return;
      this.#say({ t: 'turn.delta', turn, n: index * 2 + 1, text });
      this.#say({ t: 'turn.break', turn, n: index * 2 + 2 });
    }
    this.#say({ t: 'turn.end', turn, n: lines.length * 2, reason: 'stop' });
  }
}
