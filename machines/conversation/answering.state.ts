import { conversationSetup } from './conversation.setup.js';
import { running } from './running.state.js';

/**
 * A turn is under way. `running`: the agent is at work; leaving it aborts the agent's signal. `finishing`: the agent has
 * said all, and its last pieces are on their way. A cancel from either fences the turn in the same step.
 */
export const answering = conversationSetup.createStateConfig({
  tags: 'busy',
  entry: ['beginTurn', 'reportStarted', 'sayParked'],
  initial: 'running',
  on: {
    'message.received': [
      {
        guard: { type: 'interrupts', params: ({ event }) => event },
        target: 'cancelled',
        actions: [
          { type: 'takeMessage', params: ({ event }) => event },
          { type: 'fence', params: ({ event }) => ({ status: 'cancelled', reason: 'superseded', atMs: event.atMs }) },
        ],
      },
      {
        guard: { type: 'refuses', params: ({ event }) => event },
        actions: { type: 'refuseMessage', params: ({ event }) => event },
      },
      {
        guard: { type: 'offers', params: ({ event }) => event },
        actions: [
          { type: 'takeMessage', params: ({ event }) => event },
          { type: 'offerMessage', params: ({ event }) => event },
        ],
      },
      { actions: { type: 'takeMessage', params: ({ event }) => event } },
    ],
    'message.recalled': [
      {
        guard: { type: 'isAsked', params: ({ event }) => event },
        target: 'cancelled',
        actions: {
          type: 'fence',
          params: ({ event }) => ({ status: 'cancelled', reason: 'recalled', atMs: event.atMs }),
        },
      },
      { actions: { type: 'dropMessage', params: ({ event }) => ({ id: event.id, why: 'recalled' }) } },
    ],
    'agent.steered': {
      guard: { type: 'isCurrent', params: ({ event }) => event },
      actions: { type: 'joinTurn', params: ({ event }) => event },
    },
    stop: {
      target: 'cancelled',
      actions: [
        { type: 'dropWaiting', params: ({ event }) => event },
        { type: 'fence', params: ({ event }) => ({ status: 'cancelled', reason: event.reason, atMs: event.atMs }) },
        { type: 'confirmStop', params: ({ event }) => event },
      ],
    },
  },
  states: {
    running,
    finishing: { always: { guard: 'allSettled', target: '#conversation.closed' } },
  },
});
