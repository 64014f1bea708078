import { describe, expect, it } from 'vitest';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

const S = 1_000;

/** When each turn began, by the platform's clock, in seconds from the beginning. */
const livesOf = async (channel: NonNullable<RouterRigOptions['channel']>, handler?: RouterRigOptions['handler']) => {
  const begun: { readonly text: string; readonly atS: number }[] = [];
  const watched: RouterRigOptions['handler'] = async (turn) => {
    begun.push({ text: turn.text, atS: sinceS() });
    await handler?.(turn);
  };
  const rig = await RouterRig.start({ channel, handler: watched });
  const startMs = rig.clock.now();
  const sinceS = (): number => (rig.clock.now() - startMs) / S;
  /** The process is killed, and is away for so long. */
  const restart = async (after: RouterRig, awayS = 0): Promise<RouterRig> => {
    after.die();
    await after.wait(awayS);
    return RouterRig.start({ after, channel, handler: watched });
  };
  return { rig, begun, sinceS, restart };
};

describe('the user’s quiet, over a restart', () => {
  const channel = { debounce: { quietMs: 20 * S, atMostMs: 40 * S } };

  it('ends when it would have ended', async () => {
    const { rig, begun, restart } = await livesOf(channel);
    rig.platform.sendC2c({ from: 'U1', text: 'one' });
    await rig.wait(5);
    const next = await restart(rig);
    await next.wait(30);
    expect(begun).toHaveLength(1);
    expect(begun[0]?.atS).toBeCloseTo(20, 0);
  });

  it('is over at once where it ended while the process was away', async () => {
    const { rig, begun, sinceS, restart } = await livesOf(channel);
    rig.platform.sendC2c({ from: 'U1', text: 'one' });
    await rig.wait(5);
    const beganS = sinceS() + 100;
    const next = await restart(rig, 100);
    await next.wait(30);
    // A turn of a new life waits for its gateway, and for no more.
    expect((begun[0]?.atS ?? 0) - beganS).toBeLessThan(5);
  });

  it('counts from the first message, for as long as it may last at most', async () => {
    const { rig, begun, restart } = await livesOf(channel);
    for (let n = 1; n <= 2; n += 1) {
      rig.platform.sendC2c({ from: 'U1', text: `${n}` });
      await rig.wait(8);
    }
    const next = await restart(rig);
    next.platform.sendC2c({ from: 'U1', text: '3' });
    await next.wait(30);
    expect(begun.map(({ text }) => text)).toEqual(['1\n2\n3']);
    expect(begun[0]?.atS).toBeCloseTo(40, 0);
  });
});

describe('the reply window, over a restart', () => {
  // A group's message takes replies for five minutes; a turn ends 20 s before that.
  it('ends a turn that began anew when it would have ended the first', async () => {
    const ends: number[] = [];
    const { rig, begun, sinceS, restart } = await livesOf(
      { scenes: { group: { busy: 'collect' } } },
      (turn) =>
        new Promise((resolve) => {
          turn.signal.addEventListener('abort', () => {
            ends.push(sinceS());
            resolve();
          });
        }),
    );
    rig.platform.sendGroup({ from: 'U1', group: 'G1', text: 'one' });
    await rig.wait(50);
    const next = await restart(rig, 150);
    await next.wait(300);
    expect(begun.map(({ text }) => text)).toEqual(['one', 'one']);
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeCloseTo(280, 0);
    expect(next.platform.refusals()).toEqual([]);
  });

  it('closes for a message that could not be answered in time: nothing is tried that the platform would refuse', async () => {
    const { rig, restart } = await livesOf({ scenes: { group: { busy: 'collect' } } }, async (turn) => {
      await turn.reply('an answer');
    });
    rig.platform.swallowNext({ match: 'sends', how: 'hang', processed: false });
    rig.platform.sendGroup({ from: 'U1', group: 'G1', text: 'one' });
    await rig.wait(2);
    const next = await restart(rig, 400);
    await next.wait(60);
    expect(next.platform.sends()).toEqual([]);
    expect(next.platform.refusals()).toEqual([]);
  });
});

describe('the typing indication, over a restart', () => {
  it('is one, and leaves the answer its replies', async () => {
    const { rig, begun, restart } = await livesOf({ streamMode: 'typing' }, async (turn) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (begun.length === 1) await new Promise(() => undefined);
      for (const text of ['one', 'two', 'three']) await turn.reply(text);
    });
    rig.platform.sendC2c({ from: 'U1', text: 'go' });
    await rig.wait(5);
    const next = await restart(rig);
    await next.wait(60);
    const seen = next.platform.transcript('U1').filter(({ by }) => by === 'bot');
    expect(seen.filter(({ kind }) => kind === 'typing')).toHaveLength(1);
    expect(seen.filter(({ kind }) => kind !== 'typing').map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    // The second life asked for the indication of the first, under its number.
    expect(next.platform.refusals().map(({ code }) => code)).toEqual([40054005]);
  });
});
