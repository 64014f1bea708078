import type { Socket, SocketHandlers, SocketTransport } from '../../src/ports/socket.js';

/** The platform's end of one socket, played by the test. It may speak after its end, as a real one could. */
export class FakeSocket implements Socket {
  readonly said: { op: number; d: unknown }[] = [];
  closedWith: number | null = null;
  isDetached = false;
  isPaused = false;

  constructor(
    readonly url: string,
    readonly handlers: SocketHandlers,
  ) {}

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number): void {
    this.closedWith = code;
  }

  detach(): void {
    this.isDetached = true;
  }

  /** What the router said with this opcode, oldest first. */
  heard(op: number): unknown[] {
    return this.said.filter((frame) => frame.op === op).map((frame) => frame.d);
  }

  accept(): this {
    this.handlers.opened();
    return this;
  }

  say(frame: unknown): this {
    this.handlers.text(typeof frame === 'string' ? frame : JSON.stringify(frame));
    return this;
  }

  hello(heartbeatIntervalMs = 45_000): this {
    return this.say({ op: 10, d: { heartbeat_interval: heartbeatIntervalMs } });
  }

  ready(sessionId = 's1', s = 1): this {
    const user = { id: '9001', username: 'router-bot', bot: true };
    return this.say({ op: 0, s, t: 'READY', d: { version: 1, session_id: sessionId, user, shard: [0, 0] } });
  }

  resumed(s: number): this {
    return this.say({ op: 0, s, t: 'RESUMED', d: '' });
  }

  event(s: number, id = `m${s}`): this {
    return this.say({ op: 0, s, t: 'C2C_MESSAGE_CREATE', id: `C2C_MESSAGE_CREATE:${id}`, d: { id } });
  }

  ack(): this {
    return this.say({ op: 11 });
  }

  drop(code: number): void {
    this.handlers.closed(code, '');
  }
}

/** Sockets that do nothing by themselves. Shape: `sockets` in order of opening. */
export class FakeSockets implements SocketTransport {
  readonly sockets: FakeSocket[] = [];

  open(url: string, handlers: SocketHandlers): FakeSocket {
    const socket = new FakeSocket(url, handlers);
    this.sockets.push(socket);
    return socket;
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }
}
