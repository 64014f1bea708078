import { type ConversationId, LANES_MAX } from '../domain/conversation.js';

/** The lanes of a conversation: itself, and under `concurrent` those beside it. */
export const lanesOf = (id: ConversationId): readonly ConversationId[] =>
  Array.from({ length: LANES_MAX }, (_, index) => (index === 0 ? id : `${id}#${index + 1}`));

/** The conversation that a lane belongs to. */
export const laneless = (lane: ConversationId): ConversationId => lane.replace(/#[2-9]$/, '');
