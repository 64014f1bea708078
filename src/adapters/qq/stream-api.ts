import { RouterError } from '../../errors/router-error.js';
import type { StreamApi, StreamFrame, StreamResult } from '../../ports/stream-api.js';
import { idOf, type Json, numberOf } from '../json.js';
import type { Rest, RestAnswer } from './rest.js';
import { anchorFields, SEND_TIMEOUT_MS } from './send-fields.js';

const MSG_TYPE_MARKDOWN = 2;
const GOES_ON = 1;
const ENDS = 10;

/** `stream_messages` is the current endpoint; `stream_object` rides on an ordinary send and has left the docs. */
export type StreamGeneration = 'stream_messages' | 'stream_object';

type Dialect = { readonly seqPerFrame: boolean; readonly path: string; readonly body: (frame: StreamFrame) => Json };

const stateOf = ({ isLast }: StreamFrame): number => (isLast ? ENDS : GOES_ON);

/**
 * The whole text in each call, which the platform checks against what it shows (40007), so that a mistake of ours cannot
 * garble a bubble. Source: qq-bot-api §6.4a.
 */
const callBody = (frame: StreamFrame): Json => ({
  input_mode: 'replace',
  input_state: stateOf(frame),
  index: frame.index,
  content_type: frame.format,
  content_raw: frame.text,
  ...anchorFields(frame.anchor),
  msg_seq: frame.msgSeq,
  ...(frame.streamId === null ? {} : { stream_msg_id: frame.streamId }),
});

/**
 * The last chunk has to end with a newline of its own (40034017) also where the text has one, or nothing is left to say;
 * earlier ones need none in the field (AstrBotDevs/AstrBot#10069).
 */
const incrementOf = ({ text, sentChars, isLast }: StreamFrame): string => {
  const increment = text.slice(sentChars);
  return isLast && !increment.endsWith('\n') ? `${increment}\n` : increment;
};

/** Increments; the type never changes, and in the first chunk the id is absent, not null. Source: qq-bot-api §6.4b. */
const objectBody = (frame: StreamFrame): Json => ({
  msg_type: MSG_TYPE_MARKDOWN,
  markdown: { content: incrementOf(frame) },
  ...anchorFields(frame.anchor),
  msg_seq: frame.msgSeq,
  stream: {
    state: stateOf(frame),
    ...(frame.streamId === null ? {} : { id: frame.streamId }),
    index: frame.index,
  },
});

const DIALECTS = {
  stream_messages: { seqPerFrame: false, path: 'stream_messages', body: callBody },
  stream_object: { seqPerFrame: true, path: 'messages', body: objectBody },
} as const satisfies Record<StreamGeneration, Dialect>;

const resultOf = (what: string, frame: StreamFrame, answer: RestAnswer): StreamResult => {
  if (answer.kind === 'fenced') return { fenced: true };
  if (answer.kind === 'audit') throw new RouterError('platform.auditPending', what, { action: 'pending' });
  const streamId = frame.streamId ?? idOf(answer.body['id']);
  if (streamId === undefined) throw new RouterError('transport.lost', `${what}: the answer names no stream`);
  const remainingChars = numberOf(answer.body['remain_msg_len']);
  return remainingChars === undefined ? { streamId } : { streamId, remainingChars };
};

/** Native streams of one bot, over `rest`. */
export const createStreamApi = (rest: Rest, generation: StreamGeneration): StreamApi => {
  const dialect = DIALECTS[generation];
  return {
    seqPerFrame: dialect.seqPerFrame,
    sendFrame: async (frame, mayStart) => {
      const what = frame.streamId === null ? 'open a stream' : 'continue a stream';
      const answer = await rest.call({
        what,
        method: 'POST',
        path: `/v2/users/${encodeURIComponent(frame.target.openid)}/${dialect.path}`,
        body: dialect.body(frame),
        timeoutMs: SEND_TIMEOUT_MS,
        expects: 'object',
        mayStart,
      });
      return resultOf(what, frame, answer);
    },
  };
};
