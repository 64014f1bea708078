import type { RouterEvent } from '../../src/app/events.js';
import type { Platform, Sent } from '../../src/emulator/index.js';
import type { HttpRequest } from '../../src/ports/http.js';
import { LATENCY_MS } from '../support/in-memory-platform.js';
import { type Mark, marksIn } from './agents.js';
import type { Written } from './crashable-store.js';

/** What a user has written. */
export type Message = {
  readonly id: string;
  /** Scene and user: the one who must see the answers in order. */
  readonly talk: string;
  /** The sessions it was pushed to, or kept for. */
  readonly sessions: readonly string[];
  readonly atMs: number;
  /** A stop word: it is obeyed, and never answered. */
  readonly isOrder: boolean;
};

export type Broken = { readonly law: string; readonly how: string };

/** Thrown where a law is broken; ends the run. */
export class LawBroken extends Error {
  constructor(readonly broken: Broken) {
    super(`${broken.law}: ${broken.how}`);
  }
}

const brokenBy = (law: string, how: string): LawBroken => new LawBroken({ law, how });

type Frame = { readonly op: number; readonly s?: number; readonly t?: string; readonly d: Record<string, unknown> };

/** What must hold at every instant, whatever goes wrong. */
export class Laws {
  readonly messages = new Map<string, Message>();
  /** Events that are safe, in the order in which they were taken in. */
  readonly safe = new Map<string, number>();
  /** What was accepted, and by which message or bubble it was said. */
  readonly said = new Map<string, string>();
  /** Bubbles that were begun and not ended, and when they were begun. */
  readonly bubbles = new Map<string, number>();
  /** Of those, the ones whose id may have died with the process. */
  readonly orphans = new Set<string>();
  readonly #lastSaid = new Map<string, { readonly mark: string; readonly position: number; readonly place: number }>();
  readonly #heard = new Map<string, Map<number, string>>();
  /** The newest messages of each cancelled turn of this life. */
  readonly #cancelled = new Set<string>();
  /** The same of all lives, where that the turn was cancelled is safe. */
  readonly #overForGood = new Set<string>();
  readonly #requested = new Set<string>();
  #session: string | null = null;
  #diedMs = Number.NEGATIVE_INFINITY;

  /** A new life: what the last one had cancelled may be asked for again, unless the disk knows of it. */
  restart(): void {
    this.#cancelled.clear();
  }

  /** The process is dead. `learnMs`: what it takes to hear the id of a bubble and to write it down. */
  onDeath(atMs: number, learnMs: number): void {
    this.#diedMs = atMs;
    for (const [id, beganMs] of this.bubbles) if (atMs - beganMs < learnMs) this.orphans.add(id);
  }

  onSynced(write: Written): void {
    if (write.name === 'cancelTurn') this.#overForGood.add(write.args[1].settledIds.join('+'));
    if (write.name !== 'ingest') return;
    for (const { id } of write.args[1]) if (!this.safe.has(id)) this.safe.set(id, this.safe.size);
  }

  onHeard(text: string): void {
    const { op, s, t, d } = JSON.parse(text) as Frame;
    if (op !== 0 || s === undefined) return;
    if (t === 'READY') this.#session = d['session_id'] as string;
    const id = d?.['id'];
    if (this.#session === null || typeof id !== 'string' || !this.messages.has(id)) return;
    const heard = this.#heard.get(this.#session) ?? new Map<number, string>();
    this.#heard.set(this.#session, heard.set(s, id));
  }

  onSaid(text: string): void {
    const { op, d } = JSON.parse(text) as Frame;
    if (op !== 6) return;
    const session = d['session_id'] as string;
    const seq = d['seq'] as number;
    this.#session = session;
    for (const [s, id] of this.#heard.get(session) ?? []) {
      if (s <= seq && !this.safe.has(id))
        throw brokenBy('resumes from what is safe', `from ${seq}, and ${id} (${s}) is not safe`);
    }
  }

  onRouterEvent(event: RouterEvent): void {
    if (event.type !== 'turn.started' && event.type !== 'turn.cancelled') return;
    const key = event.turn.inputs.map(({ id }) => id).join('+');
    if (event.type === 'turn.cancelled') this.#cancelled.add(key);
    else this.#cancelled.delete(key);
  }

  /** A request starts. A bubble that is closed repeats its text; anything else of a cancelled turn is one word too many. */
  onRequest({ url, body = '' }: HttpRequest): void {
    const isBubble = url.endsWith('/stream_messages') || body.includes('"stream":');
    for (const mark of marksIn(body)) {
      const isNew = !this.#requested.has(mark.text);
      this.#requested.add(mark.text);
      const key = mark.ids.join('+');
      if ((isNew || !isBubble) && (this.#cancelled.has(key) || this.#overForGood.has(key))) {
        throw brokenBy('nothing of a cancelled turn starts after its cancel', mark.text);
      }
    }
  }

  /** The platform accepts something. */
  onAccepted({ messageId, text, stream, atMs }: Sent): void {
    if (stream?.state === 10) this.bubbles.delete(stream.id);
    else if (stream && !this.bubbles.has(stream.id)) {
      this.bubbles.set(stream.id, atMs);
      // Asked for by a process that is gone.
      if (atMs - this.#diedMs <= LATENCY_MS) this.orphans.add(stream.id);
    }
    const here = new Set<string>();
    for (const mark of marksIn(text)) {
      if (here.has(mark.text)) throw brokenBy('nothing is said twice', `${mark.text} stands twice in one message`);
      here.add(mark.text);
      const before = this.said.get(mark.text);
      if (before === messageId) continue;
      if (before !== undefined)
        throw brokenBy('nothing is said twice', `${mark.text} by ${before} and by ${messageId}`);
      this.said.set(mark.text, messageId);
      this.#judgeOrder(mark);
    }
  }

  onStep(platform: Platform): void {
    const identified = platform.links().filter(({ sessionId }) => sessionId !== undefined);
    if (identified.length > 1) throw brokenBy('one session', `${identified.length} links are identified at once`);
  }

  #judgeOrder(mark: Mark): void {
    const last = mark.ids.at(-1) ?? '';
    const talk = this.messages.get(last)?.talk ?? '';
    const position = this.safe.get(last);
    if (position === undefined) throw brokenBy('append before answer', `${mark.text} answers what is not safe`);
    const before = this.#lastSaid.get(talk);
    const { place } = mark;
    if (before && (position < before.position || (position === before.position && place <= before.place))) {
      throw brokenBy('order per conversation', `${mark.text} after ${before.mark} in ${talk}`);
    }
    this.#lastSaid.set(talk, { mark: mark.text, position, place });
  }
}
