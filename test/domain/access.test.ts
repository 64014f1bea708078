import { describe, expect, it } from 'vitest';
import { type AccessPolicy, admit } from '../../src/domain/access.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { messageOf } from '../support/samples.js';

const EVERYONE: AccessPolicy = { groupPolicy: 'mention', allowedUsers: ['*'] };

describe('admit', () => {
  it.each<[string, Partial<Inbound>, Partial<AccessPolicy>, string]>([
    ['anyone, where everyone may', {}, {}, 'admitted'],
    ['a listed user', {}, { allowedUsers: ['u0', 'u1'] }, 'admitted'],
    ['a user who is not listed', {}, { allowedUsers: ['u0', 'u'] }, 'not_allowed'],
    ['anyone, where the list is empty', {}, { allowedUsers: [] }, 'not_allowed'],
    ['who does not address the bot', { mention: false }, {}, 'not_addressed'],
    ['who does not address a bot that hears all', { mention: false }, { groupPolicy: 'all' }, 'admitted'],
    ['a bot, even a listed one', { sender: { id: 'u1', bot: true } }, { allowedUsers: ['u1', '*'] }, 'bot'],
  ])('%s', (_, message, policy, admission) => {
    expect(admit(messageOf('m', message), { ...EVERYONE, ...policy })).toBe(admission);
  });
});
