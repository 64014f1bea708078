/** Where a conversation takes place. `guild` is a text channel of a guild, `dm` a private chat inside a guild. */
export type Scene = 'c2c' | 'group' | 'guild' | 'dm';

/** Where a message is sent to. All ids are opaque strings of the platform. */
export type Target =
  | { readonly scene: 'c2c'; readonly openid: string }
  | { readonly scene: 'group'; readonly groupOpenid: string }
  | { readonly scene: 'guild'; readonly channelId: string }
  | { readonly scene: 'dm'; readonly guildId: string };

/** `qq:<appId>:<scene>:<container…>:<member>`; one string, one conversation. */
export type ConversationId = string;

/** The peer a target stands for; rate limits and quotas are counted per peer. */
export const peerOf = (target: Target): string => {
  switch (target.scene) {
    case 'c2c':
      return target.openid;
    case 'group':
      return target.groupOpenid;
    case 'guild':
      return target.channelId;
    case 'dm':
      return target.guildId;
  }
};

/** The name under which a peer is remembered: `c2c:…`, `group:…`, `guild:…`, `dm:…`. */
export const peerKeyOf = (target: Target): string => `${target.scene}:${peerOf(target)}`;

/**
 * The conversation a message belongs to: one per user in C2C and DM, one per member in a group or guild channel, so
 * that no one cuts another's answer.
 */
export const conversationIdOf = (appId: string, target: Target, senderId: string): ConversationId =>
  target.scene === 'c2c'
    ? `qq:${appId}:c2c:${target.openid}`
    : `qq:${appId}:${target.scene}:${peerOf(target)}:${senderId}`;

/** The one conversation of all members, where a group or channel shares one. Total: other scenes have no other. */
export const sharedConversationOf = (id: ConversationId): ConversationId => {
  const [, , scene] = id.split(':');
  return scene === 'group' || scene === 'guild' ? id.slice(0, id.lastIndexOf(':')) : id;
};

/** Turns of one conversation that may run side by side, at most. */
export const LANES_MAX = 8;

/** Bot and target of a conversation's id; null where the text is none. Lanes beside a conversation speak to its target. */
export const placeOf = (id: ConversationId): { readonly appId: string; readonly target: Target } | null => {
  const [network, appId, scene, peer, ...rest] = (id.split('#')[0] as string).split(':');
  if (network !== 'qq' || !appId || !peer || rest.length > 1) return null;
  switch (scene) {
    case 'c2c':
      return rest.length === 0 ? { appId, target: { scene, openid: peer } } : null;
    case 'group':
      return { appId, target: { scene, groupOpenid: peer } };
    case 'guild':
      return { appId, target: { scene, channelId: peer } };
    case 'dm':
      return { appId, target: { scene, guildId: peer } };
    default:
      return null;
  }
};

/** The conversation with a peer as a whole, where none of its members is meant. */
export const conversationWith = (appId: string, target: Target): ConversationId =>
  `qq:${appId}:${target.scene}:${peerOf(target)}`;
