import type { Inbound } from './inbound.js';

export type AccessPolicy = {
  readonly groupPolicy: 'mention' | 'all';
  /** Openids; `*` is everyone; empty lets nobody in. */
  readonly allowedUsers: readonly string[];
};

export type Admission = 'admitted' | 'bot' | 'not_addressed' | 'not_allowed';

/** Whether a message becomes a turn. Bots are never answered: two bots would answer each other without end. */
export const admit = (message: Inbound, policy: AccessPolicy): Admission => {
  if (message.sender.bot) return 'bot';
  if (!message.mention && policy.groupPolicy === 'mention') return 'not_addressed';
  const { allowedUsers } = policy;
  return allowedUsers.includes('*') || allowedUsers.includes(message.sender.id) ? 'admitted' : 'not_allowed';
};
