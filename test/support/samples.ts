import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { conversationIdOf, type Target } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { type Outcome, type Piece, textOfPiece } from '../../src/domain/reply.js';
import type { TurnInfo } from '../../src/domain/turn.js';

export const START_MS = Date.UTC(2026, 0, 1);
export const USER: Target = { scene: 'c2c', openid: 'u1' };

export const policyOf = (changes: Partial<ConversationPolicy> = {}): ConversationPolicy => ({
  busy: 'interrupt',
  interruptScope: 'sender',
  patience: { interruptsMax: 5, withinMs: 30_000 },
  quietMs: 600,
  atMostMs: 2_500,
  mediaHoldMs: 1_500,
  waitingMax: 20,
  drop: 'old',
  waitingLifeMs: 90_000,
  holdMaxMs: 60_000,
  graceMs: 2_000,
  settleMs: 3_000,
  turnMaxMs: 300_000,
  typing: false,
  notices: { stopped: '', rejected: '', expired: '', failed: 'sorry', blocked: '' },
  ...changes,
});

export const messageOf = (id: string, changes: Partial<Inbound> = {}): Inbound => {
  const target = changes.target ?? USER;
  const sender = changes.sender ?? { id: target.scene === 'c2c' ? target.openid : 'u1' };
  return {
    id,
    conversation: conversationIdOf('app', target, sender.id),
    target,
    sender,
    text: `text of ${id}`,
    mention: true,
    atMs: START_MS,
    attachments: [],
    ...changes,
  };
};

export const pieceOf = (index: number, changes: Partial<Piece> = {}): Piece => ({
  conversation: 'qq:app:c2c:u1',
  turn: 'qq:app:c2c:u1:t1',
  epoch: 1,
  role: 'answer',
  index,
  target: USER,
  anchors: [{ kind: 'message', id: 'm1', atMs: START_MS }],
  content: { kind: 'text', text: `piece ${index}`, via: 'reply' },
  ...changes,
});

export const sentOf = (piece: Piece): Outcome => ({
  piece,
  status: 'sent',
  sentId: `id of ${piece.index}`,
  said: textOfPiece(piece),
});

export const turnOf = (epoch: number, ...inputs: readonly Inbound[]): TurnInfo => ({
  id: `qq:app:c2c:u1:t${epoch}`,
  conversation: 'qq:app:c2c:u1',
  epoch,
  inputs,
  askedAtMs: START_MS,
});
