import { conversationSetup } from './conversation.setup.js';
import { holding } from './holding.state.js';
import type { Progress } from './progress.js';

/** The agent is at work. `awaitingText`: not a word yet. `streaming`: it speaks. `holding`: it must not be interrupted. */
export const running = conversationSetup.createStateConfig({
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
          status: 'timed_out',
          reason: 'deadline',
          atMs: (context.current as Progress).turn.askedAtMs + context.policy.turnMaxMs,
        }),
      },
    },
  },
  on: {
    'agent.ended': {
      guard: { type: 'isCurrent', params: ({ event }) => event },
      target: 'finishing',
      actions: [
        { type: 'sendLast', params: ({ event }) => event },
        { type: 'rememberEnd', params: ({ event }) => event },
      ],
    },
    'agent.silent': {
      guard: { type: 'isCurrent', params: ({ event }) => event },
      target: '#conversation.cancelled',
      actions: {
        type: 'fence',
        params: ({ event }) => ({ status: 'timed_out', reason: 'deadline', atMs: event.atMs }),
      },
    },
    'reply.piece': {
      guard: { type: 'isCurrent', params: ({ event }) => event },
      actions: { type: 'sendPiece', params: ({ event }) => event },
    },
    'agent.held': { guard: { type: 'isCurrent', params: ({ event }) => event }, target: '.holding' },
  },
  initial: 'awaitingText',
  states: {
    awaitingText: {
      on: {
        'agent.spoke': { guard: { type: 'isCurrent', params: ({ event }) => event }, target: 'streaming' },
        'reply.piece': {
          guard: { type: 'isCurrent', params: ({ event }) => event },
          target: 'streaming',
          actions: { type: 'sendPiece', params: ({ event }) => event },
        },
      },
    },
    streaming: {},
    holding,
  },
});
