import type { LinkEvent, SocketCommand } from '../../machines/gateway/gateway.setup.js';
import type { Clock } from '../ports/clock.js';
import type { DispatchFrame, GatewayCodec, GatewayFrame } from '../ports/gateway-codec.js';
import type { Socket, SocketTransport } from '../ports/socket.js';

/** What a link takes from, and gives to, the gateway it belongs to. */
export type LinkPorts = {
  readonly sockets: SocketTransport;
  readonly codec: GatewayCodec;
  readonly clock: Clock;
  /** The Identify or Resume of this instant, as text. */
  readonly identify: (intents: 'full' | 'reduced') => string;
  readonly resume: (sessionId: string) => string;
  readonly heartbeat: () => string;
  readonly report: (event: LinkEvent) => void;
  /** What READY and RESUMED say about numbers comes before what they say to the chart. */
  readonly ready: (sessionId: string, seq: number) => void;
  readonly resumed: (seq: number) => void;
  readonly dispatch: (frame: DispatchFrame) => void;
  readonly unreadable: (reason: string, seq: number | null) => void;
  readonly acked: (latencyMs: number) => void;
};

/**
 * One socket from its opening to its end: frames in, events to the chart, dispatches past it.
 * Shape: after `detach` it neither says nor hears anything.
 */
export class GatewayLink {
  readonly #ports: LinkPorts;
  readonly #socket: Socket;
  #openedAtMs: number;
  #lastFrameAtMs: number;
  #lastEventAtMs: number;
  #beatAtMs: number | null = null;
  /** Until the session is asked for, the link is read whatever the line says: the handshake fills no line. */
  #isLineBound = false;
  #isLinePaused: boolean;
  /** The transport promises silence after `detach`; this keeps the promise where a transport breaks it. */
  #isOver = false;

  constructor(url: string, isLinePaused: boolean, ports: LinkPorts) {
    this.#ports = ports;
    this.#openedAtMs = ports.clock.now();
    this.#lastFrameAtMs = this.#openedAtMs;
    this.#lastEventAtMs = this.#openedAtMs;
    this.#isLinePaused = isLinePaused;
    this.#socket = ports.sockets.open(url, {
      opened: () => {
        if (this.#isOver) return;
        this.#openedAtMs = ports.clock.now();
        ports.report({ type: 'socket.opened' });
      },
      text: (text) => {
        if (!this.#isOver) this.#hear(ports.codec.decode(text));
      },
      closed: (code) => {
        if (!this.#isOver) ports.report({ type: 'socket.closed', code, openMs: this.#openMs() });
      },
    });
  }

  /** When the last frame of any kind came; while nothing is read, silence proves nothing. */
  get lastFrameAtMs(): number {
    return this.#isLineBound && this.#isLinePaused ? this.#ports.clock.now() : this.#lastFrameAtMs;
  }

  /** The same of the last event. */
  get lastEventAtMs(): number {
    return this.#isLineBound && this.#isLinePaused ? this.#ports.clock.now() : this.#lastEventAtMs;
  }

  obey(command: SocketCommand): void {
    switch (command.type) {
      case 'identify':
        this.#socket.send(this.#ports.identify(command.intents));
        break;
      case 'resume':
        this.#socket.send(this.#ports.resume(command.sessionId));
        this.#bindToLine();
        break;
      case 'heartbeat':
        this.#beatAtMs ??= this.#ports.clock.now();
        this.#socket.send(this.#ports.heartbeat());
        break;
      case 'close':
        // A paused socket would not hear the answer to its own goodbye.
        this.#socket.resume();
        this.#socket.close(1000, 'shutdown');
        break;
    }
  }

  pauseLine(): void {
    this.#isLinePaused = true;
    if (this.#isLineBound) this.#socket.pause();
  }

  letLineFlow(): void {
    if (!this.#isLinePaused) return;
    this.#isLinePaused = false;
    this.#lastFrameAtMs = this.#ports.clock.now();
    this.#lastEventAtMs = this.#lastFrameAtMs;
    if (this.#isLineBound) this.#socket.resume();
  }

  detach(): void {
    this.#isOver = true;
    this.#socket.detach();
  }

  #hear(frame: GatewayFrame): void {
    const { report } = this.#ports;
    this.#lastFrameAtMs = this.#ports.clock.now();
    switch (frame.kind) {
      case 'dispatch':
        this.#lastEventAtMs = this.#lastFrameAtMs;
        this.#ports.dispatch(frame);
        break;
      case 'ack':
        this.#hearAck();
        break;
      case 'ready':
        this.#ports.ready(frame.sessionId, frame.s);
        report({ type: 'frame.ready', sessionId: frame.sessionId, bot: frame.user });
        this.#bindToLine();
        break;
      case 'resumed':
        this.#ports.resumed(frame.s);
        report({ type: 'frame.resumed' });
        break;
      case 'hello':
        report({ type: 'frame.hello', heartbeatIntervalMs: frame.heartbeatIntervalMs });
        break;
      case 'heartbeatRequest':
        report({ type: 'frame.heartbeat' });
        break;
      case 'reconnect':
        report({ type: 'frame.reconnect', openMs: this.#openMs() });
        break;
      case 'invalidSession':
        report({ type: 'frame.invalidSession', resumable: frame.resumable, openMs: this.#openMs() });
        break;
      case 'unreadable':
        this.#ports.unreadable(frame.reason, frame.s ?? null);
        break;
    }
  }

  #hearAck(): void {
    if (this.#beatAtMs !== null) this.#ports.acked(this.#ports.clock.now() - this.#beatAtMs);
    this.#beatAtMs = null;
    this.#ports.report({ type: 'frame.heartbeatAck' });
  }

  #bindToLine(): void {
    this.#isLineBound = true;
    if (this.#isLinePaused) this.#socket.pause();
  }

  #openMs(): number {
    return this.#ports.clock.now() - this.#openedAtMs;
  }
}
