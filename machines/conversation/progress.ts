import { anchorsOf, type Inbound, newestOf } from '../../src/domain/inbound.js';
import {
  type Anchor,
  type Outcome,
  type Piece,
  type PieceContent,
  saidBy,
  textOfPiece,
} from '../../src/domain/reply.js';
import type { CancelReason, Interrupted, Receipt, ReceiptStatus, ToolState, TurnInfo } from '../../src/domain/turn.js';

import type { Unsettled } from './conversation.types.js';

export type Ending = { readonly status: ReceiptStatus; readonly reason?: CancelReason; readonly atMs: number };

/** What is known of the turn under way, or of the one being closed. */
export type Progress = {
  readonly turn: TurnInfo;
  readonly pieces: number;
  /** Pieces handed on whose outcome is not known, in order. */
  readonly open: readonly Piece[];
  /** What the user saw: messages on lines of their own, a bubble's frames in one. */
  readonly delivered: string;
  /** The bubble that the last outcome belonged to goes on. */
  readonly isInBubble: boolean;
  readonly messageIds: readonly string[];
  readonly generatedChars: number;
  readonly tools: readonly ToolState[];
  /** Text of an earlier turn that this one says first, as its piece 0; empty once that is out. */
  readonly carried: string;
  /** What of this turn's answer no reply could carry. */
  readonly parked: string;
  /** The text of a send that ended with its result unknown. */
  readonly maybe: string | null;
  readonly ending: Ending | null;
  /** Some of it was refused for good, see `isBlocked`. */
  readonly isBlocked: boolean;
};

export const begun = (turn: TurnInfo, carried: string): Progress => ({
  turn,
  pieces: 0,
  open: [],
  delivered: '',
  isInBubble: false,
  messageIds: [],
  generatedChars: 0,
  tools: [],
  carried,
  parked: '',
  maybe: null,
  ending: null,
  isBlocked: false,
});

const newestFirst = (inputs: readonly Inbound[]): readonly Anchor[] => [...anchorsOf(inputs)].reverse();

/** The next piece of a turn; it answers the newest of the turn's messages that still takes a reply. */
export const nextPiece = ({ turn, pieces }: Progress, content: PieceContent): Piece => ({
  conversation: turn.conversation,
  turn: turn.id,
  epoch: turn.epoch,
  role: 'answer',
  index: pieces,
  target: newestOf(turn).target,
  anchors: newestFirst(turn.inputs),
  content,
});

export const withPiece = (progress: Progress, piece: Piece): Progress => ({
  ...progress,
  pieces: progress.pieces + 1,
  open: [...progress.open, piece],
});

/** A file above the platform's limits, or a picture above a guild's. Source: qq-bot-api §8.2. */
const TOO_LARGE: ReadonlySet<number | undefined> = new Set([850031, 304020]);

/** The platform's review did not let it through, or it is too large to be sent: nothing the agent does will change that. */
export const isBlocked = (outcome: Outcome): boolean =>
  outcome.status === 'refused' &&
  (outcome.code === 'platform.blocked' || outcome.code === 'media.tooLarge' || TOO_LARGE.has(outcome.platformCode));

export const withOutcome = (progress: Progress, outcome: Outcome): Progress => {
  const said = saidBy(outcome);
  const { content } = outcome.piece;
  const goesOn = progress.delivered === '' || (progress.isInBubble && content.kind === 'stream');
  return {
    ...progress,
    isBlocked: progress.isBlocked || isBlocked(outcome),
    open: progress.open.filter(({ index }) => index !== outcome.piece.index),
    ...(said !== null && {
      delivered: goesOn ? progress.delivered + said : `${progress.delivered}\n${said}`,
    }),
    // A bubble that takes no more is followed by messages.
    isInBubble: said !== null && content.kind === 'stream' && !content.isLast,
    messageIds:
      outcome.status === 'sent' && !progress.messageIds.includes(outcome.sentId)
        ? [...progress.messageIds, outcome.sentId]
        : progress.messageIds,
    ...(isCarried(progress, outcome)
      ? { carried: stillCarried(progress.carried, outcome) }
      : outcome.status === 'parked' && { parked: joined(progress.parked, outcome.text) }),
    maybe: outcome.status === 'unknown' ? outcome.maybe : progress.maybe,
  };
};

/** It was taken back before anything of it reached the transport. */
export const isWithdrawn = (outcome: Outcome): boolean =>
  (outcome.status === 'fenced' || outcome.status === 'full' || outcome.status === 'deferred') &&
  saidBy(outcome) === null;

const isCarried = ({ carried }: Progress, { piece }: Outcome): boolean => carried !== '' && piece.index === 0;

/** What is still to be said of the earlier text that a piece was to bring. */
const stillCarried = (carried: string, outcome: Outcome): string => {
  if (outcome.status === 'parked') return outcome.text;
  return isWithdrawn(outcome) ? carried : '';
};

/** Characters of an answer that wait for the user's next message; the rest is given up. */
const PARKED_CHARS_MAX = 18_000;

const joined = (first: string, second: string): string =>
  (first === '' || second === '' ? first + second : `${first}\n${second}`).slice(0, PARKED_CHARS_MAX);

/** What the next turn is to say first. Of an answer that was cancelled nothing more is said (turns §3.4, G1). */
export const parkedBy = ({ carried, parked, open, ending }: Progress): string =>
  joined(open[0]?.index === 0 ? '' : carried, ending?.reason ? '' : parked);

/** Text that was to be said by a turn that is closed waits again, before what came after it. */
export const parkedAgain = (parked: string, { carried }: Unsettled, outcome: Outcome): string =>
  carried === '' ? parked : joined(stillCarried(carried, outcome), parked);

/** The call that the receipt has to name, for its outcome is not known. */
export const unsettledBy = ({ turn, open, carried }: Progress): readonly Unsettled[] =>
  open.slice(0, 1).map(({ index }) => ({ epoch: turn.epoch, index, carried: index === 0 ? carried : '' }));

/** The closing record: written from what is known at this instant. Source: turns §2.2, G6. */
export const receiptOf = (progress: Progress): Receipt => ({
  status: progress.ending?.status ?? 'completed',
  ...(progress.ending?.reason && { reason: progress.ending.reason }),
  delivered: progress.delivered,
  generatedChars: progress.generatedChars,
  certainty: progress.open.length > 0 || progress.maybe !== null ? 'maybe-more' : 'exact',
  messageIds: progress.messageIds,
});

/** What the next turn is told; null after a turn that ran to its end. Source: turns §3.3. */
export const interruptedBy = (progress: Progress): Interrupted | null => {
  const { turn, ending, open, tools } = progress;
  if (!ending?.reason) return null;
  const receipt = receiptOf(progress);
  const maybe = progress.maybe ?? (open[0] && textOfPiece(open[0]));
  return {
    turn: turn.id,
    epoch: turn.epoch,
    reason: ending.reason,
    atMs: ending.atMs,
    inputs: turn.inputs.map(({ id, text }) => ({ id, text })),
    delivered: receipt.delivered,
    generatedChars: receipt.generatedChars,
    certainty: receipt.certainty,
    ...(maybe && { maybe }),
    agent: ending.status === 'killed' ? 'killed' : 'acked',
    ...(tools.length > 0 && { tools }),
  };
};

/** The agent failed, or took too long, before a word of it was seen. */
export const endedInSilence = ({ ending, delivered, open, maybe }: Progress): boolean =>
  (ending?.status === 'failed' || ending?.status === 'timed_out' || ending?.reason === 'deadline') &&
  delivered === '' &&
  open.length === 0 &&
  maybe === null;
