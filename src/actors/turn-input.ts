import type { ConversationEvent } from '../../machines/conversation/conversation.types.js';
import { newestOf } from '../domain/inbound.js';
import { messagesFor } from '../domain/transcript.js';
import { type Interrupted, type Receipt, type TurnInfo, textOf } from '../domain/turn.js';
import type { Surface, TurnInput } from '../ports/agent-driver.js';
import type { ConversationDeps } from './conversation-deps.js';
import type { ConversationMemory } from './conversation-memory.js';
import type { TurnRun } from './turn-run.js';

/** What an agent's turn is made from. */
export type TurnInputParts = {
  readonly deps: ConversationDeps;
  readonly memory: ConversationMemory;
  /** This turn's own, for its agent may outlive it and speak to it when another is under way. */
  readonly run: () => TurnRun;
  readonly report: (event: ConversationEvent) => void;
  readonly noteTools: TurnInput['noteTools'];
  readonly repliesLeft: () => number;
  /** How long its newest message may still be answered. Units: ms. */
  readonly windowMs: () => number;
  readonly delivered: () => Promise<Receipt>;
};

/** The turn as its agent is given it. */
export const turnInput = (turn: TurnInfo, interrupted: Interrupted | null, parts: TurnInputParts): TurnInput => {
  const { deps, memory, run, report } = parts;
  const { clock, driver, noteOf, droppedNoteOf, traceparentOf } = deps;
  const { conversation, target, sender } = newestOf(turn);
  const left = turn.dropped && droppedNoteOf?.(turn.dropped);
  const note = [interrupted ? noteOf?.(interrupted) : undefined, left].filter(Boolean).join('\n');
  const asked = textOf(turn.inputs);
  return {
    id: turn.id,
    epoch: turn.epoch,
    conversation: { id: conversation, scene: target.scene, target, sender },
    inputs: turn.inputs,
    text: note && driver.capabilities.history === 'agent' ? `${note}\n\n${asked}` : asked,
    ...(note && { note }),
    ...(interrupted && { interrupted }),
    ...(turn.dropped && { dropped: turn.dropped }),
    messages: (options) => messagesFor(memory.record.transcript, turn, interrupted, options, left),
    memo: memory.record.memo ?? null,
    remember: (memo) => memory.remember(memo, turn.epoch),
    traceparent: () => traceparentOf?.(turn.id) ?? null,
    delivered: parts.delivered,
    hold: (on) => report({ type: on ? 'agent.held' : 'agent.released', epoch: turn.epoch, atMs: clock.now() }),
    noteTools: parts.noteTools,
    onSteer: (accept) => run().onSteer(accept),
    surface: () => surfaceOf(turn, parts),
    hasSaid: () => run().hasSaid,
  };
};

const surfaceOf = (turn: TurnInfo, { deps, repliesLeft, windowMs }: TurnInputParts): Surface => {
  const { target } = newestOf(turn);
  const { mode, maxReplyChars } = deps.settingsFor(target.scene).reply;
  return {
    mode,
    maxChars: maxReplyChars,
    repliesLeft: repliesLeft(),
    markdown: deps.sending.rights.mayMarkdown(target),
    windowMs: Math.max(0, windowMs()),
  };
};
