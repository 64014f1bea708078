// §4: the bit an event needs.
const EVENTS_BY_BIT: Readonly<Record<number, readonly string[]>> = {
  0: ['GUILD_CREATE', 'GUILD_UPDATE', 'GUILD_DELETE', 'CHANNEL_CREATE', 'CHANNEL_UPDATE', 'CHANNEL_DELETE'],
  1: ['GUILD_MEMBER_ADD', 'GUILD_MEMBER_UPDATE', 'GUILD_MEMBER_REMOVE'],
  9: ['MESSAGE_CREATE', 'MESSAGE_DELETE'],
  10: ['MESSAGE_REACTION_ADD', 'MESSAGE_REACTION_REMOVE'],
  12: ['DIRECT_MESSAGE_CREATE', 'DIRECT_MESSAGE_DELETE'],
  18: [
    'OPEN_FORUM_THREAD_CREATE',
    'OPEN_FORUM_THREAD_UPDATE',
    'OPEN_FORUM_THREAD_DELETE',
    'OPEN_FORUM_POST_CREATE',
    'OPEN_FORUM_POST_DELETE',
    'OPEN_FORUM_REPLY_CREATE',
    'OPEN_FORUM_REPLY_DELETE',
  ],
  19: ['AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER', 'AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT'],
  23: ['ENTER_AIO'],
  24: ['GROUP_MEMBER_ADD', 'GROUP_MEMBER_REMOVE', 'GROUP_JOIN_REQUEST'],
  25: [
    'C2C_MESSAGE_CREATE',
    'FRIEND_ADD',
    'FRIEND_DEL',
    'C2C_MSG_REJECT',
    'C2C_MSG_RECEIVE',
    'GROUP_AT_MESSAGE_CREATE',
    'GROUP_MESSAGE_CREATE',
    'GROUP_ADD_ROBOT',
    'GROUP_DEL_ROBOT',
    'GROUP_MSG_REJECT',
    'GROUP_MSG_RECEIVE',
    'SUBSCRIBE_MESSAGE_STATUS',
  ],
  26: ['INTERACTION_CREATE'],
  27: ['MESSAGE_AUDIT_PASS', 'MESSAGE_AUDIT_REJECT'],
  28: [
    'FORUM_THREAD_CREATE',
    'FORUM_THREAD_UPDATE',
    'FORUM_THREAD_DELETE',
    'FORUM_POST_CREATE',
    'FORUM_POST_DELETE',
    'FORUM_REPLY_CREATE',
    'FORUM_REPLY_DELETE',
    'FORUM_PUBLISH_AUDIT_RESULT',
  ],
  29: ['AUDIO_START', 'AUDIO_FINISH', 'AUDIO_ON_MIC', 'AUDIO_OFF_MIC'],
  30: ['AT_MESSAGE_CREATE', 'PUBLIC_MESSAGE_DELETE'],
};

/** Every event of the list. */
export const EVENT_NAMES: readonly string[] = Object.values(EVENTS_BY_BIT).flat();

const MASK_BY_EVENT = new Map(
  Object.entries(EVENTS_BY_BIT).flatMap(([bit, events]) => events.map((event) => [event, 1 << Number(bit)] as const)),
);

const maskOf = (bits: readonly number[]): number => bits.reduce((mask, bit) => mask | (1 << bit), 0);

/** Every bit that means something; any other is 4013. */
export const KNOWN_INTENTS = maskOf(Object.keys(EVENTS_BY_BIT).map(Number));
/** §4: bits 0, 1 and 30 are always granted. */
export const BASE_INTENTS = maskOf([0, 1, 30]);
/** §0.3: bits 9 and 28 are for private bots. */
export const PRIVATE_INTENTS = maskOf([9, 28]);

/** The mask that lets an event through; 0 for a name the list does not know, which goes to everybody. */
export const intentFor = (event: string): number => MASK_BY_EVENT.get(event) ?? 0;
