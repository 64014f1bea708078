import type { AuditEvent } from './platform-event.js';
import type { Outcome, Piece } from './reply.js';

/** When the platform may have taken a send whose answer was never heard. Units: epoch ms. */
export type Unheard = { readonly fromMs: number; readonly untilMs: number };

/** How far the platform's clock may be beside ours, its seconds included. Units: ms. */
const SKEW_MAX_MS = 5_000;
/** A review takes minutes; where its event does not say when the message was made, it is looked for so long. Units: ms. */
const REVIEW_MAX_MS = 60 * 60_000;

/** The name of a review whose own was in the answer that nobody heard. */
export const unheardName = ({ anchors, turn, epoch, index }: Piece): string =>
  `?${anchors[0]?.id ?? turn}/${epoch}.${index}`;

/**
 * A send of unknown outcome may be under review, where the platform reviews: in guilds.
 * Shape: null for any other outcome, and in any other scene.
 */
export const unheardOf = (outcome: Outcome, nowMs: number): (Unheard & { readonly maybe: string }) | null => {
  if (outcome.status !== 'unknown') return null;
  const { target, anchors } = outcome.piece;
  if (target.scene !== 'guild' && target.scene !== 'dm') return null;
  // What answers a message was not made before it.
  const fromMs = anchors.length === 0 ? nowMs - REVIEW_MAX_MS : Math.min(...anchors.map(({ atMs }) => atMs));
  return { fromMs, untilMs: nowMs, maybe: outcome.maybe };
};

type Verdict = Pick<AuditEvent, 'target' | 'guildId' | 'createdAtMs' | 'atMs'>;

/** Whether a verdict may be about this piece: of its place, and of a message that was made when it may have been. */
export const mayBeAbout = (verdict: Verdict, { target }: Piece, { fromMs, untilMs }: Unheard): boolean => {
  const isThere =
    target.scene === 'guild'
      ? verdict.target?.scene === 'guild' && verdict.target.channelId === target.channelId
      : target.scene === 'dm' && verdict.guildId === target.guildId;
  const { createdAtMs, atMs } = verdict;
  const latestMs = createdAtMs === undefined ? untilMs + REVIEW_MAX_MS : untilMs + SKEW_MAX_MS;
  const whenMs = createdAtMs ?? atMs;
  return isThere && whenMs >= fromMs - SKEW_MAX_MS && whenMs <= latestMs;
};
