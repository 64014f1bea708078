import type { Clock } from '../ports/clock.js';

const STEER_MS = 1_000;

type Asked = { readonly answer: (isTaken: boolean) => void; readonly timer: unknown };

/** Messages that an agent was offered for the turn it is at, and has not answered yet. Shape: silence is no. */
export class TurnSteering {
  readonly #clock: Clock;
  readonly #asked = new Map<string, Asked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `onTaken` is called in the step in which the agent says yes. */
  ask(id: string, onTaken: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.answer(id, false), STEER_MS);
      const answer = (isTaken: boolean): void => {
        if (isTaken) onTaken();
        resolve(isTaken);
      };
      this.#asked.set(id, { answer, timer });
    });
  }

  answer(id: string, isTaken: boolean): void {
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    this.#clock.clearTimeout(asked.timer);
    asked.answer(isTaken);
  }

  /** Whoever has not answered has said no. */
  settle(): void {
    for (const id of [...this.#asked.keys()]) this.answer(id, false);
  }
}
