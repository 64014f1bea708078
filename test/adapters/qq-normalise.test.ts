import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/adapters/qq/normalise.js';
import type { Inbound } from '../../src/domain/inbound.js';

const BOT_ID = '9876543210123456789';
const NOW_MS = Date.UTC(2026, 8, 20, 3, 0, 0);
const WRITTEN_MS = Date.UTC(2026, 8, 20, 2, 0, 0);
const context = { appId: '102', botId: BOT_ID, nowMs: NOW_MS };

const read = (t: string, d: unknown) => normalise({ t, d }, context);
const messageOf = (t: string, d: unknown): Inbound => {
  const result = read(t, d);
  if (result.kind !== 'message') throw new Error(`no message: ${JSON.stringify(result)}`);
  return result.message;
};

const c2c = {
  id: 'ROBOT1.0_Hq3',
  content: 'hello',
  timestamp: '2026-09-20T10:00:00+08:00',
  author: { id: '0A1B', user_openid: '0A1B', union_openid: '', username: '', bot: false },
  message_type: 0,
  message_scene: { source: 'default', ext: ['msg_idx=REFIDX_AAA=='] },
};
const group = {
  ...c2c,
  id: 'ROBOT1.0_Zk9',
  group_openid: 'G0G1',
  content: ' /weather Oslo ',
  author: { id: 'M0M1', member_openid: 'M0M1', member_role: 'admin', username: 'Ann', bot: false },
};
const guild = {
  id: '08c0',
  guild_id: '187',
  channel_id: '100010',
  content: `<@!${BOT_ID}> 1 &lt; 2`,
  timestamp: '2026-09-20T10:00:00+08:00',
  author: { id: '1445', username: 'Bo', bot: false },
  member: { nick: 'Bobby', roles: ['1', '4'] },
  mentions: [{ id: BOT_ID, username: 'router-bot', bot: true }],
};

describe('a private message', () => {
  it('is read whole', () => {
    expect(read('C2C_MESSAGE_CREATE', c2c)).toStrictEqual({
      kind: 'message',
      eventName: 'C2C_MESSAGE_CREATE',
      message: {
        id: 'ROBOT1.0_Hq3',
        conversation: 'qq:102:c2c:0A1B',
        target: { scene: 'c2c', openid: '0A1B' },
        sender: { id: '0A1B' },
        text: 'hello',
        mention: true,
        atMs: WRITTEN_MS,
        attachments: [],
      },
    });
  });

  it('finds its sender under id where user_openid is missing', () => {
    expect(messageOf('C2C_MESSAGE_CREATE', { ...c2c, author: { id: '0A1B' } }).target).toEqual({
      scene: 'c2c',
      openid: '0A1B',
    });
  });

  it('stands at the time of receipt where its own cannot be read', () => {
    expect(messageOf('C2C_MESSAGE_CREATE', { ...c2c, timestamp: null }).atMs).toBe(NOW_MS);
  });

  it('marks another bot', () => {
    expect(messageOf('C2C_MESSAGE_CREATE', { ...c2c, author: { ...c2c.author, bot: true } }).sender.bot).toBe(true);
  });
});

describe('a group message', () => {
  it('belongs to its member and carries the role', () => {
    expect(messageOf('GROUP_AT_MESSAGE_CREATE', group)).toMatchObject({
      conversation: 'qq:102:group:G0G1:M0M1',
      target: { scene: 'group', groupOpenid: 'G0G1' },
      sender: { id: 'M0M1', name: 'Ann', role: 'admin' },
      text: '/weather Oslo',
      mention: true,
    });
  });

  it.each([
    ['names the bot', [{ scope: 'single', id: 'B', member_openid: 'B', is_you: true }], '<@B> hi', true, 'hi'],
    ['names the bot with a bang', [{ member_openid: 'B', is_you: true }], '<@!B> hi', true, 'hi'],
    ['names all', [{ scope: 'all', is_you: true, username: 'all' }], 'hi', true, 'hi'],
    ['names another', [{ id: 'X', is_you: false }], '<@X> hi', false, '<@X> hi'],
    ['names nobody', [], ' hi', false, 'hi'],
    // nonebot/adapter-qq#200
    ['has null for mentions', null, ' hi', false, 'hi'],
    ['has nonsense for mentions', [null, 7, 'B', { is_you: 'true', id: 'B' }], '<@B> hi', false, '<@B> hi'],
  ])('in all-messages mode that %s', (_, mentions, content, mention, text) => {
    expect(messageOf('GROUP_MESSAGE_CREATE', { ...group, mentions, content })).toMatchObject({ mention, text });
  });

  it('takes no role it does not know', () => {
    const author = { ...group.author, member_role: 'constructor' };
    expect(messageOf('GROUP_AT_MESSAGE_CREATE', { ...group, author }).sender).toStrictEqual({
      id: 'M0M1',
      name: 'Ann',
    });
  });
});

describe('a guild message', () => {
  it('is read whole', () => {
    expect(messageOf('AT_MESSAGE_CREATE', guild)).toStrictEqual({
      id: '08c0',
      conversation: 'qq:102:guild:100010:1445',
      target: { scene: 'guild', channelId: '100010' },
      guildId: '187',
      sender: { id: '1445', name: 'Bobby', role: 'owner' },
      text: '1 < 2',
      mention: true,
      atMs: WRITTEN_MS,
      attachments: [],
    });
  });

  it.each([
    ['mentions name the bot', { mentions: [{ id: BOT_ID }], content: 'hi' }, true],
    ['mentions are null, the text names it', { mentions: null }, true],
    ['another is named', { mentions: [{ id: '5' }], content: '<@!5> hi' }, false],
    ['the user typed a mention', { mentions: [], content: `&lt;@${BOT_ID}&gt; hi` }, false],
  ])('is addressed by MESSAGE_CREATE where %s', (_, more, mention) => {
    expect(messageOf('MESSAGE_CREATE', { ...guild, ...more }).mention).toBe(mention);
  });

  it('of the private chat is answered in its pseudo guild', () => {
    expect(messageOf('DIRECT_MESSAGE_CREATE', { ...guild, content: 'hi', mentions: [] })).toMatchObject({
      conversation: 'qq:102:dm:187:1445',
      target: { scene: 'dm', guildId: '187' },
      mention: true,
    });
  });

  it('is read also where its ids are numbers', () => {
    const numbers = { ...guild, id: 8, guild_id: 187, channel_id: 100_010, author: { ...guild.author, id: 1_445 } };
    expect(messageOf('AT_MESSAGE_CREATE', numbers)).toEqual({ ...messageOf('AT_MESSAGE_CREATE', guild), id: '8' });
  });

  it('quotes by message_reference', () => {
    expect(messageOf('AT_MESSAGE_CREATE', { ...guild, message_reference: { message_id: 'q1' } }).quote).toEqual({
      id: 'q1',
    });
  });
});

describe('a quote', () => {
  const ext = ['msg_idx=REFIDX_B==', 'ref_msg_idx=REFIDX_Z=='];
  const msg_elements = [{ msg_idx: 'REFIDX_Y==', message_type: 103, content: ' quoted text ' }];
  it.each([
    ['by the scene', { message_scene: { ext }, msg_elements }, { id: 'REFIDX_Z==', text: 'quoted text' }],
    [
      'with its picture',
      {
        message_type: 103,
        message_scene: { ext },
        msg_elements: [{ content: '', attachments: [{ content_type: 'image/png', url: '//h.example/q.png' }, null] }],
      },
      { id: 'REFIDX_Z==', attachments: [{ kind: 'image', url: 'https://h.example/q.png' }] },
    ],
    ['by the scene, without its text', { message_scene: { ext }, msg_elements: null }, { id: 'REFIDX_Z==' }],
    [
      'by the element alone',
      { message_type: 103, message_scene: null, msg_elements },
      { id: 'REFIDX_Y==', text: 'quoted text' },
    ],
    ['by an element of a forwarded record, which is none', { message_type: 102, msg_elements }, undefined],
    ['in nonsense', { message_scene: { ext: [1, null, 'ref_msg_idx='] }, msg_elements: 'x' }, undefined],
  ])('%s', (_, more, quote) => {
    expect(messageOf('C2C_MESSAGE_CREATE', { ...c2c, ...more }).quote).toEqual(quote);
  });
});

describe('attachments', () => {
  const one = (attachment: unknown) =>
    messageOf('C2C_MESSAGE_CREATE', { ...c2c, content: ' ', attachments: [attachment] });
  it.each([
    [
      'an image',
      { content_type: 'image/png', filename: 'a.png', url: 'https://h.example/a', size: 2048, width: 64, height: 64 },
      { kind: 'image', url: 'https://h.example/a', name: 'a.png', bytes: 2048 },
    ],
    ['a link without a scheme', { url: 'h.example/a.jpg' }, { kind: 'image', url: 'https://h.example/a.jpg' }],
    ['a guild picture', { url: '//h.example/a', width: 10 }, { kind: 'image', url: 'https://h.example/a' }],
    [
      'a video',
      { content_type: 'video/mp4', url: 'https://h.example/v' },
      { kind: 'video', url: 'https://h.example/v' },
    ],
    [
      'a file',
      { content_type: 'file', url: 'https://h.example/f.png' },
      { kind: 'file', url: 'https://h.example/f.png' },
    ],
    [
      'an unknown thing',
      { url: 'https://h.example/f.constructor' },
      { kind: 'file', url: 'https://h.example/f.constructor' },
    ],
    [
      'a voice message',
      {
        content_type: 'voice',
        url: 'h.example/v.silk',
        size: 9,
        voice_wav_url: 'h.example/v.wav',
        asr_refer_text: 'hi',
      },
      { kind: 'voice', url: 'https://h.example/v.wav', text: 'hi' },
    ],
  ])('%s', (_, attachment, expected) => {
    expect(one(attachment).attachments).toStrictEqual([expected]);
  });

  it('without a usable link are left out', () => {
    expect(one({ content_type: 'image/png', url: 'file:///etc/passwd' }).attachments).toEqual([]);
    expect(one(null).attachments).toEqual([]);
    expect(messageOf('C2C_MESSAGE_CREATE', { ...c2c, attachments: 'x' }).attachments).toEqual([]);
  });

  it('lend a wordless voice message its recognised text', () => {
    expect(one({ content_type: 'voice', url: 'h.example/v', asr_refer_text: 'turn it off' }).text).toBe('turn it off');
  });
});

describe('ignored is', () => {
  it.each([
    ['a payload of text', 'C2C_MESSAGE_CREATE', '', 'a message without an id'],
    ['no id', 'C2C_MESSAGE_CREATE', { ...c2c, id: '' }, 'a message without an id'],
    ['no author', 'C2C_MESSAGE_CREATE', { ...c2c, author: null }, 'a message without a place'],
    ['no group', 'GROUP_AT_MESSAGE_CREATE', { ...group, group_openid: null }, 'a message without a place'],
    ['no member', 'GROUP_AT_MESSAGE_CREATE', { ...group, author: null }, 'a message without a sender'],
    ['no channel', 'AT_MESSAGE_CREATE', { ...guild, channel_id: '' }, 'a message without a place'],
    ['no guild', 'DIRECT_MESSAGE_CREATE', { ...guild, guild_id: {} }, 'a message without a place'],
  ])('%s', (_, t, d, reason) => {
    expect(read(t, d)).toEqual({ kind: 'ignored', reason });
  });
});
