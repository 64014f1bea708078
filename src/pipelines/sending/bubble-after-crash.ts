import type { Outcome } from '../../domain/reply.js';
import type { WrittenFrame } from '../../ports/store.js';
import { isUnknown } from './attempts.js';
import {
  type Frame,
  type FrameSender,
  isEndedByFrame,
  isPlaceTaken,
  isRefusal,
  type Opening,
  type Tried,
} from './frames.js';
import type { Leave } from './readiness.js';

/**
 * Ends the bubble that a life which is over left open. `opening.piece` is all that its newest frame was to show; `leave`
 * says whether that may still be said where it was not.
 *
 * Shape: the bubble ends with what it showed, or with the frame that was under way: nothing is said twice, nothing it
 * showed changes, and of a turn that is over nothing new is said. One that the platform has ended meanwhile stays as it is.
 * Never rejects.
 * Source: turns §3.4 (G1, G3); how the platform's refusals are read is written at `StreamApi`.
 */
export const endLeftBubble = async (
  opening: Opening,
  written: WrittenFrame,
  leave: Leave,
  frames: FrameSender,
): Promise<Outcome> => {
  const { piece, slot } = opening;
  const { streamId, index, sentChars } = written;
  const { text, isLast: wasLast } = piece.content;
  const frame: Frame = {
    opening,
    slot: { anchor: slot.anchor, msgSeq: written.msgSeq },
    streamId,
    index,
    text,
    sentChars,
    isLast: true,
  };
  const shown = text.slice(0, sentChars);
  const said = (words: string): Outcome => ({ piece, status: 'sent', sentId: streamId, said: words });
  const arrived: Outcome = { piece, status: 'arrived', said: text };
  const open: Outcome = {
    piece,
    status: 'unknown',
    code: 'transport.lost',
    maybe: text.slice(sentChars),
    ...(shown !== '' && { said: shown }),
  };

  if (written.isShown) {
    await frames.endBehind(frame);
    return said(text);
  }
  const addsNothing = shown === text;
  if (addsNothing || leave.isLive()) {
    const tried = await twice(frame, addsNothing ? frames.closing : leave, frames);
    if (tried.is === 'done') return said(text);
    if (tried.is === 'failed' && isRefusal(tried)) {
      if (isPlaceTaken(tried.error, streamId)) {
        await frames.endBehind(frame);
        return arrived;
      }
      // The frame that was under way may never have left: the bubble's time may have ended it.
      if (tried.error.more.action === 'endStream')
        return addsNothing || (wasLast && isEndedByFrame(tried.error)) ? arrived : open;
      // Refused for what it says: it is not there, and the bubble ends with what it shows.
      await frames.end({ ...frame, text: shown });
      return open;
    }
    // With the transport already, or for the next life to find out.
    if (tried.is === 'failed' || tried.mayHaveArrived) return open;
  }
  // An end without the words that were under way: refused where they had arrived, and then they may stand in it.
  const tried = await frames.try({ ...frame, text: shown }, frames.closing);
  if (tried.is === 'done') return said(shown);
  if (tried.is !== 'failed' || !isRefusal(tried)) return open;
  await frames.endBehind(frame);
  return isPlaceTaken(tried.error, streamId) ? arrived : open;
};

/** Once more where nobody knows whether it arrived: the same frame has a place once. */
const twice = async (frame: Frame, leave: Leave, frames: FrameSender): Promise<Tried> => {
  const first = await frames.try(frame, leave);
  return first.is === 'failed' && isUnknown(first.error) ? frames.try(frame, frames.closing) : first;
};
