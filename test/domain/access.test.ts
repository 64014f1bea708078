import { describe, expect, it } from 'vitest';
import { type AccessPolicy, admit } from '../../src/domain/access.js';
import type { Target } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { messageOf } from '../support/samples.js';

const EVERYONE: AccessPolicy = { groupPolicy: 'mention', allowedUsers: ['*'], allowedGroups: null };
const isPaired = (user: string): boolean => user === 'paired';

describe('admit', () => {
  it.each<[string, Partial<Inbound>, Partial<AccessPolicy>, string]>([
    ['anyone, where everyone may', {}, {}, 'admitted'],
    ['a listed user', {}, { allowedUsers: ['u0', 'u1'] }, 'admitted'],
    ['a user who is not listed', {}, { allowedUsers: ['u0', 'u'] }, 'not_allowed'],
    ['a user who is paired, but not listed', { sender: { id: 'paired' } }, { allowedUsers: ['u0'] }, 'not_allowed'],
    ['anyone, in pairing mode', {}, { allowedUsers: [] }, 'not_paired'],
    ['a paired user, in pairing mode', { sender: { id: 'paired' } }, { allowedUsers: [] }, 'admitted'],
    ['who does not address the bot', { mention: false }, {}, 'not_addressed'],
    ['who does not address a bot that hears all', { mention: false }, { groupPolicy: 'all' }, 'admitted'],
    ['a bot, even a listed one', { sender: { id: 'u1', bot: true } }, { allowedUsers: ['u1', '*'] }, 'bot'],
    ['a bot, even a paired one', { sender: { id: 'paired', bot: true } }, { allowedUsers: [] }, 'bot'],
  ])('%s', (_, message, policy, admission) => {
    expect(admit(messageOf('m', message), { ...EVERYONE, ...policy }, isPaired)).toBe(admission);
  });
});

describe('groups', () => {
  const group: Target = { scene: 'group', groupOpenid: 'g1' };
  const channel: Target = { scene: 'guild', channelId: 'c1' };
  const dm: Target = { scene: 'dm', guildId: 'g1' };

  it.each<[string, Target, string, Partial<AccessPolicy>, string]>([
    [
      'a listed group lets all its members in',
      group,
      'anyone',
      { allowedUsers: [], allowedGroups: ['g1'] },
      'admitted',
    ],
    ['a listed channel too', channel, 'anyone', { allowedUsers: ['x'], allowedGroups: ['c1'] }, 'admitted'],
    ['a listed guild, in every channel', channel, 'anyone', { allowedUsers: [], allowedGroups: ['s1'] }, 'admitted'],
    ['not another guild’s channel', channel, 'anyone', { allowedGroups: ['s2', 'c2'] }, 'not_allowed'],
    ['"*" is all groups', group, 'anyone', { allowedUsers: [], allowedGroups: ['*'] }, 'admitted'],
    ['"*" of users is no group', group, 'anyone', { allowedGroups: ['g2'] }, 'not_allowed'],
    ['no group at all', group, 'anyone', { allowedGroups: [] }, 'not_allowed'],
    ['a named user may write in any', group, 'u1', { allowedUsers: ['u1'], allowedGroups: [] }, 'admitted'],
    ['a paired member too', group, 'paired', { allowedUsers: [], allowedGroups: [] }, 'admitted'],
    ['others may ask to be paired', group, 'anyone', { allowedUsers: [], allowedGroups: ['g2'] }, 'not_paired'],
    ['without a list members count', group, 'anyone', {}, 'admitted'],
    ['a private chat is no group', dm, 'anyone', { allowedUsers: ['x'], allowedGroups: ['g1'] }, 'not_allowed'],
  ])('%s', (_, target, id, policy, admission) => {
    const place = { target, ...(target === channel && { guildId: 's1' }) };
    expect(admit(messageOf('m', { ...place, sender: { id } }), { ...EVERYONE, ...policy }, isPaired)).toBe(admission);
  });
});
