import { understand } from '../emulator/http-body.js';
import { isStoragePath, type Platform, type PlatformRequest, type ServerLink } from '../emulator/index.js';
import { RouterError } from '../errors/router-error.js';
import type { Clock } from '../ports/clock.js';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../ports/http.js';
import type { Socket, SocketHandlers, SocketTransport } from '../ports/socket.js';

/** What goes over the wire, as the router's side sees it; a detached socket hears nothing. */
export type WireTap = {
  readonly opened?: (socket: InMemorySocket) => void;
  readonly heard?: (text: string, by: InMemorySocket) => void;
  readonly said?: (text: string, by: InMemorySocket) => void;
  readonly closed?: (code: number, wasOpen: boolean) => void;
  /** The router let go of the socket. */
  readonly left?: () => void;
};

/**
 * The emulator's platform at the other end of a wire without sockets: everything takes `LATENCY_MS` and keeps its order.
 * With a virtual clock the whole of it stands still until time moves.
 */
export class InMemoryNet implements SocketTransport, HttpTransport {
  readonly clock: Clock;
  readonly platform: Platform;
  readonly tap: WireTap;
  /** Sockets the router holds: opened, and neither detached nor closed. */
  readonly held = new Set<InMemorySocket>();
  /** Nothing can be reached: new connections and requests fail. */
  isDown = false;
  #onTheWay = 0;
  #unanswered = 0;

  constructor(clock: Clock, platform: Platform, tap: WireTap = {}) {
    this.clock = clock;
    this.platform = platform;
    this.tap = tap;
  }

  /** Frames and requests on their way, and requests that wait for their answer. */
  get underWay(): number {
    return this.#onTheWay + this.#unanswered;
  }

  later(run: () => void): void {
    this.#onTheWay += 1;
    this.clock.setTimeout(() => {
      this.#onTheWay -= 1;
      run();
    }, LATENCY_MS);
  }

  open(_url: string, handlers: SocketHandlers): Socket {
    const socket = new InMemorySocket(this, handlers);
    this.held.add(socket);
    this.tap.opened?.(socket);
    return socket;
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    this.#unanswered += 1;
    try {
      return await this.#exchange(request, await asPlatformRequest(request));
    } finally {
      this.#unanswered -= 1;
    }
  }

  #exchange({ timeoutMs }: HttpRequest, request: PlatformRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.later(() => {
        if (this.isDown) return reject(new RouterError('transport.lost', 'the network is down'));
        const { status, headers, body, fault, delayMs } = this.platform.request(request);
        if (fault === 'hang' || delayMs > timeoutMs) {
          this.clock.setTimeout(() => reject(new RouterError('transport.timeout', 'no answer in time')), timeoutMs);
        } else if (fault === 'cut') {
          this.later(() => reject(new RouterError('transport.lost', 'the connection broke')));
        } else {
          this.clock.setTimeout(() => resolve({ status, headers, body: textOf(body) }), delayMs + LATENCY_MS);
        }
      });
    });
  }
}

const textOf = (body: unknown): string =>
  typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);

const asPlatformRequest = async ({ method, url, headers, body, bytes }: HttpRequest): Promise<PlatformRequest> => {
  const { pathname, search } = new URL(url);
  const about = { method, path: pathname + search, headers };
  if (bytes === undefined) return body === undefined ? about : { ...about, body: JSON.parse(body) };
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { value, ...read } = await understand(whole, headers['content-type'] ?? '', isStoragePath(pathname));
  return { ...about, body: value, ...read };
};

export const LATENCY_MS = 20;

/** One connection. A platform that ends it is heard after what it sent before. */
export class InMemorySocket implements Socket {
  readonly #net: InMemoryNet;
  readonly #handlers: SocketHandlers;
  #link: ServerLink | null = null;
  #isDetached = false;
  #isClosed = false;
  #isPaused = false;
  #waiting: (() => void)[] = [];

  constructor(net: InMemoryNet, handlers: SocketHandlers) {
    this.#net = net;
    this.#handlers = handlers;
    net.later(() => this.#arrive());
  }

  send(text: string): void {
    if (this.#isDetached || this.#isClosed) return;
    this.#net.tap.said?.(text, this);
    this.#net.later(() => this.#link?.receive(text));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const deliver of waiting) this.#deliver(deliver);
  }

  close(code: number): void {
    this.#net.later(() => this.#link?.closed());
    this.#net.later(() => this.#net.later(() => this.#deliver(() => this.#end(code))));
  }

  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#net.held.delete(this);
    this.#net.tap.left?.();
    this.#net.later(() => this.#link?.closed());
  }

  #arrive(): void {
    if (this.#isDetached) return;
    if (this.#net.isDown) {
      this.#later(() => this.#end(1006));
      return;
    }
    this.#later(() => this.#handlers.opened());
    this.#link = this.#net.platform.connect({
      send: (text) =>
        this.#later(() => {
          this.#net.tap.heard?.(text, this);
          this.#handlers.text(text);
        }),
      close: (code) => this.#later(() => this.#end(code)),
    });
  }

  #later(deliver: () => void): void {
    this.#net.later(() => this.#deliver(deliver));
  }

  #deliver(deliver: () => void): void {
    if (this.#isDetached || this.#isClosed) return;
    if (this.#isPaused) this.#waiting.push(deliver);
    else deliver();
  }

  #end(code: number): void {
    this.#isClosed = true;
    this.#net.held.delete(this);
    this.#net.tap.closed?.(code, this.#link !== null);
    this.#handlers.closed(code, '');
  }
}
