import type { Scene } from '../domain/conversation.js';
import type { OutgoingMessage } from '../domain/message.js';
import { type MessagePart, partsOf } from '../domain/message-parts.js';
import type { Budget } from '../domain/reply-plan.js';
import { refuseProblems } from '../errors/message-problems.js';
import { RouterError } from '../errors/router-error.js';
import type { StrategyPort } from '../pipelines/pieces/strategy.js';
import { ReplyGatherer } from '../pipelines/reply-pieces.js';
import type { Files } from '../pipelines/sending/sending-deps.js';
import type { ConversationDeps } from './conversation-deps.js';

/** What gathering asks of the conversation that the answer belongs to. */
export type AnswerPort = Pick<StrategyPort, 'isClear' | 'say'> & {
  /** What may still be said in this turn, beyond what has been handed on. */
  readonly budget: () => Budget;
};

/** What makes pieces of one agent's words, as its scene shows answers. */
export const answerGatherer = (scene: Scene, deps: ConversationDeps, port: AnswerPort): ReplyGatherer => {
  const { newStrategy, clock, sending, settingsFor } = deps;
  const strategy = newStrategy(scene, {
    clock,
    isClear: port.isClear,
    say: port.say,
    limits: sending.messageLimits,
    budget: () => {
      const { replies, active } = port.budget();
      // What waits for the end has its replies; words keep one.
      return { replies: Math.max(Math.min(1, replies), replies - gatherer.keptMessages), active };
    },
    outlookChars: () => gatherer.roomChars,
    slowness: () => sending.framePace.slowness,
  });
  const gatherer: ReplyGatherer = new ReplyGatherer(strategy, settingsFor(scene).reply, {
    partsOf: (message) => partsFor(message, scene, sending.files),
    repliesLeft: () => port.budget().replies,
  });
  return gatherer;
};

/** An agent's message, checked before any of it is sent. Errors: `message.invalid`, `media.*`, `capacity.full`. */
const partsFor = (message: OutgoingMessage, scene: Scene, files: Files | undefined): readonly MessagePart[] => {
  refuseProblems(message, scene);
  return partsOf(message, scene, (media) => {
    if (!files) throw new RouterError('media.unreadable', 'this line sends no files');
    return files.hold(media);
  });
};
