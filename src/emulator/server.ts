import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Agent } from 'undici';
import { WebSocketServer } from 'ws';
import { systemClock } from '../adapters/clock/system-clock.js';
import { Control } from './control-server.js';
import { readBody } from './http-body.js';
import { type FetchLinks, fetchLink, isFetched } from './http-fetch.js';
import { httpOutside } from './http-outside.js';
import { type Answer, isStoragePath, Platform, type PlatformOptions, type PlatformRequest } from './platform/index.js';
import { serveSocket } from './socket-peer.js';

/** How the platform is, and where it listens. */
export type EmulatorOptions = Partial<PlatformOptions> & {
  /** Port on 127.0.0.1; 0 takes a free one. @default 0 */
  port?: number;
  /** Links in uploads (`url`, a guild's `image`) that are fetched; the others are taken as they are. @default 'loopback' */
  fetchLinks?: FetchLinks;
  /** The control surface below `/_emulator`, for other processes. @default true */
  control?: boolean;
};

/** Where a bot finds the emulator; all three share one port. No trailing slash. */
export type EmulatorUrls = { readonly token: string; readonly api: string; readonly gateway: string };

const HOST = '127.0.0.1';
const SOCKET_PATH = '/websocket';

/** The platform on a loopback port: token endpoint, REST API and gateway in one. Everything of `Platform` is here too. */
export class Emulator extends Platform {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #agent: Agent;
  readonly #fetchLinks: FetchLinks;
  readonly #control: Control | undefined;
  readonly #connections = new Set<Socket>();
  #closing: Promise<void> | undefined;

  constructor(options: EmulatorOptions = {}) {
    const agent = new Agent({ keepAliveTimeout: 10_000, connections: 16 });
    super({ ...options, clock: options.clock ?? systemClock, outside: options.outside ?? httpOutside(agent) });
    this.#agent = agent;
    this.#fetchLinks = options.fetchLinks ?? 'loopback';
    this.#control = options.control === false ? undefined : new Control(this, () => this.context.timers.now());
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: this.limits.frameBytes,
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
      // A client that is gone is no error of ours.
      socket.on('error', () => undefined);
    });
    this.#server.on('upgrade', (request, socket, head) => {
      if (request.url?.split('?', 1)[0]?.replace(/\/$/u, '') !== SOCKET_PATH) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        serveSocket(this, client, socket as Socket, this.limits.unreadBytes);
      });
    });
  }

  /** Errors: rejects with the listen error, e.g. EADDRINUSE. */
  listen(port: number): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, HOST, () => {
        this.#server.off('error', reject);
        this.gatewayUrl = this.urls.gateway;
        this.baseUrl = this.urls.api;
        resolve(this);
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get urls(): EmulatorUrls {
    const base = `http://${HOST}:${this.port}`;
    return { token: base, api: base, gateway: `ws://${HOST}:${this.port}${SOCKET_PATH}` };
  }

  /** Says 1001 to every socket, cuts every connection, frees the port. May be called twice. */
  override close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      super.close();
      this.#control?.close();
      this.#server.close(() => resolve(this.#agent.destroy()));
      // Close frames leave first; whatever is still open after that hangs or lingers.
      setImmediate(() => {
        for (const connection of this.#connections) connection.destroySoon();
        setImmediate(() => {
          for (const connection of this.#connections) connection.destroy();
        });
      });
    });
    return this.#closing;
  }

  // The platform looks behind the links it is given before it answers.
  async #withLink(request: PlatformRequest): Promise<PlatformRequest> {
    const link = this.linkToFetch(request);
    if (link === undefined || !isFetched(link, this.#fetchLinks)) return request;
    return { ...request, fetched: await fetchLink(link, this.limits.fileBytes, this.#agent) };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (this.#control && Control.owns(path)) {
      await this.#control.serve(request, response);
      return;
    }
    const { state, ...body } = await readBody(request, this.limits.bodyBytes, isStoragePath(path));
    if (state === 'broken') return;
    if (state === 'tooLarge') {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const { value, ...rest } = body as { value?: unknown } & Pick<PlatformRequest, 'bytes' | 'files'>;
    const answer = this.request(
      await this.#withLink({
        method: request.method ?? 'GET',
        path,
        headers: request.headers as Record<string, string | undefined>,
        body: value,
        ...rest,
      }),
    );
    if (answer.delayMs > 0) this.context.timers.after(answer.delayMs, () => reply(response, answer));
    else reply(response, answer);
  }
}

const bodyOf = (body: unknown): string | Buffer => {
  if (Buffer.isBuffer(body) || typeof body === 'string') return body;
  return body === undefined ? '' : JSON.stringify(body);
};

const reply = (response: ServerResponse, answer: Answer): void => {
  if (answer.fault === 'hang') return;
  if (answer.fault === 'cut') {
    response.socket?.destroy();
    return;
  }
  const body = bodyOf(answer.body);
  // RFC 9110, 8.6: a 204 has no length.
  const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(body);
};

/** Starts the platform on 127.0.0.1. Errors: rejects when the port is taken. */
export const startEmulator = ({ port = 0, ...options }: EmulatorOptions = {}): Promise<Emulator> =>
  new Emulator(options).listen(port);
