import { describe, expect, it } from 'vitest';
import type { PlatformAction } from '../../../src/domain/platform-action.js';
import type { ErrorCode } from '../../../src/errors/codes.js';
import type { Call } from '../../support/hand-api.js';
import { pieceOf } from '../../support/samples.js';
import { SendRig } from '../../support/send-rig.js';

const refuse =
  (action: PlatformAction, code: ErrorCode = 'platform.refused') =>
  (call: Call): void =>
    call.fail(code, { action });

const saying = (text: string) => ({ content: { kind: 'text', text, via: 'active' } }) as const;

describe('an active message', () => {
  const active = (index: number) => pieceOf(index, saying(`active ${index}`));

  it.each(['transport.timeout', 'transport.lost'] as const)('is never repeated after %s', async (code) => {
    const rig = new SendRig({ active: true });
    await rig.send(active(0));
    await rig.answer((call) => call.fail(code));
    await rig.clock.advance(60_000);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 unknown'], 1]);
  });

  it('is not repeated after a 502 either, which may hide that it arrived', async () => {
    const rig = new SendRig({ active: true });
    await rig.send(active(0));
    await rig.answer((call) => call.fail('platform.unavailable', { action: 'retry', status: 502 }));
    await rig.clock.advance(60_000);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 unknown'], 1]);
  });

  it('is repeated after a rate, which says that it did not arrive', async () => {
    const rig = new SendRig({ active: true });
    await rig.send(active(0));
    await rig.answer((call) => call.fail('platform.busy', { action: 'backOff', status: 429 }));
    await rig.clock.advance(1_000);
    await rig.answer((call) => call.accept());
    expect(rig.statuses).toEqual(['0 sent']);
  });

  it.each(['stopActive', 'mute', 'nextDay', 'defer'] as const)(
    'refused with %s is parked and not tried again',
    async (action) => {
      const rig = new SendRig({ active: true });
      await rig.send(active(0));
      await rig.answer(refuse(action, 'platform.notPermitted'));
      await rig.cancel();
      await rig.send(pieceOf(0, { ...saying('more'), epoch: 2 }));
      expect([rig.statuses, rig.api.calls.length]).toEqual([['0 parked', '0 parked'], 1]);
      await rig.clock.advance(24 * 3_600_000);
      await rig.cancel();
      await rig.send(pieceOf(0, { ...saying('more'), epoch: 3 }));
      expect(rig.api.calls).toHaveLength(2);
    },
  );

  it('waits for the gateway, but not for ever', async () => {
    const rig = new SendRig({ active: true });
    rig.online$.next(false);
    await rig.send(active(0));
    await rig.clock.advance(10 * 60_000);
    expect([rig.statuses, rig.clock.pending]).toEqual([['0 parked'], 0]);
  });

  it('that calls a user back has a quota of its own with the platform, and uses none of this one', async () => {
    const quota = { perMinute: 1, perDay: 9 };
    const rig = new SendRig({ active: true, quotas: { c2c: quota, group: quota, guild: quota, dm: quota } });
    const untilMs = rig.clock.now() + 60_000;
    const send = { mode: 'proactive', untilMs, wakeUp: true } as const;
    await rig.send(pieceOf(0, { ...saying('are you there?'), role: 'send', anchors: [], send }), active(1));
    for (let n = 0; n < 2; n += 1) await rig.answer((call) => call.accept());
    expect(rig.statuses).toEqual(['0 sent', '1 sent']);
  });

  it('stays within its quota', async () => {
    const quota = { perMinute: 2, perDay: 9 };
    const rig = new SendRig({ active: true, quotas: { c2c: quota, group: quota, guild: quota, dm: quota } });
    await rig.send(active(0), active(1), active(2));
    for (let n = 0; n < 2; n += 1) await rig.answer((call) => call.accept());
    expect(rig.statuses).toEqual(['0 sent', '1 sent', '2 parked']);
  });
});
