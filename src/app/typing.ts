import { randomUUID } from 'node:crypto';
import type { Directory } from '../actors/directory.js';
import { BoundedMap } from '../domain/bounded-map.js';
import { type ConversationId, placeOf } from '../domain/conversation.js';
import type { Outcome } from '../domain/reply.js';
import type { OpenAnchors } from '../pipelines/open-anchors.js';
import type { ReplyLedger } from '../pipelines/reply-ledger.js';
import type { Rights } from '../pipelines/sending/sending-deps.js';
import type { Clock } from '../ports/clock.js';

export type TypingDeps = {
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'say'>;
  readonly anchors: Pick<OpenAnchors, 'of'>;
  readonly ledger: Pick<ReplyLedger, 'repliesLeft'>;
  readonly rights: Pick<Rights, 'mayType'>;
};

/** `unsupported`: the scene has none, or the bot may not. `window_closed`: no message is open that has a reply to spare. */
export type TypingRefusal = 'unsupported' | 'window_closed';

/** The longest the platform shows it. Source: qq-bot-api §6.2. */
const SHOWN_S = 60;
/** Not begun by then it is not worth a reply any more. Units: ms. */
const TTL_MS = 10_000;
/** Conversations that are remembered to show it. */
const SHOWN_MAX = 10_000;

/**
 * The platform's typing indication, outside of a turn; a turn shows its own.
 * Shape: it costs a reply, so it is sent once for as long as it is seen, and never for the last one. Nothing takes it
 * back: it ends with the next message, or by itself.
 */
export class Typing {
  readonly #deps: TypingDeps;
  /** Until when; epoch ms. */
  readonly #shownUntilMs = new BoundedMap<ConversationId, number>(SHOWN_MAX);

  constructor(deps: TypingDeps) {
    this.#deps = deps;
  }

  /** Null where it is shown already, or on its way. */
  show(conversation: ConversationId): TypingRefusal | null {
    const { clock, directory, anchors, ledger, rights } = this.#deps;
    const target = placeOf(conversation)?.target;
    if (target?.scene !== 'c2c' || !rights.mayType()) return 'unsupported';
    const nowMs = clock.now();
    if ((this.#shownUntilMs.get(conversation) ?? 0) > nowMs) return null;
    const open = anchors.of(target).filter((anchor) => ledger.repliesLeft(target.scene, [anchor], nowMs) > 1);
    if (open.length === 0) return 'window_closed';
    this.#shownUntilMs.set(conversation, nowMs + SHOWN_S * 1_000);
    // What becomes of it is heard with every other outcome.
    void directory.say({
      conversation,
      turn: `${conversation}:i${randomUUID()}`,
      epoch: 0,
      role: 'send',
      index: 0,
      target,
      anchors: open,
      content: { kind: 'typing', seconds: SHOWN_S },
      send: { mode: 'passive', untilMs: nowMs + TTL_MS },
    });
    return null;
  }

  /** A message ends it; one that was not shown may be tried again. */
  heard({ piece, status }: Outcome): void {
    const isTyping = piece.content.kind === 'typing';
    if (isTyping ? status !== 'sent' : status === 'sent') this.#shownUntilMs.take(piece.conversation);
  }
}
