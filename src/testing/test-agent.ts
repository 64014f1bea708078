import { WebSocket } from 'ws';
import type { AgentFrame, Hello } from '../sidecar/frames/from-agent.js';
import type { RouterFrame, RouterFrames, RouterFrameType } from '../sidecar/frames/to-agent.js';

/** How an agent's frames leave it, and how it hangs up. */
export type AgentWire = { readonly send: (text: string) => void; readonly hangUp: () => void };

/** What a test’s agent is, and how it connects. */
export type TestAgentOptions = {
  /** What it says of itself; the rest is filled in. */
  readonly hello?: Partial<Omit<Hello, 't' | 'v'>>;
  /** Sent as `Authorization` where it connects by itself. */
  readonly token?: string;
  /** Answers pings and acknowledges frames of itself. @default true */
  readonly isPolite?: boolean;
};

type Waiting = { readonly t: string; readonly isIt: (frame: never) => boolean; readonly take: (frame: never) => void };

const HELLO = {
  t: 'hello',
  v: 1,
  agent: { name: 'test', version: '1' },
  caps: { steer: true, flow: true, history: 'router', progress: true },
  turns: 16,
} as const satisfies Hello;

/**
 * An agent to test a router with: it says what it is told to, and keeps what it hears.
 * Shape: `heard` holds every frame in order; `next` gives the first of a kind that was not given yet, and waits for it.
 */
export class TestAgent {
  readonly heard: RouterFrame[] = [];
  readonly #wire: AgentWire;
  readonly #options: TestAgentOptions;
  readonly #given = new Set<RouterFrame>();
  readonly #n = new Map<string, number>();
  #waiting: Waiting[] = [];
  #lastSeq = 0;
  #sid = '';
  #closed: { readonly code: number } | null = null;

  constructor(wire: AgentWire, options: TestAgentOptions = {}) {
    this.#wire = wire;
    this.#options = options;
  }

  /** Over a WebSocket, up to its `hello.ok`. `url`: of the router's server, `http://…` or `ws://…`. */
  static async connect(url: string, options: TestAgentOptions = {}): Promise<TestAgent> {
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/v1/agent`;
    const socket = new WebSocket(address, 'rookery.v1', { perMessageDeflate: false, headers });
    const agent = new TestAgent({ send: (text) => socket.send(text), hangUp: () => socket.terminate() }, options);
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
    socket.on('message', (data) => agent.hear(String(data)));
    socket.on('close', (code) => agent.closed(code));
    agent.hello();
    await agent.next('hello.ok');
    return agent;
  }

  get sid(): string {
    return this.#sid;
  }

  /** What a new connection says to go on where this one was. */
  get resume(): string {
    return `${this.#sid}.${this.#lastSeq}`;
  }

  /** The code its connection was closed with; null while it is open. */
  get closeCode(): number | null {
    return this.#closed?.code ?? null;
  }

  hello(more: Partial<Omit<Hello, 't' | 'v'>> = {}): void {
    this.say({ ...HELLO, ...this.#options.hello, ...more });
  }

  say(frame: AgentFrame): void {
    this.raw(JSON.stringify(frame));
  }

  /** Whatever is said, well-formed or not. */
  raw(text: string): void {
    this.#wire.send(text);
  }

  accept(turn: string): void {
    this.say({ t: 'turn.accept', turn });
  }

  /** The next output frame of that turn. Gives its number. */
  delta(turn: string, text: string): number {
    const n = this.#count(turn);
    this.say({ t: 'turn.delta', turn, n, text });
    return n;
  }

  break(turn: string): number {
    const n = this.#count(turn);
    this.say({ t: 'turn.break', turn, n });
    return n;
  }

  end(turn: string, reason: 'stop' | 'length' | 'silent' = 'stop'): void {
    this.say({ t: 'turn.end', turn, n: this.#n.get(turn) ?? 0, reason });
  }

  /** Takes the next turn and answers it. */
  async answer(text: string): Promise<RouterFrames['turn.start']> {
    const start = await this.next('turn.start');
    this.accept(start.turn);
    this.delta(start.turn, text);
    this.end(start.turn);
    return start;
  }

  /** The first frame of that kind that was not given yet. */
  next<T extends RouterFrameType>(
    t: T,
    isIt: (frame: RouterFrames[T]) => boolean = () => true,
  ): Promise<RouterFrames[T]> {
    const known = this.all(t).find((frame) => !this.#given.has(frame) && isIt(frame));
    if (known) {
      this.#given.add(known);
      return Promise.resolve(known);
    }
    return new Promise((take) => this.#waiting.push({ t, isIt, take }));
  }

  all<T extends RouterFrameType>(t: T): RouterFrames[T][] {
    return this.heard.filter((frame): frame is RouterFrames[T] => frame.t === t);
  }

  /** Ends the connection as a crash would. */
  hangUp(): void {
    this.#wire.hangUp();
  }

  /** Called by its wire. */
  hear(text: string): void {
    const frame = JSON.parse(text) as RouterFrame;
    this.heard.push(frame);
    if (frame.t === 'hello.ok') {
      this.#sid = frame.sid;
      this.#lastSeq = Math.max(this.#lastSeq, frame.seq);
    }
    if ('seq' in frame && frame.t !== 'hello.ok') this.#lastSeq = Math.max(this.#lastSeq, frame.seq);
    if (this.#options.isPolite !== false) this.#beKind(frame);
    const at = this.#waiting.findIndex(({ t, isIt }) => t === frame.t && isIt(frame as never));
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (!waiting) return;
    this.#given.add(frame);
    waiting.take(frame as never);
  }

  /** Called by its wire. */
  closed(code: number): void {
    this.#closed = { code };
  }

  #beKind(frame: RouterFrame): void {
    if (frame.t === 'ping') this.say({ t: 'pong', re: frame.id });
    else if ('seq' in frame && frame.t !== 'hello.ok') this.say({ t: 'ack', seq: frame.seq });
  }

  #count(turn: string): number {
    const n = (this.#n.get(turn) ?? 0) + 1;
    this.#n.set(turn, n);
    return n;
  }
}
