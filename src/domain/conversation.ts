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
