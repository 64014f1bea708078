import { expect, it } from 'vitest';
import { createRouter } from '../../src/index.js';
import { RouterRig } from '../support/router-rig.js';

const identifies = ({ platform }: RouterRig): number =>
  platform.sessionLog().filter(({ change }) => change === 'identified').length;

it('a router that is started twice has one connection', async () => {
  const rig = RouterRig.make();
  await Promise.all([rig.start(), rig.router.start()]);
  await rig.within(rig.router.start());
  expect(identifies(rig)).toBe(1);
  await rig.within(rig.router.stop(), 10);
});

it('however early a start is stopped, both end and no connection is left', async () => {
  const opened = new Set<number>();
  for (let steps = 0; steps < 120; steps += 3) {
    const rig = RouterRig.make();
    const started = rig.router.start();
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    const stopped = rig.router.stop();
    await rig.within(Promise.all([started, stopped]), 20);
    expect(rig.platform.links(), `after ${steps} steps`).toEqual([]);
    opened.add(identifies(rig));
    await rig.wait(120);
    expect(rig.platform.links(), `after ${steps} steps and two minutes`).toEqual([]);
  }
  // Some were stopped before the first word to the platform.
  expect(opened).toContain(0);
});

it('a router that was stopped is not started again', async () => {
  const rig = await RouterRig.start();
  await rig.within(rig.router.stop(), 10);
  await expect(rig.router.start()).rejects.toMatchObject({ code: 'store.closed' });
  expect(identifies(rig)).toBe(1);
  const fresh = RouterRig.make();
  await fresh.within(fresh.router.stop());
  await expect(fresh.router.start()).rejects.toMatchObject({ code: 'store.closed' });
  expect(identifies(fresh)).toBe(0);
});

it('a start that failed for want of an agent succeeds with one', async () => {
  const router = createRouter(
    { channels: { qq: { appId: '1', appSecret: 'a-secret' } } },
    { http: { request: () => new Promise(() => {}) } },
  );
  await expect(router.start()).rejects.toMatchObject({ code: 'config.invalid' });
  router.onTurn(() => undefined);
  const started = router.start();
  await new Promise((resolve) => setImmediate(resolve));
  expect(router.channels()).toMatchObject([{ name: 'qq' }]);
  await router.stop();
  await started;
});
