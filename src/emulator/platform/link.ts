import type { Context } from './context.js';
import { identify, resume } from './handshake.js';
import { isObject, type JsonObject, parseJson } from './json.js';
import { RateWindow } from './rates.js';
import { Ring } from './ring.js';
import type { Session } from './session.js';

/**
 * The far end of a socket, as the platform sees it.
 * Shape: Hello is sent while `connect` runs. Close code 1006 means: end the stream without a close frame.
 */
export interface Peer {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** The stream stalls: stop reading and writing, close nothing. */
  pause?(): void;
  resume?(): void;
}

/** The near end: what the far end says. */
export interface ServerLink {
  /** One text frame. Never throws; what cannot be read is answered with 4001 or 4002. */
  receive(text: string): void;
  /** The far end is gone; `code` where it said goodbye. @default 1006 */
  closed(code?: number): void;
}

/** Frames held in each direction while a link stalls. */
const STALLED_FRAMES = 100_000;

/** §3.8: the codes after which the table says "Resume: no". */
const endsSession = (code: number): boolean =>
  [4001, 4002, 4006, 4007, 4010, 4011, 4012, 4013, 4014].includes(code) || (code >= 4900 && code <= 4915);

/** One socket: Hello, heartbeats and their watchdog, the way in, stalls, the way out, §3. */
export class Link implements ServerLink {
  readonly number: number;
  readonly #context: Context;
  readonly #peer: Peer;
  readonly #frames: RateWindow;
  readonly #patienceMs: number;
  #heardMs: number;
  #unknownSinceMs: number;
  #open = true;
  #stalled = false;
  #out: Ring<string>;
  #in: Ring<string>;
  #cancelWatchdog: () => void;
  #cancelLinger: (() => void) | undefined;
  session: Session | undefined;

  constructor(context: Context, number: number, peer: Peer) {
    const { limits, timers } = context;
    this.#context = context;
    this.#peer = peer;
    this.number = number;
    this.#heardMs = timers.now();
    this.#unknownSinceMs = this.#heardMs;
    this.#out = new Ring(STALLED_FRAMES);
    this.#in = new Ring(STALLED_FRAMES);
    // §3.4: the bound grows with the heartbeats that the interval asks for.
    this.#frames = new RateWindow(
      limits.clientFramesPerMinute + Math.ceil(60_000 / limits.heartbeatIntervalMs),
      60_000,
    );
    this.#patienceMs = limits.heartbeatIntervalMs * limits.heartbeatSlack + limits.heartbeatGraceMs;
    this.#cancelWatchdog = timers.after(Math.min(limits.identifyTimeoutMs, this.#patienceMs), () => this.#watch());
  }

  get open(): boolean {
    return this.#open;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  hello(): void {
    this.send(`{"op":10,"d":{"heartbeat_interval":${this.#context.limits.heartbeatIntervalMs}}}`);
  }

  send(text: string): void {
    if (!this.#open) return;
    if (this.#stalled) {
      this.#out.push(text);
      if (this.#out.dropped > 0) this.close(1006, '');
      return;
    }
    this.#peer.send(text);
  }

  receive(text: string): void {
    if (!this.#open) return;
    if (this.#stalled) {
      this.#in.push(text);
      return;
    }
    const frame = parseJson(text);
    this.#record(text, frame);
    if (!isObject(frame)) this.close(4002, 'invalid payload');
    else if (!this.#frames.tryTake(this.#context.timers.now())) this.close(4008, 'sending too fast');
    else this.#handle(frame);
  }

  closed(code = 1006): void {
    this.#end(code, '');
  }

  /** Closes from the platform's side; 1006 ends the stream without a close frame. */
  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#end(code, reason);
    this.#peer.close(code, reason);
  }

  /** §3.6: op 7, and 4009 for a client that lingers. */
  askToReconnect(lingerMs: number): void {
    this.send('{"op":7}');
    this.#cancelLinger?.();
    this.#cancelLinger = this.#context.timers.after(lingerMs, () => this.close(4009, 'Session timed out'));
  }

  stall(): void {
    if (this.#stalled || !this.#open) return;
    this.#stalled = true;
    this.#peer.pause?.();
  }

  unstall(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    const [incoming, outgoing] = [this.#in, this.#out];
    this.#in = new Ring(STALLED_FRAMES);
    this.#out = new Ring(STALLED_FRAMES);
    this.#heardMs = this.#context.timers.now();
    this.#peer.resume?.();
    for (const text of outgoing) this.send(text);
    for (const text of incoming) this.receive(text);
  }

  /** §3.7, where op 9 leaves the link open: it waits for a new Identify. */
  detach(): void {
    this.#release();
    this.session = undefined;
    this.#unknownSinceMs = this.#context.timers.now();
    this.#cancelWatchdog();
    this.#watch();
  }

  #handle(frame: JsonObject): void {
    switch (frame['op']) {
      case 1:
        // §3.4: any `d` will do.
        this.#heardMs = this.#context.timers.now();
        if (!this.#context.faults.dropAcks) this.send('{"op":11}');
        break;
      case 2:
      case 6:
        if (this.session) this.close(4005, 'already authenticated');
        else (frame['op'] === 2 ? identify : resume)(this.#context, this, frame['d']);
        break;
      case 11:
        // §3.2: the answer to a heartbeat of ours.
        break;
      default:
        this.close(4001, 'invalid opcode');
    }
  }

  // One timer for the link's whole life: a heartbeat only notes the time, the watchdog looks again when due.
  #watch(): void {
    const nowMs = this.#context.timers.now();
    const silentMs = this.#heardMs + this.#patienceMs;
    const unknownMs = this.session
      ? Number.POSITIVE_INFINITY
      : this.#unknownSinceMs + this.#context.limits.identifyTimeoutMs;
    if (this.#stalled) this.#watchAfter(this.#patienceMs);
    else if (nowMs >= unknownMs) this.close(4003, 'not authenticated');
    else if (nowMs >= silentMs) this.close(4009, 'Session timed out');
    else this.#watchAfter(Math.min(silentMs, unknownMs) - nowMs);
  }

  #watchAfter(ms: number): void {
    this.#cancelWatchdog = this.#context.timers.after(ms, () => this.#watch());
  }

  #record(text: string, frame: unknown): void {
    const op = isObject(frame) && typeof frame['op'] === 'number' ? frame['op'] : null;
    this.#context.records.add('received', {
      kind: 'frame',
      atMs: this.#context.timers.now(),
      link: this.number,
      appId: this.session?.bot.appId,
      sessionId: this.session?.id,
      op,
      d: isObject(frame) ? frame['d'] : undefined,
      text,
    });
  }

  /** Leaves the session to a later Resume; false if another link has taken it over. */
  #release(): boolean {
    const session = this.session;
    if (session?.link !== this) return false;
    session.link = undefined;
    session.resumableUntilMs = this.#context.timers.now() + this.#context.limits.resumableMs;
    return true;
  }

  #end(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelWatchdog();
    this.#cancelLinger?.();
    this.#context.links.delete(this);
    const session = this.session;
    if (this.#release() && endsSession(code)) session?.bot.forgetSession(session);
    this.#context.records.add('session', {
      atMs: this.#context.timers.now(),
      appId: session?.bot.appId,
      link: this.number,
      sessionId: session?.id,
      change: 'closed',
      code,
      reason,
    });
  }
}
