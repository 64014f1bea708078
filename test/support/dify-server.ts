import { randomUUID } from 'node:crypto';
import { AgentServer, Exchange, type Handler } from './agent-server.js';

const SAID_MAX = 1_000;

/** One request of a client of Dify's chat API. */
export class DifyExchange extends Exchange {
  task: string = randomUUID();
  conversation: string = String(this.body?.['conversation_id'] ?? randomUUID());
  /** Resolves when the answer's user has stopped it. */
  readonly stopped: Promise<void>;
  #stop: () => void = () => undefined;
  #wasStopped = false;
  readonly said: string[] = [];

  constructor(...args: ConstructorParameters<typeof Exchange>) {
    super(...args);
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get user(): unknown {
    return this.body?.['user'];
  }

  /** An event as Dify writes it: named in its data, with the ids in each. */
  tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.event({ event, task_id: this.task, message_id: 'm', conversation_id: this.conversation, ...fields });
  }

  say(...answers: readonly string[]): void {
    for (const answer of answers) {
      if (this.said.length < SAID_MAX) this.said.push(answer);
      this.tell('message', { answer });
    }
  }

  close(metadata: unknown = { usage: { total_tokens: 3, total_price: '0.001', currency: 'USD' } }): void {
    this.tell('message_end', { metadata });
    this.end();
  }

  halt(): void {
    this.#wasStopped = true;
    this.#stop();
  }

  get wasStopped(): boolean {
    return this.#wasStopped;
  }
}

export type DifyScript = Handler<DifyExchange>;

const sayHello: DifyScript = (exchange) => {
  exchange.say('Hello', ' from', ' Dify');
  exchange.close();
};

/**
 * Dify's chat API. Shape: `script` answers a question; a stop is always `success`, and stops only what the same user has
 * asked; a conversation that was not begun here is answered 404.
 */
export class DifyServer extends AgentServer<DifyExchange> {
  script: DifyScript = sayHello;
  info: DifyScript = (exchange) => exchange.answer(200, { name: 'app' });
  onStop: DifyScript = (exchange) => exchange.answer(200, { result: 'success' });
  readonly conversations = new Set<unknown>();

  static start(): Promise<DifyServer> {
    return new DifyServer(DifyExchange).listen();
  }

  get questions(): DifyExchange[] {
    return this.exchanges.filter(({ path }) => path === '/v1/chat-messages');
  }

  protected handle(exchange: DifyExchange): void | Promise<void> {
    if (exchange.path === '/v1/info') return this.info(exchange);
    const task = /^\/v1\/chat-messages\/([^/]+)\/stop$/.exec(exchange.path)?.[1];
    if (task) {
      this.questions.find((one) => one.task === task && one.user === exchange.user)?.halt();
      return this.onStop(exchange);
    }
    const known = exchange.body?.['conversation_id'];
    if (known !== undefined && !this.conversations.has(known)) {
      return exchange.answer(404, { code: 'not_found', message: 'Conversation Not Exists.', status: 404 });
    }
    this.conversations.add(exchange.conversation);
    return this.script(exchange);
  }
}
