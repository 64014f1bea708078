import { describe, expect, it } from 'vitest';
import { recoveryFor } from '../../machines/gateway/close-codes.js';
import { ERROR_CODES } from '../../src/errors/codes.js';
import { closed, type GatewayState, walkTo } from '../support/gateway-chart.js';

type Row = readonly [state: GatewayState, session: 'kept' | 'dropped', code: string];

/** Read from the platform's table (qq-bot-api §3.8), not from ours. */
const AFTER_READY: Readonly<Record<number, Row>> = {
  1000: ['backingOff', 'kept', 'transport.lost'],
  1001: ['backingOff', 'kept', 'transport.lost'],
  1005: ['backingOff', 'kept', 'transport.lost'],
  1006: ['backingOff', 'kept', 'transport.lost'],
  1011: ['backingOff', 'kept', 'transport.lost'],
  4000: ['backingOff', 'dropped', 'transport.lost'],
  4001: ['stopped', 'dropped', 'gateway.refused'],
  4002: ['stopped', 'dropped', 'gateway.refused'],
  4003: ['backingOff', 'dropped', 'transport.lost'],
  4004: ['backingOff', 'kept', 'auth.expired'],
  4005: ['backingOff', 'dropped', 'transport.lost'],
  4006: ['backingOff', 'dropped', 'transport.lost'],
  4007: ['backingOff', 'dropped', 'transport.lost'],
  4008: ['pausing', 'kept', 'transport.lost'],
  4009: ['backingOff', 'kept', 'transport.lost'],
  4010: ['stopped', 'dropped', 'gateway.shardRefused'],
  4011: ['stopped', 'dropped', 'gateway.shardRefused'],
  4012: ['stopped', 'dropped', 'gateway.refused'],
  4013: ['stopped', 'dropped', 'gateway.intentsRefused'],
  4014: ['coolingOff', 'dropped', 'gateway.intentsRefused'],
  4015: ['backingOff', 'dropped', 'transport.lost'],
  ...Object.fromEntries(
    Array.from({ length: 14 }, (_, n): [number, Row] => [4900 + n, ['backingOff', 'dropped', 'transport.lost']]),
  ),
  4914: ['stopped', 'dropped', 'gateway.sandboxOnly'],
  4915: ['stopped', 'dropped', 'gateway.banned'],
  4999: ['backingOff', 'dropped', 'transport.lost'],
};

describe('a link that is closed with', () => {
  it.each(Object.entries(AFTER_READY))('%s', (code, [state, session, fault]) => {
    const walk = walkTo('linked.ready.acked').take(closed(Number(code)));
    expect(walk.state).toBe(state);
    expect(walk.context.session).toEqual(session === 'kept' ? { id: 's1' } : null);
    const said = walk.emitted.at(-1);
    expect(said).toMatchObject(
      state === 'stopped'
        ? { type: 'stopped', reason: { code: fault, platformCode: Number(code) } }
        : { type: 'fault', fault: { code: fault, platformCode: Number(code) }, nextTryInMs: expect.any(Number) },
    );
  });
});

it('every close code there can be has an answer, and every answer is a code of the error table', () => {
  for (let code = 1000; code < 5000; code += 1) expect(Object.keys(ERROR_CODES)).toContain(recoveryFor(code).code);
});
