import type { Bot } from './bot.js';
import type { Link } from './link.js';
import { Ring } from './ring.js';

type Kept = { readonly s: number; readonly text: string };

/**
 * One gateway session: its sequence, and what a Resume may ask for again, §3.5.
 * Shape: `s` rises by exactly one with each dispatch, READY being 1; READY and RESUMED are not kept for replay.
 */
export class Session {
  readonly id: string;
  readonly bot: Bot;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
  readonly #kept: Ring<Kept>;
  #s = 0;
  #forgottenThrough = 0;
  /** The socket that carries it now. */
  link: Link | undefined;
  /** While disconnected: until when it may be resumed. */
  resumableUntilMs = Number.POSITIVE_INFINITY;

  constructor(id: string, bot: Bot, intents: number, shard: readonly [number, number], replayEvents: number) {
    this.id = id;
    this.bot = bot;
    this.intents = intents;
    this.shard = shard;
    this.#kept = new Ring(replayEvents);
  }

  get seq(): number {
    return this.#s;
  }

  get kept(): number {
    return this.#kept.length;
  }

  /** READY or RESUMED: takes the next `s`, carries no event id, is not replayed. */
  announce(type: string, data: unknown): void {
    this.#s += 1;
    this.link?.send(`{"op":0,"s":${this.#s},"t":"${type}","d":${JSON.stringify(data)}}`);
  }

  /** Sends an event, or keeps it for the Resume. `tail` is the frame from its `t` on, made once for all sessions. */
  dispatch(tail: string): void {
    this.#s += 1;
    const text = `{"op":0,"s":${this.#s},${tail}`;
    const before = this.#kept.dropped;
    const oldest = this.#kept.at(0);
    this.#kept.push({ s: this.#s, text });
    if (this.#kept.dropped > before && oldest) this.#forgottenThrough = oldest.s;
    this.link?.send(text);
  }

  /** Whether everything after `seq` is still here. */
  covers(seq: number): boolean {
    return seq >= this.#forgottenThrough && seq <= this.#s;
  }

  replayAfter(seq: number): void {
    for (const { s, text } of this.#kept.toArray()) if (s > seq) this.link?.send(text);
  }
}
