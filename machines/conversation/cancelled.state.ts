import { conversationSetup } from './conversation.setup.js';

/**
 * After the cancel point: two things are waited for side by side, each for a bounded time (turns §3.4, G2 and G7).
 * `agent` until it has stopped or its grace is over; `outbox` until the call that was in flight has its outcome.
 */
export const cancelled = conversationSetup.createStateConfig({
  tags: 'busy',
  type: 'parallel',
  entry: 'reportCancelled',
  on: {
    'agent.left': {
      guard: { type: 'isCurrent', params: ({ event }) => event },
      actions: { type: 'rememberLeft', params: ({ event }) => event },
    },
  },
  states: {
    agent: {
      initial: 'stopping',
      states: {
        stopping: {
          invoke: {
            src: 'awaitAgent',
            input: ({ context }) => ({ conversation: context.id, epoch: context.epoch }),
            onDone: 'stopped',
            onError: 'stopped',
          },
          after: { grace: { target: 'detached', actions: 'markKilled' } },
        },
        stopped: { type: 'final' },
        detached: { type: 'final' },
      },
    },
    outbox: {
      initial: 'settling',
      states: {
        settling: { always: { guard: 'allSettled', target: 'settled' }, after: { settle: 'unknown' } },
        settled: { type: 'final' },
        unknown: { type: 'final' },
      },
    },
  },
  onDone: 'closed',
});
