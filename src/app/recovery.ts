import type { Unfinished } from '../actors/conversation-deps.js';
import { laneless } from '../actors/lanes.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import { anchorsOf, type Inbound } from '../domain/inbound.js';
import type { Anchor } from '../domain/reply.js';
import type { Logger } from '../log/logger.js';
import type { Lease, OutboxEntry, SendOutcome, Store, UnsettledEvent } from '../ports/store.js';

export type RecoveryDeps = {
  readonly store: Store;
  readonly lease: Lease;
  readonly log: Logger;
  /** So many replies to this message are used up. */
  readonly restoreReplies: (scene: Scene, anchor: Anchor, used: number) => void;
  /** What comes for this conversation waits until what is resumed in it is over. */
  readonly hold: (conversation: ConversationId) => void;
  readonly resume: (unfinished: Unfinished) => Promise<void>;
  readonly deliver: (message: Inbound, takenAtMs: number) => void;
};

/** What was found of one conversation's turns that did not come to their end. */
type Found = { scene: Scene; sends: OutboxEntry[]; settled: SendOutcome[]; messages: Inbound[] };

const PAGE = 500;

/**
 * Takes up where the last life stopped, before the gateway brings anything new.
 * Sends without an outcome are repeated with the same `msg_id` and `msg_seq`, which the platform accepts once. A message
 * that nothing was said about begins its turn anew; one that was answered in part is not answered again.
 * Shape: the unsettled are read once; what is kept of them is what was under way when the last life ended, and what waits
 * behind it in its conversation.
 * Source: design §1.
 */
export const recover = async (deps: RecoveryDeps): Promise<void> => {
  const { store, lease, log, hold, resume, deliver } = deps;
  const unfinished = new Map<ConversationId, Found>();
  const found = (id: ConversationId, scene: Scene): Found => {
    const known = unfinished.get(id);
    if (known) return known;
    const made: Found = { scene, sends: [], settled: [], messages: [] };
    unfinished.set(id, made);
    hold(laneless(id));
    return made;
  };
  /** In which lane each message was being answered. */
  const lanes = new Map<string, ConversationId>();
  for (const entry of await store.unsettledSends(lease)) {
    const { conversation, target, anchors } = entry.piece;
    found(conversation, target.scene).sends.push(entry);
    for (const { id } of anchors) lanes.set(id, conversation);
  }
  let reoffered = 0;
  await eachUnsettled(deps, ({ message, takenAtMs }, outcomes) => {
    if (outcomes === null) {
      reoffered += 1;
      deliver(message, takenAtMs);
      return;
    }
    for (const { of } of outcomes) for (const id of of?.messages ?? []) lanes.set(id, of?.conversation ?? '');
    const one = found(lanes.get(message.id) ?? message.conversation, message.target.scene);
    one.settled.push(...outcomes);
    one.messages.push(message);
  });
  const resent = [...unfinished.values()].reduce((sum, { sends }) => sum + sends.length, 0);
  if (reoffered + unfinished.size > 0) log.info({ reoffered, resent }, 'what the last run left undone is taken up');
  await Promise.all([...unfinished].map(([id, one]) => resume({ id, ...one })));
};

/** `outcomes`: of the sends that answer it; null where nothing was ever said about it. */
const eachUnsettled = async (
  { store, lease, restoreReplies }: RecoveryDeps,
  visit: (event: UnsettledEvent, outcomes: readonly SendOutcome[] | null) => void,
): Promise<void> => {
  let after: number | undefined;
  for (;;) {
    const page = await store.unsettled(lease, { limit: PAGE, ...(after !== undefined && { after }) });
    const used = await store.repliesUsed(
      lease,
      page.map(({ id }) => id),
    );
    for (const event of page) {
      const count = used.get(event.id);
      const [anchor] = anchorsOf([event.message]);
      if (anchor && count) restoreReplies(event.message.target.scene, anchor, count);
      visit(event, count === undefined ? null : await store.settledSends(lease, [event.id]));
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.position;
  }
};
