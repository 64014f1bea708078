import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../machines/gateway/backoff.js';
import { RouterError } from '../../src/errors/router-error.js';
import {
  ACK,
  BEAT,
  closed,
  type GatewayState,
  type GatewayWalk,
  HELLO,
  invalidSession,
  locatingFailed,
  OPENED,
  PERMITTED,
  READY,
  RESUMED,
  timeIsUp,
  tokenFailed,
  walkTo,
} from '../support/gateway-chart.js';

const RECONNECT = { type: 'frame.reconnect', openMs: 60_000 } as const;
/** From any wait to a socket that has been greeted; what it does there is the chart's own choice. */
const backToHello = (walk: GatewayWalk): GatewayWalk => {
  const delay = { backingOff: 'reconnectBackoff', coolingOff: 'coolOff', pausing: 'pause' }[walk.state as string];
  if (delay) walk.take(timeIsUp(delay, walk.state));
  walk.take('token');
  if (walk.state === 'locating') walk.take('located');
  if (walk.state === 'awaitingSessionStart') walk.take(PERMITTED);
  return walk.take(OPENED, HELLO);
};

const lastFault = (walk: GatewayWalk) => {
  const said = walk.emitted.at(-1);
  return said?.type === 'fault' ? { code: said.fault.code, nextTryInMs: said.nextTryInMs } : said;
};

describe('waiting', () => {
  it('doubles from 1 s to 60 s, and never ends in silence', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 500].map(backoffMs)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('every wait says what happened and when the next try comes', () => {
    const walk = walkTo('linked.ready.acked');
    for (const wait of [1_000, 2_000, 4_000]) {
      walk.take(closed(1006));
      expect(lastFault(walk)).toEqual({ code: 'transport.lost', nextTryInMs: wait });
      backToHello(walk);
    }
  });

  it('is short again after RESUMED', () => {
    const walk = walkTo('linked.ready.acked').take(closed(1006));
    backToHello(walk).take(closed(1006));
    backToHello(walk).take(RESUMED, closed(1006));
    expect(lastFault(walk)).toEqual({ code: 'transport.lost', nextTryInMs: 1_000 });
  });

  it.each([
    ['obtainingToken', 'requestTimeout', 'obtainingToken'],
    ['locating', 'requestTimeout', 'locating'],
    ['linked.connecting', 'connectTimeout', 'linked.connecting'],
    ['linked.awaitingHello', 'helloTimeout', 'linked.awaitingHello'],
    ['linked.identifying', 'readyTimeout', 'linked.identifying'],
  ] as const satisfies readonly (readonly [GatewayState, string, string])[])('%s does not last for ever', (...row) => {
    const [state, delay, path] = row;
    const walk = walkTo(state).take(timeIsUp(delay, path));
    expect(walk.state).toBe('backingOff');
    expect(walk.emitted).toHaveLength(1);
  });
});

describe('links that live less than 5 s', () => {
  it('three in a row mean a pause of 60 s', () => {
    const walk = walkTo('linked.ready.acked').take(closed(4009, 100));
    backToHello(walk).take(RESUMED, closed(4009, 4_999));
    backToHello(walk).take(RESUMED, closed(4009, 0));
    expect(walk.state).toBe('pausing');
    expect(lastFault(walk)).toEqual({ code: 'transport.lost', nextTryInMs: 60_000 });
  });

  it('one that lives longer breaks the row', () => {
    const walk = walkTo('linked.ready.acked').take(closed(4009, 100));
    backToHello(walk).take(RESUMED, closed(4009, 5_000));
    backToHello(walk).take(RESUMED, closed(4009, 0));
    backToHello(walk).take(RESUMED, closed(4009, 0));
    expect(walk.state).toBe('backingOff');
  });

  it('op 7 counts as one, so that a platform which repeats it is not answered in a loop', () => {
    const walk = walkTo('linked.ready.acked');
    for (const state of ['obtainingToken', 'obtainingToken', 'pausing']) {
      walk.take({ ...RECONNECT, openMs: 10 });
      expect(walk.state).toBe(state);
      backToHello(walk).take(RESUMED);
    }
  });
});

describe('op 7', () => {
  it('is routine: back at once, same address, same session, and no fault', () => {
    const walk = walkTo('linked.ready.acked').take(RECONNECT);
    expect(walk.state).toBe('obtainingToken');
    expect(walk.context).toMatchObject({ session: { id: 's1' }, url: 'wss://gateway.test', failures: 0, fault: null });
    expect(walk.emitted.map(({ type }) => type)).toEqual(['ready']);
    expect(backToHello(walk).state).toBe('linked.resuming');
  });
});

describe('op 9', () => {
  it('in answer to Identify: once with the reduced intents, then it is reported and waited for', () => {
    const walk = walkTo('linked.identifying').take(invalidSession(false));
    expect(walk.state).toBe('coolingOff');
    expect(lastFault(walk)).toEqual({ code: 'gateway.intentsRefused', nextTryInMs: 5_000 });
    backToHello(walk);
    expect(walk.commands.at(-1)).toEqual({ type: 'identify', intents: 'reduced' });
    walk.take(invalidSession(false));
    expect(walk.state).toBe('pausing');
    expect(lastFault(walk)).toEqual({ code: 'gateway.intentsRefused', nextTryInMs: 60_000 });
    expect(backToHello(walk).take(READY).state).toBe('linked.ready.awaitingAck');
  });

  it('in answer to Identify without an optional intent: it is waited for at once', () => {
    const walk = walkTo('linked.identifying', { canReduceIntents: false }).take(invalidSession(false));
    expect(walk.state).toBe('pausing');
  });

  it('in answer to Resume: the session is dropped, and a new one is asked for', () => {
    const walk = walkTo('linked.resuming').take(invalidSession(false));
    expect(walk.state).toBe('coolingOff');
    expect(backToHello(walk).state).toBe('linked.identifying');
  });

  it('that says "resumable" is believed once', () => {
    const walk = walkTo('linked.resuming').take(invalidSession(true));
    expect(backToHello(walk).state).toBe('linked.resuming');
    walk.take(invalidSession(true));
    expect(backToHello(walk).state).toBe('linked.identifying');
  });
});

describe('a session', () => {
  it('is given up after three resumes that nobody confirmed', () => {
    const walk = walkTo('linked.resuming');
    for (const next of ['linked.resuming', 'linked.resuming', 'linked.identifying']) {
      walk.take(closed(1006));
      expect(backToHello(walk).state).toBe(next);
    }
  });

  it('of an earlier life is resumed', () => {
    const walk = backToHello(walkTo('obtainingToken', { session: { id: 'old' } }));
    expect(walk.commands).toEqual([{ type: 'resume', sessionId: 'old' }]);
  });
});

describe('4004', () => {
  it('asks for another token, and stops after three in a row', () => {
    const walk = walkTo('linked.ready.acked').take(closed(4004));
    expect(walk.context.renewToken).toBe(true);
    expect(backToHello(walk).context.renewToken).toBe(false);
    backToHello(walk.take(closed(4004))).take(closed(4004));
    expect(walk.state).toBe('stopped');
    expect(walk.emitted.at(-1)).toMatchObject({ reason: { code: 'auth.rejected', platformCode: 4004 } });
  });

  it('starts to count anew after READY', () => {
    const walk = walkTo('linked.ready.acked').take(closed(4004));
    for (let n = 0; n < 5; n += 1) backToHello(walk).take(RESUMED, closed(4004));
    expect(walk.state).toBe('backingOff');
  });
});

it('4014 is tried once with the reduced intents, and then stops', () => {
  const walk = walkTo('linked.identifying').take(closed(4014));
  expect(walk.state).toBe('coolingOff');
  backToHello(walk).take(closed(4014));
  expect(walk.state).toBe('stopped');
  expect(walk.emitted.at(-1)).toMatchObject({ reason: { code: 'gateway.intentsRefused', platformCode: 4014 } });
});

describe('the gateway’s address', () => {
  it('is asked for once, and again only after it failed to connect twice', () => {
    const walk = walkTo('linked.ready.acked').take(closed(1006), timeIsUp('reconnectBackoff', 'backingOff'), 'token');
    expect(walk.state).toBe('linked.connecting');
    walk.take(closed(1006, 0), timeIsUp('reconnectBackoff', 'backingOff'), 'token');
    expect(walk.state).toBe('linked.connecting');
    walk.take(closed(1006, 0), timeIsUp('reconnectBackoff', 'backingOff'), 'token');
    expect(walk.state).toBe('locating');
  });
});

describe('a request that fails', () => {
  const failing = [
    ['auth.rejected', 'stopped'],
    ['auth.busy', 'pausing'],
    ['auth.ipNotAllowed', 'pausing'],
    ['auth.unavailable', 'backingOff'],
    ['transport.timeout', 'backingOff'],
  ] as const;
  it.each(failing)('for a token with %s leads to %s', (code, state) => {
    const walk = walkTo('obtainingToken').take(tokenFailed(new RouterError(code, 'no', { platformCode: 7 })));
    expect(walk.state).toBe(state);
    expect(walk.context.fault).toEqual({ code, detail: `${code}: no`, platformCode: 7 });
  });

  it.each([...failing, ['gateway.busy', 'pausing'] as const])('for the address with %s leads to %s', (code, state) => {
    expect(walkTo('locating').take(locatingFailed(new RouterError(code, 'no'))).state).toBe(state);
  });

  it('waits as long as it was told to, and a minute at least', () => {
    const busy = (retryAfterMs: number) => tokenFailed(new RouterError('auth.busy', 'no', { retryAfterMs }));
    expect(lastFault(walkTo('obtainingToken').take(busy(90_000)))).toMatchObject({ nextTryInMs: 90_000 });
    expect(lastFault(walkTo('obtainingToken').take(busy(1_000)))).toMatchObject({ nextTryInMs: 60_000 });
  });

  it('with a refused token asks for another one', () => {
    const walk = walkTo('locating').take(locatingFailed(new RouterError('auth.expired', 'no')));
    expect(walk.context.renewToken).toBe(true);
  });

  it('with something that is no error of ours is tried again', () => {
    expect(walkTo('obtainingToken').take(tokenFailed('odd')).state).toBe('backingOff');
  });
});

describe('a session start that is not due', () => {
  it('is said, and waited for', () => {
    const walk = walkTo('awaitingSessionStart').take({ type: 'sessionStart.delayed', waitMs: 3_600_000 });
    expect(walk.state).toBe('awaitingSessionStart');
    expect(lastFault(walk)).toEqual({ code: 'gateway.sessionLimit', nextTryInMs: 3_600_000 });
    expect(walk.take(PERMITTED).state).toBe('linked.connecting');
  });
});

describe('heartbeats', () => {
  const beats = (walk: GatewayWalk) => walk.commands.filter((sent) => (sent as { type: string }).type === 'heartbeat');

  it('begin with READY, go on once an interval, and a platform that asks for one gets it', () => {
    const walk = walkTo('linked.ready.awaitingAck');
    expect(beats(walk)).toHaveLength(1);
    walk.take(ACK, BEAT, ACK, BEAT, { type: 'frame.heartbeat' });
    expect(beats(walk)).toHaveLength(4);
  });

  it('go on through a long replay and while the line is paused, when no answer can be expected', () => {
    expect(beats(walkTo('linked.resuming').take(BEAT, BEAT))).toHaveLength(3);
    const paused = walkTo('linked.ready.paused').take(BEAT, BEAT, BEAT, { type: 'link.silent' });
    expect(paused.state).toBe('linked.ready.paused');
    expect(beats(paused)).toHaveLength(4);
  });
});

it('a line that was paused while away is paused in the next session too', () => {
  const walk = walkTo('linked.resuming').take({ type: 'line.paused' }, RESUMED);
  expect(walk.state).toBe('linked.ready.paused');
});

describe('commands', () => {
  it('stop says goodbye and does not wait for ever for the answer', () => {
    const walk = walkTo('linked.closing');
    expect(walk.commands.at(-1)).toEqual({ type: 'close' });
    walk.take(timeIsUp('closeTimeout', 'linked.closing'));
    expect(walk.state).toBe('stopped');
    expect(walk.emitted.at(-1)).toMatchObject({ type: 'stopped', reason: { code: 'shutdown' } });
  });

  it('reconnect forgets what was counted, also after a stop, but neither the session nor the address', () => {
    const walk = walkTo('linked.ready.acked').take({ type: 'stop' }, closed(1000), { type: 'reconnect' });
    expect(walk.context).toMatchObject({ failures: 0, fault: null, intents: 'full', url: 'wss://gateway.test' });
    expect(backToHello(walk).state).toBe('linked.resuming');
  });
});
