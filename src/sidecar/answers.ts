import type { FrameErrorCode } from './frames/parts.js';
import type { RouterFrames } from './frames/to-agent.js';

type Unstamped<T extends 'ok' | 'error'> = Omit<RouterFrames[T], 't' | 'ts'>;

/** What an agent's frame is answered. `isQuiet`: a WebSocket leaves it out, for the agent did not ask for it. */
export type Answer =
  | ({ readonly t: 'ok'; readonly isQuiet: boolean } & Unstamped<'ok'>)
  | ({ readonly t: 'error' } & Unstamped<'error'>);

type Named = { readonly id?: string | undefined; readonly turn?: string | undefined };

const MESSAGES: Readonly<Record<FrameErrorCode, string>> = {
  stale_turn: 'this turn is over, or is another’s: nothing of it is taken',
  unknown_turn: 'no turn of this name was given to you',
  gap: 'frames before this one are missing: go on from `expect`',
  prefix_conflict: 'what is out cannot be changed: the text must go on from there',
  flow_exceeded: 'more than there is room for: wait, then go on from `expect`',
  too_large: 'the frame is too large',
  rate_limited: 'too often; see `retryAfterMs`',
  window_closed: 'the platform takes no answer any more',
  not_permitted: 'not permitted',
  unsupported: 'not possible here',
  unknown_type: 'no such frame',
  bad_frame: 'this frame cannot be read',
};

/** Shape: a frame without an `id` did not ask for an answer; over HTTP it gets one all the same. */
export const ok = ({ id, turn }: Named = {}, more: Pick<Unstamped<'ok'>, 'n' | 'dup'> = {}): Answer => ({
  t: 'ok',
  isQuiet: id === undefined && !more.dup,
  ...(id !== undefined && { re: id }),
  ...(turn !== undefined && { turn }),
  ...more,
});

export const refused = (
  code: FrameErrorCode,
  { id, turn }: Named = {},
  more: Partial<Pick<Unstamped<'error'>, 'message' | 'expect' | 'retryAfterMs'>> = {},
): Answer => ({
  t: 'error',
  ...(id !== undefined && { re: id }),
  ...(turn !== undefined && { turn }),
  code,
  message: MESSAGES[code],
  ...more,
});

/** The frame that an answer is on the wire. */
export const frameOf = (answer: Answer) => {
  const { isQuiet: _, ...frame } = { isQuiet: false, ...answer };
  return frame;
};

/** What goes out, with its time. `ts`: epoch ms. */
export const stamped = (frame: object, ts: number): string => JSON.stringify({ ts, ...frame });
