import { describe, expect, it } from 'vitest';
import {
  AFTER_EVENTLESS,
  afterClose,
  afterInvalidSession,
  afterOpenFailure,
  afterReconnectRequest,
  afterSilence,
  FRESH,
  type Tally,
} from '../../machines/gateway/losses.js';
import { RouterError } from '../../src/errors/router-error.js';
import { closed, OPENED, PERMITTED, timeIsUp, tokenFailed, walkTo } from '../support/gateway-chart.js';

/** What is counted between one loss and the next: each number alone, where the walks through the chart see their sum. */
const tallyOf = (changes: Partial<Tally> = {}): Tally => ({
  ...FRESH,
  session: { id: 's1' },
  url: 'wss://gateway.test',
  canReduceIntents: true,
  renewToken: false,
  ...changes,
});

const unopened = [closed(1006, 0), timeIsUp('reconnectBackoff', 'backingOff'), 'token'] as const;

describe('links that live less than 5 s', () => {
  it.each([
    [0, 2],
    [4_999, 2],
    [5_000, 0],
    [60_000, 0],
  ])('one that was open for %i ms makes the row %i long', (openMs, quickDrops) => {
    expect(afterClose(tallyOf({ quickDrops: 1 }), 1006, openMs)).toMatchObject({ quickDrops });
  });

  it('one that never opened neither counts nor breaks the row', () => {
    expect(afterOpenFailure(tallyOf({ quickDrops: 2 }), 'no')).toMatchObject({ quickDrops: 2, verdict: 'backOff' });
  });

  it('one that was given up for its silence breaks it, and so does one that is changed for want of events', () => {
    expect(afterSilence(tallyOf({ quickDrops: 2 }), 'silent')).toMatchObject({ quickDrops: 0, verdict: 'backOff' });
    expect(AFTER_EVENTLESS).toEqual({ verdict: 'atOnce', quickDrops: 0 });
  });

  it('after the pause the row begins anew', () => {
    const paused = afterClose(tallyOf({ quickDrops: 2 }), 4009, 0);
    expect(paused).toMatchObject({ quickDrops: 0, verdict: 'pause' });
    expect(afterClose(tallyOf(paused), 4009, 0)).toMatchObject({ quickDrops: 1, verdict: 'backOff' });
  });

  it('where trying again cannot help, no pause comes instead of the stop', () => {
    expect(afterClose(tallyOf({ quickDrops: 2 }), 4915, 0)).toMatchObject({ verdict: 'stop' });
  });

  it('a third op 7 that pauses is a failure with its reason', () => {
    const fault = { code: 'transport.lost', platformCode: 7 };
    expect(afterReconnectRequest(tallyOf({ quickDrops: 2 }), 0)).toMatchObject({ failures: 1, fault });
  });
});

describe('a session that is given up', () => {
  it('takes along what was counted against it', () => {
    const dropped = { session: null, unconfirmedResumes: 0, invalidSessions: 0 };
    const counted = tallyOf({ unconfirmedResumes: 3, invalidSessions: 1 });
    expect(afterClose(counted, 1006, 60_000)).toMatchObject(dropped);
    expect(afterClose(tallyOf({ unconfirmedResumes: 1, invalidSessions: 1 }), 4006, 60_000)).toMatchObject(dropped);
  });

  it('is given up also where op 9 says "resumable", if three resumes came to nothing', () => {
    expect(afterInvalidSession(tallyOf({ unconfirmedResumes: 3 }), true, 60_000)).toMatchObject({
      session: null,
      invalidSessions: 0,
    });
  });
});

describe('a token that was refused', () => {
  it('is asked for anew also after its service was away', () => {
    const walk = walkTo('linked.ready.acked').take(closed(4004), timeIsUp('reconnectBackoff', 'backingOff'));
    walk.take(tokenFailed(new RouterError('auth.unavailable', 'no')));
    expect(walk.context.renewToken).toBe(true);
  });

  it('three times is not the one with which somebody reconnects by hand', () => {
    expect(afterClose(tallyOf({ tokenRefusals: 2 }), 4004, 60_000)).toMatchObject({
      verdict: 'stop',
      renewToken: true,
    });
  });
});

describe('the gateway’s address', () => {
  it('that never answered is asked for again after two tries, and then after two more', () => {
    const walk = walkTo('linked.connecting').take(...unopened);
    expect(walk.state).toBe('awaitingSessionStart');
    walk.take(PERMITTED, ...unopened);
    expect(walk.state).toBe('locating');
    walk.take('located', PERMITTED, ...unopened);
    expect(walk.state).toBe('awaitingSessionStart');
  });

  it('is good for two more tries once it has answered', () => {
    const walk = walkTo('linked.connecting').take(...unopened, PERMITTED);
    walk.take(OPENED, closed(1006), timeIsUp('reconnectBackoff', 'backingOff'), 'token', PERMITTED, ...unopened);
    expect(walk.state).toBe('awaitingSessionStart');
  });
});

it('a stop of what has stopped for good is not said, and does not take the place of the reason', () => {
  const walk = walkTo('stopped');
  const said = walk.emitted.length;
  walk.take({ type: 'stop' });
  expect(walk.emitted).toHaveLength(said);
  expect(walk.context.fault).toMatchObject({ code: 'gateway.banned' });
});
