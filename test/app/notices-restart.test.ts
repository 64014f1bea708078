import { describe, expect, it } from 'vitest';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

/** A stranger writes, and the process dies as their code arrives: that it did was not written down. */
const diesTelling = async (scene: 'c2c' | 'dm'): Promise<{ next: RouterRig; write: (id: string) => void }> => {
  const channel: RouterRigOptions['channel'] = { allowedUsers: [] };
  const rig = await RouterRig.start({ channel });
  const write = (messageId: string): void => {
    const speech = { from: 'U1', text: 'hello', messageId };
    if (scene === 'c2c') rig.platform.sendC2c(speech);
    else rig.platform.sendDm(speech);
  };
  const stop = rig.platform.on('sent', () => {
    stop();
    rig.die();
  });
  write('M1');
  await rig.wait(5);
  expect(codesOf(rig)).toHaveLength(1);
  const next = await RouterRig.start({ after: rig, channel });
  await next.wait(30);
  return { next, write };
};

const codesOf = ({ platform }: RouterRig): string[] =>
  platform.sends().flatMap(({ text }) => /code (\S{8})/.exec(text)?.[1] ?? []);

describe.each(['c2c', 'dm'] as const)('a notice whose outcome a crash left open (%s)', (scene) => {
  it('is not said a second time, and its code is good', async () => {
    const { next } = await diesTelling(scene);
    const [code = ''] = codesOf(next);
    expect(codesOf(next)).toHaveLength(1);
    expect(await next.router.approvePairing(code)).toMatchObject({ status: 'approved', user: { user: 'U1' } });
  });

  it('is not followed by another where the platform brings its message again', async () => {
    const { next, write } = await diesTelling(scene);
    write('M1');
    await next.wait(10);
    const [code = ''] = codesOf(next);
    expect(codesOf(next)).toHaveLength(1);
    expect(await next.router.approvePairing(code)).toMatchObject({ status: 'approved' });
  });

  it('is followed by another for a new message, under a number of its own', async () => {
    const { next, write } = await diesTelling(scene);
    write('M2');
    await next.wait(10);
    const codes = codesOf(next);
    expect(codes).toHaveLength(2);
    expect(await next.router.approvePairing(codes[1] ?? '')).toMatchObject({ status: 'approved' });
  });
});

describe('a message that joins a running turn', () => {
  it('is known to have been under way when the process died, as those the turn began with are', async () => {
    const channel: RouterRigOptions['channel'] = { scenes: { c2c: { busy: 'steer' } } };
    const rig = await RouterRig.start({
      channel,
      handler: async (turn) => {
        turn.onSteer(() => true);
        await new Promise(() => undefined);
      },
    });
    rig.platform.sendC2c({ from: 'U1', text: 'one', messageId: 'M1' });
    await rig.wait(3);
    rig.platform.sendC2c({ from: 'U1', text: 'two', messageId: 'M2' });
    await rig.wait(1);
    rig.die();
    await rig.store.close();
    await rig.store.open();
    expect((await rig.store.claims()).map(({ id }) => id)).toEqual(['M1', 'M2']);
  });
});
