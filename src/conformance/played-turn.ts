import type { Inbound } from '../domain/inbound.js';
import type { Receipt } from '../domain/turn.js';
import { turnAbort } from '../domain/turn-abort.js';
import type { AgentDriver, AgentEvent, TurnInput } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';

/** A turn as a router would give it to an agent, with nobody behind it. */
export class PlayedTurn {
  readonly input: TurnInput;
  readonly events: AgentEvent[] = [];
  /** Resolves when the agent has ended, of itself or after the cancel. */
  readonly ended: Promise<void>;
  readonly #controller = new AbortController();
  #steer: ((message: Inbound) => boolean | Promise<boolean>) | null = null;
  readonly #clock: Clock;
  #hasEnded = false;
  #waiting: (() => void)[] = [];

  constructor(driver: AgentDriver, clock: Clock, user: string, epoch: number, text: string) {
    this.#clock = clock;
    const message = messageOf(user, `${user}-${epoch}`, text, clock.now());
    const { conversation, target, sender } = message;
    this.input = {
      id: `${conversation}:t${epoch}`,
      epoch,
      conversation: { id: conversation, scene: 'c2c', target, sender },
      inputs: [message],
      text,
      messages: () => [{ role: 'user', content: text }],
      delivered: async () => this.receipt('completed'),
      memo: null,
      remember: () => undefined,
      hold: () => undefined,
      noteTools: () => undefined,
      onSteer: (accept) => {
        this.#steer = accept;
      },
      traceparent: () => null,
      surface: () => ({ mode: 'block', maxChars: 18_000, repliesLeft: 4, markdown: false, windowMs: 3_600_000 }),
      hasSaid: () => false,
    };
    this.ended = this.#read(driver);
  }

  get said(): string {
    return this.events
      .map((event) => (event.type === 'text' ? event.delta : event.type === 'replace' ? event.text : ''))
      .join('');
  }

  get failure(): string | null {
    const last = this.events.at(-1);
    return last?.type === 'error' ? `${last.code}: ${last.message}` : null;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Whether the agent ends, once it is cancelled within `graceMs`. */
  over(graceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      let grace: unknown = null;
      const onCancel = (): void => {
        grace = this.#clock.setTimeout(() => resolve(false), graceMs);
      };
      this.#controller.signal.addEventListener('abort', onCancel, { once: true });
      void this.ended.then(() => {
        this.#clock.clearTimeout(grace);
        resolve(true);
      });
    });
  }

  /** The next event, or the end. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  cancel(): void {
    this.#controller.abort(turnAbort('superseded'));
  }

  /** A message comes meanwhile: whether the agent takes it into this turn. */
  async offer(text: string, atMs: number): Promise<boolean> {
    const { sender } = this.input.conversation;
    return (await this.#steer?.(messageOf(sender.id, `${sender.id}-steered`, text, atMs))) ?? false;
  }

  receipt(status: Receipt['status']): Receipt {
    const { said } = this;
    return { status, delivered: said, generatedChars: said.length, certainty: 'exact', messageIds: [] };
  }

  async #read(driver: AgentDriver): Promise<void> {
    const iterator = driver.run(this.input, this.#controller.signal)[Symbol.asyncIterator]();
    for (;;) {
      const step = await iterator.next().catch((error: unknown) => {
        this.events.push({ type: 'error', code: 'agent.failed', message: String(error), retryable: false });
        return { done: true as const, value: undefined };
      });
      if (step.done) break;
      this.events.push(step.value);
      for (const wake of this.#waiting.splice(0)) wake();
      if (step.value.type === 'end' || step.value.type === 'error' || this.#controller.signal.aborted) break;
    }
    await iterator.return?.();
    this.#hasEnded = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const messageOf = (user: string, id: string, text: string, atMs: number): Inbound => ({
  id,
  conversation: `qq:0:c2c:${user}`,
  target: { scene: 'c2c', openid: user },
  sender: { id: user },
  text,
  mention: true,
  atMs,
  attachments: [],
});
