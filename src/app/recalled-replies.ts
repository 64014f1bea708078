import type { Piece } from '../domain/reply.js';
import type { ReplyLedger } from '../pipelines/reply-ledger.js';

export type RecallDeps = {
  readonly ledger: Pick<ReplyLedger, 'knows' | 'restore'>;
  readonly repliesUsed: (anchorIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
};

/**
 * An anchor that an earlier life has heard may have been answered in it; under a number of that life, the platform would
 * take what is said now for what was said then. Errors: of the store.
 */
export const recallReplies = async (
  { target, anchors }: Pick<Piece, 'target' | 'anchors'>,
  { ledger, repliesUsed }: RecallDeps,
): Promise<void> => {
  const unknown = anchors.filter(({ id }) => !ledger.knows(id));
  if (unknown.length === 0) return;
  const used = await repliesUsed(unknown.map(({ id }) => id));
  for (const anchor of unknown) {
    const count = used.get(anchor.id) ?? 0;
    if (count > 0) ledger.restore(target.scene, anchor, count);
  }
};
