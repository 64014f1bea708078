import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ConversationRig } from '../support/conversation-rig.js';
import { START_MS } from '../support/samples.js';
import { BREAK, type Script, says, stuck, text, works } from '../support/scripted-agent.js';

const MINUTE_MS = 60_000;

/** Reports that it works, every so often, for so long; then answers. */
const reports = (everyMs: number, times: number): Script =>
  async function* ({ pause }) {
    for (let n = 0; n < times; n += 1) {
      await pause(everyMs);
      yield { type: 'progress', id: 'p', label: 'searching', state: 'running' };
    }
    yield text('found');
  };

describe('silence', () => {
  it.each([
    ['stops at once', works, 'timed_out'],
    ['does not listen', stuck, 'killed'],
  ] as const)('of two minutes ends a turn whose agent %s, and its user is told', async (_, script, status) => {
    const rig = new ConversationRig({ scripts: [script], answersAfterMs: 10 });
    await rig.ask('m1');
    await rig.wait(119_999);
    expect(rig.cancelled).toEqual([]);
    await rig.wait(1);
    expect(rig.cancelled).toMatchObject([{ reason: 'deadline', atMs: 120_600 }]);
    await rig.wait(5_000);
    expect(rig.api.texts).toEqual(['sorry']);
    expect(rig.lastReceipt).toMatchObject({ status, reason: 'deadline', delivered: '' });
    expect(rig.clock.pending).toBe(1); // It will retire; nothing else is left.
  });

  it('is broken by every sign of work', async () => {
    const rig = new ConversationRig({
      scripts: [reports(100_000, 3)],
      policy: { turnMaxMs: 900_000 },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(400_000);
    expect([rig.cancelled, rig.api.texts]).toEqual([[], ['found']]);
  });

  it('begins anew with the last sign', async () => {
    const rig = new ConversationRig({
      scripts: [
        async function* (job) {
          await job.pause(50_000);
          yield { type: 'reasoning', delta: 'hm' };
          yield* works(job);
        },
      ],
    });
    await rig.ask('m1');
    await rig.wait(600_000);
    expect(rig.cancelled).toMatchObject([{ atMs: 600 + 50_000 + 120_000 }]);
  });

  it('is not the agent’s where it waits for what the platform does not take', async () => {
    const online$ = new BehaviorSubject(false);
    const rig = new ConversationRig({
      scripts: [
        async function* ({ turn }) {
          yield text('one');
          yield BREAK;
          await turn.delivered();
          yield text('two');
        },
      ],
      policy: { turnMaxMs: 900_000 },
      sending: { online$, isOnline: () => online$.value },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(200_000);
    online$.next(true);
    await rig.wait(10_000);
    expect([rig.cancelled, rig.api.texts]).toEqual([[], ['one', 'two']]);
  });
});

describe('the longest time of a turn', () => {
  const GROUP = { target: { scene: 'group', groupOpenid: 'g1' } } as const;
  const busy: Script = reports(10_000, 200);
  const endOf = async (options: ConstructorParameters<typeof ConversationRig>[0], atMs: number) => {
    const rig = new ConversationRig({ scripts: [busy, says(['two'])], ...options });
    await rig.ask('m1', { ...GROUP, atMs: START_MS + atMs });
    await rig.wait(30 * MINUTE_MS);
    return rig.cancelled[0];
  };

  it('is its setting', async () => {
    expect(await endOf({ policy: { turnMaxMs: 100_000 } }, 0)).toMatchObject({ reason: 'deadline', atMs: 100_600 });
  });

  it('ends 20 s before the reply window of its newest message', async () => {
    const scene = { replyWindowMs: 5 * MINUTE_MS };
    expect(await endOf({ scene, policy: { turnMaxMs: 15 * MINUTE_MS } }, 0)).toMatchObject({
      reason: 'deadline',
      atMs: 280_000,
    });
  });

  it('is shorter for a message that was long on its way', async () => {
    const scene = { replyWindowMs: 5 * MINUTE_MS };
    expect(await endOf({ scene, policy: { turnMaxMs: 15 * MINUTE_MS } }, -200_000)).toMatchObject({ atMs: 80_000 });
  });

  it('over, is said where nothing was delivered, and not where something was', async () => {
    const rig = new ConversationRig({
      scripts: [
        works,
        async function* (job) {
          yield text('half');
          yield BREAK;
          yield* works(job);
        },
      ],
      policy: { turnMaxMs: 10_000 },
      answersAfterMs: 10,
    });
    await rig.ask('m1');
    await rig.wait(11_000);
    await rig.ask('m2');
    await rig.wait(11_000);
    expect(rig.api.texts).toEqual(['sorry', 'half']);
    expect(rig.closed.map(({ receipt }) => receipt.status)).toEqual(['timed_out', 'timed_out']);
  });
});
