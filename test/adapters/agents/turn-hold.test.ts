import { describe, expect, it } from 'vitest';
import { embeddedDriver } from '../../../src/adapters/agents/embedded.js';
import type { Inbound } from '../../../src/domain/inbound.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { TurnHandler } from '../../../src/ports/turn-handler.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { messageOf } from '../../support/samples.js';
import { collect, never, turnInput } from './turn-input.js';

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

/** What the conversation hears of a handler's holds. */
const heard = async (handler: TurnHandler, signal = never) => {
  const holds: boolean[] = [];
  const events = await collect(embeddedDriver(handler).run(turnInput('hi', { hold: (on) => holds.push(on) }), signal));
  return { holds, last: events.at(-1) };
};

describe('hold', () => {
  it('lasts as long as its work, and gives what that gives', async () => {
    const seen: unknown[] = [];
    const { holds } = await heard(async (turn) => {
      seen.push(await turn.hold(async () => 42));
      seen.push(await turn.hold(() => 43));
    });
    expect([holds, seen]).toEqual([
      [true, false, true, false],
      [42, 43],
    ]);
  });

  it('ends where its work throws, and throws that', async () => {
    const { holds, last } = await heard(async (turn) => {
      await turn.hold(() => {
        throw new Error('card declined');
      });
    });
    expect(holds).toEqual([true, false]);
    expect(last).toMatchObject({ type: 'error', code: 'agent.failed' });
  });

  it('lasts no longer than it may, while its work goes on', async () => {
    const clock = new VirtualClock();
    const work = gate();
    const holds: boolean[] = [];
    const handler: TurnHandler = async (turn) => {
      await turn.hold(() => work.opened, 5_000);
    };
    const turn = turnInput('hi', { hold: (on) => holds.push(on) });
    const events = collect(embeddedDriver(handler, 'test', clock).run(turn, never));
    await clock.advance(4_999);
    expect(holds).toEqual([true]);
    await clock.advance(1);
    expect(holds).toEqual([true, false]);
    work.open();
    expect((await events).at(-1)).toEqual({ type: 'end', reason: 'stop' });
    expect([holds, clock.pending]).toEqual([[true, false], 0]);
  });

  it('of several at once ends with the last', async () => {
    const first = gate();
    const holds: boolean[] = [];
    const whenFirstIsDone: boolean[][] = [];
    const driver = embeddedDriver(async (turn) => {
      const second = gate();
      const one = turn.hold(() => first.opened);
      const two = turn.hold(() => second.opened);
      first.open();
      await one;
      whenFirstIsDone.push([...holds]);
      second.open();
      await two;
    });
    await collect(driver.run(turnInput('hi', { hold: (on) => holds.push(on) }), never));
    expect([whenFirstIsDone, holds]).toEqual([[[true]], [true, false]]);
  });

  it('does not begin once the turn is over', async () => {
    const cancel = new AbortController();
    let hasRun = false;
    const { holds } = await heard(async (turn) => {
      cancel.abort(turnAbort('superseded'));
      await turn.hold(() => {
        hasRun = true;
      });
    }, cancel.signal);
    expect([holds, hasRun]).toEqual([[], false]);
  });
});

describe('onSteer', () => {
  it('hands the handler’s word on to the conversation', async () => {
    const asks: ((message: Inbound) => boolean | Promise<boolean>)[] = [];
    const driver = embeddedDriver((turn) => turn.onSteer(({ text }) => text === 'also'));
    await collect(driver.run(turnInput('hi', { onSteer: (accept) => asks.push(accept) }), never));
    expect(asks.map((ask) => [ask(messageOf('a', { text: 'also' })), ask(messageOf('b'))])).toEqual([[true, false]]);
  });
});
