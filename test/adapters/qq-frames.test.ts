import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeHeartbeat, encodeIdentify, encodeResume } from '../../src/adapters/qq/frames.js';
import type { GatewayFrame } from '../../src/ports/gateway-codec.js';

const READY = {
  op: 0,
  s: 1,
  t: 'READY',
  d: {
    version: 1,
    session_id: '6c1d',
    user: { id: '9876543210123456789', username: 'router-bot', bot: true },
    shard: [0, 0],
  },
};

describe('decodeFrame reads', () => {
  const cases: readonly [string, unknown, GatewayFrame][] = [
    ['hello', { op: 10, d: { heartbeat_interval: 45_000 } }, { kind: 'hello', heartbeatIntervalMs: 45_000 }],
    [
      'a hello in a string',
      { op: 10, d: { heartbeat_interval: '41250' } },
      { kind: 'hello', heartbeatIntervalMs: 41_250 },
    ],
    ['a hello of zero', { op: 10, d: { heartbeat_interval: 0 } }, { kind: 'hello', heartbeatIntervalMs: 1_000 }],
    [
      'a hello of a day',
      { op: 10, d: { heartbeat_interval: 86_400_000 } },
      { kind: 'hello', heartbeatIntervalMs: 600_000 },
    ],
    ['a hello without a word', { op: 10 }, { kind: 'hello', heartbeatIntervalMs: 30_000 }],
    ['an acknowledgement', { op: 11 }, { kind: 'ack' }],
    ['a reconnect', { op: 7 }, { kind: 'reconnect' }],
    ['a heartbeat request', { op: 1, d: null }, { kind: 'heartbeatRequest' }],
    ['a session that may be resumed', { op: 9, d: true }, { kind: 'invalidSession', resumable: true }],
    ['a session that is gone', { op: 9, d: false }, { kind: 'invalidSession', resumable: false }],
    ['a session that is gone, wordlessly', { op: 9 }, { kind: 'invalidSession', resumable: false }],
    [
      'READY',
      READY,
      { kind: 'ready', s: 1, sessionId: '6c1d', user: { id: '9876543210123456789', username: 'router-bot' } },
    ],
    [
      'READY without a user',
      { ...READY, d: { session_id: 'x', user: null } },
      { kind: 'ready', s: 1, sessionId: 'x', user: { id: '', username: '' } },
    ],
    // nonebot/adapter-qq#193, #204: `d` is an empty string.
    [
      'a READY whose numbers are strings, and whose id is a number',
      { op: '0', s: '1', t: 'READY', d: { session_id: 'x', user: { id: 98_765, username: null } } },
      { kind: 'ready', s: 1, sessionId: 'x', user: { id: '98765', username: '' } },
    ],
    ['RESUMED with a string for d', { op: 0, s: 45, t: 'RESUMED', d: '' }, { kind: 'resumed', s: 45 }],
    [
      'a dispatch',
      { op: 0, s: 12, t: 'FRIEND_ADD', id: 'FRIEND_ADD:a1', d: { openid: 'O' } },
      { kind: 'dispatch', s: 12, t: 'FRIEND_ADD', id: 'FRIEND_ADD:a1', d: { openid: 'O' } },
    ],
    [
      'a dispatch without an id',
      { op: 0, s: 12, t: 'FRIEND_ADD', id: null, d: null },
      { kind: 'dispatch', s: 12, t: 'FRIEND_ADD', d: null },
    ],
  ];
  it.each(cases)('%s', (_, frame, expected) => {
    expect(decodeFrame(JSON.stringify(frame))).toStrictEqual(expected);
  });
});

describe('decodeFrame calls unreadable', () => {
  it.each([
    ['an empty text', ''],
    ['a web page', '<html>502</html>'],
    ['half a frame', '{"op":0,"s":1,'],
    ['a list', '[1,2]'],
    ['null', 'null'],
    ['no opcode', '{}'],
    ['an opcode that is a word', '{"op":"hello"}'],
    ['a dispatch with a word for s', '{"op":0,"s":"seven","t":"X","d":{}}'],
    ['an opcode of the webhook', '{"op":13,"d":{"plain_token":"p"}}'],
    ['a dispatch without s', '{"op":0,"t":"X","d":{}}'],
    ['a dispatch with a fraction for s', '{"op":0,"s":1.5,"t":"X","d":{}}'],
    ['a dispatch with a negative s', '{"op":0,"s":-1,"t":"X","d":{}}'],
    ['a dispatch with a huge s', '{"op":0,"s":1e300,"t":"X","d":{}}'],
    ['a dispatch without t', '{"op":0,"s":1,"d":{}}'],
    ['READY without a session', '{"op":0,"s":1,"t":"READY","d":{}}'],
    ['READY with a string for d', '{"op":0,"s":1,"t":"READY","d":""}'],
  ])('%s', (_, text) => {
    expect(decodeFrame(text)).toMatchObject({ kind: 'unreadable', reason: expect.any(String) });
  });
});

it('tells the number of an event it cannot read', () => {
  expect(decodeFrame('{"op":0,"s":7,"t":null}')).toMatchObject({ kind: 'unreadable', s: 7 });
  expect(decodeFrame('{"op":0,"s":1,"t":"READY","d":{}}')).toMatchObject({ kind: 'unreadable', s: 1 });
});

describe('the encoders write', () => {
  it('identify', () => {
    const frame = JSON.parse(encodeIdentify({ token: 'tok', intents: 1_174_409_217, shard: [0, 1] }));
    expect(frame).toMatchObject({ op: 2, d: { token: 'QQBot tok', intents: 1_174_409_217, shard: [0, 1] } });
  });

  it('resume', () => {
    expect(JSON.parse(encodeResume({ token: 'tok', sessionId: 's"1', seq: 41 }))).toEqual({
      op: 6,
      d: { token: 'QQBot tok', session_id: 's"1', seq: 41 },
    });
  });

  it.each([
    [null, { op: 1, d: null }],
    [41, { op: 1, d: 41 }],
  ])('heartbeat %s', (seq, expected) => {
    expect(JSON.parse(encodeHeartbeat(seq))).toEqual(expected);
  });
});
