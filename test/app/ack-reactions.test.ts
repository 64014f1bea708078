import { describe, expect, it } from 'vitest';
import { BotsRig, type Channel } from '../support/bots-rig.js';

const started = async (channel: Channel): Promise<BotsRig> => {
  const rig = new BotsRig({ qq: channel });
  rig.router.onTurn((turn) => turn.reply('answer').then(() => undefined));
  await rig.start();
  return rig;
};

const typings = (rig: BotsRig) => rig.platform.transcript('U1').filter(({ kind }) => kind === 'typing');
const reactionsIn = (rig: BotsRig, channel: string) =>
  rig.platform.transcript(channel).flatMap(({ reactions }) => reactions);

describe('ackReactions', () => {
  it('is a reaction to the message in a guild channel, once its turn starts', async () => {
    const rig = await started({ ackReactions: true });
    rig.platform.sendGuild({ channel: 'C1', from: '11', text: 'hi' });
    await rig.wait(5);
    expect(reactionsIn(rig, 'C1')).toEqual(['1:124']);
    expect(rig.platform.refusals()).toEqual([]);
  });

  it('is the typing indication in a private chat, also where answers come whole', async () => {
    const rig = await started({ ackReactions: true, streamMode: 'final' });
    rig.platform.sendC2c({ from: 'U1', text: 'hi' });
    await rig.wait(5);
    expect(typings(rig)).toHaveLength(1);
  });

  it('is nothing in groups and guild private chats, which is said once each', async () => {
    const rig = await started({ ackReactions: true });
    const { platform } = rig;
    for (let round = 0; round < 3; round += 1) {
      platform.sendGroup({ group: 'G1', from: 'M1', text: 'hi' });
      platform.sendDm({ from: '11', text: 'hi' });
      await rig.wait(5);
    }
    expect(platform.calls().filter(({ path }) => path.includes('/reactions/'))).toEqual([]);
    expect(rig.lines.filter((line) => line.includes('no sign of'))).toHaveLength(2);
  });

  it('is off unless asked for, and per scene', async () => {
    const rig = await started({ scenes: { guild: { ackReactions: false } }, ackReactions: true });
    const quiet = await started({});
    for (const one of [rig, quiet]) {
      one.platform.sendGuild({ channel: 'C1', from: '11', text: 'hi' });
      await one.wait(5);
      expect(reactionsIn(one, 'C1')).toEqual([]);
    }
  });

  it('costs no answer where the platform refuses it', async () => {
    const rig = await started({ ackReactions: true });
    rig.platform.failNext({ match: /reactions/, status: 403, code: 11253, times: 1 });
    rig.platform.sendGuild({ channel: 'C1', from: '11', text: 'hi' });
    rig.platform.sendGuild({ channel: 'C2', from: '12', text: 'hi' });
    await rig.wait(5);
    expect(rig.platform.sends().map(({ text }) => text)).toEqual(['answer', 'answer']);
    expect(rig.lines.filter((line) => line.includes('a reaction was not accepted'))).toHaveLength(1);
  });
});
