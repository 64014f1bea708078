import type { Listening, ListenOptions } from '../conformance/listening.js';
import type { PlayedTurn } from '../conformance/played-turn.js';
import type { Finding } from '../conformance/promises.js';
import type { Receipt } from '../domain/turn.js';

/** Where it listens, and for whom it waits; each has a default. */
export type TestRouterOptions = ListenOptions;

/** A turn that a test has offered to its agent. */
export class TestTurn {
  readonly #played: PlayedTurn;
  /** The receipt, once the agent has ended; `killed` where it did not stop within two seconds of a cancel. Never rejects. */
  readonly closed: Promise<Receipt>;

  constructor(played: PlayedTurn, closed: Promise<Receipt>) {
    this.#played = played;
    this.closed = closed;
  }

  /** What the agent has said so far. */
  get said(): string {
    return this.#played.said;
  }

  /** Why it failed, if it has: a code, and the agent's words. */
  get failure(): string | null {
    return this.#played.failure;
  }

  /** Resolves with the agent's next word, or with its end. */
  async spoke(): Promise<void> {
    const { said } = this;
    while (this.said === said && !this.#played.hasEnded) {
      await Promise.race([this.#played.change(), this.#played.ended]);
    }
  }

  /** A newer message has come: from here on nothing that the agent says is taken. */
  cancel(): void {
    this.#played.cancel();
  }

  /** A message comes meanwhile: whether the agent takes it into this turn. */
  steer(text: string): Promise<boolean> {
    return this.#played.offer(text, Date.now());
  }
}

/**
 * A router for the tests of an agent that dials in: no platform, no users; turns are offered as the test says.
 * Shape: on a real port and in real time, for the agent is another program.
 */
export class TestRouter {
  readonly #listening: Listening;

  private constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** Errors: `server.portTaken`. */
  static async start(options: TestRouterOptions = {}): Promise<TestRouter> {
    // The server is large, and most tests need none.
    const { listenForAgents } = await import('../conformance/listening.js');
    return new TestRouter(await listenForAgents('test', options));
  }

  /** What the agent is told to dial: `http://127.0.0.1:…`. */
  get url(): string {
    return this.#listening.url;
  }

  /** Resolves once an agent has said hello. Errors: `agent.detached` where none has within `waitMs`. */
  attached(): Promise<void> {
    return this.#listening.check.attached();
  }

  /** A user asks; the agent is offered the turn as soon as it is there. */
  ask(text: string, user = 'user'): TestTurn {
    const { turn, closed } = this.#listening.check.ask(text, user);
    return new TestTurn(turn, closed);
  }

  /** Closes every connection; agents may come back at once. */
  hangUp(): void {
    this.#listening.check.desk.hangUp('refresh');
  }

  /** Every promise of the frames, each tried by itself. Source: `rookery conformance`. */
  check(): AsyncGenerator<Finding> {
    return this.#listening.check.check();
  }

  close(): Promise<void> {
    return this.#listening.close();
  }
}
