import type { Target } from '../domain/conversation.js';
import { type Outcome, type Piece, textOfPiece } from '../domain/reply.js';
import type { ActiveLog, SendLog, Slot } from '../pipelines/sending/sending-deps.js';
import {
  activeKey,
  type OutboxEntry,
  parkedKey,
  type SendOutcome,
  sendKey,
  sentPieceOf,
  type WrittenFrame,
} from '../ports/store.js';
import { unheardReviewOf } from './audit-desk.js';
import type { ConversationsDeps } from './conversations.js';
import { isFinal, keyOf } from './once.js';
import { reportOf } from './send-reports.js';

/** The outbox in the store: a send is there before its first try, and until its outcome is. */
export const sendLog = (
  deps: Pick<ConversationsDeps, 'store' | 'lease' | 'clock' | 'lang' | 'own'>,
  /** The guild of a channel, as far as it is known. */
  guildOf: (target: Target) => string | undefined,
): SendLog => {
  const { store, lease, clock, lang, own } = deps;
  const settle = (key: string, outcome: Outcome): void => {
    const sendKeyGiven = keyOf(outcome);
    const report = reportOf(outcome, { lang, clock });
    // Before it is settled: whoever asks for it again after a crash between the two must not be told that it is new.
    if (sendKeyGiven !== undefined && isFinal(report)) own(store.saveReport(lease, sendKeyGiven, report));
    if (outcome.status === 'pending') {
      const { auditId: audit, piece, said } = outcome;
      own(store.saveReview(lease, { audit, piece, said }));
    }
    const unheard = unheardReviewOf(outcome, clock.now());
    if (unheard) own(store.saveReview(lease, unheard));
    own(store.settleSend(lease, key, outcomeOf(outcome)));
  };
  const entryOf = (
    key: string,
    piece: Piece,
    text: string,
    more: Pick<OutboxEntry, 'anchor' | 'msgSeq' | 'isTried' | 'guildId' | 'frame'>,
  ): OutboxEntry => {
    const content = piece.content.kind === 'text' ? { ...piece.content, text } : piece.content;
    return { key, piece: { ...piece, content }, atMs: clock.now(), ...more };
  };
  const active: ActiveLog = {
    keyOf: activeKey,
    begin: async (key, piece, text) => {
      await store.enqueueSend(lease, entryOf(key, piece, text, { anchor: null, msgSeq: 1 }));
    },
    tried: (key, piece, text) => {
      const guildId = guildOf(piece.target);
      const more = { anchor: null, msgSeq: 1, isTried: true, ...(guildId !== undefined && { guildId }) };
      return store.reviseSend(lease, entryOf(key, piece, text, more));
    },
    end: settle,
  };
  const revise = (piece: Piece, { anchor, msgSeq }: Slot, frame: WrittenFrame): Promise<void> => {
    const key = sendKey(anchor.id, msgSeq);
    return store.reviseSend(lease, entryOf(key, piece, textOfPiece(piece), { anchor, msgSeq, frame }));
  };
  return {
    begin: async (piece, { anchor, msgSeq }, text) => {
      const key = sendKey(anchor.id, msgSeq);
      await store.enqueueSend(lease, entryOf(key, piece, text, { anchor, msgSeq }));
    },
    end: ({ anchor, msgSeq }, outcome) => settle(sendKey(anchor.id, msgSeq), outcome),
    frame: revise,
    shown: (piece, slot, frame) => own(revise(piece, slot, { ...frame, isShown: true })),
    active,
    park: (outcome) => {
      const { text } = outcome;
      // Taken up between the two, it is parked again.
      const piece: Piece = { ...outcome.piece, content: { kind: 'text', text, via: 'park' } };
      const key = parkedKey(piece);
      const writing = store.enqueueSend(lease, entryOf(key, piece, text, { anchor: null, msgSeq: 1 }));
      own(writing.then(() => undefined));
      own(store.settleSend(lease, key, outcomeOf(outcome)));
    },
  };
};

/** A guild's whole message is for whoever has sent it. */
const outcomeOf = ({ piece, ...outcome }: Outcome): SendOutcome => {
  const of = sentPieceOf(piece);
  if (outcome.status !== 'sent') return { of, ...outcome };
  const { message: _, ...sent } = outcome;
  return { of, ...sent };
};
