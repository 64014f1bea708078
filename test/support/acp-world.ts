import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

type Told = Readonly<Record<string, unknown>> & { readonly type: string };

/** One process of the played agent, as the test holds it. */
export class PlayedAgent {
  readonly told: Told[] = [];
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, onTold: (agent: PlayedAgent, told: Told) => void) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    const lines = createInterface({ input: socket });
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const told: Told = JSON.parse(line);
      this.told.push(told);
      onTold(this, told);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
  }

  /** The `count`-th thing of this type that it told, once it has. */
  async tells(type: string, count = 1): Promise<Told> {
    for (;;) {
      const told = this.told.filter((one) => one.type === type)[count - 1];
      if (told) return told;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  do(what: string, more: Readonly<Record<string, unknown>> = {}): void {
    this.#socket.write(`${JSON.stringify({ do: what, ...more })}\n`);
  }

  update(session: unknown, update: Readonly<Record<string, unknown>>): void {
    this.do('update', { session, update });
  }

  say(session: unknown, ...texts: readonly string[]): void {
    for (const text of texts)
      this.update(session, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
  }

  end(session: unknown, stopReason = 'end_turn'): void {
    this.do('end', { session, stopReason });
  }
}

/** Where played agents report to. */
export class AcpWorld {
  readonly agents: PlayedAgent[] = [];
  /** Called for each prompt of whichever process. */
  onPrompt: (agent: PlayedAgent, told: Told) => void = () => undefined;
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  private constructor() {
    this.#server = createServer((socket) => {
      this.agents.push(new PlayedAgent(socket, (agent, told) => told.type === 'prompt' && this.onPrompt(agent, told)));
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
  }

  static async start(): Promise<AcpWorld> {
    const made = new AcpWorld();
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  readonly command = process.execPath;
  readonly args = [fileURLToPath(new URL('./acp-agent.mjs', import.meta.url))];

  /** What the played agent must be told to find its test. */
  env(manners = ''): Record<string, string> {
    const address = this.#server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return { ACP_CONTROL: `${port}`, ACP_MANNERS: manners };
  }

  /** The `count`-th process, once it has started. */
  async started(count = 1): Promise<PlayedAgent> {
    for (;;) {
      const agent = this.agents[count - 1];
      if (agent) return agent;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    await Promise.all(this.agents.map(({ gone }) => gone));
  }
}
