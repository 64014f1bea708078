import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, and the answer to it as the script writes it. */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly raw: string;
  /** The parsed JSON body; null where there was none. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Resolves when the connection is closed before the answer is complete. */
  readonly closedByClient: Promise<void>;
  readonly #response: ServerResponse;

  constructor(method: string, path: string, headers: IncomingHttpHeaders, body: string, response: ServerResponse) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.raw = body;
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
    this.open(type, status);
    this.#response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** Begins the answer, if it has not begun. */
  open(type = 'text/event-stream', status = 200, headers: Readonly<Record<string, string>> = {}): void {
    if (!this.#response.headersSent)
      this.#response.writeHead(status, { 'content-type': type, ...headers }).flushHeaders();
  }

  /** Raw bytes of the stream; the first ones open it. */
  write(bytes: string | Uint8Array): void {
    this.open();
    this.#response.write(bytes);
  }

  event(data: unknown, name?: string): void {
    this.write(`${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  /** Ends the answer. */
  end(): void {
    this.#response.end();
  }

  /** Breaks the connection in the midst of the answer. */
  reset(): void {
    this.#response.destroy();
  }
}

/** Answers one request; may take its time. */
export type Handler<E extends Exchange = Exchange> = (exchange: E) => void | Promise<void>;

type Made<E> = new (
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: string,
  response: ServerResponse,
) => E;

/** An agent's HTTP server on a free loopback port. Each request is kept, in order. */
export abstract class AgentServer<E extends Exchange = Exchange> {
  readonly exchanges: E[] = [];
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  constructor(kind: Made<E>) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.#take(new kind(method, url, headers, Buffer.concat(chunks).toString(), response));
      });
    });
  }

  protected abstract handle(exchange: E): void | Promise<void>;

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** The `count`-th request whose path ends so, counted from 1, once it is there. */
  async arrived(count = 1, path = ''): Promise<E> {
    for (;;) {
      const exchange = this.exchanges.filter((one) => one.path.endsWith(path))[count - 1];
      if (exchange) return exchange;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(exchange: E): void {
    this.exchanges.push(exchange);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    void this.handle(exchange);
  }
}
