import { peerOf } from './conversation.js';
import type { Inbound } from './inbound.js';

export type AccessPolicy = {
  readonly groupPolicy: 'mention' | 'all';
  /** Openids; `*` is everyone; empty is pairing mode. */
  readonly allowedUsers: readonly string[];
  /**
   * Groups, guilds (all their channels) and single guild channels in which every member may write; `*` is all of them.
   * Null: a group is no reason of its own, and its members are looked at one by one.
   */
  readonly allowedGroups: readonly string[] | null;
};

/** `not_paired`: pairing mode, and an operator has not let this user in yet. */
export type Admission = 'admitted' | 'bot' | 'not_addressed' | 'not_allowed' | 'not_paired';

const holds = (list: readonly string[], id: string): boolean => list.includes('*') || list.includes(id);

/**
 * Whether a message becomes a turn. Bots are never answered: two bots would answer each other without end.
 * Where groups are listed, a listed group lets all its members in, and elsewhere only users who are named or paired may
 * write: `*` is then everyone in private chats, not everyone anywhere.
 */
export const admit = (message: Inbound, policy: AccessPolicy, isPaired: (user: string) => boolean): Admission => {
  const { sender, target, mention, guildId } = message;
  const { allowedUsers, allowedGroups, groupPolicy } = policy;
  if (sender.bot) return 'bot';
  if (!mention && groupPolicy === 'mention') return 'not_addressed';
  const isPairing = allowedUsers.length === 0;
  if (allowedUsers.includes(sender.id) || (isPairing && isPaired(sender.id))) return 'admitted';
  const isGroup = target.scene === 'group' || target.scene === 'guild';
  const isListed = (groups: readonly string[]): boolean =>
    holds(groups, peerOf(target)) || (guildId !== undefined && groups.includes(guildId));
  const isOpen = isGroup && allowedGroups !== null ? isListed(allowedGroups) : holds(allowedUsers, sender.id);
  if (isOpen) return 'admitted';
  return isPairing ? 'not_paired' : 'not_allowed';
};
