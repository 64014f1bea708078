import { createStreamApi, type StreamGeneration } from '../../src/adapters/qq/stream-api.js';
import type { PlatformOptions } from '../../src/emulator/index.js';
import { RouterError } from '../../src/errors/router-error.js';
import type { StreamApi, StreamFrame } from '../../src/ports/stream-api.js';
import { platformRig } from './platform-http.js';

export const yes = (): boolean => true;

/** A user's message on the emulator, and frames that answer it. */
export const streamRig = (generation: StreamGeneration, options: Partial<PlatformOptions> = {}) => {
  const { clock, platform, http, rest } = platformRig(options);
  const api = createStreamApi(rest, generation);
  const { messageId } = platform.sendC2c({ from: 'U', text: 'hi' });
  const frame = (given: Partial<StreamFrame>): StreamFrame => ({
    target: { scene: 'c2c', openid: 'U' },
    anchor: { kind: 'message', id: messageId, atMs: clock.now() },
    msgSeq: api.seqPerFrame ? 1 + (given.index ?? 0) : 1,
    streamId: null,
    index: 0,
    text: '',
    sentChars: 0,
    isLast: false,
    format: 'markdown',
    ...given,
  });
  const send = (given: Partial<StreamFrame>) => api.sendFrame(frame(given), yes);
  const open = async (text: string): Promise<string> => {
    const result = await send({ text });
    if ('fenced' in result) throw new Error('fenced');
    return result.streamId;
  };
  const bubbles = () => platform.transcript('U').filter(({ kind }) => kind === 'stream');
  return { clock, platform, http, api, frame, send, open, bubbles, bubble: () => bubbles().at(-1) };
};

/** What the one who wrote believes: how much is shown, and whether the bubble is closed. */
export type Written = { readonly said: string; readonly bubble: 'closed' | 'orphaned' | 'unknown' };

const TRIES_MAX = 3;

/**
 * Writes a bubble as the docstring of `StreamApi` tells. `texts` are prefixes of each other, the last one is the whole.
 * Shape: `said` is one of them, and the whole where nothing went wrong for good.
 */
export const writeBubble = async (
  api: StreamApi,
  frameOf: (given: Partial<StreamFrame>) => StreamFrame,
  texts: readonly string[],
): Promise<Written> => {
  let [streamId, sentChars, index]: [string | null, number, number] = [null, 0, 0];
  for (const [at, text] of texts.entries()) {
    const frame = frameOf({ streamId, index, text, sentChars, isLast: at === texts.length - 1 });
    let last: Ending = await attempt(api, frame);
    let tries = 1;
    for (; last === 'again' && tries < TRIES_MAX; tries += 1) last = await attempt(api, frame);
    if (last === 'unknown' || last === 'again' || (last === 'refused' && tries > 1)) return close(api, frame, last);
    if (last === 'ended' && tries > 1 && frame.isLast) return { said: text, bubble: 'closed' };
    if (typeof last === 'string') throw new Error(`${last} at first sight`);
    ({ streamId } = last);
    [sentChars, index] = [text.length, index + 1];
  }
  return { said: texts.at(-1) ?? '', bubble: 'closed' };
};

type Ending = { readonly streamId: string } | 'again' | 'refused' | 'ended' | 'unknown';

const attempt = async (api: StreamApi, frame: StreamFrame): Promise<Ending> => {
  try {
    const result = await api.sendFrame(frame, yes);
    if ('fenced' in result) throw new Error('fenced');
    return result;
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    if (error.code === 'transport.timeout' || error.code === 'transport.lost') return 'unknown';
    const { action } = error.more;
    if (action === 'endStream') return 'ended';
    return action === 'retry' || action === 'backOff' ? 'again' : 'refused';
  }
};

/** Steps 1 to 3 of the docstring; where the place is known to be taken, from step 2. */
const close = async (api: StreamApi, frame: StreamFrame, seen: Ending): Promise<Written> => {
  const { text, index, streamId } = frame;
  const first = seen === 'refused' ? seen : await attempt(api, { ...frame, isLast: true });
  if (first === 'ended' || typeof first === 'object') return { said: text, bubble: 'closed' };
  if (first !== 'refused') return { said: text, bubble: 'unknown' };
  if (streamId === null) return { said: text, bubble: 'orphaned' };
  const msgSeq = api.seqPerFrame ? frame.msgSeq + 1 : frame.msgSeq;
  const behind = { ...frame, index: index + 1, msgSeq, sentChars: text.length, isLast: true };
  const second = await attempt(api, behind);
  return { said: text, bubble: second === 'ended' || typeof second === 'object' ? 'closed' : 'unknown' };
};
