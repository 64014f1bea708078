import type { Target } from '../../domain/conversation.js';
import type { Keyboard, OutgoingMedia } from '../../domain/message.js';
import type { MediaRef } from '../../domain/message-parts.js';
import type { Anchor, Outcome, Piece } from '../../domain/reply.js';
import type { MessageLimits } from '../../domain/reply-plan.js';
import type { Clock } from '../../ports/clock.js';
import type { MessageApi, OutgoingFile } from '../../ports/message-api.js';
import type { WrittenFrame } from '../../ports/store.js';
import type { StreamApi } from '../../ports/stream-api.js';
import type { ActiveLedger } from '../active-ledger.js';
import type { ReplyLedger } from '../reply-ledger.js';
import type { FramePace } from './frame-pace.js';
import type { Lanes } from './lanes.js';
import type { Leave, ReadinessDeps } from './readiness.js';

/** What the platform has been found not to grant; remembered so that it is asked for once. */
export type Rights = {
  readonly mayMarkdown: (target: Target) => boolean;
  readonly loseMarkdown: (target: Target) => void;
  /** Whether it was asked for and refused; what a program asks for itself is tried until then. */
  readonly lacksMarkdown: (target: Target) => boolean;
  /** Templates and keyboards of one's own take a right each. */
  readonly lacksKeyboard: (target: Target, keyboard: Keyboard) => boolean;
  readonly loseKeyboard: (target: Target, keyboard: Keyboard) => void;
  /** What goes along with the beginning of a long answer, where that is wanted. */
  readonly stopKeyboard?: Keyboard;
  readonly mayType: () => boolean;
  readonly loseTyping: () => void;
};

/** A reply that is reserved: with the same pair the platform accepts a message once. */
export type Slot = { readonly anchor: Anchor; readonly msgSeq: number };

/** The reply a piece uses up; null where none of its anchors takes one. */
export const reserveFor = ({ role, target, anchors }: Piece, ledger: ReplyLedger, nowMs: number): Slot | null =>
  role === 'send'
    ? ledger.reserveBeside(target.scene, anchors, nowMs)
    : ledger.reserveFirst(target.scene, anchors, nowMs);

/** What is written down of each send, so that a restart repeats it with the same pair, or not at all. */
export type SendLog = {
  /** To be awaited before the first try. Errors: the store's. */
  readonly begin: (piece: Piece, slot: Slot, text: string) => Promise<void>;
  readonly end: (slot: Slot, outcome: Outcome) => void;
  /**
   * A bubble that began with this piece and reply grows: `piece` is all that it shows with the frame. To be awaited before
   * that is tried. Errors: the store's.
   */
  readonly frame: (piece: Piece, slot: Slot, frame: WrittenFrame) => Promise<void>;
  /** That frame has arrived; nobody waits for it to be written. */
  readonly shown: (piece: Piece, slot: Slot, frame: WrittenFrame) => void;
  /** The same for an active message, which has no pair that makes a repeat harmless: that it is tried is written too. */
  readonly active: ActiveLog;
  /** It waits for the user's next message, also over a restart. */
  readonly park: (outcome: Outcome & { readonly status: 'parked' }) => void;
};

export type ActiveLog = {
  readonly keyOf: (piece: Piece, part: number) => string;
  /** To be awaited. Errors: the store's. */
  readonly begin: (key: string, piece: Piece, text: string) => Promise<void>;
  /** To be awaited right before the first try. Errors: the store's. */
  readonly tried: (key: string, piece: Piece, text: string) => Promise<void>;
  readonly end: (key: string, outcome: Outcome) => void;
};

/** The files of messages, on their way out. */
export type Files = {
  /** Takes a caller's file, which is kept until `release`. Errors: `capacity.full`, `media.tooLarge`. */
  readonly hold: (media: OutgoingMedia) => MediaRef;
  /** Its message has its outcome. */
  readonly release: (media: MediaRef) => void;
  /**
   * Brings a file to where the platform can take it from. `isFresh`: whatever was uploaded before is not to be used.
   * Errors: `media.*`, those of the platform's uploads, `capacity.full`.
   */
  readonly ready: (media: MediaRef, target: Target, leave: Leave, isFresh: boolean) => Promise<OutgoingFile>;
};

/** What all conversations of one bot share on their way out. */
export type SendingDeps = ReadinessDeps & {
  readonly api: MessageApi;
  readonly streams: StreamApi;
  readonly clock: Clock;
  /** Draws from [0, 1): jitter of the waits between attempts. */
  readonly random: () => number;
  /** Shared by all who speak to the same platform. */
  readonly lanes: Lanes;
  readonly framePace: FramePace;
  readonly ledger: ReplyLedger;
  readonly active: ActiveLedger;
  readonly rights: Rights;
  /** Absent: no files are sent. */
  readonly files?: Files;
  /** Absent: nothing outlives this process. */
  readonly log?: SendLog;
  readonly messageLimits: MessageLimits;
};
