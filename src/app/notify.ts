import { NEVER } from 'rxjs';
import type { Outcome, Piece } from '../domain/reply.js';
import { asRouterError } from '../errors/router-error.js';
import { sendText } from '../pipelines/sending/send-text.js';
import type { SendingDeps } from '../pipelines/sending/sending-deps.js';
import type { Lease } from '../ports/store.js';
import { recallReplies } from './recalled-replies.js';

const TRIES = { attemptsMax: 4, retryFloorMs: 1_000 } as const;

/** Who is to hear it, and what it answers. */
export type Addressee = Pick<Piece, 'conversation' | 'target' | 'anchors'>;

/** A word of the router's own outside of a turn; within the reply rules, or not at all. Never rejects. */
export type Notify = (to: Addressee, text: string) => Promise<Outcome>;

export type NotifyDeps = {
  readonly sending: SendingDeps;
  readonly lease: Lease;
  /** Errors: the store's. */
  readonly repliesUsed: (anchorIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
};

export const createNotify = ({ sending, lease, repliesUsed }: NotifyDeps): Notify => {
  const leave = { isLive: () => lease.valid(), revoked$: NEVER };
  let said = 0;
  return async ({ conversation, target, anchors }, text) => {
    said += 1;
    const turn = `${conversation}:door${said}`;
    const content = { kind: 'text', text, via: 'reply' } as const;
    const piece: Piece = { conversation, turn, epoch: 0, role: 'notice', index: 0, target, anchors, content };
    try {
      await recallReplies(piece, { ledger: sending.ledger, repliesUsed });
    } catch (error) {
      return { piece, status: 'refused', code: asRouterError(error, 'store.failed').code };
    }
    return sendText(piece, text, leave, sending, TRIES);
  };
};
