import { checkActive, spendActive } from './active.js';
import { type Anchoring, checkAnchor, readAnchor, spendAnchor } from './anchors.js';
import type { Bot } from './bot.js';
import type { Context } from './context.js';
import type { Conversation } from './conversation.js';
import { isRefusal, type Refusal, type Reply, refuse } from './errors.js';
import { integerOf, isObject, type JsonObject, objectOf, textOf } from './json.js';
import type { Payload } from './payload.js';
import { answerSent, checkContent, findTarget, recordSent, remember } from './sends.js';
import { type Entry, entryOf, showEntry } from './transcript.js';

/** A bubble that is being written, of either generation, §6.4. One a user. */
export type Stream = {
  readonly id: string;
  readonly generation: 'calls' | 'field';
  readonly entry: Entry;
  readonly anchoring: Anchoring;
  /** What a client falls back to when a generation (b) stream is never ended. */
  readonly firstText: string;
  nextIndex: number;
  lastSeq: number;
  lastMs: number;
  cancelTimeout: () => void;
};

type Chunk = {
  readonly generation: Stream['generation'];
  readonly id: string | undefined;
  readonly index: number;
  /** 1 goes on, 10 is the end; others of generation (b) pass as they are. */
  readonly state: number;
  readonly text: string;
  readonly mode: 'append' | 'replace';
  readonly reset: boolean;
  readonly kind: 'text' | 'markdown';
};

/** §6.4a `POST /v2/users/{openid}/stream_messages`. */
export const streamMessage = (context: Context, bot: Bot, openid: string, given: unknown): Reply => {
  if (!context.sandbox && !bot.rates.stream.tryTake(context.timers.now())) return refuse(50002);
  const conversation = findTarget(context, bot, 'c2c', openid);
  if (isRefusal(conversation)) return conversation;
  if (!isObject(given)) return refuse(12002);
  const index = integerOf(given, 'index');
  const [mode, state] = [given['input_mode'] ?? 'append', given['input_state']];
  const [kind, text] = [given['content_type'] ?? 'text', given['content_raw']];
  if (index === undefined || (mode !== 'append' && mode !== 'replace')) return refuse(50035);
  if ((state !== 1 && state !== 10) || (kind !== 'text' && kind !== 'markdown')) return refuse(50035);
  if (typeof text !== 'string') return refuse(50006);
  // §6.4b notes null and "" as a client bug; here only absence opens a stream.
  if (given['stream_msg_id'] !== undefined && !textOf(given, 'stream_msg_id')) return refuse(50035);
  const id = textOf(given, 'stream_msg_id');
  const chunk: Chunk = { generation: 'calls', id, index, state, text, mode, reset: false, kind };
  return takeChunk(context, bot, conversation, chunk, given);
};

/** §6.4b: the `stream` object inside a C2C send; `payload` is already known to be well formed. */
export const sendStreamed = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  payload: Payload,
  body: JsonObject,
): Reply => {
  if (conversation.scene !== 'c2c') return refuse(22006);
  if (payload.kind !== 'markdown') return refuse(40034016);
  const stream = objectOf(body, 'stream') ?? {};
  const [state, index] = [integerOf(stream, 'state'), integerOf(stream, 'index') ?? 0];
  if (state === undefined || index < 0) return refuse(50035);
  if ('id' in stream && !textOf(stream, 'id')) return refuse(50035, 'stream.id must be absent in the first chunk');
  if (needsNewline(context, state, payload.text) && !payload.text.endsWith('\n')) return refuse(40034017);
  const id = textOf(stream, 'id');
  const reset = stream['reset'] === true;
  const chunk: Chunk = {
    generation: 'field',
    id,
    index,
    state,
    text: payload.text,
    mode: 'append',
    reset,
    kind: 'markdown',
  };
  return takeChunk(context, bot, conversation, chunk, body);
};

const needsNewline = (context: Context, state: number, text: string): boolean => {
  const rule = context.switches.streamNewline;
  if (rule === 'off' || (rule === 'lastOrEmpty' && text === '')) return false;
  return rule === 'every' || state === 10;
};

const takeChunk = (context: Context, bot: Bot, conversation: Conversation, chunk: Chunk, body: JsonObject): Reply => {
  const stream = chunk.id === undefined ? undefined : findStream(bot, conversation, chunk.id);
  if (chunk.id !== undefined && !stream) return refuse(50035, 'stream unknown');
  return stream
    ? continueStream(context, bot, conversation, stream, chunk, body)
    : openStream(context, bot, conversation, chunk, body);
};

const findStream = (bot: Bot, conversation: Conversation, id: string): Stream | undefined => {
  const stream = bot.streams.get(id);
  return stream && bot.messages.get(id)?.conversation === conversation ? stream : undefined;
};

// The first chunk passes every check of an ordinary send, and pays for the whole stream.
const openStream = (context: Context, bot: Bot, conversation: Conversation, chunk: Chunk, body: JsonObject): Reply => {
  const isFree = chunk.generation === 'calls' && body['is_wakeup'] === true;
  const anchoring = isFree ? { anchor: undefined, msgSeq: 1 } : readAnchor(bot, conversation, body, true);
  if (isRefusal(anchoring)) return anchoring;
  const other = conversation.stream;
  const refusal =
    checkAnchor(context, anchoring, 'c2c', true) ??
    (anchoring.anchor || isFree ? undefined : checkActive(context, bot, conversation)) ??
    checkText(context, bot, conversation, chunk, chunk.text) ??
    (other && context.switches.secondStream === 'refused' ? refuse(40034021) : undefined);
  if (refusal) return refusal;
  if (other) {
    endStream(conversation, other, 'superseded');
    showEntry(context, bot, conversation, other.entry);
  }
  spendAnchor(anchoring, true);
  if (!anchoring.anchor && !isFree) spendActive(context, bot, conversation);
  const nowMs = context.timers.now();
  const messageId = context.ids.message();
  const entry = entryOf({
    atMs: nowMs,
    by: 'bot',
    kind: 'stream',
    messageId,
    text: '',
    replyTo: anchoring.anchor?.id,
    msgSeq: anchoring.anchor && anchoring.msgSeq,
    refIdx: context.ids.reference(),
    stream: { state: 'open', chunks: 0 },
  });
  conversation.transcript.push(entry);
  remember(bot, conversation, entry);
  const stream: Stream = {
    id: messageId,
    generation: chunk.generation,
    entry,
    anchoring,
    firstText: chunk.text,
    nextIndex: chunk.index,
    lastSeq: anchoring.msgSeq,
    lastMs: nowMs,
    cancelTimeout: () => undefined,
  };
  bot.streams.set(messageId, stream);
  conversation.stream = stream;
  return accept(context, bot, conversation, stream, chunk, chunk.text, body);
};

const continueStream = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  stream: Stream,
  chunk: Chunk,
  body: JsonObject,
): Reply => {
  const text = chunk.mode === 'replace' ? chunk.text : (chunk.reset ? '' : stream.entry.text) + chunk.text;
  const refusal =
    checkRunning(context, stream) ??
    checkOrder(stream, chunk, body) ??
    // §6.4a: what the user has seen stays as it is.
    (chunk.mode === 'replace' && !text.startsWith(stream.entry.text) ? refuse(40007) : undefined) ??
    checkText(context, bot, conversation, chunk, text);
  if (refusal) return refusal;
  if (stream.generation === 'field') {
    stream.lastSeq = integerOf(body, 'msg_seq') ?? 1;
    stream.anchoring.anchor?.seqs?.add(stream.lastSeq);
  }
  return accept(context, bot, conversation, stream, chunk, text, body);
};

const checkRunning = (context: Context, stream: Stream): Refusal | undefined => {
  const state = stream.entry.stream?.state;
  if (state === 'finished') return refuse(40034018);
  if (state === 'superseded') return refuse(40034022);
  const silentMs = context.timers.now() - stream.lastMs;
  return state === 'open' && silentMs <= context.limits.streamIdleMs ? undefined : refuse(40034020);
};

const checkOrder = (stream: Stream, chunk: Chunk, body: JsonObject): Refusal | undefined => {
  if (stream.generation !== chunk.generation) return refuse(40034016);
  if (chunk.index !== (chunk.reset ? 0 : stream.nextIndex)) return refuse(50035, 'index out of order');
  const anchor = stream.anchoring.anchor;
  const named = textOf(body, 'msg_id');
  if (anchor && named !== undefined && named !== anchor.id) return refuse(40034024);
  const seq = body['msg_seq'] === undefined ? 1 : integerOf(body, 'msg_seq');
  if (stream.generation === 'calls') {
    // §6.4a: one `msg_seq` for all chunks.
    return seq === stream.anchoring.msgSeq ? undefined : refuse(50035, 'msg_seq changed');
  }
  // §6.4b: each chunk has its own, rising.
  return seq !== undefined && seq > stream.lastSeq && !anchor?.seqs?.has(seq) ? undefined : refuse(40054005);
};

const checkText = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  chunk: Chunk,
  text: string,
): Refusal | undefined => {
  const { limits } = context;
  if (text.length > limits.streamChars) return refuse(chunk.generation === 'field' ? 40054014 : 40054007);
  if (chunk.index >= limits.streamChunks) return refuse(40054015);
  return checkContent(context, bot, conversation, { kind: chunk.kind, text });
};

const accept = (
  context: Context,
  bot: Bot,
  conversation: Conversation,
  stream: Stream,
  chunk: Chunk,
  text: string,
  body: JsonObject,
): Reply => {
  const { entry, anchoring, id } = stream;
  entry.text = text;
  if (entry.stream) entry.stream.chunks += 1;
  stream.nextIndex = chunk.index + 1;
  stream.lastMs = context.timers.now();
  stream.cancelTimeout();
  if (chunk.state === 10) endStream(conversation, stream, 'finished');
  else
    stream.cancelTimeout = context.timers.after(context.limits.streamIdleMs, () =>
      timeOut(context, bot, conversation, stream),
    );
  recordSent(context, bot, conversation, {
    payload: { kind: chunk.kind, text },
    anchoring: stream.generation === 'field' ? { anchor: anchoring.anchor, msgSeq: stream.lastSeq } : anchoring,
    body,
    messageId: id,
    stream: { id, index: chunk.index, state: chunk.state },
  });
  showEntry(context, bot, conversation, entry);
  const left = context.limits.streamChars - text.length;
  return answerSent(context, entry, stream.generation === 'calls' ? { remain_msg_len: left } : {});
};

const timeOut = (context: Context, bot: Bot, conversation: Conversation, stream: Stream): void => {
  endStream(conversation, stream, stream.generation === 'field' ? 'rolledBack' : 'timedOut');
  // §6.4b: without an end the client rolls the bubble back to its first chunk.
  if (stream.generation === 'field') stream.entry.text = stream.firstText;
  showEntry(context, bot, conversation, stream.entry);
};

const endStream = (
  conversation: Conversation,
  stream: Stream,
  state: 'finished' | 'superseded' | 'timedOut' | 'rolledBack',
): void => {
  stream.cancelTimeout();
  if (stream.entry.stream) stream.entry.stream.state = state;
  if (conversation.stream === stream) conversation.stream = undefined;
};
