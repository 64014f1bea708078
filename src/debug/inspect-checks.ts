import type { ErrorCode } from '../errors/codes.js';
import { asRouterError } from '../errors/router-error.js';

/** What of a router can only be asked for, and may be slow to answer. */
export type Asked = {
  checkAgents(): Promise<void>;
  deadLetters(): Promise<readonly unknown[]>;
};

/** How long an answer is good enough. Units: ms. */
const GOOD_FOR_MS = 30_000;

/**
 * Whether the agent answers, and how many messages were given up, as it was when it was last asked.
 * Shape: asked only while somebody looks; one question at a time, however slow the answer.
 */
export class Checks {
  agent: { readonly code: ErrorCode; readonly detail: string } | null = null;
  deadLetters = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  /** Never waits: what it learns is there at the next look. */
  look(router: Asked, nowMs: number): void {
    if (this.#isAsking || nowMs - this.#askedMs < GOOD_FOR_MS) return;
    this.#askedMs = nowMs;
    this.#isAsking = true;
    void this.#ask(router).finally(() => {
      this.#isAsking = false;
    });
  }

  async #ask(router: Asked): Promise<void> {
    try {
      await router.checkAgents();
      this.agent = null;
    } catch (error) {
      const { code, message } = asRouterError(error, 'agent.unreachable');
      this.agent = { code, detail: message };
    }
    // A store that cannot be read says so of itself.
    this.deadLetters = await router.deadLetters().then(
      ({ length }) => length,
      () => this.deadLetters,
    );
  }
}
