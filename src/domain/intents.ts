/**
 * The platform's event intents: name → bit number. The mask sent at Identify is the OR of `1 << bit`; the highest bit
 * is 30, so 32-bit arithmetic is safe.
 * Source: the platform's page on event subscription (bot.q.qq.com/wiki/develop/api-v2); 18, 19 and 23 from its SDKs.
 */
export const INTENT_BITS = {
  guilds: 0,
  guild_members: 1,
  guild_messages: 9,
  guild_message_reactions: 10,
  direct_message: 12,
  open_forums_event: 18,
  audio_or_live_channel_member: 19,
  enter_aio: 23,
  group_member_event: 24,
  group_and_c2c_event: 25,
  interaction: 26,
  message_audit: 27,
  forums_event: 28,
  audio_action: 29,
  public_guild_messages: 30,
} as const satisfies Record<string, number>;

export type IntentName = keyof typeof INTENT_BITS;

/** Other common spellings of the same intents. */
export const INTENT_ALIASES = {
  direct_messages: 'direct_message',
  group_and_c2c: 'group_and_c2c_event',
  forums: 'forums_event',
  // As botpy and NoneBot's adapter call them.
  public_messages: 'group_and_c2c_event',
  open_forum_event: 'open_forums_event',
  at_messages: 'public_guild_messages',
  c2c_group_at_messages: 'group_and_c2c_event',
} as const satisfies Record<string, IntentName>;

const BIT_BY_SPELLING: ReadonlyMap<string, number> = new Map<string, number>([
  ...Object.entries(INTENT_BITS),
  ...Object.entries(INTENT_ALIASES).map(([alias, name]): [string, number] => [alias, INTENT_BITS[name]]),
]);

/** Every accepted spelling, lower case; upper case is accepted too. */
export const INTENT_SPELLINGS: readonly string[] = [...BIT_BY_SPELLING.keys()];

/** The bits a bot may lack the right to. Bits 0, 1 and 30 are always granted, 25 comes with the C2C and group scene. */
const OPTIONAL_BITS = [9, 10, 12, 18, 19, 23, 24, 26, 27, 28, 29] as const;

/** The mask of the intents that a second, reduced Identify leaves out. */
export const OPTIONAL_INTENTS: number = OPTIONAL_BITS.reduce((mask, bit) => mask | (1 << bit), 0);

/** Shape: undefined for a name that is none of `INTENT_SPELLINGS`, in either case. */
export const intentBit = (name: string): number | undefined => BIT_BY_SPELLING.get(name.toLowerCase());

/** The mask of the named intents. Shape: names that are none are left out; callers check them first. */
export const intentMask = (names: readonly string[]): number =>
  names.reduce((mask, name) => {
    const bit = intentBit(name);
    return bit === undefined ? mask : mask | (1 << bit);
  }, 0);

/** What is asked for after the platform refused `mask`: one bit that is not granted makes the whole Identify fail. */
export const reducedIntents = (mask: number): number => mask & ~OPTIONAL_INTENTS;

/** The names in a mask, lowest bit first. Shape: bits without a name are left out. */
export const intentNames = (mask: number): IntentName[] =>
  (Object.entries(INTENT_BITS) as [IntentName, number][])
    .filter(([, bit]) => (mask & (1 << bit)) !== 0)
    .map(([name]) => name);
