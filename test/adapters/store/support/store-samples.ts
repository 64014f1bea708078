import type { PairedUser } from '../../../../src/domain/pairing.js';
import type { Clock } from '../../../../src/ports/clock.js';
import type {
  ClosedTurn,
  ConversationRecord,
  InboxEvent,
  OutboxEntry,
  TurnReceipt,
} from '../../../../src/ports/store.js';
import { sendKey } from '../../../../src/ports/store.js';
import { messageOf, pieceOf, START_MS } from '../../../support/samples.js';

/** Real timers beside a date that moves when it is told to: a store waits on disks, not on dates. */
export class DatedClock implements Clock {
  #nowMs = START_MS;

  now = (): number => this.#nowMs;
  setTimeout = (run: () => void, delayMs: number): NodeJS.Timeout => setTimeout(run, delayMs);
  clearTimeout = (handle: unknown): void => clearTimeout(handle as NodeJS.Timeout);

  move(ms: number): void {
    this.#nowMs += ms;
  }
}

export const eventOf = (id: string): InboxEvent => ({ id, message: messageOf(id) });

export const eventsOf = (prefix: string, count: number): InboxEvent[] =>
  Array.from({ length: count }, (_, index) => eventOf(`${prefix}${index}`));

export const peerOf = (user: string): PairedUser => ({ user, scene: 'c2c', state: 'approved', approvedAtMs: START_MS });

export const recordOf = (user: string, text = `said to ${user}`, scene = 'c2c'): ConversationRecord => ({
  conversation: `qq:app:${scene}:${user}`,
  epoch: 3,
  transcript: [
    { role: 'user', content: 'asked' },
    { role: 'assistant', content: text },
  ],
});

export const receiptOf = (turn: string, changes: Partial<TurnReceipt> = {}): TurnReceipt => ({
  turn,
  conversation: 'qq:app:c2c:u1',
  epoch: 3,
  inputIds: ['m1'],
  askedAtMs: START_MS,
  closedAtMs: START_MS + 1_000,
  status: 'completed',
  delivered: 'what was said',
  generatedChars: 13,
  certainty: 'exact',
  messageIds: ['sent-1'],
  ...changes,
});

export const closedOf = (turn: string, settledIds: readonly string[], user = 'u1'): ClosedTurn => ({
  record: recordOf(user),
  receipt: receiptOf(turn, { inputIds: settledIds }),
  settledIds,
});

export const entryOf = (anchorId: string, msgSeq: number): OutboxEntry => ({
  key: sendKey(anchorId, msgSeq),
  piece: pieceOf(msgSeq - 1, { anchors: [{ kind: 'message', id: anchorId, atMs: START_MS }] }),
  anchor: { kind: 'message', id: anchorId, atMs: START_MS },
  msgSeq,
  atMs: START_MS,
});
