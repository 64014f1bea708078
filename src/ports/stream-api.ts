import type { Target } from '../domain/conversation.js';
import type { Anchor } from '../domain/reply.js';
import type { SendGate } from './message-api.js';

/** One call of a native stream: a bubble that grows in place. Private chats only. */
export type StreamFrame = {
  readonly target: Extract<Target, { scene: 'c2c' }>;
  readonly anchor: Anchor;
  /** The same for all frames of a stream, or, where `seqPerFrame` says so, a higher one for each. */
  readonly msgSeq: number;
  /** `null` opens a stream; later frames carry what the first one was answered with. */
  readonly streamId: string | null;
  /** 0, 1, 2 … without a gap. */
  readonly index: number;
  /** The whole text so far. What earlier frames carried stays as it is. */
  readonly text: string;
  /** Characters of `text` that earlier frames carried. */
  readonly sentChars: number;
  /** The last frame ends the bubble; it may add nothing to the text, but it must be sent. */
  readonly isLast: boolean;
  /** A generation that knows markdown alone shows `text` as such. */
  readonly format: 'text' | 'markdown';
};

/** `remainingChars`: what the bubble still takes, where the platform tells. `fenced`: the gate said no, nothing was sent. */
export type StreamResult = { readonly streamId: string; readonly remainingChars?: number } | { readonly fenced: true };

/**
 * Native streams. A stream costs one reply, however many frames it has; a new one to the same user ends the one before.
 *
 * Errors: a RouterError. With `more.action` `endStream` the bubble takes nothing more. After `retry` or `backOff` the
 * very same frame may be sent again a few times. After any other refusal the bubble stands as it was, and is still to be
 * closed. After `transport.*` nobody knows whether the frame arrived; then the stream is closed, not carried on:
 * 1. Once, send that frame again with the same text, `index`, `msgSeq`, `sentChars` and `streamId`, and `isLast: true`.
 *    Accepted: the bubble is closed and shows that text.
 * 2. Refused, but not with `endStream`: it had arrived, and its place is taken (`arrived`, or a complaint about the
 *    index). Close at the place behind it: `index + 1`, the same text with `sentChars: text.length`, and a new `msgSeq`
 *    where `seqPerFrame` says so.
 * 3. `endStream`: the bubble is closed already; by that very frame, if it was a last one. Unknown again: it stays unknown.
 * A refusal of a frame that was sent before, after `retry` or `backOff`, is read as in 2 and 3: 5xx may have taken effect.
 * A stream whose opening is refused as `arrived` has no known id: it cannot be closed, shows the text of that frame, and
 * the platform ends it. In every case that text counts as said, and what follows it goes out as ordinary messages. The
 * closing frames of a cancelled turn carry nothing new, so their gate is open.
 * Source: qq-bot-api §6.4; turns §3.4 (G1, G3), §4.1.
 */
export interface StreamApi {
  /** Whether each frame needs a `msgSeq` of its own. */
  readonly seqPerFrame: boolean;
  sendFrame(frame: StreamFrame, mayStart: SendGate): Promise<StreamResult>;
}
