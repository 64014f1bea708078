import { NEVER } from 'rxjs';
import type { Outcome, Piece } from '../domain/reply.js';
import { sendText } from '../pipelines/sending/send-text.js';
import type { SendingDeps } from '../pipelines/sending/sending-deps.js';
import type { Lease } from '../ports/store.js';

const TRIES = { attemptsMax: 4, retryFloorMs: 1_000 } as const;

/** Who is to hear it, and what it answers. */
export type Addressee = Pick<Piece, 'conversation' | 'target' | 'anchors'>;

/** A word of the router's own outside of a turn; within the reply rules, or not at all. */
export type Notify = (to: Addressee, text: string) => Promise<Outcome>;

export const createNotify = (sending: SendingDeps, lease: Lease): Notify => {
  const leave = { isLive: () => lease.valid(), revoked$: NEVER };
  let said = 0;
  return ({ conversation, target, anchors }, text) => {
    said += 1;
    const turn = `${conversation}:door${said}`;
    const content = { kind: 'text', text, via: 'reply' } as const;
    return sendText(
      { conversation, turn, epoch: 0, role: 'notice', index: 0, target, anchors, content },
      text,
      leave,
      sending,
      TRIES,
    );
  };
};
