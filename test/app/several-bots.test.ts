import { describe, expect, it } from 'vitest';
import { BotsRig, type Channel } from '../support/bots-rig.js';

const A = { appId: '102000001', appSecret: 'secret-of-a-0123456789' };
const B = { appId: '102000002', appSecret: 'secret-of-b-0123456789' };

/** Two bots of one router before one platform; each answers with its channel's name. */
const twoBots = async (
  more: { a?: Channel; b?: Channel; secretOfB?: string } = {},
  after?: BotsRig,
): Promise<BotsRig> => {
  const rig = new BotsRig(
    {
      a: { ...A, ...more.a },
      b: { ...B, ...(more.secretOfB !== undefined && { appSecret: more.secretOfB }), ...more.b },
    },
    {
      platform: {
        bots: [
          { ...A, username: 'bot-a' },
          { ...B, username: 'bot-b' },
        ],
      },
      ...(after && { after }),
    },
  );
  rig.router.onTurn((turn) =>
    turn.reply(`${turn.conversation.id.split(':')[1] === A.appId ? 'a' : 'b'}: ${turn.text}`).then(() => undefined),
  );
  await rig.start();
  return rig;
};

const said = (rig: BotsRig, bot: { appId: string }) =>
  rig.platform
    .sends()
    .filter(({ appId }) => appId === bot.appId)
    .map(({ text }) => text);
const statusOf = (rig: BotsRig, name: string) => rig.router.channels().find((channel) => channel.name === name);

/*
 * openclaw-qqbot#118, #140, #120, #86, openclaw-china#101, formal#27: several bots on one host mixed up their tokens, their
 * replies and their histories.
 */
describe('two bots of one process', () => {
  it('each fetch and use their own token (trap 16: one cache for all is 11255)', async () => {
    const rig = await twoBots();
    rig.platform.sendC2c({ bot: A.appId, from: 'U1', text: 'one' });
    rig.platform.sendC2c({ bot: B.appId, from: 'U1', text: 'two' });
    await rig.wait(5);
    const tokens = new Map<string, Set<string | undefined>>();
    for (const { appId, headers, path } of rig.platform.calls()) {
      if (appId === undefined || path.includes('getAppAccessToken')) continue;
      const known = tokens.get(appId) ?? new Set();
      tokens.set(appId, known.add(headers['authorization']));
    }
    expect([tokens.get(A.appId)?.size, tokens.get(B.appId)?.size]).toEqual([1, 1]);
    expect([...(tokens.get(A.appId) ?? [])]).not.toEqual([...(tokens.get(B.appId) ?? [])]);
    expect([said(rig, A), said(rig, B)]).toEqual([['a: one'], ['b: two']]);
    expect(rig.platform.refusals()).toEqual([]);
  });

  it('in one group each answer what is said to them, once', async () => {
    const rig = await twoBots();
    for (const bot of [A, B]) rig.platform.setGroupMode('G1', 'all', { bot: bot.appId });
    rig.platform.sendGroup({ bot: A.appId, group: 'G1', from: 'M1', text: 'for a' });
    rig.platform.sendGroup({ bot: B.appId, group: 'G1', from: 'M1', text: 'for a', at: false });
    rig.platform.sendGroup({ bot: B.appId, group: 'G1', from: 'M1', text: 'for b' });
    await rig.wait(10);
    expect([said(rig, A), said(rig, B)]).toEqual([['a: for a'], ['b: for b']]);
  });

  it('never answer each other, whatever they hear', async () => {
    const rig = await twoBots({ a: { groupPolicy: 'all' }, b: { groupPolicy: 'all' } });
    for (const bot of [A, B]) {
      rig.platform.setGroupMode('G1', 'all', { bot: bot.appId });
      rig.platform.sendGroup({ bot: bot.appId, group: 'G1', from: 'BOT', fromBot: true, text: 'hello bot' });
    }
    await rig.wait(10);
    expect(rig.platform.sends()).toEqual([]);
  });

  it('take a message of the same id each for their own, also after a restart', async () => {
    const rig = await twoBots();
    const say = (bot: { appId: string }) =>
      rig.platform.sendC2c({ bot: bot.appId, from: 'U1', text: 'hi', messageId: 'M-same' });
    say(A);
    await rig.wait(5);
    say(B);
    await rig.wait(5);
    expect([said(rig, A), said(rig, B)]).toEqual([['a: hi'], ['b: hi']]);
    const stopping = rig.router.stop();
    await rig.wait(2);
    await stopping;
    const next = await twoBots({}, rig);
    say(A);
    say(B);
    await next.wait(5);
    expect([said(next, A), said(next, B)]).toEqual([['a: hi'], ['b: hi']]);
  });

  it('charge their replies to ledgers of their own', async () => {
    const rig = await twoBots();
    const five = 'x'.repeat(3);
    const a = rig.platform.sendGroup({ bot: A.appId, group: 'G1', from: 'M1', text: five, messageId: 'M-same' });
    const b = rig.platform.sendGroup({ bot: B.appId, group: 'G1', from: 'M1', text: five, messageId: 'M-same' });
    expect(a.messageId).toBe(b.messageId);
    await rig.wait(10);
    for (let index = 0; index < 4; index += 1) {
      const conversation = `qq:${A.appId}:group:G1:M1`;
      await settledSoon(rig, rig.router.send({ conversation, message: `more ${index}`, replyTo: 'M-same' }));
    }
    const conversation = `qq:${B.appId}:group:G1:M1`;
    const report = await settledSoon(rig, rig.router.send({ conversation, message: 'one more', replyTo: 'M-same' }));
    expect(report).toMatchObject({ status: 'delivered' });
    expect(said(rig, A)).toHaveLength(5);
    const over = await settledSoon(
      rig,
      rig.router.send({ conversation: `qq:${A.appId}:group:G1:M1`, message: 'too many', replyTo: 'M-same' }),
    );
    expect(over.status).toBe('rejected');
  });

  it('fall and rise alone: one is banned, the other answers', async () => {
    const rig = await twoBots();
    rig.platform.setBotState('banned', { bot: A.appId });
    await rig.wait(5);
    rig.platform.sendC2c({ bot: B.appId, from: 'U1', text: 'still there' });
    await rig.wait(5);
    expect(statusOf(rig, 'a')).toMatchObject({ state: 'stopped', fault: { code: 'gateway.banned' } });
    expect(statusOf(rig, 'b')).toMatchObject({ state: 'ready', reconnects: 0, bot: { username: 'bot-b' } });
    expect(statusOf(rig, 'b')).not.toHaveProperty('fault');
    expect(said(rig, B)).toEqual(['b: still there']);
  });

  it('one with a wrong secret stops alone, and its secret is in no line', async () => {
    const rig = await twoBots({ secretOfB: 'a-wrong-secret-0123456789' });
    expect(statusOf(rig, 'a')?.state).toBe('ready');
    expect(statusOf(rig, 'b')?.state).toBe('stopped');
    expect(rig.lines.join('')).not.toContain('a-wrong-secret');
  });

  it('have sessions, watermarks and events of their own', async () => {
    const rig = await twoBots();
    const before = [statusOf(rig, 'a')?.watermark ?? 0, statusOf(rig, 'b')?.watermark ?? 0];
    rig.platform.addFriend('U1', { bot: A.appId });
    rig.platform.addFriend('U2', { bot: A.appId });
    await rig.wait(2);
    expect(statusOf(rig, 'a')?.watermark).toBe((before[0] ?? 0) + 2);
    expect(statusOf(rig, 'b')?.watermark).toBe(before[1]);
    expect(statusOf(rig, 'a')?.session).not.toBe(statusOf(rig, 'b')?.session);
    expect(
      rig.events.filter(({ type }) => type === 'platform.event').map((event) => 'channel' in event && event.channel),
    ).toEqual(['a', 'a']);
  });
});

const settledSoon = async <T>(rig: BotsRig, work: Promise<T>): Promise<T> => {
  await rig.wait(10);
  return work;
};
