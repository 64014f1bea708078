import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import HTTP from '@cordisjs/plugin-http';
import Server from '@cordisjs/plugin-server';
import adapter from '@satorijs/adapter-qq';
import { Context, h } from '@satorijs/core';
import { APP_ID, APP_SECRET, answers, freePort, PNG, refused, rewriteFetch, startPlatform, until } from './rig.mjs';

const INTENTS = (1 << 0) | (1 << 1) | (1 << 10) | (1 << 12) | (1 << 25) | (1 << 26) | (1 << 30);

describe('@satorijs/adapter-qq', () => {
  let emulator;
  let ctx;
  let restore;
  const heard = [];

  before(async () => {
    emulator = await startPlatform();
    restore = rewriteFetch(emulator);
    ctx = new Context();
    ctx.plugin(HTTP);
    ctx.plugin(adapter.QQBot, {
      id: APP_ID,
      secret: APP_SECRET,
      token: '',
      type: 'private',
      endpoint: `${emulator.urls.api}/`,
      intents: INTENTS,
      protocol: 'websocket',
      retryInterval: 200,
      retryLazy: 200,
    });
    ctx.on('message', (session) => {
      heard.push(session);
      void session.bot.createMessage(session.channelId, `echo: ${session.content}`, session.guildId, { session });
    });
    await ctx.start();
  });
  after(async () => {
    for (const bot of [...ctx.bots]) await bot.stop();
    restore();
    await emulator.close();
  });

  it('connects', async () => {
    await until(emulator, () => emulator.sessions()[0]?.connected);
    assert.equal(emulator.sessions()[0].intents, INTENTS);
  });

  it('answers in private, in a group, in a channel and in a direct message', async () => {
    emulator.sendC2c({ from: 'USER', text: 'one' });
    await until(emulator, () => answers(emulator, 'USER').length === 1);
    emulator.sendGroup({ group: 'GROUP', from: 'MEMBER', text: 'two' });
    await until(emulator, () => answers(emulator, 'GROUP').length === 1);
    emulator.sendGuild({ guild: '187', channel: '1870', from: '11', text: 'three' });
    await until(emulator, () => answers(emulator, '1870').length === 1);
    emulator.sendDm({ guild: '187', from: '12', text: 'four' });
    await until(emulator, () => answers(emulator, '12').length === 1);
    const texts = ['USER', 'GROUP', '1870', '12'].map((peer) => answers(emulator, peer)[0].text);
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
    const bot = ctx.bots.find(({ platform }) => platform === 'qq');
    const session = heard.find(({ channelId, isDirect }) => isDirect && channelId === 'USER');
    await session.bot.createMessage(session.channelId, h.image(PNG, 'image/png'), undefined, { session });
    const media = await until(emulator, () => answers(emulator, 'USER').find(({ kind }) => kind === 'media'));
    assert.equal(media.media[0].fileType, 1);
    assert.equal(media.media[0].sizeBytes, PNG.length);
    assert.ok(bot);
    assert.deepEqual(refused(emulator), []);
  });

  it('looks up guilds, channels, members and messages; reacts, recalls, opens a direct message', async () => {
    const { guildBot } = ctx.bots.find(({ platform }) => platform === 'qq');
    assert.deepEqual(
      (await guildBot.getGuildList()).data.map(({ id }) => id),
      ['187'],
    );
    assert.equal((await guildBot.getGuild('187')).id, '187');
    assert.deepEqual(
      (await guildBot.getChannelList('187')).data.map(({ id }) => id),
      ['1870'],
    );
    assert.equal((await guildBot.getChannel('1870')).id, '1870');
    assert.equal((await guildBot.getGuildMember('187', '11')).user.id, '11');
    assert.ok((await guildBot.getGuildMemberList('187')).data.some(({ user }) => user.id === '11'));
    const [{ messageId }] = answers(emulator, '1870');
    assert.equal((await guildBot.getMessage('1870', messageId)).id, messageId);
    await guildBot.createReaction('1870', messageId, '1:4');
    assert.equal((await guildBot.getReactionList('1870', messageId, '1:4')).data[0].name, 'router-bot');
    await guildBot.deleteReaction('1870', messageId, '1:4');
    await guildBot.deleteMessage('1870', messageId);
    assert.equal(answers(emulator, '1870')[0].recalled, true);
    assert.ok((await guildBot.createDirectChannel('11', '187')).id);
    assert.deepEqual(refused(emulator), []);
  });

  it('heartbeats are acknowledged', async () => {
    const beats = () => emulator.frames().filter(({ op }) => op === 1).length;
    const before = beats();
    await until(emulator, () => beats() >= before + 2);
    assert.equal(emulator.sessions()[0].connected, true);
  });

  for (const [how, breakIt] of [
    ['a dropped connection', () => emulator.closeAll(1006)],
    ['4009', () => emulator.closeAll(4009)],
  ]) {
    it(`resumes after ${how}, and gets what was said meanwhile`, async () => {
      const resumed = () => emulator.sessionLog().filter(({ change }) => change === 'resumed').length;
      const before = resumed();
      breakIt();
      emulator.sendC2c({ from: 'USER', text: `meanwhile ${how}` });
      await until(emulator, () => resumed() === before + 1);
      await until(emulator, () => answers(emulator, 'USER').some(({ text }) => text.includes(`meanwhile ${how}`)));
      assert.deepEqual(refused(emulator), []);
    });
  }

  it('identifies anew when its session is lost', async () => {
    const identified = () => emulator.sessionLog().filter(({ change }) => change === 'identified').length;
    const before = identified();
    emulator.closeAll(4006);
    await until(emulator, () => identified() === before + 1);
    emulator.sendC2c({ from: 'USER', text: 'again' });
    await until(emulator, () => answers(emulator, 'USER').some(({ text }) => text.includes('again')));
  });
});

describe('@satorijs/adapter-qq, by webhook', () => {
  let emulator;
  let ctx;
  let restore;
  const start = async (secret) => {
    emulator = await startPlatform({ bots: [{ appId: APP_ID, appSecret: secret, username: 'router-bot' }] });
    restore = rewriteFetch(emulator);
    ctx = new Context();
    ctx.plugin(HTTP);
    ctx.plugin(Server, { host: '127.0.0.1', port: await freePort() });
    ctx.plugin(adapter.QQBot, {
      id: APP_ID,
      secret,
      token: '',
      type: 'public',
      endpoint: `${emulator.urls.api}/`,
      protocol: 'webhook',
      path: '/qq',
    });
    ctx.on('message', (session) => {
      void session.bot.createMessage(session.channelId, `echo: ${session.content}`, session.guildId, { session });
    });
    await ctx.start();
    await until(emulator, () => emulator.calls().some(({ path }) => path === '/users/@me'));
    return `http://127.0.0.1:${ctx.server.port}/qq`;
  };
  afterEach(async () => {
    for (const bot of [...ctx.bots]) await bot.stop();
    restore();
    await emulator.close();
  });

  it('passes the handshake, takes signed events, acknowledges, and answers', async () => {
    const url = await start('a-secret-of-thirty-bytes-or-so');
    assert.deepEqual(await emulator.setWebhook(url), { ok: true });
    emulator.sendC2c({ from: 'USER', text: 'one' });
    await until(emulator, () => answers(emulator, 'USER').length === 1);
    const { outcome, attempt } = await until(emulator, () => emulator.callbacks().find(({ kind }) => kind === 'event'));
    assert.deepEqual([outcome, attempt], ['acknowledged', 1]);
    emulator.spoilCallbacks('wrongSignature');
    emulator.sendC2c({ from: 'USER', text: 'two' });
    await until(emulator, () => emulator.callbacks().some(({ status }) => status === 403));
    assert.deepEqual(refused(emulator), []);
  });

  // Its key is right only for secrets of 16 bytes or more. See README.md.
  it('fails the handshake with a short secret', async () => {
    const url = await start(APP_SECRET);
    const { ok } = await emulator.setWebhook(url);
    assert.equal(ok, false);
  });
});
