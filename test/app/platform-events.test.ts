import { describe, expect, it } from 'vitest';
import type { PlatformEvent } from '../../src/domain/platform-event.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';

const started = async (channel: Channel = {}): Promise<BotsRig> => {
  const rig = new BotsRig({ qq: channel });
  rig.router.onTurn((turn) => turn.reply(`heard ${turn.text}`).then(() => undefined));
  await rig.start();
  return rig;
};

const heardBy = (rig: BotsRig): PlatformEvent[] =>
  rig.events.flatMap((event) => (event.type === 'platform.event' ? [event.event] : []));

describe('what the platform tells besides messages', () => {
  it('reaches whoever listens, each once and in the order of arrival', async () => {
    const rig = await started();
    const { platform } = rig;
    platform.addFriend('U1');
    platform.addToGroup('G1', 'M1');
    platform.switchMessages({ scene: 'c2c', target: 'U1', accepts: false });
    platform.switchMessages({ scene: 'group', target: 'G1', accepts: true, by: 'M1' });
    platform.removeFromGroup('G1', 'M1');
    platform.removeFriend('U1');
    await rig.wait(1);
    expect(heardBy(rig).map(({ kind, target }) => `${kind} ${target?.scene}`)).toEqual([
      'friend.added c2c',
      'robot.joined group',
      'push.refused c2c',
      'push.allowed group',
      'robot.left group',
      'friend.removed c2c',
    ]);
  });

  it('is heard once though the platform pushes it twice', async () => {
    const rig = await started();
    rig.platform.pushTwice();
    rig.platform.addFriend('U1');
    await rig.wait(1);
    expect(heardBy(rig)).toHaveLength(1);
  });

  it('is a welcome’s reason: what is said in answer to it names its id', async () => {
    const rig = await started();
    const { id } = rig.platform.addToGroup('G1', 'M1');
    await rig.wait(1);
    const [event] = heardBy(rig);
    const said = rig.router.send({
      target: event?.target ?? { scene: 'group', groupOpenid: '?' },
      message: 'hello all',
      replyTo: event?.id ?? '?',
    });
    await rig.wait(2);
    expect(await said).toMatchObject({ status: 'delivered' });
    expect(rig.platform.sends()).toMatchObject([{ text: 'hello all', eventId: id, active: false }]);
  });

  it('of a kind nobody knows stands in the status, and the watermark passes it', async () => {
    const rig = await started();
    const before = rig.router.channels()[0]?.watermark ?? 0;
    rig.platform.push({ t: 'GROUP_DANCE', d: { group_openid: 'G1' } });
    rig.platform.sendC2c({ from: 'U1', text: 'hi' });
    await rig.wait(5);
    expect(rig.router.channels()[0]).toMatchObject({ unknownEvents: 1, watermark: before + 2 });
    expect(rig.platform.sends()).toMatchObject([{ text: 'heard hi' }]);
  });

  it('does not stop for a listener that throws', async () => {
    const rig = await started();
    rig.router.on(() => {
      throw new Error('a fault of the listener');
    });
    rig.platform.addFriend('U1');
    rig.platform.sendC2c({ from: 'U1', text: 'hi' });
    await rig.wait(5);
    expect(heardBy(rig)).toHaveLength(1);
    expect(rig.platform.sends()).toMatchObject([{ text: 'heard hi' }]);
    expect(rig.lines.join('')).toContain('a listener failed');
  });
});

describe('a message', () => {
  it('comes to listeners with what the platform sent', async () => {
    const rig = await started();
    rig.platform.sendC2c({ from: 'U1', text: 'hi' });
    await rig.wait(5);
    const accepted = rig.events.find((event) => event.type === 'message.accepted');
    expect(accepted).toMatchObject({ raw: { content: 'hi', author: { user_openid: 'U1' } } });
  });
});
