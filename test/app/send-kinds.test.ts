import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/domain/message.js';
import type { SendRequest } from '../../src/domain/send.js';
import { RouterRig } from '../support/router-rig.js';

/* Every kind of message, from the router's surface to what users of the emulator's platform see. */

const USER = { scene: 'c2c', openid: 'U1' } as const;
const CHANNEL = { scene: 'guild', channelId: '100010' } as const;

const started = async (): Promise<RouterRig> => {
  const rig = await RouterRig.start();
  rig.platform.introduce('c2c', USER.openid);
  rig.platform.introduce('guild', CHANNEL.channelId, { guildId: '187' });
  Object.assign(rig.platform.rights(), { ark: true });
  Object.assign(rig.platform.rights().active, { guild: true });
  return rig;
};
const say = (rig: RouterRig, message: OutgoingMessage, more: Partial<SendRequest> = {}) =>
  rig.within(rig.router.send({ target: USER, message, ...more } as SendRequest));

const BUTTONS: OutgoingMessage = {
  markdown: '# Deploy?',
  keyboard: { rows: [[{ label: 'Yes', action: { callback: 'yes' } }]] },
};

describe('a right that is missing', () => {
  // Trap 28: markdown without permission delivered nothing at all.
  it('trap 28: markdown is said as plain text, and the scene is not asked again', async () => {
    const rig = await started();
    rig.platform.rights().markdown.c2c = false;
    const first = await say(rig, { markdown: '# Hi', fallback: 'Hi' });
    await say(rig, { markdown: '# Again', fallback: 'Again' });
    expect(first.status).toBe('delivered');
    expect(rig.platform.sends().map(({ kind, text }) => [kind, text])).toEqual([
      ['text', 'Hi'],
      ['text', 'Again'],
    ]);
    expect(rig.platform.refusals().map(({ code }) => code)).toEqual([40034012]);
  });

  // Trap 29: one button without permission, and the whole message was lost.
  it('trap 29: buttons are left off, and the scene is not asked again', async () => {
    const rig = await started();
    rig.platform.rights().keyboard.c2c = false;
    const first = await say(rig, BUTTONS);
    await say(rig, BUTTONS);
    expect(first.status).toBe('delivered');
    expect(rig.platform.sends().map(({ kind, body }) => [kind, 'keyboard' in (body as object)])).toEqual([
      ['markdown', false],
      ['markdown', false],
    ]);
    expect(rig.platform.refusals().map(({ code }) => code)).toEqual([304057]);
  });

  it('to cards: their words are said', async () => {
    const rig = await started();
    Object.assign(rig.platform.rights(), { ark: false });
    const ark = {
      templateId: 24,
      kv: [
        { key: '#PROMPT#', value: 'CI' },
        { key: '#TITLE#', value: 'Build' },
        { key: '#METADESC#', value: 'all green' },
        { key: '#IMG#', value: 'https://img.example/x.png' },
      ],
    };
    await say(rig, { ark });
    expect(rig.platform.sends().map(({ kind, text }) => [kind, text])).toEqual([['text', 'Build\nall green']]);
  });
});

describe('what the platform takes', () => {
  it('is what was meant', async () => {
    const rig = await started();
    await say(rig, BUTTONS);
    await say(rig, { ark: { templateId: 37, kv: [{ key: '#PROMPT#', value: 'picture' }] } });
    await say(rig, { text: 'hi', quote: 'REFIDX_A', mentions: [{ user: 'U2' }] });
    const embed = { title: 'Status', fields: ['level: gold'] };
    await say(rig, { embed }, { target: CHANNEL, mode: 'proactive' } as Partial<SendRequest>);
    expect(rig.platform.refusals()).toEqual([]);
    expect(rig.platform.sends().map(({ kind, text }) => [kind, text])).toEqual([
      ['markdown', '# Deploy?'],
      ['ark', 'picture'],
      ['text', '<qqbot-at-user id="U2" /> hi'],
      ['embed', 'Status'],
    ]);
  });

  // Trap 27: URLs and file-like names blocked.
  it('trap 27: a link that is not allowed is broken up once, in markdown too', async () => {
    const rig = await started();
    const report = await say(rig, { markdown: 'see https://evil.example/a' });
    expect(report.status).toBe('delivered');
    expect(rig.platform.sends().map(({ text }) => text)).toEqual(['see https：//evil．example/a']);
  });

  it('takes a wake-up once per stretch, and says so', async () => {
    const rig = await started();
    rig.platform.sendC2c({ from: USER.openid, text: 'hello' });
    await rig.wait(3);
    await rig.wait(2 * 86_400);
    const first = await say(rig, { text: 'still there?' }, { wakeUp: true });
    const second = await say(rig, { text: 'hello?' }, { wakeUp: true });
    expect(first.status).toBe('delivered');
    expect(second).toMatchObject({ status: 'rejected', platformCode: 40034122 });
    expect(rig.platform.sends()).toMatchObject([{ text: 'still there?', body: { is_wakeup: true } }]);
  });
});

describe('a guild', () => {
  it('answers a post with its Message object', async () => {
    const rig = await started();
    const embed = { title: 'Status', fields: [{ name: 'level: gold' }] };
    const post = rig.router.postMessage(CHANNEL.channelId, { content: '<@1445> hi', embed });
    const message = await rig.within(post);
    expect(message).toMatchObject({
      id: expect.stringMatching(/.+/),
      channel_id: CHANNEL.channelId,
      guild_id: '187',
      timestamp: expect.stringMatching(/^\d{4}-/),
      edited_timestamp: expect.any(String),
      mention_everyone: false,
      author: { id: expect.stringMatching(/^\d+$/), username: expect.any(String), bot: true },
      member: { roles: expect.any(Array) },
    });
    expect(rig.platform.sends()).toMatchObject([{ active: true, body: { content: '<@1445> hi' } }]);
  });

  it('is answered in passing where the post names a message', async () => {
    const rig = await started();
    const { messageId } = rig.platform.sendGuild({ from: '1445', channel: CHANNEL.channelId, text: 'hi' });
    await rig.wait(3);
    await rig.within(rig.router.postMessage(CHANNEL.channelId, { content: 'hello', msg_id: messageId }));
    expect(rig.platform.sends()).toMatchObject([{ msgId: messageId, active: false }]);
  });

  // Trap 36: an answer of 202 taken for a failure, sent again, seen twice.
  it('trap 36: a message that waits for a review is neither an error nor sent again', async () => {
    const rig = await started();
    rig.platform.auditNext({ verdict: 'pass', afterMs: 60_000 });
    const report = await say(rig, { text: 'news' }, { target: CHANNEL, mode: 'proactive' } as Partial<SendRequest>);
    expect(report).toMatchObject({ status: 'uncertain', code: 'platform.auditPending' });
    await rig.wait(120);
    expect(rig.platform.transcript({ scene: 'guild', id: CHANNEL.channelId })).toMatchObject([{ text: 'news' }]);
  });

  it('shows and loses reactions', async () => {
    const rig = await started();
    const { messageId } = rig.platform.sendGuild({ from: '1445', channel: CHANNEL.channelId, text: 'hi' });
    const emoji = { type: 1, id: '76' } as const;
    const request = { channelId: CHANNEL.channelId, messageId, emoji };
    await rig.within(rig.router.react(request));
    await rig.within(rig.router.react(request));
    const seen = () => rig.platform.transcript({ scene: 'guild', id: CHANNEL.channelId })[0]?.reactions;
    expect(seen()).toEqual(['1:76']);
    await rig.within(rig.router.unreact(request));
    await rig.within(rig.router.unreact(request));
    expect(seen()).toEqual([]);
    expect(rig.platform.refusals().map(({ code }) => code)).toEqual([620003, 620004]);
  });

  it('opens private chats', async () => {
    const rig = await started();
    rig.platform.sendGuild({ from: '1445', channel: CHANNEL.channelId, guild: '187', text: 'hi' });
    const target = await rig.within(rig.router.openDm({ userId: '1445', guildId: '187' }));
    Object.assign(rig.platform.rights().active, { dm: true });
    const report = await rig.within(rig.router.send({ target, message: 'psst', mode: 'proactive' }));
    expect(report.status).toBe('delivered');
    expect(rig.platform.sends()).toMatchObject([{ scene: 'dm', text: 'psst' }]);
  });
});

describe('a message that was sent', () => {
  it('is taken back within two minutes, and not later', async () => {
    const rig = await started();
    const [first, second] = [await say(rig, { text: 'oops' }), await say(rig, { text: 'oh' })];
    await rig.within(rig.router.recall({ target: USER, messageId: first.messageId ?? '' }));
    expect(rig.platform.transcript(USER.openid).map(({ recalled }) => recalled)).toEqual([true, false]);
    await rig.wait(130);
    const late = rig.within(rig.router.recall({ target: USER, messageId: second.messageId ?? '' }));
    await expect(late).rejects.toMatchObject({ more: { platformCode: 40064004 } });
  });
});
