import type { ErrorCode } from '../../src/errors/codes.js';
import { type ErrorMore, RouterError } from '../../src/errors/router-error.js';
import type { MessageApi, OutgoingPart, OutgoingText, SendGate, SendResult } from '../../src/ports/message-api.js';
import type { StreamApi, StreamFrame, StreamResult } from '../../src/ports/stream-api.js';
import { START_MS } from './samples.js';

type Said = Omit<OutgoingText, 'text'> & { readonly text?: string } & Partial<OutgoingPart>;
type Doors<Result> = {
  readonly atMs: number;
  readonly accept: (result?: Result) => void;
  readonly fail: (code: ErrorCode, more?: ErrorMore) => void;
};

/** One request that reached the transport, and the doors through which it ends. */
export type Call = Doors<SendResult> & { readonly kind: 'text' | 'typing' | 'part'; readonly message: Said };
export type FrameCall = Doors<StreamResult> & { readonly frame: StreamFrame };

/** A platform whose every answer the test gives by hand; like the real one, it asks the gate before it sends. */
export class HandApi implements MessageApi, StreamApi {
  readonly calls: Call[] = [];
  readonly frames: FrameCall[] = [];
  inFlight = 0;
  inFlightMax = 0;
  seqPerFrame = false;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get last(): Call {
    const call = this.calls.at(-1);
    if (!call) throw new Error('nothing was sent');
    return call;
  }

  get lastFrame(): FrameCall {
    const call = this.frames.at(-1);
    if (!call) throw new Error('no frame was sent');
    return call;
  }

  get texts(): string[] {
    return this.calls.filter(({ kind }) => kind === 'text').map(({ message }) => message.text ?? '');
  }

  sendText(message: OutgoingText, mayStart: SendGate): Promise<SendResult> {
    return this.#call('text', message, mayStart);
  }

  sendTyping(message: Said, mayStart: SendGate): Promise<SendResult> {
    return this.#call('typing', message, mayStart);
  }

  sendPart(message: OutgoingPart, mayStart: SendGate): Promise<SendResult> {
    return this.#call('part', message, mayStart);
  }

  async sendFrame(frame: StreamFrame, mayStart: SendGate): Promise<StreamResult> {
    if (!mayStart()) return { fenced: true };
    const streamId = frame.streamId ?? `stream ${this.frames.length + 1}`;
    return this.#open<StreamResult>({ streamId }, (doors) => this.frames.push({ frame, ...doors }));
  }

  async react(): Promise<void> {}

  async me(): Promise<{ id: string; username: string }> {
    return { id: '1', username: 'bot' };
  }

  async #call(kind: Call['kind'], message: Said, mayStart: SendGate): Promise<SendResult> {
    if (!mayStart()) return { fenced: true };
    const sentId = `sent ${this.calls.length + 1}`;
    return this.#open<SendResult>({ sentId }, (doors) => this.calls.push({ kind, message, ...doors }));
  }

  #open<Result>(usual: Result, keep: (doors: Doors<Result>) => void): Promise<Result> {
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    return new Promise<Result>((resolve, reject) => {
      let isOver = false;
      const end = (how: () => void): void => {
        if (isOver) return;
        isOver = true;
        this.inFlight -= 1;
        how();
      };
      keep({
        atMs: this.#now() - START_MS,
        accept: (result = usual) => end(() => resolve(result)),
        fail: (code, more) => end(() => reject(new RouterError(code, 'scripted', more))),
      });
    });
  }
}
