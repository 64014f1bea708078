import { describe, expect, it } from 'vitest';
import {
  INTENT_BITS,
  INTENT_SPELLINGS,
  intentMask,
  intentNames,
  OPTIONAL_INTENTS,
  reducedIntents,
} from '../../src/domain/intents.js';

describe('intentMask', () => {
  it.each([
    [['group_and_c2c', 'direct_messages', 'public_guild_messages', 'interaction'], 1_174_409_216],
    [['guilds', 'guild_members', 'group_and_c2c_event', 'public_guild_messages'], 1_107_296_259],
    [['GUILDS', 'DIRECT_MESSAGE', 'forums', 'FORUMS_EVENT'], 1 | (1 << 12) | (1 << 28)],
    [['public_messages', 'at_messages'], (1 << 25) | (1 << 30)],
    [['open_forum_event', 'c2c_group_at_messages'], (1 << 18) | (1 << 25)],
    [[], 0],
    [['nothing_of_the_kind'], 0],
  ])('%j is %d', (names, mask) => {
    expect(intentMask(names)).toBe(mask);
  });

  it('is positive and its own names’ mask, whatever is asked for', () => {
    const all = intentMask(INTENT_SPELLINGS);
    expect(all).toBeGreaterThan(0);
    expect(intentNames(all)).toEqual(Object.keys(INTENT_BITS));
    expect(intentMask(intentNames(all))).toBe(all);
  });
});

describe('reducedIntents', () => {
  it('keeps what every bot is granted, and the C2C and group scene', () => {
    const all = intentMask(INTENT_SPELLINGS);
    expect(intentNames(reducedIntents(all))).toEqual([
      'guilds',
      'guild_members',
      'group_and_c2c_event',
      'public_guild_messages',
    ]);
    expect(reducedIntents(all) | OPTIONAL_INTENTS).toBe(all);
    expect(reducedIntents(OPTIONAL_INTENTS)).toBe(0);
  });
});
