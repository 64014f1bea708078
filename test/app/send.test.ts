import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/domain/send.js';
import { DEFAULT_APP_ID } from '../../src/emulator/index.js';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

const USER = 'U1';
const CONVERSATION = `qq:${DEFAULT_APP_ID}:c2c:${USER}`;
const to = (message: SendRequest['message'], more: Partial<SendRequest> = {}): SendRequest => ({
  conversation: CONVERSATION,
  message,
  ...more,
});

const started = async (options: RouterRigOptions = {}): Promise<RouterRig> => {
  const rig = await RouterRig.start(options);
  rig.platform.introduce('c2c', USER);
  return rig;
};

describe('router.send', () => {
  it('answers the open message of its conversation where there is one', async () => {
    const { rig, asked } = await heard();
    const report = await rig.within(rig.router.send(to('news')));
    const [sent] = rig.platform.sends();
    expect(sent).toMatchObject({ text: 'news', msgId: asked, active: false });
    expect(report).toEqual({ status: 'delivered', messageId: sent?.messageId, messageIds: [sent?.messageId] });
  });

  it('goes out without an anchor where nothing is open', async () => {
    const rig = await started();
    const report = await rig.within(rig.router.send(to('news')));
    expect(rig.platform.sends()).toMatchObject([{ text: 'news', active: true }]);
    expect(report.status).toBe('delivered');
  });

  it('is not sent as a push where it may only answer', async () => {
    const rig = await started();
    const report = await rig.within(rig.router.send(to('news', { mode: 'passive' })));
    expect(report).toMatchObject({ status: 'rejected', code: 'platform.windowClosed' });
    expect(report.remedy).toContain('window');
    expect(rig.platform.sends()).toEqual([]);
  });

  it('is a push where it is asked to be, and leaves the open message alone', async () => {
    const { rig } = await heard();
    await rig.within(rig.router.send(to('news', { mode: 'proactive' })));
    expect(rig.platform.sends()).toMatchObject([{ active: true }]);
  });

  it('keeps its place behind what the conversation is saying', async () => {
    const rig = await started({ handler: (turn) => turn.reply('answer').then(() => undefined) });
    rig.platform.sendC2c({ from: USER, text: 'question' });
    await rig.clock.advance(650);
    await rig.within(rig.router.send(to('news')));
    expect(rig.platform.sends().map(({ text }) => text)).toEqual(['answer', 'news']);
  });

  it('leaves a turn under way a reply to answer with', async () => {
    const rig = await started({
      handler: async (turn) => {
        await new Promise<void>((done) => rig.clock.setTimeout(done, 20_000));
        await turn.reply('answer');
      },
    });
    const { messageId } = rig.platform.sendC2c({ from: USER, text: 'question' });
    await rig.wait(2);
    for (const n of [1, 2, 3, 4]) await rig.within(rig.router.send(to(`news ${n}`)), 1);
    await rig.wait(20);
    const sends = rig.platform.sends().map(({ text, msgId }) => [text, msgId]);
    expect(sends).toContainEqual(['news 3', messageId]);
    expect(sends).toContainEqual(['news 4', undefined]);
    expect(sends).toContainEqual(['answer', messageId]);
    expect(rig.platform.refusals()).toEqual([]);
  });

  it('is told apart from an answer: the agent’s next turn knows it was said', async () => {
    const seen: unknown[] = [];
    const rig = await started({ handler: (turn) => void seen.push(turn.messages()) });
    await rig.within(rig.router.send(to('news')));
    rig.platform.sendC2c({ from: USER, text: 'what news?' });
    await rig.wait(2);
    expect(seen).toEqual([
      [
        { role: 'assistant', content: 'news' },
        { role: 'user', content: 'what news?' },
      ],
    ]);
  });

  it('expires where it could not be begun in time', async () => {
    const rig = await started();
    rig.net.isDown = true;
    rig.platform.closeAll(4009);
    await rig.wait(1);
    const report = await rig.within(rig.router.send(to('late', { ttlMs: 2_000 })));
    expect(report).toEqual({ status: 'expired' });
  });

  it.each([
    [{ message: '' }, /says nothing/],
    [{ message: { text: 'a', markdown: 'b' } }, /message\.markdown/],
    [{ message: 'a', conversation: 'nonsense' }, /conversation/],
    // Found by the law that no message without problems is malformed on the wire.
    [{ message: { embed: { title: '&' }, fallback: '' } }, /message\.fallback/],
    [{ message: 'a', ttlMs: 0 }, /ttlMs/],
    [{ message: 'a', wakeUp: true, replyTo: 'm' }, /wakeUp/],
  ] satisfies [Partial<SendRequest>, RegExp][])('names what is wrong with %j, and sends nothing', async (more, why) => {
    const rig = await started();
    await expect(rig.router.send({ ...to('a'), ...more } as SendRequest)).rejects.toMatchObject({
      code: 'message.invalid',
      message: expect.stringMatching(why),
    });
    expect(rig.platform.sends()).toEqual([]);
  });

  it('says so where no bot of that conversation runs', async () => {
    const rig = await started();
    await expect(rig.router.send(to('a', { conversation: 'qq:999:c2c:U1' }))).rejects.toMatchObject({
      code: 'channel.notRunning',
    });
  });
});

/** A message of the user that nobody has answered. */
const heard = async (): Promise<{ rig: RouterRig; asked: string }> => {
  const rig = await started();
  const { messageId } = rig.platform.sendC2c({ from: USER, text: 'hello' });
  await rig.wait(3);
  return { rig, asked: messageId };
};
