import type { PlatformAction } from '../../src/domain/platform-action.js';
import type { ErrorCode } from '../../src/errors/codes.js';
import { RouterError } from '../../src/errors/router-error.js';
import type { MessageApi, OutgoingText, SendGate, SendResult } from '../../src/ports/message-api.js';
import type { StreamApi, StreamFrame, StreamResult } from '../../src/ports/stream-api.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';
import type { Answer } from './chaos-plan.js';

export type Request = {
  readonly anchor: string;
  readonly msgSeq: number;
  readonly text: string;
  /** A frame of a bubble; `opens` is its first one. */
  readonly frame: { readonly opens: boolean; readonly isLast: boolean; readonly streamId: string | null } | null;
  /** Its place among all that happened. */
  readonly tick: number;
  readonly atMs: number;
  endTick: number;
  /** Its answer said neither yes nor no. */
  isUnknown: boolean;
};

/** What stands in a chat: a message, or a bubble, which may still grow. */
export type Shown = {
  readonly anchor: string;
  text: string;
  readonly streamId: string | null;
  isOpen: boolean;
  nextIndex: number;
  /** All that it has shown. */
  readonly past: string[];
};

const refusal = (code: ErrorCode, action?: PlatformAction): RouterError =>
  new RouterError(code, 'scripted', action === undefined ? {} : { action });

/** A platform that answers as it was told, and remembers what it took; it knows a (message, msg_seq) it has taken. */
export class ChaosApi implements MessageApi, StreamApi {
  readonly requests: Request[] = [];
  /** What stands in the chats, in the order in which it came. */
  readonly shown: Shown[] = [];
  readonly seqPerFrame: boolean;
  readonly #taken = new Set<string>();
  readonly #clock: VirtualClock;
  readonly #answers: readonly Answer[];
  readonly #tick: () => number;
  #asked = 0;

  constructor(clock: VirtualClock, answers: readonly Answer[], tick: () => number, seqPerFrame: boolean) {
    this.#clock = clock;
    this.#answers = answers;
    this.#tick = tick;
    this.seqPerFrame = seqPerFrame;
  }

  async sendText(message: OutgoingText, mayStart: SendGate): Promise<SendResult> {
    const anchor = message.anchor?.id ?? '';
    const key = `${anchor}/${message.msgSeq}`;
    const said = await this.#meet({ anchor, msgSeq: message.msgSeq, text: message.text, frame: null }, mayStart, () => {
      if (this.#taken.has(key)) return refusal('platform.arrived', 'arrived');
      this.#taken.add(key);
      this.#show(anchor, message.text, null);
      return null;
    });
    return said ? { sentId: key } : { fenced: true };
  }

  async sendFrame(frame: StreamFrame, mayStart: SendGate): Promise<StreamResult> {
    const { anchor, msgSeq, text, isLast } = frame;
    const opens = frame.streamId === null;
    const streamId = frame.streamId ?? `${anchor.id}/${msgSeq}`;
    const seen = { anchor: anchor.id, msgSeq, text, frame: { opens, isLast, streamId } };
    const said = await this.#meet(seen, mayStart, () => this.#takeFrame({ ...frame, streamId }, opens));
    return said ? { streamId } : { fenced: true };
  }

  async sendPart(): Promise<SendResult> {
    throw new Error('words only');
  }

  async sendTyping(): Promise<SendResult> {
    throw new Error('typing is off');
  }

  async react(): Promise<void> {}

  async me(): Promise<{ id: string; username: string }> {
    return { id: '1', username: 'bot' };
  }

  /** `take` is where it takes effect; it gives the platform's refusal, if there is one. */
  async #meet(
    what: Pick<Request, 'anchor' | 'msgSeq' | 'text' | 'frame'>,
    mayStart: SendGate,
    take: () => RouterError | null,
  ): Promise<boolean> {
    const { kind, beforeMs, afterMs } = this.#answers[this.#asked % this.#answers.length] as Answer;
    this.#asked += 1;
    if (beforeMs > 0) await this.#pause(beforeMs);
    if (!mayStart()) return false;
    const isUnknown = kind === 'swallows' || kind === 'loses';
    const request: Request = {
      ...what,
      tick: this.#tick(),
      atMs: this.#clock.now(),
      endTick: Number.POSITIVE_INFINITY,
      isUnknown,
    };
    this.requests.push(request);
    if (kind === 'swallows') take();
    await this.#pause(afterMs);
    const refused = kind === 'accepts' ? take() : null;
    request.endTick = this.#tick();
    if (isUnknown) throw refusal('transport.timeout');
    // A repeat of what was taken is known again, whatever else would be said of it.
    if (kind === 'refuses') throw this.#repeatOf(what) ?? refusal('platform.refused', 'blocked');
    if (kind === 'busy') throw refusal('platform.busy', 'backOff');
    if (refused) throw refused;
    return true;
  }

  #repeatOf({ anchor, msgSeq, frame }: Pick<Request, 'anchor' | 'msgSeq' | 'frame'>): RouterError | null {
    const isNew = frame === null || frame.opens;
    return isNew && this.#taken.has(`${anchor}/${msgSeq}`) ? refusal('platform.arrived', 'arrived') : null;
  }

  #takeFrame({ anchor, msgSeq, streamId, index, text, isLast }: StreamFrame, opens: boolean): RouterError | null {
    if (opens) {
      if (this.#taken.has(`${streamId}`)) return refusal('platform.arrived', 'arrived');
      this.#taken.add(`${streamId}`);
      const bubble = this.#show(anchor.id, text, streamId);
      bubble.isOpen = !isLast;
      return null;
    }
    const bubble = this.shown.find((one) => one.streamId === streamId);
    if (!bubble?.isOpen) return refusal('platform.refused', 'endStream');
    if (index !== bubble.nextIndex) return refusal('platform.contentRefused', 'drop');
    if (!text.startsWith(bubble.text)) return refusal('platform.refused', 'endStream');
    if (this.seqPerFrame && this.#taken.has(`${anchor.id}/${msgSeq}`)) return refusal('platform.arrived', 'arrived');
    this.#taken.add(`${anchor.id}/${msgSeq}`);
    bubble.past.push(text);
    Object.assign(bubble, { text, isOpen: !isLast, nextIndex: index + 1 });
    return null;
  }

  #show(anchor: string, text: string, streamId: string | null): Shown {
    const shown: Shown = { anchor, text, streamId, isOpen: false, nextIndex: 1, past: [text] };
    this.shown.push(shown);
    return shown;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, ms);
    });
  }
}
