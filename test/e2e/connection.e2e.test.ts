import { describe, expect, it } from 'vitest';
import { ask, World } from './support/world.js';

const changes = ({ emulator }: World): string[] => emulator.sessionLog().map(({ change }) => change);
const answers = ({ emulator }: World): string[] =>
  emulator.sends().flatMap(({ kind, msgId }) => (kind === 'text' ? [msgId ?? ''] : []));

describe('a lost connection', () => {
  it('4009: the session is resumed, and the message that came meanwhile is answered once', async () => {
    const world = await World.make();
    const { emulator } = world;
    const rookery = await world.start();
    emulator.closeAll(4009);
    const { messageId } = emulator.sendC2c({ from: 'USER-1', text: 'are you there?' });
    await rookery.said(/^qq: lost: transport\.lost \(4009\)/m);
    await rookery.said(/^qq: ready \(WebSocket\) as router-bot, session resumed$/m);
    await emulator.waitFor(() => answers(world).length > 0);
    expect(answers(world)).toEqual([messageId]);
    expect(changes(world).filter((change) => change === 'identified')).toHaveLength(1);
    expect(changes(world)).toContain('resumed');
  });

  it('4006: a new session is started', async () => {
    const world = await World.make();
    const { emulator } = world;
    const rookery = await world.start();
    emulator.closeAll(4006);
    await rookery.said(/^qq: lost: .*4006/m);
    await emulator.waitFor(() => changes(world).filter((change) => change === 'identified').length === 2, {
      timeoutMs: 15_000,
    });
    await rookery.said(/(^qq: ready \(WebSocket\) as router-bot$.*){2}/ms);
    expect(changes(world)).not.toContain('resumed');
    const { messageId } = emulator.sendC2c({ from: 'USER-1', text: 'and now?' });
    await emulator.waitFor(() => answers(world).includes(messageId));
  });

  it('4915: the channel stops, says why and what to do, and the router is not ready', async () => {
    const world = await World.make();
    const rookery = await world.start();
    const url = await rookery.url();
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
    world.emulator.setBotState('banned');
    await rookery.said(/^qq: stopped: gateway\.banned \(4915\): .*QQ bot console/m);
    expect(await ask(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: { ready: false, missing: [{ what: 'channels.qq', why: expect.stringContaining('4915') }] },
    });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    rookery.kill();
    expect(await rookery.exited).toMatchObject({ code: 0 });
  });

  it('a dead link: heartbeats that nobody answers end it, and the session is resumed', async () => {
    const world = await World.make({ limits: { heartbeatIntervalMs: 200 } });
    const { emulator } = world;
    const rookery = await world.start();
    emulator.dropAcks();
    await rookery.said(/^qq: lost: transport\.lost: (two heartbeats|no frame)/m);
    emulator.dropAcks(false);
    await rookery.said(/^qq: ready .*, session resumed$/m);
    const { messageId } = emulator.sendC2c({ from: 'USER-1', text: 'still with me?' });
    await emulator.waitFor(() => answers(world).includes(messageId));
  });
});
