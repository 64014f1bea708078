import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/domain/send.js';
import { RouterRig } from '../support/router-rig.js';

const USER = 'U1';
const NEWS = { target: { scene: 'c2c', openid: USER }, message: 'news' } as const satisfies SendRequest;

const said = async (rig: RouterRig, request: SendRequest) => (await rig.within(rig.router.send(request))).status;
const nextLife = async (rig: RouterRig): Promise<RouterRig> => {
  rig.die();
  return RouterRig.start({ after: rig });
};
/** How each send went out: in answer to a message, to an event, or to nothing. */
const ways = ({ platform }: RouterRig) => platform.sends().map(({ msgId, eventId }) => msgId ?? eventId ?? 'active');

describe('after a restart it is known what may still be answered', () => {
  it('a message of the last hour, though its turn was over', async () => {
    const rig = await RouterRig.start();
    const { messageId } = rig.platform.sendC2c({ from: USER, text: 'hello' });
    await rig.wait(60);
    const next = await nextLife(rig);
    expect(await said(next, { ...NEWS, mode: 'passive' })).toBe('delivered');
    expect(ways(next)).toEqual([messageId]);
    await next.wait(3_600);
    const third = await nextLife(next);
    expect(await said(third, { ...NEWS, mode: 'passive' })).toBe('rejected');
    expect(third.platform.refusals()).toEqual([]);
  });

  it('an event: the greeting of a group the bot has just joined', async () => {
    const rig = await RouterRig.start();
    rig.platform.addToGroup('G1', 'M1');
    await rig.wait(2);
    const next = await nextLife(rig);
    const greeting: SendRequest = {
      target: { scene: 'group', groupOpenid: 'G1' },
      message: 'hi all',
      mode: 'passive',
    };
    expect(await said(next, greeting)).toBe('delivered');
    expect(ways(next)).toEqual([expect.stringMatching(/^GROUP_ADD_ROBOT:/)]);
  });

  it('with the replies that are left, no more', async () => {
    const rig = await RouterRig.start({
      handler: async (turn) => {
        for (const part of ['one', 'two', 'three']) await turn.reply(part);
      },
    });
    rig.platform.sendC2c({ from: USER, text: 'hello' });
    await rig.wait(60);
    const next = await nextLife(rig);
    await said(next, { ...NEWS, mode: 'passive' });
    await said(next, { ...NEWS, mode: 'passive' });
    expect(next.platform.refusals()).toEqual([]);
  });
});

describe('after a restart it is known what went out without an anchor', () => {
  it('so that a day’s quota is not asked for twice', async () => {
    const rig = await RouterRig.start();
    const { guildId = '' } = rig.platform.sendDm({ from: '11', text: 'hello' });
    await rig.wait(400);
    const dm: SendRequest = { target: { scene: 'dm', guildId }, message: 'news', mode: 'proactive' };
    expect([await said(rig, dm), await said(rig, dm)]).toEqual(['delivered', 'delivered']);
    const next = await nextLife(rig);
    const used = next.router.rateLevels().find(({ what }) => what.startsWith('dm active'));
    expect(used).toMatchObject({ used: 2, max: 2 });
    expect(await said(next, dm)).toBe('rejected');
    expect(next.platform.refusals()).toEqual([]);
    await next.wait(86_400);
    const third = await nextLife(next);
    expect(await said(third, dm)).toBe('delivered');
  });

  it('so that a third channel of a guild is not spoken in', async () => {
    const rig = await RouterRig.start();
    for (const channel of ['C1', 'C2', 'C3']) rig.platform.sendGuild({ guild: 'S1', channel, from: '11', text: 'hi' });
    await rig.wait(400);
    const to = (channelId: string): SendRequest => ({
      target: { scene: 'guild', channelId },
      message: 'news',
      mode: 'proactive',
    });
    expect([await said(rig, to('C1')), await said(rig, to('C2'))]).toEqual(['delivered', 'delivered']);
    const next = await nextLife(rig);
    next.platform.sendGuild({ guild: 'S1', channel: 'C3', from: '11', text: 'hi' });
    await next.wait(400);
    expect(await said(next, to('C3'))).toBe('rejected');
    expect(next.platform.refusals()).toEqual([]);
  });
});

describe('who refuses messages of the bot’s own', () => {
  it('by a switch is left alone, also after a restart, until they switch them on', async () => {
    const rig = await RouterRig.start();
    rig.platform.introduce('c2c', USER);
    rig.platform.switchMessages({ scene: 'c2c', target: USER, accepts: false });
    await rig.wait(2);
    expect(await said(rig, { ...NEWS, mode: 'proactive' })).toBe('rejected');
    const next = await nextLife(rig);
    expect(await said(next, { ...NEWS, mode: 'proactive' })).toBe('rejected');
    expect(next.platform.refusals()).toEqual([]);
    next.platform.switchMessages({ scene: 'c2c', target: USER, accepts: true });
    await next.wait(2);
    expect(await said(next, { ...NEWS, mode: 'proactive' })).toBe('delivered');
  });

  it('by the platform’s word is left alone until they write again', async () => {
    const rig = await RouterRig.start();
    rig.platform.introduce('c2c', USER);
    rig.platform.failNext({ status: 400, code: 40054013 });
    expect(await said(rig, { ...NEWS, mode: 'proactive' })).toBe('rejected');
    const next = await nextLife(rig);
    const before = next.platform.calls().length;
    expect(await said(next, { ...NEWS, mode: 'proactive' })).toBe('rejected');
    expect(
      next.platform
        .calls()
        .slice(before)
        .filter(({ path }) => path.includes('messages')),
    ).toEqual([]);
    next.platform.sendC2c({ from: USER, text: 'here I am' });
    await next.wait(2);
    expect(await said(next, { ...NEWS, mode: 'proactive' })).toBe('delivered');
  });
});
