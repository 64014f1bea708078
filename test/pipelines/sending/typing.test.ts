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

const uncounted = { windowMs: 3_600_000, repliesMax: null };
const UNCOUNTED = { c2c: uncounted, group: uncounted, guild: uncounted, dm: uncounted };

describe('typing', () => {
  const typing = (index: number) => pieceOf(index, { content: { kind: 'typing', seconds: 60 } });
  const only = { windowMs: 3_600_000, repliesMax: 1 };

  it('never uses the last reply', async () => {
    const rig = new SendRig({ windows: { ...UNCOUNTED, c2c: only } });
    await rig.send(typing(0));
    expect([rig.statuses, rig.api.calls]).toEqual([['0 refused'], []]);
    await rig.send(pieceOf(1));
    await rig.answer((call) => call.accept());
    expect(rig.statuses).toEqual(['0 refused', '1 sent']);
  });

  it('is tried once, and switched off by 50059', async () => {
    const rig = new SendRig();
    await rig.send(typing(0));
    await rig.answer((call) => call.fail('platform.busy', { action: 'backOff' }));
    await rig.clock.advance(60_000);
    expect(rig.api.calls).toHaveLength(1);
    await rig.send(typing(1));
    await rig.answer(refuse('dropTyping', 'platform.contentRefused'));
    await rig.send(typing(2));
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 refused', '1 refused', '2 refused'], 2]);
    expect(rig.said).toEqual([]);
  });
});
