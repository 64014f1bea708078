import type { AgentDriver, AgentEvent, TurnInput } from '../../src/ports/agent-driver.js';
import type { Clock } from '../../src/ports/clock.js';

/** One turn as the agent sees it. */
export type Job = {
  readonly turn: TurnInput;
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
};
export type Script = (job: Job) => AsyncIterable<AgentEvent>;

export const text = (delta: string): AgentEvent => ({ type: 'text', delta });
export const BREAK: AgentEvent = { type: 'break' };

/** Says these messages, each after so long, and stops at once when it is told to. */
export const says = (messages: readonly string[], gapMs = 0): Script =>
  async function* ({ signal, pause }) {
    for (const message of messages) {
      if (gapMs > 0) await pause(gapMs);
      if (signal.aborted) return;
      yield text(message);
      yield BREAK;
    }
  };

/** Works until it is told to stop. */
export const works: Script = async function* ({ signal }) {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  yield text('said after the cancel');
};

/** Says one thing after so long, or stops in the very instant it is told to. */
export const thinks = (ms: number, message: string): Script =>
  async function* ({ signal, pause }) {
    await Promise.race([pause(ms), new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))]);
    if (!signal.aborted) yield text(message);
  };

/** Does not listen: says something every so often, for ever. */
export const ignoresCancel = (gapMs: number): Script =>
  async function* ({ pause }) {
    for (let n = 1; ; n += 1) {
      await pause(gapMs);
      yield text(`rude ${n}`);
      yield BREAK;
    }
  };

/** Stuck in an `await` that never ends. */
export const stuck: Script = async function* () {
  await new Promise<never>(() => undefined);
  yield text('never');
};

/** An agent that plays one script per turn, and the last one from then on. */
export class ScriptedAgent implements AgentDriver {
  readonly name = 'scripted';
  readonly capabilities = {
    cancel: 'confirmed',
    steer: false,
    history: 'router',
    resume: false,
    progress: false,
  } as const;
  readonly jobs: Job[] = [];
  readonly #clock: Clock;
  readonly #scripts: Script[];

  constructor(clock: Clock, scripts: readonly Script[]) {
    this.#clock = clock;
    this.#scripts = [...scripts];
  }

  get turns(): TurnInput[] {
    return this.jobs.map(({ turn }) => turn);
  }

  run(turn: TurnInput, signal: AbortSignal): AsyncIterable<AgentEvent> {
    const script = this.#scripts.length > 1 ? this.#scripts.shift() : this.#scripts[0];
    if (!script) throw new Error('the agent has no script');
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        this.#clock.setTimeout(resolve, ms);
      });
    const job = { turn, signal, pause };
    this.jobs.push(job);
    return script(job);
  }
}
