import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/pipelines/sending/lanes.js';
import { pieceOf } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

describe('lanes', () => {
  it('are taken in the order of asking, the urgent first', async () => {
    const lanes = new Lanes(1);
    const order: string[] = [];
    expect(lanes.enter()).toBeNull();
    const asked = [
      ['a', false],
      ['b', false],
      ['stop', true],
      ['c', false],
      ['error', true],
    ] as const;
    const waiting = asked.map(([name, isUrgent]) => lanes.enter(isUrgent)?.then(() => order.push(name)));
    for (const _ of asked) {
      lanes.leave();
      await Promise.resolve();
    }
    await Promise.all(waiting);
    expect(order).toEqual(['stop', 'error', 'a', 'b', 'c']);
  });

  it('let the router’s own word go before the answers of others that wait for the same lane', async () => {
    const lanes = new Lanes(1);
    const [busy, answering, stopped] = [new SendRig({ lanes }), new SendRig({ lanes }), new SendRig({ lanes })];
    await busy.send(pieceOf(0));
    await answering.send(pieceOf(0));
    await stopped.send(pieceOf(0, { role: 'notice', epoch: 0 }));
    await busy.answer((call) => call.accept());
    for (const rig of [answering, stopped]) await rig.clock.advance(0);
    expect([answering.api.calls.length, stopped.api.calls.length]).toEqual([0, 1]);
    await stopped.answer((call) => call.accept());
    await answering.clock.advance(0);
    expect(answering.api.calls).toHaveLength(1);
  });
});
