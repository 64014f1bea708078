import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, and the answer to it as the script writes it. */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON body; null where there was none. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Resolves when the connection is closed before the answer is complete. */
  readonly closedByClient: Promise<void>;
  readonly #response: ServerResponse;

  constructor(method: string, path: string, headers: IncomingHttpHeaders, body: string, response: ServerResponse) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.body = body === '' ? null : JSON.parse(body);
    this.#response = response;
    this.closedByClient = new Promise((resolve) => {
      response.once('close', () => {
        if (!response.writableEnded) resolve();
      });
    });
  }

  /** Answers with a status and JSON, or with text of another type. */
  answer(status: number, body: unknown, type = 'application/json'): void {
    this.#response.writeHead(status, { 'content-type': type });
    this.#response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** Raw bytes of the stream; the first ones open it. */
  write(bytes: string | Uint8Array): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#response.write(bytes);
  }

  event(data: unknown, name?: string): void {
    this.write(`${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  delta(delta: Readonly<Record<string, unknown>>): void {
    this.event({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] });
  }

  say(...tokens: readonly string[]): void {
    for (const content of tokens) this.delta({ content });
  }

  /** The model has finished; the stream stays open. */
  finish(reason = 'stop'): void {
    this.event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  }

  /** Ends the answer properly, with `[DONE]` unless told otherwise. */
  close(done = true): void {
    if (done) this.event('[DONE]');
    this.#response.end();
  }

  /** Breaks the connection in the midst of the answer. */
  reset(): void {
    this.#response.destroy();
  }
}

/** Writes one answer; may take its time. */
export type Script = (exchange: Exchange) => void | Promise<void>;

const listModels: Script = (exchange) => exchange.answer(200, { object: 'list', data: [{ id: 'fake' }] });

const sayHello: Script = (exchange) => {
  exchange.say('Hello', ' from', ' the', ' model');
  exchange.finish();
  exchange.close();
};

/**
 * A Chat Completions server on a free loopback port.
 * Shape: `models` answers `GET /v1/models`, `script` all else; a test may set either at any time. Each request is kept,
 * in order.
 */
export class OpenAiServer {
  script: Script = sayHello;
  models: Script = listModels;
  readonly exchanges: Exchange[] = [];
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.#take(new Exchange(method, url, headers, Buffer.concat(chunks).toString(), response));
      });
    });
  }

  static async start(): Promise<OpenAiServer> {
    const made = new OpenAiServer();
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The `count`-th request, counted from 1, once it is there. */
  async arrived(count = 1): Promise<Exchange> {
    for (;;) {
      const exchange = this.exchanges[count - 1];
      if (exchange) return exchange;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(exchange: Exchange): void {
    this.exchanges.push(exchange);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    const script = exchange.path.endsWith('/models') ? this.models : this.script;
    void script(exchange);
  }
}
