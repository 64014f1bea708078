import { peerKeyOf } from '../../../domain/conversation.js';
import { anchorsOf } from '../../../domain/inbound.js';
import type { ConversationRecord, InboxEvent, OutboxEntry, Reach } from '../../../ports/store.js';
import { lastTextOf, sceneOf } from '../conversation-line.js';
import type { ConversationRow } from './tables/conversations.js';
import type { HeardRow, InboxRow } from './tables/inbox.js';
import type { ActiveRow, ActiveSend, RefusalRow } from './tables/reach.js';

/** What the port says, as it crosses to the writer, and back. */
export const rowOf = (record: ConversationRecord): ConversationRow => ({
  id: record.conversation,
  scene: sceneOf(record.conversation),
  epoch: record.epoch,
  lastText: lastTextOf(record.transcript),
  record: JSON.stringify(record),
});

export const inboxRowOf = ({ id, message }: InboxEvent): InboxRow => {
  const isAnswerable = anchorsOf([message]).length > 0;
  return [id, JSON.stringify(message), isAnswerable ? peerKeyOf(message.target) : null, message.atMs];
};

/** Null for what counts into no quota here: one that calls a user back has its own, which the platform alone counts. */
export const activeSendOf = ({ key, piece, isTried, guildId }: OutboxEntry, atMs: number): ActiveSend | null =>
  isTried && !piece.send?.wakeUp ? { key, peer: peerKeyOf(piece.target), guild: guildId ?? null, atMs } : null;

export const reachOf = (rows: {
  readonly heard: readonly HeardRow[];
  readonly active: readonly ActiveRow[];
  readonly refusals: readonly RefusalRow[];
}): Reach => ({
  heard: rows.heard.map(({ peer, id, said: atMs }) => ({ peer, id, atMs })),
  active: rows.active.map(({ peer, at: atMs, guild }) => ({ peer, atMs, ...(guild !== null && { guildId: guild }) })),
  refusals: rows.refusals.map(({ peer, at: untilMs, heard }) => ({ peer, untilMs, isUntilHeard: heard === 1 })),
});
