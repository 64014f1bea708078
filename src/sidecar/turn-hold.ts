import type { Clock } from '../ports/clock.js';
import type { AgentFrames } from './frames/from-agent.js';

/** The section of a turn that its agent does not want interrupted. */
export class TurnHold {
  readonly #clock: Clock;
  readonly #tell: (on: boolean) => void;
  #isOn = false;
  #timer: unknown = null;

  constructor(clock: Clock, tell: (on: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  set({ on, maxMs }: Pick<AgentFrames['turn.hold'], 'on' | 'maxMs'>): void {
    if (!on) {
      this.release();
      return;
    }
    this.#clock.clearTimeout(this.#timer);
    this.#isOn = true;
    this.#tell(true);
    this.#timer = maxMs === undefined ? null : this.#clock.setTimeout(() => this.release(), maxMs);
  }

  /** A hold ends with the one who asked for it. */
  release(): void {
    this.#clock.clearTimeout(this.#timer);
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#tell(false);
  }
}
