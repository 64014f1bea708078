import type { AgentFrames, OutputFrame } from './frames/from-agent.js';
import type { FrameErrorCode } from './frames/parts.js';

/** Characters an agent may be ahead of what was read of it. Source: sidecar §5.4. */
export const CREDIT_CHARS = 8_000;
/** The same for an agent that does not count. */
export const BUFFER_CHARS = 256 * 1024;
/** Frames that may wait to be read, whatever they hold: no number of empty ones gets past a bound. */
export const UNREAD_FRAMES_MAX = 4_096;

/** What is known of a turn's answer on this side of the wire. */
export type TurnOutput = {
  /** The number of output frames that were taken in. */
  readonly taken: number;
  /** What was taken in since the last `turn.break`. */
  readonly message: string;
  /** What was taken in and is not read yet. Units: code points, the fewest that any language counts. */
  readonly unreadChars: number;
  readonly unreadFrames: number;
  readonly unreadMax: number;
  readonly hasEnded: boolean;
};

export const newOutput = (countsCredit: boolean): TurnOutput => ({
  taken: 0,
  message: '',
  unreadChars: 0,
  unreadFrames: 0,
  unreadMax: countsCredit ? CREDIT_CHARS : BUFFER_CHARS,
  hasEnded: false,
});

export type Verdict =
  /** `chars`: what it adds to what waits to be read. */
  | { readonly kind: 'taken'; readonly output: TurnOutput; readonly chars: number }
  /** It was taken in before. */
  | { readonly kind: 'dup' }
  | {
      readonly kind: 'refused';
      readonly code: Extract<FrameErrorCode, 'gap' | 'prefix_conflict' | 'flow_exceeded' | 'stale_turn' | 'bad_frame'>;
      readonly expect?: number;
    };

/** Whether the whole message may still be another one: nothing of it is out, and nothing of it is on its way. */
type MayReplace = () => boolean;

/** What of a frame takes room while it waits; an address is as good as nothing. */
const textOf = (frame: OutputFrame): string => {
  if (frame.t === 'turn.media') return 'base64' in frame.media ? frame.media.base64 : '';
  return 'text' in frame ? frame.text : '';
};

const messageAfter = (frame: OutputFrame, message: string): string => {
  switch (frame.t) {
    case 'turn.delta':
      return message + frame.text;
    case 'turn.set':
      return frame.text;
    case 'turn.break':
      return '';
    case 'turn.media':
      return message;
  }
};

const codePoints = (text: string): number => {
  let lowHalves = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) lowHalves += 1;
  }
  return text.length - lowHalves;
};

/** A snapshot costs what it adds. */
const addedChars = (frame: OutputFrame, { message }: TurnOutput): number => {
  const text = textOf(frame);
  return codePoints(frame.t === 'turn.set' && text.startsWith(message) ? text.slice(message.length) : text);
};

/**
 * One output frame of a turn that is not stale: that was asked before anything else.
 * Shape: pure. A number that was taken in is a repetition whatever it carries; one too high is a gap, and nothing of it is
 * kept: the agent goes on from `expect`.
 */
export const takeOutput = (output: TurnOutput, frame: OutputFrame, mayReplace: MayReplace): Verdict => {
  const expect = output.taken + 1;
  if (frame.n < expect) return { kind: 'dup' };
  if (output.hasEnded) return { kind: 'refused', code: 'stale_turn' };
  if (frame.n > expect) return { kind: 'refused', code: 'gap', expect };
  if (frame.t === 'turn.set' && !frame.text.startsWith(output.message) && !mayReplace()) {
    return { kind: 'refused', code: 'prefix_conflict', expect };
  }
  const chars = addedChars(frame, output);
  // With nothing unread one frame is let in whatever it holds: a text longer than all credit could never be said else.
  const isOver = output.unreadChars > 0 && output.unreadChars + chars > output.unreadMax;
  if (isOver || output.unreadFrames >= UNREAD_FRAMES_MAX) return { kind: 'refused', code: 'flow_exceeded', expect };
  const next = {
    ...output,
    taken: frame.n,
    message: messageAfter(frame, output.message),
    unreadChars: output.unreadChars + chars,
    unreadFrames: output.unreadFrames + 1,
  };
  return { kind: 'taken', output: next, chars };
};

/** The end of the answer, which counts its frames. */
export const takeEnd = (output: TurnOutput, { n }: Pick<AgentFrames['turn.end'], 'n'>): Verdict => {
  if (output.hasEnded) return { kind: 'dup' };
  if (n > output.taken) return { kind: 'refused', code: 'gap', expect: output.taken + 1 };
  if (n < output.taken) return { kind: 'refused', code: 'bad_frame' };
  return { kind: 'taken', output: { ...output, hasEnded: true }, chars: 0 };
};

/** A frame that was taken in has been read, and makes room. */
export const readOutput = (output: TurnOutput, chars: number): TurnOutput => ({
  ...output,
  unreadChars: output.unreadChars - chars,
  unreadFrames: output.unreadFrames - 1,
});
