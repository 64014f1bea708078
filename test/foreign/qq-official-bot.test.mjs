import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Bot, ReceiverMode, segment } from 'qq-official-bot';
import { APP_ID, APP_SECRET, answers, freePort, PNG, refused, rewriteAxios, startPlatform, until } from './rig.mjs';

const INTENTS = ['GUILDS', 'GUILD_MEMBERS', 'DIRECT_MESSAGE', 'GROUP_AND_C2C_EVENT', 'PUBLIC_GUILD_MESSAGES'];

const makeBot = (emulator, config) => {
  const bot = new Bot({ appid: APP_ID, secret: APP_SECRET, intents: INTENTS, logLevel: 'off', ...config });
  rewriteAxios(bot.request, emulator);
  for (const kind of ['message.private', 'message.group', 'message.guild']) {
    bot.on(kind, (message) => {
      void message.reply(`echo: ${message.raw_message}`);
    });
  }
  return bot;
};

describe('qq-official-bot, on the socket', () => {
  let emulator;
  let bot;

  before(async () => {
    emulator = await startPlatform();
    bot = makeBot(emulator, { mode: ReceiverMode.WEBSOCKET, reconnectDelay: 100 });
    await bot.start();
  });
  after(async () => {
    await bot.stop();
    await emulator.close();
  });

  it('connects', async () => {
    await until(emulator, () => emulator.sessions()[0]?.connected);
    assert.equal(bot.nickname, 'router-bot');
  });

  it('answers in private, in a group, in a channel and in a direct message', async () => {
    emulator.sendC2c({ from: 'USER', text: 'one' });
    emulator.sendGroup({ group: 'GROUP', from: 'MEMBER', text: 'two' });
    emulator.sendGuild({ guild: '187', channel: '1870', from: '11', text: 'three' });
    emulator.sendDm({ guild: '187', from: '12', text: 'four' });
    for (const peer of ['USER', 'GROUP', '1870', '12'])
      await until(emulator, () => answers(emulator, peer).length === 1);
    const texts = ['USER', 'GROUP', '1870', '12'].map((peer) => answers(emulator, peer)[0].text.trim());
    assert.deepEqual(
      texts.map((text) => /one|two|three|four/u.exec(text)?.[0]),
      ['one', 'two', 'three', 'four'],
    );
    assert.deepEqual(
      emulator.sends().filter(({ active }) => active),
      [],
      'every answer is a reply',
    );
    assert.deepEqual(refused(emulator), []);
  });

  it('sends a picture: an upload, then the message', async () => {
    const { messageId } = emulator.sendC2c({ from: 'USER2', text: 'a picture, please' });
    await until(emulator, () => answers(emulator, 'USER2').length === 1);
    await bot.sendPrivateMessage('USER2', [segment.image(PNG)], { id: messageId });
    const media = await until(emulator, () => answers(emulator, 'USER2').find(({ kind }) => kind === 'media'));
    assert.equal(media.media[0].sizeBytes, PNG.length);
  });

  it('looks up guilds, channels, members and messages; reacts, recalls', async () => {
    assert.deepEqual(
      (await bot.getGuildList()).map(({ guild_id }) => guild_id),
      ['187'],
    );
    assert.equal((await bot.getGuildInfo('187')).guild_id, '187');
    assert.equal((await bot.getChannelList('187')).length, 1);
    assert.equal((await bot.getChannelInfo('1870')).guild_id, '187');
    assert.equal((await bot.getGuildMemberInfo('187', '11')).member_id, '11');
    const [{ messageId }] = answers(emulator, '1870');
    assert.ok(await bot.getGuildMessage('1870', messageId));
    assert.equal(await bot.reactionService.addGuildMessageReaction('1870', messageId, 1, '4'), true);
    assert.equal(await bot.reactionService.deleteGuildMessageReaction('1870', messageId, 1, '4'), true);
    assert.equal(await bot.recallGuildMessage('1870', messageId), true);
    assert.deepEqual(refused(emulator), []);
  });

  // Not a Resume: what was said meanwhile is lost to it. See README.md.
  it('identifies anew after a dropped connection', async () => {
    emulator.closeAll(1006);
    const identified = () => emulator.sessionLog().filter(({ change }) => change === 'identified').length;
    await until(emulator, () => identified() === 2);
    emulator.sendC2c({ from: 'USER3', text: 'again' });
    await until(emulator, () => answers(emulator, 'USER3').some(({ text }) => text.includes('again')));
    assert.deepEqual(refused(emulator), []);
  });
});

describe('qq-official-bot, by webhook', () => {
  let emulator;
  let bot;

  before(async () => {
    emulator = await startPlatform();
    const port = await freePort();
    bot = makeBot(emulator, { mode: ReceiverMode.WEBHOOK, port, path: '/callback' });
    await bot.start();
    bot.port = port;
  });
  after(async () => {
    await bot.stop();
    await emulator.close();
  });

  it('passes the handshake, takes signed events, and answers', async () => {
    assert.deepEqual(await emulator.setWebhook(`http://127.0.0.1:${bot.port}/callback`), { ok: true });
    emulator.sendC2c({ from: 'USER', text: 'one' });
    await until(emulator, () => answers(emulator, 'USER').length === 1);
    const { status, reason } = await until(emulator, () => emulator.callbacks().find(({ kind }) => kind === 'event'));
    // It takes the event with 200, and says `{"code":0}` where the documents want `{"op":12}`. See README.md.
    assert.deepEqual([status, reason], [200, 'no op 12 came back']);
  });

  it('turns a wrong signature away', async () => {
    emulator.spoilCallbacks('wrongSignature', { next: 3 });
    emulator.sendC2c({ from: 'USER', text: 'two' });
    await until(emulator, () => emulator.callbacks().filter(({ status }) => status === 401).length === 1);
    assert.equal(answers(emulator, 'USER').length, 1);
  });
});
