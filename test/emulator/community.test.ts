import { describe, expect, it } from 'vitest';
import { type Answer, DEFAULT_SWITCHES, type Platform, SWITCH_SIDES } from '../../src/emulator/index.js';
import { EVENT_NAMES, KNOWN_INTENTS } from '../../src/emulator/platform/intents.js';
import { C2C_AND_GROUP, type Client, codeOf, type Json, makeRig, type Rig, textReply } from './rig.js';

const dataOf = (client: Client): Json => client.last()?.d as Json;
const bots = (more: Json = {}) => [{ appId: 'p', appSecret: 's', private: true, ...more }];
const everything = (): Rig & { client: Client } => {
  const rig = makeRig({ bots: bots() });
  return { ...rig, client: rig.identify(KNOWN_INTENTS) };
};

describe('every event of §4 can be made to happen', () => {
  const group = (platform: Platform) => platform.setBotRole('G', 'admin');
  const MAKERS: Readonly<Record<string, (platform: Platform) => unknown>> = {
    GUILD_CREATE: (p) => p.changeGuild({ guild: '7', name: 'n' }),
    GUILD_UPDATE: (p) => [p.changeGuild({ guild: '7' }), p.changeGuild({ guild: '7', name: 'm' })],
    GUILD_DELETE: (p) => [p.changeGuild({ guild: '7' }), p.leaveGuild({ guild: '7' })],
    CHANNEL_CREATE: (p) => p.changeChannel({ guild: '7', channel: 'C', name: 'c', type: 10_007 }),
    CHANNEL_UPDATE: (p) => [
      p.changeChannel({ guild: '7', channel: 'C' }),
      p.changeChannel({ guild: '7', channel: 'C', name: 'd' }),
    ],
    CHANNEL_DELETE: (p) => [
      p.changeChannel({ guild: '7', channel: 'C' }),
      p.deleteChannel({ guild: '7', channel: 'C' }),
    ],
    GUILD_MEMBER_ADD: (p) => p.changeMember({ guild: '7', user: '1' }),
    GUILD_MEMBER_UPDATE: (p) => [
      p.changeMember({ guild: '7', user: '1' }),
      p.changeMember({ guild: '7', user: '1', nick: 'Bo', roles: ['4'] }),
    ],
    GUILD_MEMBER_REMOVE: (p) => [p.changeMember({ guild: '7', user: '1' }), p.removeMember({ guild: '7', user: '1' })],
    MESSAGE_CREATE: (p) => p.sendGuild({ channel: 'C', from: '1', text: 'x', at: false }),
    MESSAGE_DELETE: (p) => p.recallAs(p.sendGuild({ channel: 'C', from: '1', text: 'x' }).messageId),
    MESSAGE_REACTION_ADD: (p) => react(p, false),
    MESSAGE_REACTION_REMOVE: (p) => react(p, true),
    DIRECT_MESSAGE_CREATE: (p) => p.sendDm({ from: '1', text: 'x' }),
    DIRECT_MESSAGE_DELETE: (p) => p.recallAs(p.sendDm({ from: '1', text: 'x' }).messageId),
    AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER: (p) => channel(p, { what: 'live', change: 'ENTER' }),
    AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT: (p) => channel(p, { what: 'live', change: 'EXIT' }),
    ENTER_AIO: (p) => p.openChat('U'),
    GROUP_MEMBER_ADD: (p) => p.enterGroup('G', { openid: 'M' }),
    GROUP_MEMBER_REMOVE: (p) => p.leaveGroup('G', 'M'),
    GROUP_JOIN_REQUEST: (p) => [group(p), p.askToJoin({ group: 'G', from: 'M', message: 'let me in' })],
    C2C_MESSAGE_CREATE: (p) => p.sendC2c({ from: 'U', text: 'x' }),
    FRIEND_ADD: (p) => p.addFriend('U'),
    FRIEND_DEL: (p) => p.removeFriend('U'),
    C2C_MSG_REJECT: (p) => p.switchMessages({ scene: 'c2c', target: 'U', accepts: false }),
    C2C_MSG_RECEIVE: (p) => p.switchMessages({ scene: 'c2c', target: 'U', accepts: true }),
    GROUP_AT_MESSAGE_CREATE: (p) => p.sendGroup({ group: 'G', from: 'M', text: 'x' }),
    GROUP_MESSAGE_CREATE: (p) => [p.setGroupMode('G', 'all'), p.sendGroup({ group: 'G', from: 'M', text: 'x' })],
    GROUP_ADD_ROBOT: (p) => p.addToGroup('G', 'M'),
    GROUP_DEL_ROBOT: (p) => p.removeFromGroup('G', 'M'),
    GROUP_MSG_REJECT: (p) => p.switchMessages({ scene: 'group', target: 'G', accepts: false }),
    GROUP_MSG_RECEIVE: (p) => p.switchMessages({ scene: 'group', target: 'G', accepts: true }),
    SUBSCRIBE_MESSAGE_STATUS: (p) => p.subscribe({ scene: 'c2c', target: 'U', templateId: 1, accepts: true }),
    INTERACTION_CREATE: (p) => p.click({ scene: 'c2c', target: 'U' }),
    AUDIO_START: (p) => channel(p, { what: 'audio', change: 'START', url: 'https://a.example/a.mp3' }),
    AUDIO_FINISH: (p) => channel(p, { what: 'audio', change: 'FINISH' }),
    AUDIO_ON_MIC: (p) => channel(p, { what: 'audio', change: 'ON_MIC' }),
    AUDIO_OFF_MIC: (p) => channel(p, { what: 'audio', change: 'OFF_MIC' }),
    AT_MESSAGE_CREATE: (p) => p.sendGuild({ channel: 'C', from: '1', text: 'x' }),
    PUBLIC_MESSAGE_DELETE: (p) => p.recallAs(p.sendGuild({ channel: 'C', from: '1', text: 'x' }).messageId),
    FORUM_PUBLISH_AUDIT_RESULT: (p) => p.push({ t: 'FORUM_PUBLISH_AUDIT_RESULT', d: { guild_id: '7' } }),
    ...Object.fromEntries(
      (['', 'OPEN_'] as const).flatMap((prefix) =>
        (
          [
            'THREAD_CREATE',
            'THREAD_UPDATE',
            'THREAD_DELETE',
            'POST_CREATE',
            'POST_DELETE',
            'REPLY_CREATE',
            'REPLY_DELETE',
          ] as const
        ).map((name) => [
          `${prefix}FORUM_${name}`,
          (p: Platform) => {
            const [what, change] = name.toLowerCase().split('_') as ['thread', string];
            return channel(p, { what, change: change.toUpperCase() as 'CREATE', open: prefix !== '', text: 'hi' });
          },
        ]),
      ),
    ),
  };
  const react = (p: Platform, removed: boolean) => {
    const { messageId } = p.sendGuild({ channel: 'C', from: '1', text: 'x' });
    return p.reactAs({ from: '1', messageId, emoji: { type: 1, id: '4' }, removed });
  };
  const channel = (p: Platform, about: Json) =>
    p.channelHappening({ guild: '7', channel: 'C', user: '1', ...about } as Parameters<
      Platform['channelHappening']
    >[0]);

  it.each(Object.entries(MAKERS))('%s', (name, make) => {
    const { platform, client } = everything();
    make(platform);
    expect(client.events()).toContain(name);
    expect(platform.pushes().find(({ t }) => t === name)?.d).toEqual(client.frames.find(({ t }) => t === name)?.d);
  });

  it('and none is missing here but the audits of messages, which have their own test', () => {
    const made = [...Object.keys(MAKERS), 'MESSAGE_AUDIT_PASS', 'MESSAGE_AUDIT_REJECT'];
    expect(made.toSorted()).toEqual([...EVENT_NAMES].toSorted());
  });
});

describe('guilds, §5.10, §6.1', () => {
  it('structure is told by events and found by look-ups, the same', () => {
    const rig = everything();
    rig.platform.changeGuild({ guild: '7', name: 'Guild', description: 'd', ownerId: '9', by: '9' });
    expect(dataOf(rig.client)).toMatchObject({ id: '7', name: 'Guild', owner_id: '9', op_user_id: '9' });
    rig.platform.changeChannel({ guild: '7', channel: '70', name: 'talk', position: 3 });
    const { op_user_id: _, ...channel } = dataOf(rig.client);
    expect(channel).toMatchObject({ id: '70', guild_id: '7', name: 'talk', type: 0, sub_type: 0, position: 3 });
    rig.platform.changeMember({ guild: '7', user: '1', username: 'Bo', nick: 'B', roles: ['1', '2'] });
    expect(dataOf(rig.client)).toMatchObject({
      guild_id: '7',
      user: { id: '1', username: 'Bo' },
      nick: 'B',
      roles: ['1', '2'],
    });
    expect(rig.call('GET', '/guilds/7').body).toMatchObject({
      id: '7',
      name: 'Guild',
      member_count: 2,
      description: 'd',
    });
    expect(rig.call('GET', '/guilds/7/channels').body).toEqual([channel]);
    expect(rig.call('GET', '/channels/70').body).toEqual(channel);
    expect(rig.call('GET', '/guilds/7/members/1').body).toMatchObject({ nick: 'B', roles: ['1', '2'] });
    expect(rig.call('GET', '/guilds/7/members?limit=400').body).toMatchObject([{ user: { bot: true } }, { nick: 'B' }]);
    expect(rig.call('GET', '/guilds/7/message/setting').body).toMatchObject({ channel_ids: ['70'] });
  });

  it('a list of guilds goes page by page', () => {
    const rig = makeRig();
    for (const id of ['1', '2', '3', '4']) rig.platform.changeGuild({ guild: id });
    const ids = (query: string) =>
      (rig.call('GET', `/users/@me/guilds${query}`).body as { id: string }[]).map((g) => g.id);
    expect(ids('')).toEqual(['1', '2', '3', '4']);
    expect(ids('?limit=2')).toEqual(['1', '2']);
    expect(ids('?after=2&limit=1')).toEqual(['3']);
    expect(ids('?before=4&limit=2')).toEqual(['2', '3']);
    expect(codeOf(rig.call('GET', '/users/@me/guilds?limit=101'))).toBe(50035);
  });

  it.each(['/guilds/x', '/guilds/x/channels', '/channels/x', '/guilds/x/members/1', '/guilds/x/message/setting'])(
    'what was never met is 12001: %s',
    (path) => {
      expect(codeOf(makeRig().call('GET', path))).toBe(12001);
    },
  );

  it('talk makes guild, channel and member known', () => {
    const rig = makeRig();
    rig.platform.sendGuild({ guild: '7', channel: '70', from: '1', username: 'Bo', text: 'x' });
    expect(rig.call('GET', '/channels/70').body).toMatchObject({ guild_id: '7' });
    expect(rig.call('GET', '/guilds/7/members/1').body).toMatchObject({ user: { username: 'Bo' }, nick: 'Bo' });
  });

  it('a bot that is out, or whose channel is gone, is refused there', () => {
    const rig = makeRig();
    const { messageId } = rig.platform.sendGuild({ guild: '7', channel: '70', from: '1', text: 'x' });
    rig.platform.sendGuild({ guild: '7', channel: '71', from: '1', text: 'x' });
    const say = (channel: string) =>
      codeOf(rig.post(`/channels/${channel}/messages`, { content: 'x', msg_id: messageId }));
    expect(say('70')).toBeUndefined();
    rig.platform.deleteChannel({ guild: '7', channel: '71' });
    expect(say('71')).toBe(12001);
    rig.platform.leaveGuild({ guild: '7' });
    expect(say('70')).toBe(12001);
    expect(() => rig.platform.leaveGuild({ guild: '7' })).toThrow(RangeError);
    expect(() => rig.platform.removeMember({ guild: '7', user: '1' })).toThrow(RangeError);
    expect(() => rig.platform.deleteChannel({ guild: '7', channel: '70' })).toThrow(RangeError);
  });

  it('who came in may be welcomed by the event’s id', () => {
    const rig = makeRig();
    rig.identify(1 << 1);
    rig.platform.sendGuild({ guild: '7', channel: '70', from: '1', text: 'x' });
    const { id } = rig.platform.changeMember({ guild: '7', user: '2' });
    expect(rig.post('/channels/70/messages', { content: 'welcome', event_id: id }).status).toBe(200);
  });

  it('forum events may carry bare numbers beyond what a double holds', () => {
    const rig = makeRig({ bots: bots() });
    const texts: string[] = [];
    const link = rig.platform.connect({ send: (text) => texts.push(text), close: () => undefined });
    link.receive(JSON.stringify({ op: 2, d: { token: `QQBot ${rig.token()}`, intents: 1 << 28, shard: [0, 1] } }));
    const overrides = { guild_id: 18_446_744_073_709_551_615n, note: '\uf8ff7' };
    rig.platform.channelHappening({ guild: '7', channel: 'C', what: 'thread', change: 'CREATE', overrides });
    expect(texts.at(-1)).toContain('"guild_id":18446744073709551615,');
    expect(texts.at(-1)).toContain('"channel_id":"C"');
  });
});

describe('the Message object, §5.5, §6.5', () => {
  it('of a bot’s own message: every field, from the send, from a look-up, after an edit', async () => {
    const rig = makeRig({ switches: { messageAnswer: 'bare' } });
    const { messageId } = rig.platform.sendGuild({ guild: '187', channel: 'C', from: '1', text: 'x' });
    const sent = rig.post('/channels/C/messages', {
      content: 'a @everyone',
      msg_id: messageId,
      message_reference: { message_id: messageId },
    });
    expect(sent).toMatchObject({
      status: 200,
      body: {
        id: expect.any(String),
        guild_id: '187',
        channel_id: 'C',
        content: 'a @everyone',
        timestamp: '2026-01-01T08:00:00+08:00',
        edited_timestamp: '',
        mention_everyone: true,
        author: { id: expect.stringMatching(/^\d+$/u), username: 'router-bot', bot: true },
        member: { nick: 'router-bot', roles: ['1'], joined_at: '2026-01-01T08:00:00+08:00' },
        attachments: [],
        embeds: [],
        message_reference: { message_id: messageId },
        seq_in_channel: '102',
      },
    });
    const { id } = sent.body as { id: string };
    expect(rig.call('GET', `/channels/C/messages/${id}`).body).toEqual(sent.body);
    expect(rig.platform.transcript('C').at(-1)).toMatchObject({ quotes: messageId });
    await rig.clock.advance(1000);
    const edited = rig.call('PATCH', `/channels/C/messages/${id}`, { content: 'b' });
    expect(edited).toMatchObject({
      status: 200,
      body: { id, content: 'b', edited_timestamp: '2026-01-01T08:00:01+08:00' },
    });
    expect(rig.call('GET', `/channels/C/messages/${id}`).body).toEqual(edited.body);
    expect(rig.platform.transcript('C').at(-1)).toMatchObject({ text: 'b', editedAtMs: rig.clock.now() });
  });

  it('embeds, arks and pictures stand in it', () => {
    const rig = makeRig();
    rig.platform.rights().ark = true;
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const say = (more: Json) => rig.post('/channels/C/messages', { msg_id: messageId, ...more }).body;
    const embed = { title: 't', fields: [{ name: 'f' }] };
    const ark = { template_id: 23, kv: [] };
    expect(say({ embed })).toMatchObject({ embeds: [embed] });
    expect(say({ ark })).toMatchObject({ ark });
    expect(say({ image: 'https://a.example/a.png' })).toMatchObject({ attachments: [{ url: 'a.example/a.png' }] });
  });

  it('of a user’s message: what the event carried; of a DM: its pseudo guild and channel', () => {
    const rig = makeRig();
    const client = rig.identify(1 << 30);
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    expect(rig.call('GET', `/channels/C/messages/${messageId}`).body).toEqual({ message: dataOf(client) });
    const dm = rig.platform.sendDm({ from: '1', guild: '187', text: 'x' });
    const answer = rig.post(`/dms/${dm.guildId}/messages`, { content: 'y', msg_id: dm.messageId });
    const session = rig.post('/users/@me/dms', { recipient_id: '1', source_guild_id: '187' }).body as Json;
    expect(answer.body).toMatchObject({
      guild_id: dm.guildId,
      channel_id: session['channel_id'],
      direct_message: true,
      src_guild_id: '187',
    });
  });

  it('only what is the bot’s own and stands can be edited', () => {
    const rig = makeRig({ bots: bots() });
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const { id } = rig.post('/channels/C/messages', { content: 'y', msg_id: messageId }).body as { id: string };
    const edit = (which: string, body: unknown = { content: 'z' }) =>
      codeOf(rig.call('PATCH', `/channels/C/messages/${which}`, body));
    expect(edit(messageId)).toBe(306004);
    expect(edit('unknown')).toBe(12001);
    expect(edit(id, { content: '' })).toBe(50006);
    expect(edit(id, { content: 'see https://evil.example/' })).toBe(304003);
    rig.call('DELETE', `/channels/C/messages/${id}`);
    expect(edit(id)).toBe(12001);
    expect(codeOf(rig.call('GET', `/channels/C/messages/${id}`))).toBe(12001);
  });

  it('reactions are listed page by page, the bot’s and the users’', () => {
    const rig = makeRig();
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const path = `/channels/C/messages/${messageId}/reactions/1/4`;
    rig.call('PUT', path);
    for (const from of ['1', '2', '3']) rig.platform.reactAs({ from, messageId, emoji: { type: 1, id: '4' } });
    const list = (query: string) =>
      rig.call('GET', `${path}${query}`).body as { users: Json[]; cookie: string; is_end: boolean };
    const first = list('?limit=3');
    expect([first.users.length, first.is_end]).toEqual([3, false]);
    expect(list(`?limit=3&cookie=${first.cookie}`)).toMatchObject({ users: [{ id: '3' }], is_end: true });
    rig.platform.reactAs({ from: '2', messageId, emoji: { type: 1, id: '4' }, removed: true });
    expect(rig.platform.transcript('C')).toMatchObject([
      { reactions: ['1:4'], reactionsOfUsers: [{ emoji: '1:4', users: ['1', '3'] }] },
    ]);
    expect(codeOf(rig.call('GET', `${path}?limit=51`))).toBe(50035);
    expect(codeOf(rig.call('GET', `${path}?cookie=x`))).toBe(50035);
  });
});

describe('groups, §5.9, §6.1', () => {
  const admin = (): Rig & { client: Client } => {
    const rig = makeRig();
    rig.platform.setBotRole('G', 'admin');
    return { ...rig, client: rig.identify(C2C_AND_GROUP | (1 << 24)) };
  };
  const decide = (rig: Rig, joinRequestId: string, more: Json = {}, member = 'M'): Answer =>
    rig.post(`/v2/groups/G/approval_join_request/${member}`, {
      op: 'approve',
      join_request_id: joinRequestId,
      ...more,
    });

  it('info, the bot’s state, and the members it has met', () => {
    const rig = makeRig();
    rig.platform.sendGroup({ group: 'G', from: 'M', username: 'Ann', role: 'owner', text: 'x' });
    rig.platform.enterGroup('G', { openid: 'N' });
    expect(rig.call('GET', '/v2/groups/G/info').body).toMatchObject({ group_openid: 'G', member_count: 3 });
    const state = () => rig.call('GET', '/v2/groups/G/bot_state').body;
    expect(state()).toMatchObject({
      member_openid: expect.any(String),
      joined_at: '2026-01-01T08:00:00+08:00',
      allow_proactive_msg: false,
      recv_msg_setting: 'only_mention',
      member_role: 'member',
    });
    rig.platform.allowActive('group', 'G', true);
    rig.platform.setGroupMode('G', 'all');
    rig.platform.setBotRole('G', 'admin');
    expect(state()).toMatchObject({ allow_proactive_msg: true, recv_msg_setting: 'all', member_role: 'admin' });
    expect(rig.call('GET', '/v2/groups/G/members?limit=1').body).toMatchObject({
      members: [{ member_openid: 'M', username: 'Ann', member_role: 'owner' }],
      next_index: 1,
    });
    expect(rig.call('GET', '/v2/groups/G/members?limit=1&start_index=1').body).toMatchObject({
      members: [{ member_openid: 'N', member_role: 'member' }],
    });
    rig.platform.leaveGroup('G', 'N');
    expect(rig.call('GET', '/v2/groups/G/info').body).toMatchObject({ member_count: 2 });
    expect(codeOf(rig.call('GET', '/v2/groups/G/members?limit=0'))).toBe(50035);
    expect(codeOf(rig.call('GET', '/v2/groups/X/info'))).toBe(40034101);
  });

  it('a request to join is approved once, and the member is in', () => {
    const rig = admin();
    const { joinRequestId } = rig.platform.askToJoin({ group: 'G', from: 'M', username: 'Ann', message: 'please' });
    expect(dataOf(rig.client)).toMatchObject({
      group_openid: 'G',
      join_request_id: joinRequestId,
      member_openid: 'M',
      apply_source: 'self_apply',
      verify_info: { verify_message: 'please' },
    });
    expect(codeOf(decide(rig, joinRequestId, { op: 'maybe' }))).toBe(50035);
    expect(codeOf(decide(rig, joinRequestId, {}, 'N'))).toBe(50035);
    expect(decide(rig, joinRequestId).status).toBe(200);
    expect(rig.client.last()).toMatchObject({ t: 'GROUP_MEMBER_ADD', d: { group_openid: 'G', member_openid: 'M' } });
    expect(codeOf(decide(rig, joinRequestId))).toBe(50035);
    expect(rig.platform.joinDecision(joinRequestId)).toBe('approve');
  });

  it('declined, nobody comes in; invited ones say who brought them; only admins are asked', () => {
    const rig = admin();
    const { joinRequestId } = rig.platform.askToJoin({ group: 'G', from: 'M', invitedBy: 'N' });
    expect(dataOf(rig.client)).toMatchObject({ apply_source: 'invited', invited_by: 'N' });
    expect(decide(rig, joinRequestId, { op: 'decline', reject_reason: 'no' }).status).toBe(200);
    expect(rig.client.last()?.t).toBe('GROUP_JOIN_REQUEST');
    rig.platform.setBotRole('G', 'member');
    expect(codeOf(decide(rig, joinRequestId))).toBe(11253);
    expect(() => rig.platform.askToJoin({ group: 'G', from: 'M' })).toThrow(RangeError);
  });

  it('an admin recalls what members say, however old; another bot does not', async () => {
    const rig = admin();
    const { messageId } = rig.platform.sendGroup({ group: 'G', from: 'M', text: 'x' });
    const recall = () => rig.call('DELETE', `/v2/groups/G/messages/${encodeURIComponent(messageId)}`);
    rig.platform.setBotRole('G', 'member');
    expect(codeOf(recall())).toBe(40062003);
    rig.platform.setBotRole('G', 'admin');
    await rig.clock.advance(600_000);
    expect(recall().status).toBe(200);
    expect(rig.platform.transcript('G')).toMatchObject([{ recalled: true }]);
  });

  it('subscriptions tell who, what and how', () => {
    const rig = admin();
    rig.platform.subscribe({ scene: 'group', target: 'G', templateId: 5, accepts: false });
    expect(dataOf(rig.client)).toMatchObject({ group_openid: 'G', result: [{ template_id: 5, op: 2 }] });
  });
});

describe('quotes, §5.2, §6.2', () => {
  it('a user quotes the bot by its ref_idx, the bot quotes the user by msg_idx', () => {
    const rig = makeRig();
    const client = rig.identify();
    const first = rig.platform.sendC2c({ from: 'U', text: 'hi' });
    const { message_scene: scene } = dataOf(client) as { message_scene: { ext: string[] } };
    const ext = scene.ext[0]?.split('msg_idx=')[1] ?? '';
    const body = { ...textReply(first.messageId, 1, 'pong'), message_reference: { message_id: ext } };
    const reply = rig.post('/v2/users/U/messages', body).body as { id: string; ext_info: { ref_idx: string } };
    expect(rig.platform.transcript('U').at(-1)).toMatchObject({ quotes: first.messageId });
    rig.platform.sendC2c({ from: 'U', text: 'what?', quoteId: reply.id });
    const { ref_idx: refIdx } = reply.ext_info;
    expect(dataOf(client)).toMatchObject({
      message_type: 103,
      message_scene: { ext: [expect.any(String), `ref_msg_idx=${refIdx}`] },
      msg_elements: [{ msg_idx: refIdx, content: 'pong' }],
    });
    expect(rig.platform.transcript('U').at(-1)).toMatchObject({ quotes: reply.id });
  });

  it('a quoted bot message in a guild is heard without a mention', () => {
    const rig = makeRig();
    const client = rig.identify(1 << 30);
    const { messageId } = rig.platform.sendGuild({ channel: 'C', from: '1', text: 'x' });
    const { id } = rig.post('/channels/C/messages', { content: 'y', msg_id: messageId }).body as { id: string };
    rig.platform.sendGuild({ channel: 'C', from: '1', text: 'not heard', at: false, quoteId: messageId });
    rig.platform.sendGuild({ channel: 'C', from: '1', text: 'heard', at: false, quoteId: id });
    expect(client.frames.slice(3)).toMatchObject([{ d: { content: 'heard', message_reference: { message_id: id } } }]);
  });
});

describe('buttons that stand on a message, §7.4', () => {
  const world = () => {
    const rig = makeRig();
    const client = rig.identify(C2C_AND_GROUP | (1 << 26));
    const { messageId } = rig.platform.sendGroup({ group: 'G', from: 'M', text: 'x' });
    const buttons = [
      { id: 'ask', action: { type: 1, permission: { type: 2 }, data: 'approve:17' } },
      { id: 'fill', action: { type: 2, permission: { type: 2 }, data: '/help', enter: true } },
      { id: 'open', action: { type: 0, permission: { type: 2 }, data: 'https://a.example' } },
      { id: 'admins', action: { type: 1, permission: { type: 1 }, data: 'x' } },
      { id: 'listed', action: { type: 1, permission: { type: 0, specify_user_ids: ['N'] }, data: 'x' } },
    ];
    const send = (path: string, msgId: string) =>
      rig.post(path, {
        msg_type: 2,
        markdown: { content: 'choose' },
        keyboard: { content: { rows: [{ buttons: buttons.slice(0, 3) }, { buttons: buttons.slice(3) }] } },
        msg_id: msgId,
      }).body as { id: string };
    const { id } = send('/v2/groups/G/messages', messageId);
    const press = (buttonId: string, more: Json = {}) =>
      rig.platform.pressButton({ messageId: id, buttonId, from: 'M', ...more });
    return { ...rig, client, press, send };
  };

  it('a callback asks the bot, with the data the bot put there', () => {
    const { client, press, call, platform } = world();
    const pressed = press('ask');
    if (pressed.did !== 'asked') throw new Error(pressed.did);
    expect(dataOf(client)).toMatchObject({
      group_openid: 'G',
      group_member_openid: 'M',
      data: { resolved: { button_id: 'ask', button_data: 'approve:17' } },
    });
    expect(call('PUT', `/interactions/${pressed.interactionId}`, { code: 0 }).status).toBe(204);
    expect(platform.interactionAnswer(pressed.interactionId)).toBe(0);
  });

  it('others open a page, fill the box, or in C2C send at once', () => {
    const { client, press, platform, send } = world();
    expect(press('open')).toEqual({ did: 'opened', url: 'https://a.example' });
    expect(press('fill')).toEqual({ did: 'filled', text: '/help' });
    const { messageId } = platform.sendC2c({ from: 'U', text: 'x' });
    const { id } = send('/v2/users/U/messages', messageId);
    expect(platform.pressButton({ messageId: id, buttonId: 'fill', from: 'U' }).did).toBe('said');
    expect(client.last()).toMatchObject({ t: 'C2C_MESSAGE_CREATE', d: { content: '/help' } });
  });

  it('only who may press it can', () => {
    const { press } = world();
    expect(() => press('admins')).toThrow('may not press');
    expect(press('admins', { role: 'admin' }).did).toBe('asked');
    expect(() => press('listed')).toThrow('may not press');
    expect(press('listed', { from: 'N' }).did).toBe('asked');
    expect(() => press('nothing')).toThrow('no button');
  });

  it('a button spins three seconds, and says so when it gives up', async () => {
    const { press, clock, platform } = world();
    press('ask');
    await clock.advance(3000);
    expect(platform.interactions().map(({ change }) => change)).toEqual(['clicked']);
    await clock.advance(1);
    expect(platform.interactions().map(({ change }) => change)).toEqual(['clicked', 'timedOut']);
  });
});

describe('odd events', () => {
  it('fields can be missing or null in every act', () => {
    const rig = makeRig();
    const client = rig.identify();
    rig.platform.sendC2c({ from: 'U', text: 'x', omit: ['author', 'timestamp'], overrides: { attachments: null } });
    expect(dataOf(client)).not.toHaveProperty('author');
    expect(dataOf(client)).not.toHaveProperty('timestamp');
    expect(dataOf(client)).toMatchObject({ attachments: null });
    rig.platform.subscribe({ scene: 'c2c', target: 'U', templateId: 1, accepts: true, overrides: { result: null } });
    expect(dataOf(client)).toMatchObject({ result: null });
  });

  it('each switch has its default among its sides, and takes no other', () => {
    const { platform } = makeRig();
    for (const [name, sides] of Object.entries(SWITCH_SIDES)) {
      expect(sides).toContain(DEFAULT_SWITCHES[name as keyof typeof DEFAULT_SWITCHES]);
      for (const side of sides) expect(platform.setSwitches({ [name]: side })).toMatchObject({ [name]: side });
    }
    expect(() => platform.setSwitches({ urlFilter: 'sideways' as never })).toThrow(RangeError);
    expect(() => platform.setSwitches({ toString: 'x' } as never)).toThrow(RangeError);
  });
});
