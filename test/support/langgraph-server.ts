import { randomUUID } from 'node:crypto';
import { AgentServer, Exchange, type Handler } from './agent-server.js';

/** One request of a client of a LangGraph server. */
export class LangGraphExchange extends Exchange {
  readonly run = randomUUID();
  status: 'pending' | 'running' | 'success' | 'interrupted' = 'running';
  /** Resolves when the run was cancelled. */
  readonly stopped: Promise<void>;
  #stop: () => void = () => undefined;

  constructor(...args: ConstructorParameters<typeof Exchange>) {
    super(...args);
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get thread(): string {
    return this.path.split('/')[3] ?? '';
  }

  /** A run's answer begins by naming it. */
  begin(): void {
    const place = `/threads/${this.thread}/runs/${this.run}/stream`;
    this.open('text/event-stream', 200, { 'content-location': place });
    this.event({ run_id: this.run, attempt: 1 }, 'metadata');
  }

  say(...texts: readonly string[]): void {
    for (const content of texts) this.message({ type: 'AIMessageChunk', id: 'm1', content });
  }

  message(message: Readonly<Record<string, unknown>>, node = 'agent'): void {
    this.event([message, { langgraph_node: node }], 'messages');
  }

  close(): void {
    this.status = 'success';
    this.end();
  }

  halt(): void {
    this.status = 'interrupted';
    this.#stop();
    this.end();
  }
}

export type LangGraphScript = Handler<LangGraphExchange>;

const sayHello: LangGraphScript = (exchange) => {
  exchange.say('Hello', ' from', ' LangGraph');
  exchange.close();
};

/**
 * The runs of a LangGraph server. Shape: `script` plays a run that has begun; a thread with a running one refuses the
 * next, as `multitask_strategy: "reject"` asks; a cancel is answered once the run has ended.
 */
export class LangGraphServer extends AgentServer<LangGraphExchange> {
  script: LangGraphScript = sayHello;
  /** What happens before a cancel is answered. */
  onCancel: LangGraphScript = (exchange) => exchange.answer(202, '');
  /** Whether a run names itself before it says anything. */
  isNaming = true;

  static start(): Promise<LangGraphServer> {
    return new LangGraphServer(LangGraphExchange).listen();
  }

  get runs(): LangGraphExchange[] {
    return this.exchanges.filter(({ path }) => path.endsWith('/runs/stream'));
  }

  protected handle(exchange: LangGraphExchange): void | Promise<void> {
    const { path } = exchange;
    const [, , , , , id, act] = path.split(/[/?]/);
    if (path.endsWith('/info')) return exchange.answer(200, { version: '1' });
    if (act === 'cancel') {
      const run = this.runs.find((one) => one.run === id);
      if (!run) return exchange.answer(404, { detail: 'Run not found' });
      run.halt();
      return this.onCancel(exchange);
    }
    const ofThread = this.runs.filter((one) => one.thread === exchange.thread && one !== exchange);
    if (exchange.method === 'GET') {
      const status = /status=(\w+)/.exec(path)?.[1];
      const listed = ofThread.filter((one) => one.status === status).map(({ run }) => ({ run_id: run }));
      return exchange.answer(200, listed);
    }
    if (ofThread.some(({ status }) => status === 'running' || status === 'pending')) {
      return exchange.answer(422, { detail: 'Thread is already running a task. Wait for it to finish.' });
    }
    if (this.isNaming) exchange.begin();
    return this.script(exchange);
  }
}
