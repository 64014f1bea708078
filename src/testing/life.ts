import type { Clock } from '../ports/clock.js';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../ports/http.js';
import type { Socket, SocketHandlers, SocketTransport } from '../ports/socket.js';
import type { InMemoryNet } from './in-memory-net.js';

export type LifeOptions = {
  /** The time of the world. */
  readonly clock: Clock;
  readonly net: InMemoryNet;
  /** How far the machine's clock is off. @default not at all */
  readonly skewMs?: () => number;
  /** A request is about to leave; the process may die of it. */
  readonly leaves?: (request: HttpRequest) => void;
  readonly answered?: (request: HttpRequest, answer: HttpAnswer) => void;
};

/** The socket of a process that is gone. */
const NOWHERE: Socket = {
  send: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
  detach: () => undefined,
};

/**
 * One life of the process: its view of time and of the network. After `end` no timer fires, no promise settles and no
 * frame is heard in it, as if it had been killed; what it had sent is on its way all the same.
 */
export class Life implements Clock, SocketTransport, HttpTransport {
  readonly #options: LifeOptions;
  readonly #timers = new Set<unknown>();
  readonly #sockets = new Set<Socket>();
  #isOver = false;

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  readonly now = (): number => this.#options.clock.now() + (this.#options.skewMs?.() ?? 0);

  readonly setTimeout = (run: () => void, delayMs: number): unknown => {
    if (this.#isOver) return null;
    const handle = this.#options.clock.setTimeout(() => {
      this.#timers.delete(handle);
      run();
    }, delayMs);
    this.#timers.add(handle);
    return handle;
  };

  readonly clearTimeout = (handle: unknown): void => {
    this.#timers.delete(handle);
    this.#options.clock.clearTimeout(handle);
  };

  /** What was ready to run when the process died still runs, here as nowhere else: it must reach nobody. */
  open(url: string, { opened, text, closed }: SocketHandlers): Socket {
    if (this.#isOver) return NOWHERE;
    const socket = this.#options.net.open(url, {
      opened: () => this.#ifAlive(opened),
      text: (frame) => this.#ifAlive(() => text(frame)),
      closed: (code, reason) => this.#ifAlive(() => closed(code, reason)),
    });
    this.#sockets.add(socket);
    return {
      send: (text) => this.#ifAlive(() => socket.send(text)),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (code, reason) => this.#ifAlive(() => socket.close(code, reason)),
      detach: () => this.#ifAlive(() => socket.detach()),
    };
  }

  request(request: HttpRequest): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#ifAlive(() => this.#options.leaves?.(request));
      // It may have died of that.
      this.#ifAlive(() => {
        this.#options.net.request(request).then(
          (answer) => {
            this.#ifAlive(() => this.#options.answered?.(request, answer));
            this.#ifAlive(() => resolve(answer));
          },
          (error: unknown) => this.#ifAlive(() => reject(error)),
        );
      });
    });
  }

  /** `kill -9`: the kernel closes the sockets. */
  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    for (const socket of this.#sockets) socket.detach();
  }

  #ifAlive(act: () => void): void {
    if (!this.#isOver) act();
  }
}
