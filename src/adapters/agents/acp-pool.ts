import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import type { AcpAgent } from './acp-agent.js';
import { ABORTED, orAborted } from './or-aborted.js';

export type AcpPoolOptions = {
  readonly clock: Clock;
  /** Processes that may live at once, those that are ending among them. */
  readonly processesMax: number;
  /** How long a place is waited for. */
  readonly waitMs: number;
  /** A process without work for so long is ended. */
  readonly idleMs: number;
  readonly make: () => AcpAgent;
};

type Seat = { readonly agent: AcpAgent; readonly started: Promise<void>; users: number; idle: unknown };

/** Processes by whom they work for; one that nobody needs makes room for one that somebody does. */
export class AcpPool {
  readonly #options: AcpPoolOptions;
  readonly #seats = new Map<string, Seat>();
  readonly #living = new Set<AcpAgent>();
  #waiters: (() => void)[] = [];
  #spare: Seat | null = null;
  #isClosed = false;

  constructor(options: AcpPoolOptions) {
    this.#options = options;
  }

  get living(): number {
    return this.#living.size;
  }

  /**
   * A started process for `key`; to be given back. ABORTED where the signal is first.
   * Errors: `agent.unreachable`; `capacity.full` where no place becomes free in time.
   */
  async take(key: string, signal: AbortSignal): Promise<AcpAgent | typeof ABORTED> {
    const { clock, waitMs, processesMax } = this.#options;
    const giveUpAtMs = clock.now() + waitMs;
    for (;;) {
      if (signal.aborted || this.#isClosed) return ABORTED;
      const seat = this.#seatFor(key);
      if (seat) return this.#sitDown(key, seat, signal);
      this.#makeRoom();
      const leftMs = giveUpAtMs - clock.now();
      if (leftMs <= 0) throw new RouterError('capacity.full', `all ${processesMax} processes of the agent are at work`);
      await this.#change(leftMs, signal);
    }
  }

  release(key: string, agent: AcpAgent): void {
    const seat = this.#seats.get(key);
    if (seat?.agent !== agent) return;
    seat.users -= 1;
    if (seat.users === 0) {
      seat.idle = this.#options.clock.setTimeout(() => agent.end(), this.#options.idleMs);
      // The map's order is that of rest.
      this.#seats.delete(key);
      this.#seats.set(key, seat);
    }
    this.#wake();
  }

  /** One that works is there, or is made and kept for who comes first. Errors: `agent.unreachable`. */
  async warm(): Promise<void> {
    if (this.#isClosed || [...this.#living].some(({ isUsable }) => isUsable)) return;
    this.#spare ??= this.#make();
    await this.#spare.started;
  }

  /** Ends all of them; resolves once they have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    const living = [...this.#living];
    for (const agent of living) agent.end();
    await Promise.all(living.map(({ gone }) => gone));
  }

  #seatFor(key: string): Seat | null {
    const known = this.#seats.get(key);
    if (known?.agent.isUsable) return known;
    const made = this.#spare?.agent.isUsable ? this.#spare : this.#hasRoom ? this.#make() : null;
    this.#spare = null;
    if (made) this.#seats.set(key, made);
    return made;
  }

  async #sitDown(key: string, seat: Seat, signal: AbortSignal): Promise<AcpAgent | typeof ABORTED> {
    seat.users += 1;
    this.#options.clock.clearTimeout(seat.idle);
    try {
      const started = await orAborted(seat.started, signal);
      if (started !== ABORTED) return seat.agent;
    } catch (error) {
      this.release(key, seat.agent);
      throw error;
    }
    this.release(key, seat.agent);
    return ABORTED;
  }

  get #hasRoom(): boolean {
    return this.#living.size < this.#options.processesMax;
  }

  #make(): Seat {
    const agent = this.#options.make();
    this.#living.add(agent);
    void agent.gone.then(() => this.#forget(agent));
    const started = agent.start().catch((error: unknown) => {
      agent.end();
      throw error;
    });
    // Whoever sits down is told; nobody may have by then.
    started.catch(() => undefined);
    return { agent, started, users: 0, idle: null };
  }

  #forget(agent: AcpAgent): void {
    this.#living.delete(agent);
    if (this.#spare?.agent === agent) this.#spare = null;
    for (const [key, seat] of this.#seats) {
      if (seat.agent !== agent) continue;
      this.#options.clock.clearTimeout(seat.idle);
      this.#seats.delete(key);
    }
    this.#wake();
  }

  /** The one that has been without work for longest ends. */
  #makeRoom(): void {
    const isEnding = [...this.#living].some((agent) => !agent.isUsable);
    const idle = [...this.#seats.values()].find(({ users, agent }) => users === 0 && agent.isUsable);
    if (!isEnding) idle?.agent.end();
  }

  async #change(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let timer: unknown;
    const changed = new Promise<void>((resolve) => {
      this.#waiters.push(resolve);
      timer = clock.setTimeout(resolve, ms);
    });
    await orAborted(changed, signal);
    clock.clearTimeout(timer);
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
