import type { WrittenConfig } from '../../src/config/schema.js';
import { AcpWorld, type PlayedAgent } from './acp-world.js';
import { AgUiServer } from './ag-ui-server.js';
import type { Exchange } from './agent-server.js';
import { DifyServer } from './dify-server.js';
import { LangGraphServer } from './langgraph-server.js';
import { OpenAiServer } from './openai-server.js';
import { WebhookServer } from './webhook-server.js';

export type WrittenAgent = NonNullable<WrittenConfig['agent']>;

/** One turn as the agent at the other end of a wire has it, whatever the wire. */
export type WireRun = {
  /** What the agent was asked in this turn, with all that came along. */
  readonly asked: string;
  /** Resolves once the agent has been told to stop, by every means that its wire has. */
  readonly told: Promise<unknown>;
  readonly say: (text: string) => void;
  readonly end: () => void;
  /** In the midst of it, without a word. */
  readonly die: () => void;
  readonly raw: (bytes: Uint8Array) => void;
};

/** An agent of one kind, played by a test. Runs are taken in the order in which they are asked for. */
export type WireAgent = {
  readonly settings: WrittenAgent;
  readonly next: () => Promise<WireRun>;
  readonly close: () => Promise<void>;
};

/** Things that arrive, for somebody who takes them one by one. */
class Arrivals<T> {
  readonly #here: T[] = [];
  #waiting: ((item: T) => void)[] = [];

  push(item: T): void {
    const taker = this.#waiting.shift();
    if (taker) taker(item);
    else this.#here.push(item);
  }

  next = (): Promise<T> => {
    const first = this.#here.shift();
    return first === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(first);
  };
}

const ofHttp = <E extends Exchange>(exchange: E, own: Pick<WireRun, 'say' | 'end'> & Partial<WireRun>): WireRun => ({
  asked: exchange.raw,
  told: exchange.closedByClient,
  die: () => exchange.reset(),
  raw: (bytes) => exchange.write(bytes),
  ...own,
});

const openai = async (): Promise<WireAgent> => {
  const server = await OpenAiServer.start();
  const runs = new Arrivals<WireRun>();
  server.script = (exchange) => {
    const end = (): void => {
      exchange.finish();
      exchange.close();
    };
    runs.push(ofHttp(exchange, { say: (text) => exchange.say(text), end }));
  };
  const settings = { driver: 'openai', baseUrl: server.baseUrl, model: 'fake' } as const;
  return { settings, next: runs.next, close: () => server.stop() };
};

const dify = async (): Promise<WireAgent> => {
  const server = await DifyServer.start();
  const runs = new Arrivals<WireRun>();
  server.script = (exchange) => {
    exchange.tell('workflow_started');
    const told = Promise.all([exchange.stopped, exchange.closedByClient]);
    runs.push(ofHttp(exchange, { told, say: (text) => exchange.say(text), end: () => exchange.close() }));
  };
  const settings = { driver: 'dify', baseUrl: server.baseUrl, apiKey: 'app-key' } as const;
  return { settings, next: runs.next, close: () => server.stop() };
};

const agUi = async (): Promise<WireAgent> => {
  const server = await AgUiServer.start();
  const runs = new Arrivals<WireRun>();
  server.script = (exchange) => {
    exchange.tell('RUN_STARTED');
    runs.push(ofHttp(exchange, { say: (text) => exchange.say(text), end: () => exchange.close() }));
  };
  return { settings: { driver: 'ag-ui', url: server.url }, next: runs.next, close: () => server.stop() };
};

const webhook = async (): Promise<WireAgent> => {
  const server = await WebhookServer.start();
  const runs = new Arrivals<WireRun>();
  server.script = (exchange) => {
    exchange.open('application/x-ndjson');
    const say = (text: string): void => exchange.write(`${JSON.stringify({ text })}\n`);
    runs.push(ofHttp(exchange, { say, end: () => exchange.end() }));
  };
  return { settings: { driver: 'webhook', url: server.url }, next: runs.next, close: () => server.stop() };
};

const langgraph = async (): Promise<WireAgent> => {
  const server = await LangGraphServer.start();
  const runs = new Arrivals<WireRun>();
  server.script = (exchange) => {
    const told = Promise.all([exchange.stopped, exchange.closedByClient]);
    const die = (): void => {
      exchange.status = 'success';
      exchange.reset();
    };
    runs.push(ofHttp(exchange, { told, die, say: (text) => exchange.say(text), end: () => exchange.close() }));
  };
  const settings = { driver: 'langgraph', baseUrl: server.baseUrl } as const;
  return { settings, next: runs.next, close: () => server.stop() };
};

const acp = async (manners = ''): Promise<WireAgent> => {
  const world = await AcpWorld.start();
  const runs = new Arrivals<WireRun>();
  const cancels = new Map<PlayedAgent, number>();
  const asked = new Map<PlayedAgent, number>();
  world.onPrompt = (agent, { session, prompt }) => {
    const count = (cancels.get(agent) ?? 0) + 1;
    // Updates name no prompt, only a session: once the next one has come, what an agent says is its answer.
    const own = (asked.get(agent) ?? 0) + 1;
    asked.set(agent, own);
    const isCurrent = (): boolean => asked.get(agent) === own;
    runs.push({
      asked: JSON.stringify(prompt),
      get told() {
        cancels.set(agent, count);
        return agent.tells('cancel', count);
      },
      say: (text) => {
        if (isCurrent()) agent.say(session, text);
      },
      end: () => agent.end(session),
      die: () => agent.do('exit', { code: 1 }),
      // What has no line end would swallow the agent's next words.
      raw: (bytes) => agent.do('raw', { text: Buffer.concat([bytes, Buffer.from('\n')]).toString('base64') }),
    });
  };
  const { command, args } = world;
  const settings = { driver: 'acp', command, args, env: world.env(manners), cwd: process.cwd() } as const;
  return { settings, next: runs.next, close: () => world.stop() };
};

/** Each kind of agent that is reached over a wire, and some that are rude. */
export const WIRE_AGENTS: Readonly<Record<string, () => Promise<WireAgent>>> = {
  openai,
  dify,
  'ag-ui': agUi,
  acp: () => acp(),
  'acp, rude': () => acp('rude deaf loads'),
  webhook,
  langgraph,
};
