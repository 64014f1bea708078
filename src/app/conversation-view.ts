import type { ConversationUnit } from '../actors/conversation-unit.js';
import type { Directory } from '../actors/directory.js';
import type { RunningTurn, UnitView } from '../actors/unit-view.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import type { Anchor } from '../domain/reply.js';
import type { BusyPolicy, ChatMessage, Interrupted } from '../domain/turn.js';
import type { ReplyLedger, Standing } from '../pipelines/reply-ledger.js';
import type { Clock } from '../ports/clock.js';
import type { ConversationRecord, ConversationSummary, Lease, Store, TurnReceipt } from '../ports/store.js';

/** What a message can still be answered with; `anchor` is its id. */
export type ReplyStanding = Standing & { readonly anchor: string };

/** One conversation, as an operator looks at it. */
export type ConversationView = {
  readonly conversation: ConversationId;
  readonly channel: string;
  readonly scene: Scene;
  /** It is in memory; `state` is then its chart's. */
  readonly living: boolean;
  readonly state?: string;
  readonly epoch: number;
  /** What was chosen for it in place of its scene's policy. */
  readonly busy?: BusyPolicy;
  readonly transcript: readonly ChatMessage[];
  readonly interrupted?: Interrupted;
  readonly parked?: string;
  readonly turn?: RunningTurn;
  readonly waiting: UnitView['waiting'];
  /** Of the messages of the turn under way, or else of the last one. */
  readonly replies: readonly ReplyStanding[];
  /** Receipts, the newest first. */
  readonly turns: readonly TurnReceipt[];
};

/** A line of the list of conversations. `state` is absent where it is not in memory. */
export type ConversationListed = ConversationSummary & {
  readonly channel?: string;
  readonly living: boolean;
  readonly state?: string;
};

export type ViewDeps = {
  readonly channel: string;
  readonly store: Store;
  readonly lease: Lease;
  readonly directory: Directory;
  readonly ledger: Pick<ReplyLedger, 'look'>;
  readonly clock: Clock;
};

/** Receipts that one look shows. */
const TURNS_SHOWN = 20;

const sceneOf = (id: ConversationId): Scene | null => {
  const scene = id.split(':')[2];
  return scene === 'c2c' || scene === 'group' || scene === 'guild' || scene === 'dm' ? scene : null;
};

const recordOf = async (
  id: ConversationId,
  unit: ConversationUnit | undefined,
  { store, lease }: ViewDeps,
): Promise<ConversationRecord | null> => unit?.record ?? (await store.loadConversation(lease, id));

const recentTurns = async (id: ConversationId, epoch: number, store: Store): Promise<readonly TurnReceipt[]> => {
  const epochs = Array.from({ length: Math.min(TURNS_SHOWN, epoch) }, (_, index) => epoch - index);
  const found = await Promise.all(epochs.map((one) => store.loadTurn(`${id}:t${one}`)));
  return found.filter((receipt) => receipt !== null);
};

/** What is known of one conversation; null of one that never was. */
export const viewOf = async (id: ConversationId, deps: ViewDeps): Promise<ConversationView | null> => {
  const scene = sceneOf(id);
  const unit = deps.directory.get(id);
  const record = await recordOf(id, unit, deps);
  if (!scene || !record) return null;
  const turns = await recentTurns(id, record.epoch, deps.store);
  const living = unit?.view();
  const last = turns[0];
  const asked = living?.turn ?? last;
  const nowMs = deps.clock.now();
  const standing = (anchorId: string): ReplyStanding => {
    const anchor: Anchor = { kind: 'message', id: anchorId, atMs: asked?.askedAtMs ?? nowMs };
    return { anchor: anchorId, ...deps.ledger.look(scene, anchor, nowMs) };
  };
  const { epoch, transcript, busy, interrupted, parked } = record;
  return {
    conversation: id,
    channel: deps.channel,
    scene,
    living: unit !== undefined,
    ...(living && { state: living.state }),
    epoch: living?.turn?.epoch ?? epoch,
    ...(busy && { busy }),
    transcript,
    ...(interrupted && { interrupted }),
    ...(parked !== undefined && { parked }),
    ...(living?.turn && { turn: living.turn }),
    waiting: living?.waiting ?? [],
    replies: (asked?.inputIds ?? []).map(standing),
    turns,
  };
};
