import { type ClientRequest, request } from 'node:http';
import { WebSocket } from 'ws';
import { createLogger } from '../../src/log/logger.js';
import { startAgentServer } from '../../src/server/server.js';
import type { AgentDesk } from '../../src/sidecar/agent-desk.js';
import type { AgentLink } from '../../src/sidecar/agent-link.js';
import type { AgentWire } from '../../src/testing/test-agent.js';

/** How frames cross the border on real sockets. */
export type Binding = 'websocket' | 'sse';

/** Where an agent's wire ends. */
export type Ears = { readonly hear: (text: string) => void; readonly closed: (code: number) => void };

/** Turns of the event loop in which nothing may move before a border counts as quiet. */
const QUIET_TICKS = 2;

/** Far more than any frame takes on a busy machine. */
const TICKS_MAX = 1_000_000;

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One connection, seen from both ends: what is between them is on its way. */
class Line {
  sent = 0;
  heard = 0;
  said = 0;
  taken = 0;
  /** Requests without their answers, and a connection that is being made. */
  open = 0;
  /** The router has seen it. */
  isMet = false;
  #isLeft = false;
  #isClosed = false;

  /** One end has hung up. */
  leave(): void {
    this.#isLeft = true;
    if (!this.isMet) this.#isClosed = true;
  }

  /** The router knows. */
  close(): void {
    this.#isClosed = true;
  }

  get isQuiet(): boolean {
    if (this.#isLeft || this.#isClosed) return this.#isClosed && this.open === 0;
    return this.sent === this.heard && this.said === this.taken && this.open === 0;
  }
}

/**
 * The doors of a router on a real port, and agents on real sockets before it, for tests on virtual time: `settle` resolves
 * once every frame that was sent has arrived, so that no time passes while one is on its way.
 * Shape: connections are matched in the order in which they are made.
 */
export class Border {
  readonly #lines: Line[] = [];
  readonly #dialling: Line[] = [];
  readonly #wires: AgentWire['hangUp'][] = [];
  #url = '';
  #close: () => Promise<void> = async () => undefined;

  async open(desk: AgentDesk): Promise<void> {
    const { connect } = desk;
    desk.connect = (link, isToken) => {
      const line = this.#dialling.shift() ?? new Line();
      line.isMet = true;
      const peer = connect.call(desk, counted(link, line), isToken);
      if (!peer) return null;
      const { text, closed } = peer;
      peer.text = (said) => {
        line.taken += 1;
        text.call(peer, said);
      };
      peer.closed = () => {
        line.close();
        closed.call(peer);
      };
      return peer;
    };
    const { log } = createLogger({ level: 'silent', destination: null });
    const settings = { host: '127.0.0.1', port: 0 };
    const { url, close } = await startAgentServer({ agents: desk, settings, log, version: '1' });
    this.#url = url;
    this.#close = close;
  }

  /** All connections are cut, and the port is free. */
  async close(): Promise<void> {
    for (const hangUp of this.#wires.splice(0)) hangUp();
    await this.#close();
  }

  /** Resolves once nothing is on its way. Errors: throws where something never arrives. */
  async settle(): Promise<void> {
    let quiet = 0;
    for (let ticks = 0; quiet < QUIET_TICKS; ticks += 1) {
      await tick();
      quiet = this.#lines.every(({ isQuiet }) => isQuiet) ? quiet + 1 : 0;
      if (ticks > TICKS_MAX) throw new Error(`never quiet: ${JSON.stringify(this.#lines)}`);
    }
  }

  /** The wire of an agent that is about to say hello. */
  dial(binding: Binding, ears: Ears): AgentWire {
    const line = new Line();
    this.#lines.push(line);
    const wire = binding === 'websocket' ? this.#overSocket(line, ears) : this.#overHttp(line, ears);
    this.#wires.push(wire.hangUp);
    return wire;
  }

  #overSocket(line: Line, ears: Ears): AgentWire {
    line.open += 1;
    this.#dialling.push(line);
    const waiting: string[] = [];
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/v1/agent`, 'rookery.v1', {
      perMessageDeflate: false,
    });
    const say = (text: string): void => {
      line.said += 1;
      socket.send(text);
    };
    socket.on('open', () => {
      line.open -= 1;
      for (const text of waiting.splice(0)) say(text);
    });
    socket.on('message', (data) => {
      line.heard += 1;
      ears.hear(String(data));
    });
    socket.on('close', (code) => {
      line.leave();
      ears.closed(code);
    });
    socket.on('error', () => undefined);
    return {
      send: (text) => {
        if (socket.readyState === socket.CONNECTING) waiting.push(text);
        else if (socket.readyState === socket.OPEN) say(text);
      },
      hangUp: () => {
        line.leave();
        socket.terminate();
      },
    };
  }

  /** One request after the other, each with all that has gathered meanwhile; what it hears comes as events. */
  #overHttp(line: Line, ears: Ears): AgentWire {
    let sid: string | null = null;
    let waiting: string[] = [];
    let isPosting = false;
    let isUp = true;
    let events: ClientRequest | null = null;

    const post = async (lines: readonly string[]): Promise<string[]> => {
      const answer = await fetch(`${this.#url}/v1/agent/frames${sid === null ? '' : `?sid=${sid}`}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      return (await answer.text()).split('\n').filter(Boolean);
    };

    const listen = (lastId: string): Promise<void> => {
      this.#dialling.push(line);
      return new Promise((resolve) => {
        events = request(`${this.#url}/v1/agent/events`, { headers: { 'last-event-id': lastId } }, (answer) => {
          let rest = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            const parts = (rest + chunk).split('\n\n');
            rest = parts.pop() ?? '';
            for (const part of parts) {
              line.heard += 1;
              ears.hear(part.slice(part.indexOf('data: ') + 'data: '.length));
            }
          });
          answer.on('close', () => {
            line.leave();
            ears.closed(answer.complete ? 1000 : 1006);
          });
          answer.on('error', () => undefined);
          resolve();
        });
        events.on('error', () => resolve());
        events.end();
      });
    };

    const greet = async (text: string): Promise<void> => {
      const { resume } = JSON.parse(text) as { readonly resume?: string };
      const [answer] = await post([text]);
      if (!isUp) return;
      const hello = JSON.parse(answer ?? '{}') as { readonly sid: string; readonly resumed: boolean };
      sid = hello.sid;
      await listen(hello.resumed && resume ? resume : `${sid}.0`);
    };

    const pump = async (): Promise<void> => {
      if (isPosting) return;
      isPosting = true;
      line.open += 1;
      while (isUp && waiting.length > 0) {
        const [first = ''] = waiting;
        if (sid === null) {
          waiting.shift();
          await greet(first).catch(() => undefined);
        } else {
          const lines = waiting;
          waiting = [];
          const answers = await post(lines).catch((): string[] => []);
          // What was asked while the line was there is answered, whatever has become of it.
          for (const answer of answers) if (isUp) ears.hear(answer);
        }
      }
      isPosting = false;
      line.open -= 1;
    };

    return {
      send: (text) => {
        waiting.push(text);
        void pump();
      },
      hangUp: () => {
        isUp = false;
        line.leave();
        events?.destroy();
      },
    };
  }
}

const counted = (link: AgentLink, line: Line): AgentLink => ({
  binding: link.binding,
  send: (text, seq) => {
    line.sent += 1;
    link.send(text, seq);
  },
  buffered: () => link.buffered(),
  close: (code, reason) => {
    line.leave();
    link.close(code, reason);
  },
});
