import type { Scene } from '../domain/conversation.js';
import type { OutgoingMessage } from '../domain/message.js';
import { problemsOf } from '../domain/message-check.js';
import { RouterError } from './router-error.js';

/** Errors: `message.invalid`, naming every place that is wrong; `more` are problems found elsewhere. */
export const refuseProblems = (
  message: OutgoingMessage,
  scene: Scene,
  more: readonly (readonly [path: string, detail: string])[] = [],
): void => {
  const problems = [
    ...problemsOf(message, scene).map(({ path, detail }) => [`message.${path}`.replace(/\.$/, ''), detail] as const),
    ...more,
  ];
  if (problems.length === 0) return;
  throw new RouterError('message.invalid', problems.map(([path, detail]) => `${path} ${detail}`).join('; '));
};
