import { describe, expect, it } from 'vitest';
import { KNOWN_EVENTS } from '../../src/adapters/qq/inbound-events.js';
import { normalise } from '../../src/adapters/qq/normalise.js';
import type { PlatformEvent } from '../../src/domain/platform-event.js';

const NOW_MS = Date.UTC(2026, 8, 20, 3, 0, 0);
const SECONDS = 1_789_869_600;
const HAPPENED_MS = SECONDS * 1_000;
const context = { appId: '102', botId: '987', nowMs: NOW_MS };

const eventOf = (t: string, d: unknown, id: string | undefined = `${t}:e1`): PlatformEvent => {
  const result = normalise({ t, d, ...(id === undefined ? {} : { id }) }, context);
  if (result.kind !== 'event') throw new Error(`no event: ${JSON.stringify(result)}`);
  return result.event;
};

/** Without what is the same everywhere: name, id, raw. */
const factsOf = (t: string, d: unknown) => {
  const { name, id, raw, ...facts } = eventOf(t, d);
  expect({ name, id }).toEqual({ name: t, id: `${t}:e1` });
  expect(raw).toBe(d);
  return facts;
};

const C2C = { target: { scene: 'c2c', openid: 'U1' }, conversation: 'qq:102:c2c:U1', actor: { id: 'U1' } };
const GROUP = { target: { scene: 'group', groupOpenid: 'G1' } };
const BY_MEMBER = { ...GROUP, conversation: 'qq:102:group:G1:M1', actor: { id: 'M1' } };
const CHANNEL = { target: { scene: 'guild', channelId: 'C1' }, guildId: '187' };
const BY_GUILD_USER = { ...CHANNEL, conversation: 'qq:102:guild:C1:144', actor: { id: '144' } };
const anchor = (t: string, atMs = HAPPENED_MS) => ({ anchor: { kind: 'event', id: `${t}:e1`, atMs } });

const user = { timestamp: SECONDS, openid: 'U1' };
const group = { timestamp: SECONDS, group_openid: 'G1', op_member_openid: 'M1' };
const member = { timestamp: SECONDS, group_openid: 'G1', member_openid: 'M1', user_openid: '' };
const guild = { id: '187', name: 'Rooks', owner_id: '1', member_count: 3, op_user_id: '2' };
const place = { id: 'C1', guild_id: '187', name: 'hall', type: 0, op_user_id: '144' };
const guildMember = {
  guild_id: '187',
  user: { id: '144', username: 'Bo', bot: false },
  nick: 'Bobby',
  op_user_id: '2',
};
const reaction = {
  user_id: '144',
  guild_id: '187',
  channel_id: 'C1',
  emoji: { id: '277', type: 1 },
  target: { id: 'M9', type: 0 },
};
const review = { audit_id: 'A1', guild_id: '187', channel_id: 'C1', audit_time: '2026-09-20T10:00:00+08:00' };
const taken = {
  message: { id: 'M1', guild_id: '187', channel_id: 'C1', author: { id: '144', username: 'Bo', bot: false } },
  op_user: { id: '2' },
};
const audio = { guild_id: '187', channel_id: 'C1', user_id: '144' };

/** One row per event of the platform: what it sends, and what it means. Source: qq-bot-api §5.6–5.11. */
const EVENTS: Readonly<Record<string, [d: unknown, facts: object]>> = {
  FRIEND_ADD: [
    { ...user, scene: 2003, scene_param: 'card-7', author: { union_openid: '' }, short_code: '' },
    {
      kind: 'friend.added',
      atMs: HAPPENED_MS,
      ...C2C,
      origin: 2003,
      originData: 'card-7',
      ...anchor('FRIEND_ADD'),
    },
  ],
  FRIEND_DEL: [user, { kind: 'friend.removed', atMs: HAPPENED_MS, ...C2C }],
  C2C_MSG_RECEIVE: [user, { kind: 'push.allowed', atMs: HAPPENED_MS, ...C2C, ...anchor('C2C_MSG_RECEIVE') }],
  C2C_MSG_REJECT: [user, { kind: 'push.refused', atMs: HAPPENED_MS, ...C2C }],
  GROUP_ADD_ROBOT: [group, { kind: 'robot.joined', atMs: HAPPENED_MS, ...BY_MEMBER, ...anchor('GROUP_ADD_ROBOT') }],
  GROUP_DEL_ROBOT: [group, { kind: 'robot.left', atMs: HAPPENED_MS, ...BY_MEMBER }],
  GROUP_MSG_RECEIVE: [group, { kind: 'push.allowed', atMs: HAPPENED_MS, ...BY_MEMBER, ...anchor('GROUP_MSG_RECEIVE') }],
  GROUP_MSG_REJECT: [group, { kind: 'push.refused', atMs: HAPPENED_MS, ...BY_MEMBER }],
  GROUP_MEMBER_ADD: [
    member,
    { kind: 'member.joined', atMs: HAPPENED_MS, ...BY_MEMBER, member: { id: 'M1' }, ...anchor('GROUP_MEMBER_ADD') },
  ],
  GROUP_MEMBER_REMOVE: [member, { kind: 'member.left', atMs: HAPPENED_MS, ...BY_MEMBER, member: { id: 'M1' } }],
  GROUP_JOIN_REQUEST: [
    {
      group_openid: 'G1',
      join_request_id: 'J1',
      member_openid: 'M1',
      username: 'Ann',
      apply_at: '2026-09-20T10:00:00+08:00',
      apply_source: 'invited',
      invited_by: 'M2',
      bot: false,
      verify_info: { method: 'admin_review_qa', review_qa_list: [{ question: 'why', answer: 'rooks' }, null] },
    },
    {
      kind: 'join.requested',
      atMs: HAPPENED_MS,
      ...BY_MEMBER,
      actor: { id: 'M1', name: 'Ann' },
      member: { id: 'M1', name: 'Ann' },
      request: 'J1',
      invitedBy: 'M2',
      words: 'rooks',
    },
  ],
  SUBSCRIBE_MESSAGE_STATUS: [
    {
      openid: 'U1',
      result: [
        { template_id: 7, custom_template_id: 'T', op: 1, subscribe_id: 'S1' },
        { custom_template_id: 'T2', op: 2 },
        null,
      ],
    },
    {
      kind: 'subscription.changed',
      atMs: NOW_MS,
      ...C2C,
      results: [
        { template: '7', isAllowed: true, subscription: 'S1' },
        { template: 'T2', isAllowed: false },
      ],
    },
  ],
  ENTER_AIO: [
    { user_openid: 'U1', from_source: 'card' },
    { kind: 'chat.opened', atMs: NOW_MS, ...C2C, from: 'card' },
  ],
  GUILD_CREATE: [
    guild,
    {
      kind: 'guild.created',
      atMs: NOW_MS,
      guildId: '187',
      actor: { id: '2' },
      guild: { id: '187', name: 'Rooks', ownerId: '1', members: 3 },
    },
  ],
  GUILD_UPDATE: [{ id: '187' }, { kind: 'guild.updated', atMs: NOW_MS, guildId: '187', guild: { id: '187' } }],
  GUILD_DELETE: [{ id: '187' }, { kind: 'guild.deleted', atMs: NOW_MS, guildId: '187', guild: { id: '187' } }],
  CHANNEL_CREATE: [
    place,
    { kind: 'channel.created', atMs: NOW_MS, ...BY_GUILD_USER, place: { id: 'C1', name: 'hall', type: 0 } },
  ],
  CHANNEL_UPDATE: [
    { ...place, type: 4, op_user_id: null },
    { kind: 'channel.updated', atMs: NOW_MS, guildId: '187', place: { id: 'C1', name: 'hall', type: 4 } },
  ],
  CHANNEL_DELETE: [{ id: 'C1' }, { kind: 'channel.deleted', atMs: NOW_MS, place: { id: 'C1' } }],
  GUILD_MEMBER_ADD: [
    guildMember,
    {
      kind: 'member.joined',
      atMs: NOW_MS,
      guildId: '187',
      actor: { id: '2' },
      member: { id: '144', name: 'Bobby' },
      ...anchor('GUILD_MEMBER_ADD', NOW_MS),
    },
  ],
  GUILD_MEMBER_UPDATE: [
    { ...guildMember, nick: '' },
    {
      kind: 'member.updated',
      atMs: NOW_MS,
      guildId: '187',
      actor: { id: '2' },
      member: { id: '144', name: 'Bo' },
      ...anchor('GUILD_MEMBER_UPDATE', NOW_MS),
    },
  ],
  GUILD_MEMBER_REMOVE: [
    { ...guildMember, op_user_id: '' },
    {
      kind: 'member.left',
      atMs: NOW_MS,
      guildId: '187',
      actor: { id: '144', name: 'Bo' },
      member: { id: '144', name: 'Bobby' },
      ...anchor('GUILD_MEMBER_REMOVE', NOW_MS),
    },
  ],
  MESSAGE_REACTION_ADD: [
    reaction,
    {
      kind: 'reaction.added',
      atMs: NOW_MS,
      ...BY_GUILD_USER,
      emoji: { type: 1, id: '277' },
      on: { kind: 'message', id: 'M9' },
      ...anchor('MESSAGE_REACTION_ADD', NOW_MS),
    },
  ],
  MESSAGE_REACTION_REMOVE: [
    { ...reaction, emoji: { id: 128077, type: 2 }, target: { id: 'T9', type: 'ReactionTargetType_FEED' } },
    {
      kind: 'reaction.removed',
      atMs: NOW_MS,
      ...BY_GUILD_USER,
      emoji: { type: 2, id: '128077' },
      on: { kind: 'thread', id: 'T9' },
      ...anchor('MESSAGE_REACTION_REMOVE', NOW_MS),
    },
  ],
  MESSAGE_DELETE: [
    taken,
    {
      kind: 'message.recalled',
      atMs: NOW_MS,
      ...BY_GUILD_USER,
      actor: { id: '2' },
      messageId: 'M1',
      author: { id: '144', name: 'Bo' },
    },
  ],
  PUBLIC_MESSAGE_DELETE: [
    { ...taken, op_user: null },
    {
      kind: 'message.recalled',
      atMs: NOW_MS,
      ...BY_GUILD_USER,
      actor: { id: '144', name: 'Bo' },
      messageId: 'M1',
      author: { id: '144', name: 'Bo' },
    },
  ],
  DIRECT_MESSAGE_DELETE: [
    taken,
    {
      kind: 'message.recalled',
      atMs: NOW_MS,
      target: { scene: 'dm', guildId: '187' },
      conversation: 'qq:102:dm:187:144',
      guildId: '187',
      actor: { id: '2' },
      messageId: 'M1',
      author: { id: '144', name: 'Bo' },
    },
  ],
  MESSAGE_AUDIT_PASS: [
    { ...review, message_id: 'M7' },
    {
      kind: 'audit.passed',
      atMs: HAPPENED_MS,
      ...CHANNEL,
      conversation: 'qq:102:guild:C1',
      audit: 'A1',
      messageId: 'M7',
    },
  ],
  MESSAGE_AUDIT_REJECT: [
    { audit_id: 'A1', group_openid: 'G1' },
    { kind: 'audit.rejected', atMs: NOW_MS, ...GROUP, conversation: 'qq:102:group:G1', audit: 'A1' },
  ],
  AUDIO_START: [audio, { kind: 'audio.started', atMs: NOW_MS, ...BY_GUILD_USER }],
  AUDIO_FINISH: [audio, { kind: 'audio.finished', atMs: NOW_MS, ...BY_GUILD_USER }],
  AUDIO_ON_MIC: [audio, { kind: 'audio.onMic', atMs: NOW_MS, ...BY_GUILD_USER }],
  AUDIO_OFF_MIC: [audio, { kind: 'audio.offMic', atMs: NOW_MS, ...BY_GUILD_USER }],
  AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER: [audio, { kind: 'audio.entered', atMs: NOW_MS, ...BY_GUILD_USER }],
  AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT: [audio, { kind: 'audio.left', atMs: NOW_MS, ...BY_GUILD_USER }],
  FORUM_PUBLISH_AUDIT_RESULT: [
    { guild_id: '187', channel_id: 'C1', author_id: '144', thread_id: 'T1' },
    { kind: 'forum.audited', atMs: NOW_MS, ...BY_GUILD_USER, subject: 'thread', subjectId: 'T1' },
  ],
  INTERACTION_CREATE: [
    {
      id: 'I1',
      type: 11,
      scene: 'group',
      chat_type: 1,
      timestamp: '2026-09-20T10:00:00+08:00',
      group_openid: 'G1',
      group_member_openid: 'M1',
      data: { type: 11, resolved: { button_id: 'ok', button_data: 'approve:17' } },
    },
    {
      kind: 'button',
      atMs: HAPPENED_MS,
      ...BY_MEMBER,
      interaction: 'I1',
      from: 'keyboard',
      buttonId: 'ok',
      data: 'approve:17',
      ...anchor('INTERACTION_CREATE'),
    },
  ],
};

const FORUM_NAMES = KNOWN_EVENTS.filter((name) => /^(?:OPEN_)?FORUM_(?:THREAD|POST|REPLY)_/.test(name));

describe('of the events that are no messages', () => {
  it.each(Object.entries(EVENTS))('%s is read whole', (t, [d, facts]) => {
    expect(factsOf(t, d)).toStrictEqual(facts);
  });

  it('none is without a row here', () => {
    expect(KNOWN_EVENTS.filter((name) => !(name in EVENTS) && !FORUM_NAMES.includes(name))).toEqual([]);
    expect(FORUM_NAMES).toHaveLength(18);
  });

  it.each(FORUM_NAMES)('%s names its thread, post or reply', (t) => {
    const subject = t.split('_').at(-2)?.toLowerCase() ?? '';
    const change = { CREATE: 'created', UPDATE: 'updated', DELETE: 'deleted' }[t.split('_').at(-1) ?? ''];
    const info = { [`${subject}_id`]: 'X1', content: '…' };
    const d = { guild_id: '187', channel_id: 'C1', author_id: '144', [`${subject}_info`]: info };
    expect(factsOf(t, d)).toStrictEqual({
      kind: `forum.${change}`,
      atMs: NOW_MS,
      ...BY_GUILD_USER,
      subject,
      subjectId: 'X1',
      ...(t.startsWith('FORUM_') && anchor(t, NOW_MS)),
    });
  });

  it.each(KNOWN_EVENTS)('%s without its fields is unknown, or says less, and keeps what came', (t) => {
    for (const d of [{}, null, '', [], { id: null, target: 7, openid: '', message: [], data: 'x' }]) {
      const event = eventOf(t, d);
      expect(event.raw).toBe(d);
      expect(event.name).toBe(t);
      if (event.conversation !== undefined) expect(event.target).toBeDefined();
    }
  });

  it('one of tomorrow is unknown, and whole in raw', () => {
    expect(eventOf('GROUP_DANCE', { x: 1 })).toStrictEqual({
      kind: 'unknown',
      name: 'GROUP_DANCE',
      id: 'GROUP_DANCE:e1',
      atMs: NOW_MS,
      raw: { x: 1 },
    });
    expect(eventOf('constructor', {}).kind).toBe('unknown');
  });

  it('one without an envelope id answers to nobody', () => {
    const event = normalise({ t: 'FRIEND_ADD', d: user }, context);
    expect(event).toMatchObject({ kind: 'event', event: { id: '' } });
    expect(event).not.toHaveProperty('event.anchor');
  });
});

describe('an interaction', () => {
  const d = { id: 'I1', type: 11, timestamp: '2026-09-20T10:00:00+08:00' };
  const pressed = { type: 11, resolved: { button_id: 'b', button_data: 'x', user_id: '144', message_id: 'M1' } };

  it.each([
    ['in private', { user_openid: 'U1', data: pressed }, C2C],
    ['in a guild', { guild_id: '187', channel_id: 'C1', data: pressed }, BY_GUILD_USER],
  ])('%s is placed by the ids that are there', (_, more, where) => {
    expect(factsOf('INTERACTION_CREATE', { ...d, ...more })).toMatchObject({ kind: 'button', ...where });
  });

  // Trap 35: the envelope's id is answered to, the inner one is acknowledged.
  it('is acknowledged under its inner id and answered under its outer one (trap 35)', () => {
    const event = eventOf('INTERACTION_CREATE', { ...d, user_openid: 'U1' }, 'INTERACTION_CREATE:outer');
    expect(event).toMatchObject({ interaction: 'I1', anchor: { kind: 'event', id: 'INTERACTION_CREATE:outer' } });
  });

  it('of the quick menu names its feature', () => {
    const data = { type: 12, resolved: { feature_id: 'help' } };
    expect(eventOf('INTERACTION_CREATE', { ...d, type: 12, user_openid: 'U1', data })).toMatchObject({
      kind: 'button',
      from: 'menu',
      featureId: 'help',
      data: '',
    });
  });

  it.each([
    [9, 'search'],
    [13, 'feedback'],
    [14, 'clearSession'],
    [15, 'story'],
    [16, 'modelSwitch'],
    [18, 'userAuthorisation'],
    [19, 'groupAuthorisation'],
    [20, 'groupAuthorisationState'],
    [2001, 'other'],
    ['constructor', 'other'],
  ])('of type %s is about %s, and no button', (type, about) => {
    const data = { type, resolved: { feedback_opt: 'LIKE', action: 'ENTER_STORY', checked: true } };
    expect(eventOf('INTERACTION_CREATE', { ...d, type, user_openid: 'U1', data })).toMatchObject({
      kind: 'interaction',
      about,
      feedback: 'like',
      action: 'ENTER_STORY',
      checked: true,
    });
  });

  it('in a guild is no anchor: the platform lists none there', () => {
    const event = eventOf('INTERACTION_CREATE', { ...d, channel_id: 'C1', guild_id: '187', data: pressed });
    expect(event.anchor).toBeUndefined();
  });
});
