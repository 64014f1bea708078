import { describe, expect, it } from 'vitest';
import { codeOf, type Json, makeRig, type Rig, textReply } from './rig.js';

const C2C = '/v2/users/U/messages';
const GROUP = '/v2/groups/G/messages';
const c2cMessage = (rig: Rig) => rig.platform.sendC2c({ from: 'U', text: 'hi' }).messageId;
const groupMessage = (rig: Rig) => rig.platform.sendGroup({ group: 'G', from: 'M', text: 'hi' }).messageId;

describe('a C2C or group reply, §6.2', () => {
  it('is answered with id, RFC 3339 timestamp and ref_idx, and seen by the user', () => {
    const rig = makeRig();
    const msgId = c2cMessage(rig);
    const answer = rig.post(C2C, textReply(msgId));
    expect(answer).toMatchObject({
      status: 200,
      body: { timestamp: '2026-01-01T08:00:00+08:00', ext_info: { ref_idx: expect.stringMatching(/^REFIDX_/u) } },
    });
    const { id } = answer.body as { id: string };
    expect(rig.platform.transcript('U')).toMatchObject([
      { by: 'user', text: 'hi', author: 'U' },
      { by: 'bot', kind: 'text', text: 'pong', messageId: id, replyTo: msgId, msgSeq: 1 },
    ]);
    expect(rig.platform.sends()).toMatchObject([
      { scene: 'c2c', target: 'U', messageId: id, msgId, msgSeq: 1, text: 'pong', active: false, appId: '102000001' },
    ]);
  });

  it('the timestamp is an integer where switched', () => {
    const rig = makeRig({ switches: { timestamps: 'integer' } });
    expect(rig.post(C2C, textReply(c2cMessage(rig))).body).toMatchObject({ timestamp: 1_767_225_600 });
  });

  it('msg_seq is 1 where it is left out, so a second reply without it is a duplicate', () => {
    const rig = makeRig();
    const msgId = c2cMessage(rig);
    const body = { msg_type: 0, content: 'x', msg_id: msgId };
    expect(rig.post(C2C, body).status).toBe(200);
    expect(rig.post(C2C, body)).toMatchObject({ status: 400, body: { code: 40054005 } });
    expect(rig.platform.sends()).toHaveLength(1);
  });

  it('may be quoted, marked down, and given a keyboard', () => {
    const rig = makeRig();
    const msgId = c2cMessage(rig);
    const keyboard = { content: { rows: [{ buttons: [{ id: 'ok' }] }] } };
    const body = {
      msg_type: 2,
      markdown: { content: '# hi' },
      keyboard,
      msg_id: msgId,
      message_reference: { message_id: 'R' },
    };
    expect(rig.post(C2C, body).status).toBe(200);
    expect(rig.platform.transcript('U').at(-1)).toMatchObject({ kind: 'markdown', text: '# hi', keyboard });
  });

  it('an encoded path id is the same id', () => {
    const rig = makeRig();
    const { messageId } = rig.platform.sendC2c({ from: 'U/1', text: 'x' });
    expect(rig.post('/v2/users/U%2F1/messages?x=1', textReply(messageId)).status).toBe(200);
  });

  it('an event is replied to by its envelope id, with its own window and count', () => {
    const rig = makeRig();
    const { id } = rig.platform.addToGroup('G', 'M');
    const body = (seq: number) => ({ msg_type: 0, content: 'welcome', event_id: id, msg_seq: seq });
    for (let seq = 1; seq <= 5; seq += 1) expect(rig.post(GROUP, body(seq)).status).toBe(200);
    expect(codeOf(rig.post(GROUP, body(6)))).toBe(40034128);
    expect(rig.platform.sends()[0]).toMatchObject({ eventId: id, msgId: undefined, active: false });
  });
});

describe('passive windows and counts, §6.3', () => {
  const cases = [
    ['c2c', C2C, c2cMessage, 3_600_000, 4],
    ['group', GROUP, groupMessage, 300_000, 5],
  ] as const;

  it.each(cases)('%s: a reply at the end of the window passes, a millisecond later it is 40034005', async (...row) => {
    const [, path, message, windowMs] = row;
    const rig = makeRig();
    const msgId = message(rig);
    await rig.clock.advance(windowMs);
    expect(rig.post(path, textReply(msgId, 1)).status).toBe(200);
    await rig.clock.advance(1);
    expect(codeOf(rig.post(path, textReply(msgId, 2)))).toBe(40034005);
  });

  it.each(cases)('%s: so many replies and no more', (_, path, message, __, replies) => {
    const rig = makeRig();
    const msgId = message(rig);
    for (let seq = 1; seq <= replies; seq += 1) expect(rig.post(path, textReply(msgId, seq)).status).toBe(200);
    expect(codeOf(rig.post(path, textReply(msgId, 9)))).toBe(40034128);
    expect(rig.post(path, textReply(message(rig))).status).toBe(200);
  });

  it('the older count of 5 in C2C, another code after the window, and no count at all, where asked for', async () => {
    const rig = makeRig({ limits: { c2cReplies: 5 }, switches: { expiredAnchor: 40034128 } });
    const msgId = c2cMessage(rig);
    for (let seq = 1; seq <= 5; seq += 1) expect(rig.post(C2C, textReply(msgId, seq)).status).toBe(200);
    await rig.clock.advance(3_600_001);
    expect(codeOf(rig.post(C2C, textReply(msgId, 6)))).toBe(40034128);
    const lax = makeRig({ switches: { countEnforced: false } });
    const other = c2cMessage(lax);
    for (let seq = 1; seq <= 9; seq += 1) expect(lax.post(C2C, textReply(other, seq)).status).toBe(200);
  });

  it.each([
    [true, 3],
    [false, 4],
  ])('typing uses up a reply: %s', (typingCounts, left) => {
    const rig = makeRig({ switches: { typingCounts } });
    const msgId = c2cMessage(rig);
    const typing = { msg_type: 6, input_notify: { input_type: 1, input_second: 60 }, msg_id: msgId, msg_seq: 100 };
    expect(rig.post(C2C, typing).status).toBe(200);
    const answers = [1, 2, 3, 4].map((seq) => rig.post(C2C, textReply(msgId, seq)).status);
    expect(answers.filter((status) => status === 200)).toHaveLength(left);
    expect(rig.platform.transcript('U')[1]).toMatchObject({ kind: 'typing', typingUntilMs: rig.clock.now() + 60_000 });
  });

  it('a refused reply uses up nothing', () => {
    const rig = makeRig();
    const msgId = c2cMessage(rig);
    for (let i = 0; i < 9; i += 1) rig.post(C2C, textReply(msgId, 1, 'see https://x.example'));
    for (let seq = 1; seq <= 4; seq += 1) expect(rig.post(C2C, textReply(msgId, seq)).status).toBe(200);
  });
});

// Each body breaks two neighbouring rules; the code tells which was looked at first.
describe('the order of §13.6', () => {
  const URL_TEXT = 'https://x.example';
  const setUp = () => {
    const rig = makeRig({ limits: { textChars: 10, c2cReplies: 1, groupReplies: 1, c2cActivePerSecond: 1 } });
    return { rig, msgId: c2cMessage(rig) };
  };

  it('auth before target', () => {
    const { rig } = setUp();
    const answer = rig.call('POST', '/v2/users/NOBODY/messages', {}, { authorization: 'QQBot x' });
    expect(codeOf(answer)).toBe(11244);
  });

  it('target before payload', () => {
    expect(codeOf(setUp().rig.post('/v2/users/NOBODY/messages', { msg_type: 9 }))).toBe(40054004);
  });

  it('payload before anchor', () => {
    expect(codeOf(setUp().rig.post(C2C, { msg_type: 9, msg_id: 'unknown' }))).toBe(22006);
  });

  it('anchor age before uniqueness, and uniqueness before count', async () => {
    const { rig, msgId } = setUp();
    rig.post(C2C, textReply(msgId, 1));
    expect(codeOf(rig.post(C2C, textReply(msgId, 1)))).toBe(40054005);
    expect(codeOf(rig.post(C2C, textReply(msgId, 2)))).toBe(40034128);
    await rig.clock.advance(3_600_001);
    expect(codeOf(rig.post(C2C, textReply(msgId, 1)))).toBe(40034005);
  });

  it('count before the URL filter', () => {
    const { rig, msgId } = setUp();
    rig.post(C2C, textReply(msgId, 1));
    expect(codeOf(rig.post(C2C, textReply(msgId, 2, URL_TEXT)))).toBe(40034128);
  });

  it('active rights before active rate, and rate before the URL filter', () => {
    const { rig } = setUp();
    const active = { msg_type: 0, content: URL_TEXT };
    rig.post(C2C, { msg_type: 0, content: 'x' });
    expect(codeOf(rig.post(C2C, active))).toBe(40034100);
    rig.platform.allowActive('c2c', 'U', false);
    expect(codeOf(rig.post(C2C, active))).toBe(40034105);
  });

  it('URL filter before length', () => {
    const { rig, msgId } = setUp();
    expect(codeOf(rig.post(C2C, textReply(msgId, 1, URL_TEXT)))).toBe(40054010);
    expect(codeOf(rig.post(C2C, textReply(msgId, 1, '12345678901')))).toBe(40054007);
    expect(rig.post(C2C, textReply(msgId, 1, '1234567890')).status).toBe(200);
  });
});

describe('active messages, §6.3', () => {
  const active = { msg_type: 0, content: 'x' };

  it('C2C: twenty a minute to one user, ten a second in all, 1000 a day', async () => {
    const rig = makeRig({ limits: { c2cActivePerUserPerDay: 41 } });
    c2cMessage(rig);
    const burst = (count: number) => Array.from({ length: count }, () => rig.post(C2C, active).status);
    expect(burst(11).filter((status) => status === 200)).toHaveLength(10);
    await rig.clock.advance(1000);
    expect(burst(11).filter((status) => status === 200)).toHaveLength(10);
    await rig.clock.advance(1000);
    expect(codeOf(rig.post(C2C, active))).toBe(40034100);
    await rig.clock.advance(60_000);
    burst(10);
    await rig.clock.advance(1000);
    burst(10);
    await rig.clock.advance(60_000);
    expect(burst(2)).toEqual([200, 400]);
    await rig.clock.advance(86_400_000);
    expect(burst(1)).toEqual([200]);
  });

  it('group: the owner has to allow them', () => {
    const rig = makeRig();
    groupMessage(rig);
    expect(rig.post(GROUP, active)).toMatchObject({ status: 400, body: { code: 40034105 } });
    rig.platform.allowActive('group', 'G', true);
    expect(rig.post(GROUP, active).status).toBe(200);
    expect(rig.platform.sends().at(-1)).toMatchObject({ active: true, msgId: undefined });
    const older = makeRig({ switches: { activeRefusal: 40034102 } });
    groupMessage(older);
    expect(codeOf(older.post(GROUP, active))).toBe(40034102);
  });

  it('a user who switched them off gets replies alone, 40054013', () => {
    const rig = makeRig();
    const msgId = c2cMessage(rig);
    rig.platform.switchMessages({ scene: 'c2c', target: 'U', accepts: false });
    expect(codeOf(rig.post(C2C, active))).toBe(40054013);
    expect(rig.post(C2C, textReply(msgId)).status).toBe(200);
    rig.platform.switchMessages({ scene: 'c2c', target: 'U', accepts: true });
    expect(rig.post(C2C, active).status).toBe(200);
  });

  it('§11 the sandbox knows no rate', () => {
    const rig = makeRig({ sandbox: true });
    c2cMessage(rig);
    const answers = Array.from({ length: 200 }, () => rig.post(C2C, active).status);
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  it('wake-ups: one in each stretch since the user last wrote, and none before or beyond', async () => {
    const rig = makeRig();
    const wake = { msg_type: 0, content: 'come back', is_wakeup: true };
    rig.platform.introduce('c2c', 'U');
    expect(codeOf(rig.post(C2C, wake))).toBe(40034123);
    const msgId = c2cMessage(rig);
    expect(codeOf(rig.post(C2C, { ...wake, msg_id: msgId }))).toBe(50035);
    const day = 86_400_000;
    for (const days of [0, 1, 2, 4]) {
      await rig.clock.advance(days * day);
      expect(rig.post(C2C, wake).status).toBe(200);
      expect(codeOf(rig.post(C2C, wake))).toBe(40034122);
    }
    await rig.clock.advance(30 * day);
    expect(codeOf(rig.post(C2C, wake))).toBe(40034123);
    c2cMessage(rig);
    expect(rig.post(C2C, wake).status).toBe(200);
  });
});

describe('the URL filter, §6.9', () => {
  const send = (rig: Rig, content: string) => rig.post(C2C, textReply(c2cMessage(rig), 1, content)).status;

  it.each(['see https://a.example/x', 'www.a.example', 'go to example.com now', 'HTTP://A.EXAMPLE'])(
    'refuses %s',
    (text) => {
      expect(send(makeRig(), text)).toBe(400);
    },
  );

  it.each(['version 1.2.3', 'e.g. this', 'readme.md', 'a.b', 'end.'])('lets %s pass', (text) => {
    expect(send(makeRig(), text)).toBe(200);
  });

  it('lets registered domains pass, with what is below them', () => {
    const rig = makeRig();
    rig.platform.registerDomains('Example.com');
    expect(send(rig, 'https://docs.example.com/x')).toBe(200);
    expect(send(rig, 'https://notexample.com')).toBe(400);
  });

  it('catches file-like words or nothing at all where switched', () => {
    expect(send(makeRig({ switches: { urlFilter: 'urlsAndFileNames' } }), 'see readme.md')).toBe(400);
    expect(send(makeRig({ switches: { urlFilter: 'off' } }), 'https://a.example')).toBe(200);
  });
});

describe('guild channel and DM, §6.5', () => {
  const CHANNEL = '/channels/C/messages';
  const guildMessage = (rig: Rig) =>
    rig.platform.sendGuild({ guild: '187', channel: 'C', from: '1', text: 'x' }).messageId;

  it('answers with a Message, counts no replies, and keeps the 5 minute window', async () => {
    const rig = makeRig();
    const msgId = guildMessage(rig);
    const answer = rig.post(CHANNEL, { content: 'pong', msg_id: msgId });
    expect(answer).toMatchObject({
      status: 200,
      body: { guild_id: '187', channel_id: 'C', content: 'pong', author: { bot: true } },
    });
    for (let i = 0; i < 10; i += 1) {
      await rig.clock.advance(1000);
      expect(rig.post(CHANNEL, { content: 'pong', msg_id: msgId }).status).toBe(200);
    }
    await rig.clock.advance(290_001);
    expect(codeOf(rig.post(CHANNEL, { content: 'pong', msg_id: msgId }))).toBe(304103);
    const read = rig.call('GET', `/channels/C/messages/${(answer.body as { id: string }).id}`);
    expect(read.body).toMatchObject({ message: { content: 'pong' } });
  });

  it('five a second in one channel', async () => {
    const rig = makeRig();
    const msgId = guildMessage(rig);
    const statuses = Array.from({ length: 6 }, () => rig.post(CHANNEL, { content: 'x', msg_id: msgId }).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    await rig.clock.advance(1000);
    expect(rig.post(CHANNEL, { content: 'x', msg_id: msgId }).status).toBe(200);
  });

  it('a DM is opened for a user the bot has met, and answered in its own guild', () => {
    const rig = makeRig();
    guildMessage(rig);
    const opened = rig.post('/users/@me/dms', { recipient_id: '1', source_guild_id: '187' });
    expect(opened).toMatchObject({ status: 200, body: { create_time: '1767225600' } });
    const { guild_id: dm } = opened.body as { guild_id: string };
    const { messageId } = rig.platform.sendDm({ from: '1', text: 'psst', guild: '187' });
    expect(rig.post(`/dms/${dm}/messages`, { content: 'yes?', msg_id: messageId }).status).toBe(200);
    expect(rig.platform.transcript({ scene: 'dm', id: '1' }).map(({ text }) => text)).toEqual(['psst', 'yes?']);
    expect(rig.platform.transcript(dm)).toHaveLength(2);
  });

  it('an active guild message needs the bot on the gateway; 20 a day and channel, 2 channels a day and guild', async () => {
    const rig = makeRig();
    for (const channel of ['C', 'D', 'E']) rig.platform.introduce('guild', channel, { guildId: '187' });
    expect(codeOf(rig.post(CHANNEL, { content: 'x' }))).toBe(304018);
    const client = rig.identify();
    const send = async (channel: string) => {
      await rig.clock.advance(250);
      return codeOf(rig.post(`/channels/${channel}/messages`, { content: 'x' }));
    };
    for (let i = 0; i < 20; i += 1) expect(await send('C')).toBeUndefined();
    expect(await send('C')).toBe(304045);
    expect(await send('D')).toBeUndefined();
    expect(await send('E')).toBe(304046);
    client.link.closed();
    expect(await send('D')).toBe(304018);
  });

  it('two active DMs a day and user', () => {
    const rig = makeRig({ limits: { dmActivePerDay: 3 } });
    rig.identify();
    const dms = ['1', '2'].map((from) => {
      rig.platform.sendDm({ from, text: 'x' });
      return (rig.post('/users/@me/dms', { recipient_id: from, source_guild_id: '187' }).body as Json)['guild_id'];
    });
    const send = (dm: unknown) => codeOf(rig.post(`/dms/${dm}/messages`, { content: 'x' }));
    expect([send(dms[0]), send(dms[0]), send(dms[0])]).toEqual([undefined, undefined, 304049]);
    expect([send(dms[1]), send(dms[1])]).toEqual([undefined, 304050]);
  });
});
