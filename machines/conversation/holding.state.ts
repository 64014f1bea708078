import { conversationSetup } from './conversation.setup.js';

/**
 * The agent does what must not be cut in half, a payment or a deletion. What would end the turn is kept until it lets go,
 * for a bounded time; a shutdown alone does not wait. Source: turns §3.2, `hold`.
 */
export const holding = conversationSetup.createStateConfig({
  after: {
    holdMax: [
      { guard: 'isHeldOff', target: '#conversation.cancelled', actions: ['confirmHeld', 'fenceHeld'] },
      { target: 'streaming' },
    ],
  },
  on: {
    /** A hold within a hold does not begin its time anew. */
    'agent.held': {},
    'agent.released': [
      {
        guard: { type: 'endsHeldOff', params: ({ event }) => event },
        target: '#conversation.cancelled',
        actions: ['confirmHeld', 'fenceHeld'],
      },
      { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'streaming' },
    ],
    'agent.ended': {
      guard: { type: 'endsHeldOff', params: ({ event }) => event },
      target: '#conversation.cancelled',
      actions: ['confirmHeld', 'fenceHeld'],
    },
    // What does not interrupt is nothing special here: it is taken as in every state of a turn.
    'message.received': {
      guard: { type: 'interrupts', params: ({ event }) => event },
      actions: [
        { type: 'takeMessage', params: ({ event }) => event },
        { type: 'holdOff', params: ({ event }) => ({ reason: 'superseded', atMs: event.atMs, by: null }) },
      ],
    },
    stop: [
      {
        guard: { type: 'cannotWait', params: ({ event }) => event },
        target: '#conversation.cancelled',
        actions: [
          { type: 'dropWaiting', params: ({ event }) => event },
          { type: 'fence', params: ({ event }) => ({ status: 'cancelled', reason: event.reason, atMs: event.atMs }) },
        ],
      },
      {
        actions: [
          { type: 'dropWaiting', params: ({ event }) => event },
          { type: 'holdOff', params: ({ event }) => event },
        ],
      },
    ],
    'message.recalled': {
      guard: { type: 'isAsked', params: ({ event }) => event },
      actions: { type: 'holdOff', params: ({ event }) => ({ reason: 'recalled', atMs: event.atMs, by: null }) },
    },
  },
});
