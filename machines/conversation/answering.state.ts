import { conversationSetup, type Progress } from './conversation.setup.js';

/**
 * A turn is under way. `running`: the agent is at work; leaving it aborts the agent's signal. `finishing`: the agent has
 * said all, and its last pieces are on their way. A cancel from either fences the turn in the same step.
 */
export const answering = conversationSetup.createStateConfig({
  tags: 'busy',
  entry: ['beginTurn', 'reportStarted'],
  initial: 'running',
  on: {
    'message.received': [
      {
        guard: 'interrupts',
        target: 'cancelled',
        actions: [
          { type: 'takeMessage', params: ({ event }) => event },
          {
            type: 'fence',
            params: ({ event }) => ({ status: 'cancelled' as const, reason: 'superseded' as const, atMs: event.atMs }),
          },
        ],
      },
      { actions: { type: 'takeMessage', params: ({ event }) => event } },
    ],
    stop: {
      target: 'cancelled',
      actions: [
        { type: 'dropWaiting', params: ({ event }) => event },
        {
          type: 'fence',
          params: ({ event }) => ({ status: 'cancelled' as const, reason: event.reason, atMs: event.atMs }),
        },
      ],
    },
  },
  states: {
    running: {
      entry: 'showTyping',
      invoke: {
        id: 'agent',
        src: 'runTurn',
        input: ({ context }) => ({ turn: (context.current as Progress).turn, interrupted: context.interrupted }),
      },
      after: {
        turnMax: {
          target: '#conversation.cancelled',
          actions: {
            type: 'fence',
            params: ({ context }) => ({
              status: 'timed_out' as const,
              reason: 'deadline' as const,
              atMs: (context.current as Progress).turn.askedAtMs + context.policy.turnMaxMs,
            }),
          },
        },
      },
      on: {
        'agent.ended': [
          {
            guard: { type: 'owesNotice', params: ({ event }) => event },
            target: 'finishing',
            actions: [{ type: 'rememberEnd', params: ({ event }) => event }, 'sendFailureNotice', 'countPiece'],
          },
          {
            guard: { type: 'isCurrent', params: ({ event }) => event },
            target: 'finishing',
            actions: { type: 'rememberEnd', params: ({ event }) => event },
          },
        ],
        'reply.piece': {
          guard: { type: 'isCurrent', params: ({ event }) => event },
          target: '.streaming',
          actions: [{ type: 'sendText', params: ({ event }) => event }, 'countPiece'],
        },
      },
      initial: 'awaitingText',
      states: {
        awaitingText: {
          on: { 'agent.spoke': { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'streaming' } },
        },
        streaming: {},
      },
    },
    finishing: { always: { guard: 'allSettled', target: '#conversation.closed' } },
  },
});
