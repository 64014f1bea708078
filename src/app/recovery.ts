import type { Unfinished } from '../actors/conversation-deps.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import { anchorsOf, type Inbound } from '../domain/inbound.js';
import type { Anchor } from '../domain/reply.js';
import type { Logger } from '../log/logger.js';
import type { Lease, OutboxEntry, Store, UnsettledEvent } from '../ports/store.js';

export type RecoveryDeps = {
  readonly store: Store;
  readonly lease: Lease;
  readonly log: Logger;
  /** So many replies to this message are used up. */
  readonly restoreReplies: (scene: Scene, anchor: Anchor, used: number) => void;
  readonly resume: (unfinished: Unfinished) => void;
  readonly deliver: (message: Inbound, takenAtMs: number) => void;
};

const PAGE = 500;

/**
 * Takes up where the last life stopped, before the gateway brings anything new.
 * Sends without an outcome are repeated with the same `msg_id` and `msg_seq`, which the platform accepts once. A message
 * that nothing was said about begins its turn anew; one that was answered in part is not answered again.
 * Source: design §1.
 */
export const recover = async (deps: RecoveryDeps): Promise<void> => {
  const { store, lease, log, resume, deliver } = deps;
  const unfinished = new Map<ConversationId, { scene: Scene; sends: OutboxEntry[]; answered: Inbound[] }>();
  const of = (id: ConversationId, scene: Scene) => {
    const known = unfinished.get(id) ?? { scene, sends: [], answered: [] };
    unfinished.set(id, known);
    return known;
  };
  for (const entry of await store.unsettledSends(lease)) {
    of(entry.piece.conversation, entry.piece.target.scene).sends.push(entry);
  }
  let reoffered = 0;
  await eachUnsettled(deps, async (event, used) => {
    const { message } = event;
    if (used !== null) of(message.conversation, message.target.scene).answered.push(message);
  });
  for (const [id, { scene, sends, answered }] of unfinished) resume({ id, scene, sends, answered });
  await eachUnsettled(deps, async ({ message, takenAtMs }, used) => {
    if (used !== null) return;
    reoffered += 1;
    deliver(message, takenAtMs);
  });
  const resent = [...unfinished.values()].reduce((sum, { sends }) => sum + sends.length, 0);
  if (reoffered + resent > 0) log.info({ reoffered, resent }, 'what the last run left undone is taken up');
};

/** `used`: how many replies to the event's message were written down; null where nothing was said about it. */
const eachUnsettled = async (
  { store, lease, restoreReplies }: RecoveryDeps,
  visit: (event: UnsettledEvent, used: number | null) => Promise<void>,
): Promise<void> => {
  let after: number | undefined;
  for (;;) {
    const page = await store.unsettled(lease, { limit: PAGE, ...(after !== undefined && { after }) });
    const used = await store.repliesUsed(
      lease,
      page.map(({ id }) => id),
    );
    for (const event of page) {
      const count = used.get(event.id) ?? null;
      const [anchor] = anchorsOf([event.message]);
      if (anchor && count !== null && count > 0) restoreReplies(event.message.target.scene, anchor, count);
      await visit(event, count);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.position;
  }
};
