import type { KeptFrames } from '../ports/store.js';
import type { AgentProfile } from './agent-session.js';
import { UNWRITTEN_MAX } from './frame-journal.js';
import { FRAME_LOG, FrameLog } from './frame-log.js';

/** A turn that was begun under that name in an earlier life, and not closed. */
export type OpenTurn = { readonly wire: string; readonly turn: string; readonly epoch: number };

export type RestoredSession = {
  readonly profile: AgentProfile;
  readonly log: FrameLog;
  readonly open: readonly OpenTurn[];
};

/** An offer is named after its turn. */
export const turnOfWire = (wire: string): string => wire.slice(0, Math.max(0, wire.lastIndexOf('.')));

/**
 * An agent of an earlier life, from what was kept for it.
 * Shape: numbers go on far above the last that was kept, for some may have been said and not written.
 */
export const readSession = (kept: KeptFrames): RestoredSession => {
  const log = new FrameLog(FRAME_LOG, kept.head, kept.acked);
  for (const frame of kept.frames) log.restore(frame);
  log.leapTo(log.head + UNWRITTEN_MAX);
  const open = kept.turns.map(({ wire, epoch }) => ({ wire, epoch, turn: turnOfWire(wire) }));
  return { profile: JSON.parse(kept.profile) as AgentProfile, log, open };
};
