import { describe, expect, it } from 'vitest';
import { createRest } from '../../src/adapters/qq/rest.js';
import { createStreamApi } from '../../src/adapters/qq/stream-api.js';
import type { PlatformOptions } from '../../src/emulator/index.js';
import { answer, FakeHttp, inTurn } from './fake-http.js';
import { streamRig, writeBubble, yes } from './stream-rig.js';

const GENERATIONS = ['stream_messages', 'stream_object'] as const;

describe.each(GENERATIONS)('a native stream by %s', (generation) => {
  const make = (options: Partial<PlatformOptions> = {}) => streamRig(generation, options);

  it('opens, grows in place and ends', async () => {
    const { api, open, send, bubbles } = make();
    expect(api.seqPerFrame).toBe(generation === 'stream_object');
    const streamId = await open('Ans');
    expect(bubbles()).toMatchObject([{ messageId: streamId, text: 'Ans', stream: { state: 'open' } }]);
    await expect(send({ streamId, index: 1, text: 'Answer', sentChars: 3 })).resolves.toMatchObject({ streamId });
    const last = { streamId, index: 2, text: 'Answer: 4', sentChars: 6, isLast: true };
    await expect(send(last)).resolves.toMatchObject({ streamId });
    expect(bubbles()).toMatchObject([{ stream: { state: 'finished', chunks: 3 } }]);
    expect(bubbles()[0]?.text.trimEnd()).toBe('Answer: 4');
  });

  it('may be opened and ended by one frame', async () => {
    const { send, bubble } = make();
    await send({ text: 'all', isLast: true });
    expect(bubble()?.text.trimEnd()).toBe('all');
    expect(bubble()?.stream?.state).toBe('finished');
  });

  it('is closed without a new character', async () => {
    const { open, send, bubble } = make();
    const streamId = await open('Ans');
    await send({ streamId, index: 1, text: 'Ans', sentChars: 3, isLast: true });
    expect(bubble()?.text.trimEnd()).toBe('Ans');
    expect(bubble()?.stream?.state).toBe('finished');
  });

  it('costs one reply', async () => {
    const { open, send, platform } = make({ limits: { c2cReplies: 1 } });
    const streamId = await open('a');
    await send({ streamId, index: 1, text: 'ab', sentChars: 1 });
    await send({ streamId, index: 2, text: 'abc', sentChars: 2, isLast: true });
    expect(platform.refusals()).toEqual([]);
    await expect(send({ text: 'more', msgSeq: 9 })).rejects.toMatchObject({
      code: 'platform.windowClosed',
      more: { action: 'active' },
    });
  });

  it('sends nothing where the gate says no', async () => {
    const { api, frame, bubbles } = make();
    await expect(api.sendFrame(frame({ text: 'x' }), () => false)).resolves.toEqual({ fenced: true });
    expect(bubbles()).toEqual([]);
  });

  it('takes nothing after its end', async () => {
    const { open, send } = make();
    const streamId = await open('a');
    await send({ streamId, index: 1, text: 'a', sentChars: 1, isLast: true });
    await expect(send({ streamId, index: 2, text: 'ab', sentChars: 1 })).rejects.toMatchObject({
      more: { action: 'endStream', platformCode: 40034018 },
    });
  });

  it('that is left open is ended by the platform', async () => {
    const { open, send, bubble, clock } = make();
    const streamId = await open('a');
    await clock.advance(300_001);
    expect(bubble()?.stream?.state).not.toBe('open');
    await expect(send({ streamId, index: 1, text: 'ab', sentChars: 1 })).rejects.toMatchObject({
      more: { action: 'endStream', platformCode: 40034020 },
    });
  });

  it('ends the one before it', async () => {
    const { open, send } = make();
    const streamId = await open('a');
    await send({ text: 'b', msgSeq: 9 });
    await expect(send({ streamId, index: 1, msgSeq: generation === 'stream_object' ? 10 : 1 })).rejects.toMatchObject({
      more: { action: 'endStream', platformCode: 40034022 },
    });
  });

  describe('a frame whose answer was lost', () => {
    it('had arrived: its place is taken, and the bubble is closed behind it', async () => {
      const { open, send, http, bubble } = make();
      const streamId = await open('a');
      http.fates = ['swallowed'];
      const lost = { streamId, index: 1, text: 'ab', sentChars: 1 };
      await expect(send(lost)).rejects.toMatchObject({ code: 'transport.timeout' });
      await expect(send({ ...lost, isLast: true })).rejects.toMatchObject({ code: 'platform.contentRefused' });
      expect(bubble()?.stream?.state).toBe('open');
      await send({ ...lost, index: 2, sentChars: 2, isLast: true });
      expect(bubble()?.text.trimEnd()).toBe('ab');
      expect(bubble()?.stream?.state).toBe('finished');
    });

    it('had not: sent again as the last one, it closes the bubble', async () => {
      const { open, send, http, bubble } = make();
      const streamId = await open('a');
      http.fates = ['lost'];
      const lost = { streamId, index: 1, text: 'ab', sentChars: 1 };
      await expect(send(lost)).rejects.toMatchObject({ code: 'transport.timeout' });
      await send({ ...lost, isLast: true });
      expect(bubble()?.text.trimEnd()).toBe('ab');
      expect(bubble()?.stream?.state).toBe('finished');
    });

    it('was the last one, and had arrived: there is nothing left to close', async () => {
      const { open, send, http, bubble } = make();
      const streamId = await open('a');
      http.fates = ['swallowed'];
      const last = { streamId, index: 1, text: 'ab', sentChars: 1, isLast: true };
      await expect(send(last)).rejects.toMatchObject({ code: 'transport.timeout' });
      await expect(send(last)).rejects.toMatchObject({ more: { action: 'endStream', platformCode: 40034018 } });
      expect(bubble()?.text.trimEnd()).toBe('ab');
    });

    it('was the first one, and had arrived: nobody knows the stream, and the platform ends it', async () => {
      const { send, http, bubbles, clock } = make();
      http.fates = ['swallowed'];
      await expect(send({ text: 'a' })).rejects.toMatchObject({ code: 'transport.timeout' });
      await expect(send({ text: 'a', isLast: true })).rejects.toMatchObject({ more: { action: 'arrived' } });
      await clock.advance(300_001);
      expect(bubbles()).toMatchObject([{ text: 'a' }]);
      expect(bubbles()[0]?.stream?.state).not.toBe('open');
    });

    it('was the first one, and had not arrived: it opens and closes the bubble', async () => {
      const { api, frame, http, bubbles } = make();
      http.fates = ['lost'];
      await expect(writeBubble(api, frame, ['a', 'ab'])).resolves.toEqual({ said: 'a', bubble: 'closed' });
      expect(bubbles()).toMatchObject([{ stream: { state: 'finished', chunks: 1 } }]);
    });
  });

  it.each(['429', '502'] as const)('carries on with the very same frame after a %s', async (fate) => {
    const { api, frame, http, bubble } = make();
    http.fates = ['fine', fate, fate];
    await expect(writeBubble(api, frame, ['a', 'ab', 'abc'])).resolves.toEqual({ said: 'abc', bubble: 'closed' });
    expect(bubble()?.stream).toEqual({ state: 'finished', chunks: 3 });
  });
});

describe('the whole text in each call (stream_messages)', () => {
  it('may not change what is shown', async () => {
    const { open, send, bubble } = streamRig('stream_messages');
    const streamId = await open('An answer');
    await expect(send({ streamId, index: 1, text: 'The answer', sentChars: 9 })).rejects.toMatchObject({
      code: 'platform.refused',
      more: { action: 'endStream', platformCode: 40007 },
    });
    expect(bubble()?.text).toBe('An answer');
    await send({ streamId, index: 1, text: 'An answer', sentChars: 9, isLast: true });
    expect(bubble()?.stream?.state).toBe('finished');
  });

  it('tells what the bubble still takes', async () => {
    const { send } = streamRig('stream_messages', { limits: { streamChars: 10 } });
    await expect(send({ text: 'abc' })).resolves.toMatchObject({ remainingChars: 7 });
  });

  it('keeps its msg_seq', async () => {
    const { open, send } = streamRig('stream_messages');
    const streamId = await open('a');
    await expect(send({ streamId, index: 1, text: 'ab', sentChars: 1, msgSeq: 2 })).rejects.toMatchObject({
      code: 'platform.contentRefused',
    });
  });
});

describe('increments (stream_object)', () => {
  it.each([
    ['ab', 'ab\n'],
    ['ab\n', 'ab\n'],
    ['a', 'a\n'],
    ['a\n', 'a\n'],
  ])('the last one of %j ends with a newline', async (text, shown) => {
    const { open, send, bubble } = streamRig('stream_object');
    const streamId = await open('a');
    await send({ streamId, index: 1, text, sentChars: 1, isLast: true });
    expect(bubble()?.text).toBe(shown);
  });

  it('end with a newline of their own also where the text has one already', async () => {
    const { open, send, bubble } = streamRig('stream_object');
    const streamId = await open('a\n');
    await send({ streamId, index: 1, text: 'a\n', sentChars: 2, isLast: true });
    expect(bubble()).toMatchObject({ text: 'a\n\n', stream: { state: 'finished' } });
  });

  it('a platform that wants lines gets them, or ends the stream', async () => {
    const { send } = streamRig('stream_object', { switches: { streamNewline: 'every' } });
    await expect(send({ text: 'half' })).rejects.toMatchObject({
      more: { action: 'endStream', platformCode: 40034017 },
    });
    await expect(send({ text: 'a line\n' })).resolves.toHaveProperty('streamId');
  });
});

describe('on the wire', () => {
  const rig = (body: unknown = { id: 's1', remain_msg_len: 4200 }) => {
    const http = new FakeHttp(inTurn(answer(200, body)));
    const tokens = { get: async () => 'tok', invalidate: () => undefined };
    const rest = createRest({ http, tokens, endpoint: 'https://api.example', appId: '102' });
    return { http, rest };
  };
  const first = {
    target: { scene: 'c2c', openid: 'O/1' },
    anchor: { kind: 'event', id: 'C2C_MSG_RECEIVE:5f', atMs: 0 },
    msgSeq: 3,
    streamId: null,
    index: 0,
    text: 'Ans',
    sentChars: 0,
    isLast: false,
    format: 'text',
  } as const;
  const last = { ...first, msgSeq: 4, streamId: 's1', index: 1, text: 'Answer', sentChars: 3, isLast: true } as const;

  it('stream_messages', async () => {
    const { http, rest } = rig();
    const api = createStreamApi(rest, 'stream_messages');
    await expect(api.sendFrame(first, yes)).resolves.toEqual({ streamId: 's1', remainingChars: 4200 });
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://api.example/v2/users/O%2F1/stream_messages',
      timeoutMs: 10_000,
    });
    const body = { input_mode: 'replace', content_type: 'text', event_id: 'C2C_MSG_RECEIVE:5f' };
    expect(http.lastBody).toEqual({ ...body, input_state: 1, index: 0, content_raw: 'Ans', msg_seq: 3 });
    await api.sendFrame(last, yes);
    expect(http.lastBody).toEqual({
      ...body,
      input_state: 10,
      index: 1,
      content_raw: 'Answer',
      msg_seq: 4,
      stream_msg_id: 's1',
    });
  });

  it('stream_object', async () => {
    const { http, rest } = rig({ id: 'another' });
    const api = createStreamApi(rest, 'stream_object');
    await api.sendFrame(first, yes);
    expect(http.last.url).toBe('https://api.example/v2/users/O%2F1/messages');
    const body = { msg_type: 2, event_id: 'C2C_MSG_RECEIVE:5f' };
    expect(http.lastBody).toEqual({
      ...body,
      markdown: { content: 'Ans' },
      msg_seq: 3,
      stream: { state: 1, index: 0 },
    });
    await expect(api.sendFrame(last, yes)).resolves.toEqual({ streamId: 's1' });
    expect(http.lastBody).toEqual({
      ...body,
      markdown: { content: 'wer\n' },
      msg_seq: 4,
      stream: { state: 10, id: 's1', index: 1 },
    });
  });

  it('an opening that is answered without an id is unknown', async () => {
    const api = createStreamApi(rig({}).rest, 'stream_messages');
    await expect(api.sendFrame(first, yes)).rejects.toMatchObject({ code: 'transport.lost' });
  });

  it('a review of a frame is told', async () => {
    const api = createStreamApi(
      rig({ code: 304024, data: { message_audit: { audit_id: 'a' } } }).rest,
      'stream_messages',
    );
    await expect(api.sendFrame(first, yes)).rejects.toMatchObject({
      code: 'platform.auditPending',
      more: { action: 'pending' },
    });
  });
});
