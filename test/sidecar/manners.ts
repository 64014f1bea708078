import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import type { SidecarRig, WiredAgent } from './sidecar-rig.js';

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

/** An agent with manners: it takes every turn it is offered, says its lines, and hears a cancel in its own way. */
export class Employed {
  readonly starts: Start[] = [];
  readonly cancels: RouterFrames['turn.cancel'][] = [];
  readonly closed: RouterFrames['turn.closed'][] = [];
  readonly settled: RouterFrames['turn.settled'][] = [];
  /** What it was answered. */
  readonly errors: RouterFrames['error'][] = [];
  readonly #rig: SidecarRig;
  readonly #manner: Manner;
  readonly #linesFor: (start: Start) => Lines;
  #wired: WiredAgent | null = null;
  #lives = 0;
  readonly #cancelled = new Set<string>();

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

  async #live(): Promise<void> {
    this.#lives += 1;
    const life = this.#lives;
    const wired = this.#rig.dial();
    this.#wired = wired;
    const { hear } = wired.agent;
    wired.agent.hear = (text) => {
      hear.call(wired.agent, text);
      if (life === this.#lives) this.#onFrame(JSON.parse(text) as RouterFrame);
    };
    wired.agent.hello();
    await this.#rig.clock.advance(5);
  }

  #onFrame(frame: RouterFrame): void {
    switch (frame.t) {
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
      this.#wired?.agent.say({ t: 'turn.cancelled', turn });
    };
    if (this.#manner === 'polite') stop();
    if (this.#manner === 'slow') this.#rig.clock.setTimeout(stop, SLOW_MS);
    if (this.#manner === 'dying') {
      this.#lives += 1;
      this.#wired?.agent.hangUp();
      this.#rig.clock.setTimeout(() => void this.#live(), REBORN_MS);
    }
  }

  async #work(start: Start, life: number): Promise<void> {
    const { clock } = this.#rig;
    const { turn } = start;
    const agent = this.#wired?.agent;
    if (!agent) return;
    agent.accept(turn);
    const { lines, gapMs } = this.#linesFor(start);
    for (const line of lines) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, gapMs));
      if (this.#cancelled.has(turn) || (life !== this.#lives && this.#manner === 'dying')) return;
      agent.delta(turn, line);
      agent.break(turn);
    }
    agent.end(turn);
  }
}
