import type { RouterEvent } from '../../src/app/events.js';
import type { Platform, Sent } from '../../src/emulator/index.js';
import type { HttpAnswer, HttpRequest } from '../../src/ports/http.js';
import { LATENCY_MS } from '../../src/testing/in-memory-net.js';
import { type Mark, marksIn } from './agents.js';
import type { Written } from './crashable-store.js';

/** What a user has written. */
export type Message = {
  readonly id: string;
  /** The app id of the bot it was written to. */
  readonly bot: string;
  /** Bot, scene and user: the one who must see the answers in order. */
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

/** A call that says something. */
type Call = { readonly msg_id?: string; readonly event_id?: string; readonly msg_seq?: number } & {
  readonly msg_type?: number;
  readonly index?: number;
  readonly stream_msg_id?: string;
  readonly stream?: { readonly id?: string; readonly index?: number };
};

/** The typing indication, which is written down nowhere. */
const TYPING = 6;

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
  /** Sends, and frames of bubbles, that are safe. */
  readonly #prepared = new Set<string>();
  /** The session of each socket. */
  readonly #sessions = new WeakMap<object, string>();
  /** The bot of each token, of each socket that has shown one, and of each session, by app id. */
  readonly #tokens = new Map<string, string>();
  readonly #speakers = new WeakMap<object, string>();
  readonly #owners = new Map<string, string>();
  /** The highest number heard in each session. */
  readonly #reached = new Map<string, number>();
  readonly #isUnordered: (talk: string) => boolean;
  #diedMs = Number.NEGATIVE_INFINITY;

  /** `isUnordered`: answers to this talk's messages may overtake each other. */
  constructor(isUnordered: (talk: string) => boolean = () => false) {
    this.#isUnordered = isUnordered;
  }

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
    if (write.name === 'enqueueSend') this.#prepared.add(write.args[1].key);
    if (write.name === 'reviseSend') {
      const { frame } = write.args[1];
      if (frame) this.#prepared.add(`${frame.streamId}/${frame.index}`);
    }
    if (write.name !== 'ingest') return;
    for (const { id } of write.args[1]) if (!this.safe.has(id)) this.safe.set(id, this.safe.size);
  }

  onHeard(text: string, socket: object): void {
    const { op, s, t, d } = JSON.parse(text) as Frame;
    if (op !== 0 || s === undefined) return;
    if (t === 'READY') {
      const began = d['session_id'] as string;
      this.#sessions.set(socket, began);
      this.#owners.set(began, this.#speakers.get(socket) ?? '');
    }
    const id = d?.['id'];
    const session = this.#sessions.get(socket);
    if (session !== undefined) this.#reached.set(session, Math.max(s, this.#reached.get(session) ?? 0));
    if (session === undefined || typeof id !== 'string' || !this.messages.has(id)) return;
    const heard = this.#heard.get(session) ?? new Map<number, string>();
    this.#heard.set(session, heard.set(s, id));
  }

  onSaid(text: string, socket: object): void {
    const { op, d } = JSON.parse(text) as Frame;
    if (op !== 2 && op !== 6) return;
    const bot = this.#tokens.get((d['token'] as string).replace(/^QQBot /, ''));
    if (bot === undefined) throw brokenBy('speaks with a token it was given', `op ${op}`);
    this.#speakers.set(socket, bot);
    if (op !== 6) return;
    const session = d['session_id'] as string;
    const seq = d['seq'] as number;
    this.#judgeResume(bot, session, seq);
    this.#sessions.set(socket, session);
    for (const [s, id] of this.#heard.get(session) ?? []) {
      if (s <= seq && !this.safe.has(id))
        throw brokenBy('resumes from what is safe', `from ${seq}, and ${id} (${s}) is not safe`);
    }
  }

  /** A request is answered, and the router hears of it. */
  onAnswered({ url, body = '' }: HttpRequest, answer: HttpAnswer): void {
    if (!url.endsWith('/getAppAccessToken')) return;
    const { access_token: token } = JSON.parse(answer.body) as { access_token?: string };
    if (token !== undefined) this.#tokens.set(token, (JSON.parse(body) as { appId: string }).appId);
  }

  onRouterEvent(event: RouterEvent): void {
    if (event.type === 'message.accepted' && !this.safe.has(event.message.id)) {
      throw brokenBy('taken in is safe', `${event.message.id} is taken in, and is not safe`);
    }
    if (event.type !== 'turn.started' && event.type !== 'turn.cancelled') return;
    const key = event.turn.inputs.map(({ id }) => id).join('+');
    if (event.type === 'turn.cancelled') this.#cancelled.add(key);
    else this.#cancelled.delete(key);
  }

  /** A request starts. A bubble that is closed repeats its text; anything else of a cancelled turn is one word too many. */
  onRequest({ url, body = '' }: HttpRequest): void {
    if (/\/(messages|stream_messages)$/.test(url)) this.#judgePreparation(JSON.parse(body) as Call);
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
    const identified = platform.links().flatMap(({ sessionId }) => sessionId ?? []);
    const bots = platform.sessions().filter(({ id }) => identified.includes(id));
    for (const { appId } of bots) {
      const links = bots.filter((one) => one.appId === appId).length;
      if (links > 1) throw brokenBy('one session', `${links} links of ${appId} are identified at once`);
    }
  }

  #judgeResume(bot: string, session: string, seq: number): void {
    const owner = this.#owners.get(session);
    if (owner !== bot) throw brokenBy('a bot resumes its own session', `${bot} resumes ${session} of ${owner}`);
    const reached = this.#reached.get(session) ?? 0;
    if (seq > reached) throw brokenBy('resumes from what was heard', `${session} from ${seq}, heard up to ${reached}`);
  }

  /** Guilds know no numbers; there the other laws must do. */
  #judgePreparation({ msg_type, msg_id, event_id, msg_seq, index, stream_msg_id, stream }: Call): void {
    const id = stream_msg_id ?? stream?.id;
    const anchor = msg_id ?? event_id;
    if (msg_type === TYPING || anchor === undefined || msg_seq === undefined) return;
    const key = id === undefined ? `${anchor}#${msg_seq}` : `${id}/${index ?? stream?.index}`;
    if (!this.#prepared.has(key)) throw brokenBy('written down before it is tried', key);
  }

  #judgeOrder(mark: Mark): void {
    const last = mark.ids.at(-1) ?? '';
    const whole = this.messages.get(last)?.talk ?? '';
    const talk = this.#isUnordered(whole) ? `${whole} ${mark.ids.join('+')}` : whole;
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
