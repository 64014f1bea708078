import type { Inbound } from '../../domain/inbound.js';
import type { TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import {
  allowedBy,
  chosenBy,
  deniedBy,
  type PermissionPolicy,
  type PermissionRequest,
  questionOf,
} from './acp-permission.js';
import type { EventQueue } from './event-queue.js';

/** How long a user may take; less than the silence after which an agent is given up. */
const ASK_MS = 90_000;

export type AskingDeps = {
  readonly policy: PermissionPolicy;
  readonly turn: TurnInput;
  readonly queue: EventQueue;
  readonly clock: Clock;
};

/**
 * What one turn answers to an agent that wants to be allowed something.
 * Shape: under "ask" the user is asked, one question at a time, and answers by a message that joins the turn, which needs
 * `busy: "steer"`; no answer in time is a no. Once the turn is over, every question is taken back.
 */
export class AcpAsking {
  readonly #deps: AskingDeps;
  #last: Promise<unknown> = Promise.resolve();
  #open: { readonly request: PermissionRequest; readonly answer: (option: string | null) => void } | null = null;
  #isOver = false;

  constructor(deps: AskingDeps) {
    this.#deps = deps;
    if (deps.policy === 'ask') deps.turn.onSteer((message) => this.#take(message));
  }

  /** A user is thinking; that is no silence of the agent's. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  async decide(request: PermissionRequest): Promise<string | null> {
    if (this.#isOver) return null;
    if (this.#deps.policy === 'allow') return allowedBy(request);
    if (this.#deps.policy === 'deny') return deniedBy(request);
    const own = this.#last.then(() => this.#ask(request));
    this.#last = own;
    return own;
  }

  takeBack(): void {
    this.#isOver = true;
    this.#open?.answer(null);
  }

  async #ask(request: PermissionRequest): Promise<string | null> {
    if (this.#isOver) return null;
    const { queue, clock } = this.#deps;
    let timer: unknown;
    const answered = new Promise<string | null>((resolve) => {
      this.#open = { request, answer: resolve };
      timer = clock.setTimeout(() => resolve(deniedBy(request)), ASK_MS);
    });
    queue.push({ type: 'break' });
    queue.push({ type: 'text', delta: questionOf(request) });
    queue.push({ type: 'break' });
    const option = await answered;
    clock.clearTimeout(timer);
    this.#open = null;
    return option;
  }

  #take({ text }: Inbound): boolean {
    const open = this.#open;
    const option = open && chosenBy(open.request, text);
    if (!open || option === null) return false;
    this.#open = null;
    open.answer(option);
    return true;
  }
}
