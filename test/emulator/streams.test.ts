import { describe, expect, it } from 'vitest';
import { codeOf, type Json, makeRig, type Rig } from './rig.js';

const CALLS = '/v2/users/U/stream_messages';
const FIELD = '/v2/users/U/messages';
const message = (rig: Rig) => rig.platform.sendC2c({ from: 'U', text: 'hi' }).messageId;
const bubble = (rig: Rig) => rig.platform.transcript('U').findLast(({ kind }) => kind === 'stream');

/** §6.4a: one call. */
const chunk = (msgId: string, index: number, content: string, more: Json = {}): Json => ({
  input_mode: 'replace',
  input_state: 1,
  index,
  content_type: 'markdown',
  content_raw: content,
  msg_id: msgId,
  msg_seq: 1,
  ...more,
});
const open = (rig: Rig, msgId: string, text = 'An'): string =>
  (rig.post(CALLS, chunk(msgId, 0, text)).body as { id: string }).id;

describe('stream_messages, §6.4a', () => {
  it('replace: the bubble grows in place, and state 10 ends it', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const first = rig.post(CALLS, chunk(msgId, 0, 'An'));
    const { id } = first.body as { id: string };
    expect(first).toMatchObject({ status: 200, body: { remain_msg_len: 999_998 } });
    expect(bubble(rig)).toMatchObject({
      messageId: id,
      text: 'An',
      stream: { state: 'open', chunks: 1 },
      replyTo: msgId,
    });
    rig.post(CALLS, chunk(msgId, 1, 'Answer', { stream_msg_id: id }));
    const last = rig.post(CALLS, chunk(msgId, 2, 'Answer: 4', { stream_msg_id: id, input_state: 10 }));
    expect(last.body).toMatchObject({ id });
    expect(bubble(rig)).toMatchObject({ text: 'Answer: 4', stream: { state: 'finished', chunks: 3 } });
    expect(rig.platform.sends().map(({ kind, stream }) => [kind, stream?.index, stream?.state])).toEqual([
      ['stream', 0, 1],
      ['stream', 1, 1],
      ['stream', 2, 10],
    ]);
  });

  it('append is the default and adds up', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const given = (index: number, text: string, more: Json = {}) => {
      const { input_mode: _, ...rest } = chunk(msgId, index, text, more);
      return rig.post(CALLS, rest);
    };
    const { id } = given(0, 'a').body as { id: string };
    given(1, 'b', { stream_msg_id: id });
    expect(bubble(rig)?.text).toBe('ab');
  });

  it('40007 when the delivered prefix changes; the bubble stays as it was', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    expect(codeOf(rig.post(CALLS, chunk(msgId, 1, 'On', { stream_msg_id: id })))).toBe(40007);
    expect(bubble(rig)?.text).toBe('An');
    expect(rig.post(CALLS, chunk(msgId, 1, 'An', { stream_msg_id: id, input_state: 10 })).status).toBe(200);
  });

  it('an index out of order, a changed msg_seq, an unknown stream, null or "" for its id are refused', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    const code = (index: number, more: Json) => codeOf(rig.post(CALLS, chunk(msgId, index, 'Ann', more)));
    expect(code(2, { stream_msg_id: id })).toBe(50035);
    expect(code(0, { stream_msg_id: id })).toBe(50035);
    expect(code(1, { stream_msg_id: id, msg_seq: 2 })).toBe(50035);
    expect(code(1, { stream_msg_id: 'other' })).toBe(50035);
    expect(code(1, { stream_msg_id: null })).toBe(50035);
    expect(code(1, { stream_msg_id: '' })).toBe(50035);
    expect(code(1, { stream_msg_id: id })).toBeUndefined();
  });

  it('§6.3 a stream counts once, however long it is', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    for (let i = 1; i < 10; i += 1) rig.post(CALLS, chunk(msgId, i, 'An', { stream_msg_id: id }));
    const texts = [2, 3, 4, 5].map((seq) =>
      rig.post(FIELD, { msg_type: 0, content: 'x', msg_id: msgId, msg_seq: seq }),
    );
    expect(texts.map(codeOf)).toEqual([undefined, undefined, undefined, 40034128]);
  });

  it('its first chunk is checked like any send: anchor, count, msg_seq', async () => {
    const rig = makeRig();
    const msgId = message(rig);
    expect(codeOf(rig.post(CALLS, chunk('unknown', 0, 'x')))).toBe(40034024);
    expect(rig.post(FIELD, { msg_type: 0, content: 'x', msg_id: msgId, msg_seq: 1 }).status).toBe(200);
    expect(codeOf(rig.post(CALLS, chunk(msgId, 0, 'x')))).toBe(40054005);
    await rig.clock.advance(3_600_001);
    expect(codeOf(rig.post(CALLS, chunk(msgId, 0, 'x', { msg_seq: 2 })))).toBe(40034005);
    expect(rig.post(CALLS, chunk('unknown', 0, 'x', { is_wakeup: true })).status).toBe(200);
  });

  it('a message’s own event id is an anchor too', () => {
    const rig = makeRig();
    const { eventId } = rig.platform.sendC2c({ from: 'U', text: 'hi' });
    const { msg_id: _, ...body } = chunk('', 0, 'x', { event_id: eventId });
    expect(rig.post(CALLS, body).status).toBe(200);
    expect(codeOf(rig.post(FIELD, { msg_type: 0, content: 'x', event_id: eventId }))).toBe(40034027);
  });

  it('after its end it is 40034018', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    rig.post(CALLS, chunk(msgId, 1, 'An', { stream_msg_id: id, input_state: 10 }));
    expect(codeOf(rig.post(CALLS, chunk(msgId, 2, 'An', { stream_msg_id: id })))).toBe(40034018);
  });

  it('a stream left open stays visibly open, and times out with 40034020', async () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    await rig.clock.advance(299_999);
    expect(bubble(rig)?.stream?.state).toBe('open');
    await rig.clock.advance(1);
    expect(bubble(rig)).toMatchObject({ text: 'An', stream: { state: 'timedOut' } });
    expect(codeOf(rig.post(CALLS, chunk(msgId, 1, 'Ann', { stream_msg_id: id })))).toBe(40034020);
  });

  it('a second stream ends the first with 40034022, or is itself refused with 40034021', () => {
    const rig = makeRig();
    const first = message(rig);
    const id = open(rig, first);
    open(rig, message(rig));
    expect(codeOf(rig.post(CALLS, chunk(first, 1, 'Ann', { stream_msg_id: id })))).toBe(40034022);
    const states = rig.platform.transcript('U').flatMap(({ stream }) => (stream ? [stream.state] : []));
    expect(states).toEqual(['superseded', 'open']);
    const strict = makeRig({ switches: { secondStream: 'refused' } });
    open(strict, message(strict));
    expect(codeOf(strict.post(CALLS, chunk(message(strict), 0, 'x')))).toBe(40034021);
  });

  it.each<[string, Json]>([
    ['an unknown mode', { input_mode: 'x' }],
    ['an unknown state', { input_state: 2 }],
    ['no index', { index: undefined }],
    ['an unknown content type', { content_type: 'html' }],
  ])('%s is 50035', (_, more) => {
    const rig = makeRig();
    expect(codeOf(rig.post(CALLS, chunk(message(rig), 0, 'x', more)))).toBe(50035);
  });

  it('too long is 40054007, too many chunks 40054015, too fast 50002', () => {
    const rig = makeRig({ limits: { streamChars: 5, streamChunks: 2 } });
    const msgId = message(rig);
    expect(codeOf(rig.post(CALLS, chunk(msgId, 0, '123456')))).toBe(40054007);
    const id = open(rig, msgId);
    rig.post(CALLS, chunk(msgId, 1, 'An', { stream_msg_id: id }));
    expect(codeOf(rig.post(CALLS, chunk(msgId, 2, 'An', { stream_msg_id: id })))).toBe(40054015);
    const statuses = Array.from({ length: 50 }, () => rig.post(CALLS, {}).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('the stream object inside a send, §6.4b', () => {
  const part = (msgId: string, seq: number, content: string, stream: Json): Json => ({
    msg_type: 2,
    markdown: { content },
    msg_id: msgId,
    msg_seq: seq,
    stream,
  });

  it('chunks are increments, each with its own rising msg_seq', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const { id } = rig.post(FIELD, part(msgId, 1, 'a', { state: 1, index: 0 })).body as { id: string };
    expect(codeOf(rig.post(FIELD, part(msgId, 1, 'b', { state: 1, index: 1, id })))).toBe(40054005);
    expect(rig.post(FIELD, part(msgId, 2, 'b', { state: 1, index: 1, id })).status).toBe(200);
    expect(rig.post(FIELD, part(msgId, 3, 'c\n', { state: 10, index: 2, id })).status).toBe(200);
    expect(bubble(rig)).toMatchObject({ text: 'abc\n', stream: { state: 'finished', chunks: 3 } });
    expect(codeOf(rig.post(FIELD, part(msgId, 4, 'd\n', { state: 10, index: 3, id })))).toBe(40034018);
    // §6.3: counted once.
    for (const seq of [10, 11, 12]) {
      expect(rig.post(FIELD, { msg_type: 0, content: 'x', msg_id: msgId, msg_seq: seq }).status).toBe(200);
    }
  });

  it('a msg_seq below the last is refused, taken or not', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const { id } = rig.post(FIELD, part(msgId, 5, 'a', { state: 1, index: 0 })).body as { id: string };
    expect(codeOf(rig.post(FIELD, part(msgId, 3, 'b', { state: 1, index: 1, id })))).toBe(40054005);
    expect(rig.post(FIELD, part(msgId, 6, 'b', { state: 1, index: 1, id })).status).toBe(200);
  });

  it('reset starts the bubble over', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const { id } = rig.post(FIELD, part(msgId, 1, 'wrong', { state: 1, index: 0 })).body as { id: string };
    rig.post(FIELD, part(msgId, 2, 'right', { state: 1, index: 0, id, reset: true }));
    expect(bubble(rig)?.text).toBe('right');
  });

  it('without a state-10 chunk the client rolls back to the first chunk', async () => {
    const rig = makeRig();
    const msgId = message(rig);
    const { id } = rig.post(FIELD, part(msgId, 1, 'a', { state: 1, index: 0 })).body as { id: string };
    rig.post(FIELD, part(msgId, 2, 'b', { state: 1, index: 1, id }));
    expect(bubble(rig)?.text).toBe('ab');
    await rig.clock.advance(300_000);
    expect(bubble(rig)).toMatchObject({ text: 'a', stream: { state: 'rolledBack' } });
  });

  it.each([
    ['last', '', 40034017],
    ['last', 'c', 40034017],
    ['last', 'c\n', undefined],
    ['lastOrEmpty', '', undefined],
    ['off', 'c', undefined],
  ] as const)('newline rule %s: a last chunk %j is %s', (streamNewline, text, code) => {
    const rig = makeRig({ switches: { streamNewline } });
    const msgId = message(rig);
    const { id } = rig.post(FIELD, part(msgId, 1, 'a', { state: 1, index: 0 })).body as { id: string };
    expect(codeOf(rig.post(FIELD, part(msgId, 2, text, { state: 10, index: 1, id })))).toBe(code);
  });

  it('newline rule every: the first chunk as well', () => {
    const rig = makeRig({ switches: { streamNewline: 'every' } });
    expect(codeOf(rig.post(FIELD, part(message(rig), 1, 'a', { state: 1, index: 0 })))).toBe(40034017);
  });

  it('needs markdown throughout, an absent id in the first chunk, and a user', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const text = { msg_type: 0, content: 'a', msg_id: msgId, stream: { state: 1, index: 0 } };
    expect(codeOf(rig.post(FIELD, text))).toBe(40034016);
    expect(codeOf(rig.post(FIELD, part(msgId, 1, 'a', { state: 1, index: 0, id: null })))).toBe(50035);
    expect(codeOf(rig.post(FIELD, part(msgId, 1, 'a', { state: 1, index: 0, id: '' })))).toBe(50035);
    const group = rig.platform.sendGroup({ group: 'G', from: 'M', text: 'x' }).messageId;
    expect(codeOf(rig.post('/v2/groups/G/messages', part(group, 1, 'a', { state: 1, index: 0 })))).toBe(22006);
  });

  it('a chunk may not continue a stream of the other generation', () => {
    const rig = makeRig();
    const msgId = message(rig);
    const id = open(rig, msgId);
    expect(codeOf(rig.post(FIELD, part(msgId, 2, 'a', { state: 1, index: 1, id })))).toBe(40034016);
  });
});
