import type { Clock } from '../../ports/clock.js';

/** How long the name of a run, and then the answer to its stop, are waited for; as long as an agent's usual grace. */
const STOP_MS = 2_000;

export type RemoteStopDeps = {
  readonly turn: AbortSignal;
  readonly clock: Clock;
  /** Tells the server to stop the run of this name; resolves with its answer. */
  readonly call: (name: string, signal: AbortSignal) => Promise<void>;
  /** The answer says that the run has ended; without it the run is not taken for stopped. */
  readonly isConfirmed?: boolean;
};

/** How long a run that was not stopped for certain is waited for; a router ends it by force before. */
const UNCERTAIN_MS = 10_000;

/**
 * The stop call beside the closing of the connection, which alone does not stop every server.
 * Shape: called at the turn's abort, or by `fire`; at most once. A run whose name is not known yet is read on until it is,
 * for 2 s at most. Source: agents §1.3.
 */
export class RemoteStop {
  readonly #deps: RemoteStopDeps;
  readonly #cut = new AbortController();
  #name: string | null = null;
  #hasNone = false;
  #onName: (() => void) | null = null;
  #halting: Promise<void> | null = null;
  #onGivenUp: () => void = () => undefined;

  constructor(deps: RemoteStopDeps) {
    this.#deps = deps;
    if (deps.turn.aborted) this.#cut.abort();
    else deps.turn.addEventListener('abort', this.fire, { once: true });
  }

  /** Fires when the connection may be closed. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  get isNamed(): boolean {
    return this.#name !== null;
  }

  /** What the server calls this run. */
  name(name: string): void {
    this.#name ??= name;
    this.#onName?.();
  }

  /** The server has begun no run: there is nothing to be stopped. */
  disown(): void {
    this.#hasNone = true;
  }

  readonly fire = (): void => {
    this.#halting ??= this.#halt();
  };

  /** Nobody reads on: a name that is not known now will not be. Resolves once the server has answered, or is given up. */
  async settled(): Promise<void> {
    this.#deps.turn.removeEventListener('abort', this.fire);
    this.#onName?.();
    await this.#halting;
  }

  /** Whoever is not certain by now will not be. */
  giveUp(): void {
    this.#onGivenUp();
  }

  #naming(): Promise<void> {
    return new Promise((resolve) => {
      this.#onName = resolve;
    });
  }

  async #halt(): Promise<void> {
    const isStopped = await this.#stop();
    const { turn, isConfirmed } = this.#deps;
    if (!isStopped && isConfirmed && turn.aborted) await this.#uncertain();
  }

  #uncertain(): Promise<void> {
    const { clock } = this.#deps;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, UNCERTAIN_MS);
      this.#onGivenUp = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  async #stop(): Promise<boolean> {
    const late = new AbortController();
    const { clock, call } = this.#deps;
    const timer = clock.setTimeout(() => {
      late.abort();
      this.#onName?.();
    }, STOP_MS);
    try {
      if (!this.isNamed) await this.#naming();
      if (this.#name === null) return this.#hasNone;
      const answered = call(this.#name, late.signal);
      this.#cut.abort();
      await answered;
      return true;
    } catch {
      return false;
    } finally {
      clock.clearTimeout(timer);
      this.#cut.abort();
    }
  }
}
