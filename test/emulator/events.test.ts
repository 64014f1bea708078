import { describe, expect, it } from 'vitest';
import { C2C_AND_GROUP, type Client, type Json, makeRig } from './rig.js';

const GUILDS = (1 << 30) | (1 << 12);
const dataOf = (client: Client, at = -1): Json => client.frames.at(at)?.d as Json;

describe('C2C_MESSAGE_CREATE, §5.2', () => {
  it('has the envelope of §3.1 and the fields of the example', () => {
    const rig = makeRig();
    const client = rig.identify();
    const said = rig.platform.sendC2c({ from: 'U1', text: 'hello' });
    const frame = client.last();
    expect(frame).toMatchObject({ op: 0, s: 2, t: 'C2C_MESSAGE_CREATE', id: said.eventId });
    expect(said.eventId).toMatch(/^C2C_MESSAGE_CREATE:/u);
    expect(frame?.d).toMatchObject({
      id: said.messageId,
      content: 'hello',
      timestamp: '2026-01-01T08:00:00+08:00',
      message_type: 0,
      author: { id: 'U1', user_openid: 'U1', username: '', bot: false },
      message_scene: { source: 'default', ext: [expect.stringMatching(/^msg_idx=REFIDX_/u)] },
    });
  });

  it('a quote is message_type 103 with the quoted text and its index', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.sendC2c({ from: 'U1', text: 'and?', quote: 'earlier' });
    const d = dataOf(client) as { message_scene: { ext: string[] } };
    const quoted = d.message_scene.ext[1]?.replace('ref_msg_idx=', '');
    expect(d).toMatchObject({ message_type: 103, msg_elements: [{ msg_idx: quoted, content: 'earlier' }] });
  });

  it.each([
    ['whole', 'https://multimedia.example/a.png'],
    ['slashes', '//multimedia.example/a.png'],
    ['bare', 'multimedia.example/a.png'],
  ] as const)('attachments come with a %s link', (attachmentUrls, url) => {
    const rig = makeRig({ switches: { attachmentUrls } });
    const client = rig.identify();
    const attachment = {
      content_type: 'image/png',
      filename: 'a.png',
      url: 'https://multimedia.example/a.png',
      size: 9,
    };
    rig.platform.sendC2c({ from: 'U1', attachments: [attachment] });
    expect(dataOf(client)).toMatchObject({ content: '', attachments: [{ ...attachment, url }] });
  });

  it('overrides are merged last, and Go timestamps can be switched on', () => {
    const rig = makeRig({ switches: { eventTimestamps: 'go' } });
    const client = rig.identify();
    rig.platform.sendC2c({ from: 'U1', text: 'x', overrides: { author: undefined, extra: 1 } });
    expect(dataOf(client)).toMatchObject({ timestamp: '2026-01-01 08:00:00 +0800 CST m=+0.1', extra: 1 });
    expect(dataOf(client)).not.toHaveProperty('author');
  });

  it('the same messageId may be said again', () => {
    const rig = makeRig();
    const client = rig.identify();
    const { messageId } = rig.platform.sendC2c({ from: 'U1', text: 'x' });
    rig.platform.sendC2c({ from: 'U1', text: 'x', messageId });
    expect(dataOf(client)['id']).toBe(dataOf(client, -2)['id']);
  });
});

describe('group events, §5.3, §5.4', () => {
  it('the mention is cut out and its space stays', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: '/weather Oslo' });
    expect(client.last()).toMatchObject({
      t: 'GROUP_AT_MESSAGE_CREATE',
      d: {
        group_openid: 'G1',
        content: ' /weather Oslo',
        author: { id: 'M1', member_openid: 'M1', member_role: 'member', username: 'M1', bot: false },
      },
    });
    expect(dataOf(client)).not.toHaveProperty('mentions');
  });

  it('content ends with a space too where switched, and mentions include the bot where switched', () => {
    const rig = makeRig({ switches: { groupTrailingSpace: true, groupAtMentions: 'included' } });
    const client = rig.identify();
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'x' });
    expect(dataOf(client)).toMatchObject({ content: ' x ', mentions: [{ is_you: true, bot: true, scope: 'single' }] });
  });

  it('what does not mention the bot is seen in the group and not pushed', () => {
    const rig = makeRig();
    const client = rig.identify();
    const said = rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'psst', at: false });
    expect(said.sessions).toBe(0);
    expect(client.events()).toEqual(['READY']);
    expect(rig.platform.transcript('G1')).toMatchObject([{ text: 'psst', author: 'M1' }]);
  });

  it('§5.4 a group that hears all gets GROUP_MESSAGE_CREATE alone, for an @ too', () => {
    const rig = makeRig();
    rig.platform.setGroupMode('G1', 'all');
    const client = rig.identify();
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'x', at: false });
    expect(client.last()).toMatchObject({ t: 'GROUP_MESSAGE_CREATE', d: { content: 'x', mentions: [] } });
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'y' });
    expect(client.events()).toEqual(['READY', 'GROUP_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE']);
    expect(dataOf(client)).toMatchObject({ content: ' y', mentions: [{ is_you: true }] });
  });

  it('§5.4 both names for one message where switched, with the same d.id', () => {
    const rig = makeRig({ switches: { groupEvents: 'both' } });
    rig.platform.setGroupMode('G1', 'all');
    const client = rig.identify();
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'y' });
    expect(client.events()).toEqual(['READY', 'GROUP_AT_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE']);
    expect(dataOf(client)['id']).toBe(dataOf(client, -2)['id']);
  });

  it('§5.4 mentions stay in the text where switched', () => {
    const rig = makeRig({ switches: { groupMentions: 'kept' } });
    rig.platform.setGroupMode('G1', 'all');
    const client = rig.identify();
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'y', mentions: ['M2'] });
    const d = dataOf(client) as { content: string; mentions: { member_openid: string }[] };
    expect(d.content).toBe(`<@${d.mentions[0]?.member_openid}> y`);
    expect(d.mentions[1]).toMatchObject({ member_openid: 'M2', is_you: false });
  });
});

describe('guild events, §5.5, §5.6, §5.7', () => {
  it('a mention stays in the text, and the text is escaped', () => {
    const rig = makeRig();
    const client = rig.identify(GUILDS);
    const me = rig.call('GET', '/users/@me').body as { id: string };
    rig.platform.sendGuild({ guild: '18700000000001', channel: '100010', from: '1445', text: 'a < b & c' });
    expect(client.last()).toMatchObject({
      t: 'AT_MESSAGE_CREATE',
      d: {
        guild_id: '18700000000001',
        channel_id: '100010',
        content: `<@!${me.id}> a &lt; b &amp; c`,
        mentions: [{ id: me.id, bot: true }],
        member: { roles: ['1'] },
        seq_in_channel: '101',
      },
    });
  });

  it('a private bot with bits 9 and 30 gets an @ twice with the same id, and what is not for it once', () => {
    const rig = makeRig({ bots: [{ appId: 'p', appSecret: 's', private: true }] });
    const client = rig.identify((1 << 9) | (1 << 30));
    rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    expect(client.events()).toEqual(['READY', 'AT_MESSAGE_CREATE', 'MESSAGE_CREATE']);
    expect(dataOf(client)['id']).toBe(dataOf(client, -2)['id']);
    rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x', at: false });
    expect(client.events().slice(3)).toEqual(['MESSAGE_CREATE']);
  });

  it('a DM has its own guild, and tells where the user came from', () => {
    const rig = makeRig();
    const client = rig.identify(GUILDS);
    rig.platform.sendDm({ from: '1445', text: 'x', guild: '187' });
    const d = dataOf(client);
    expect(d).toMatchObject({ direct_message: true, src_guild_id: '187', author: { id: '1445' } });
    expect(d['guild_id']).not.toBe('187');
    const again = rig.platform.sendDm({ from: '1445', text: 'y', guild: '187' });
    expect(dataOf(client)['guild_id']).toBe(d['guild_id']);
    expect(again.guildId).toBe(d['guild_id']);
  });

  it('§11 the sandbox has no DM events', () => {
    const rig = makeRig({ sandbox: true });
    rig.identify(GUILDS);
    expect(rig.platform.sendDm({ from: '1', text: 'x' }).sessions).toBe(0);
  });

  it('§5.6 taking back a guild message is told, a C2C message is only marked', () => {
    const rig = makeRig();
    const client = rig.identify(GUILDS | C2C_AND_GROUP);
    const guild = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    rig.platform.recallAs(guild.messageId, { by: '2' });
    expect(client.last()).toMatchObject({
      t: 'PUBLIC_MESSAGE_DELETE',
      d: { message: { id: guild.messageId, channel_id: 'C', author: { id: '1' } }, op_user: { id: '2' } },
    });
    const direct = rig.platform.sendDm({ from: '1', text: 'x' });
    rig.platform.recallAs(direct.messageId);
    expect(client.last()?.t).toBe('DIRECT_MESSAGE_DELETE');
    const c2c = rig.platform.sendC2c({ from: 'U', text: 'x' });
    const before = client.frames.length;
    rig.platform.recallAs(c2c.messageId);
    expect(client.frames).toHaveLength(before);
    expect(rig.platform.transcript('U')).toMatchObject([{ recalled: true }]);
    expect(() => rig.platform.recallAs('nothing')).toThrow(RangeError);
  });

  it.each([
    ['number', 0],
    ['name', 'ReactionTargetType_MSG'],
  ] as const)('§5.7 a reaction names its target as a %s', (reactionTarget, type) => {
    const rig = makeRig({ switches: { reactionTarget } });
    const client = rig.identify(1 << 10);
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    rig.platform.reactAs({ from: '1', messageId, emoji: { type: 1, id: '277' } });
    expect(client.last()).toMatchObject({
      t: 'MESSAGE_REACTION_ADD',
      d: { user_id: '1', emoji: { id: '277', type: 1 }, target: { id: messageId, type } },
    });
    rig.platform.reactAs({ from: '1', messageId, emoji: { type: 1, id: '277' }, removed: true });
    expect(client.last()?.t).toBe('MESSAGE_REACTION_REMOVE');
  });
});

describe('relationship events, §5.9', () => {
  it('name the openid, the group and who did it', () => {
    const rig = makeRig();
    const client = rig.identify();
    const { platform } = rig;
    platform.addFriend('U');
    expect(client.last()).toMatchObject({ t: 'FRIEND_ADD', d: { openid: 'U', timestamp: 1_767_225_600, scene: 1000 } });
    platform.removeFriend('U');
    expect(client.last()).toMatchObject({ t: 'FRIEND_DEL', d: { openid: 'U' } });
    platform.addToGroup('G', 'M');
    expect(client.last()).toMatchObject({ t: 'GROUP_ADD_ROBOT', d: { group_openid: 'G', op_member_openid: 'M' } });
    platform.removeFromGroup('G', 'M');
    expect(client.last()?.t).toBe('GROUP_DEL_ROBOT');
    for (const [scene, accepts, name] of [
      ['c2c', false, 'C2C_MSG_REJECT'],
      ['c2c', true, 'C2C_MSG_RECEIVE'],
      ['group', false, 'GROUP_MSG_REJECT'],
      ['group', true, 'GROUP_MSG_RECEIVE'],
    ] as const) {
      platform.switchMessages({ scene, target: scene === 'c2c' ? 'U' : 'G', accepts });
      expect(client.last()?.t).toBe(name);
    }
  });

  it('push brings any event, known or not', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.push({ t: 'SOMETHING_NEW', d: { a: 1 }, id: 'SOMETHING_NEW:1' });
    expect(client.last()).toEqual({ op: 0, s: 2, t: 'SOMETHING_NEW', id: 'SOMETHING_NEW:1', d: { a: 1 } });
  });
});

describe('who gets an event', () => {
  it('§13.5 only sessions with the event’s intent', () => {
    const rig = makeRig();
    const [c2c, guild] = [rig.identify(C2C_AND_GROUP), rig.identify(1 << 30)];
    rig.platform.sendC2c({ from: 'U', text: 'x' });
    rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    expect(c2c.events()).toEqual(['READY', 'C2C_MESSAGE_CREATE']);
    expect(guild.events()).toEqual(['READY', 'AT_MESSAGE_CREATE']);
  });

  it('§3.3 a guild event goes to shard (guild_id >> 22) % count, C2C to all or to the first', () => {
    for (const c2cShard of ['all', 'first'] as const) {
      const rig = makeRig({ switches: { c2cShard } });
      const intents = C2C_AND_GROUP | (1 << 30);
      const shards = [0, 1, 2].map((index) => rig.identify(intents, { shard: [index, 3] }));
      const guild = ((10_000_000_000n * 3n + 2n) << 22n) + 5n;
      rig.platform.sendGuild({ guild: guild.toString(), channel: 'C', from: '1', text: 'x' });
      expect(shards.map((client) => client.events().length)).toEqual([1, 1, 2]);
      rig.platform.sendC2c({ from: 'U', text: 'x' });
      expect(shards.map((client) => client.events().length)).toEqual(c2cShard === 'all' ? [2, 2, 3] : [2, 1, 2]);
    }
  });

  it('an event that finds no session is lost, and said so', () => {
    const rig = makeRig();
    expect(rig.platform.sendC2c({ from: 'U', text: 'x' }).sessions).toBe(0);
    expect(rig.identify().events()).toEqual(['READY']);
  });
});
