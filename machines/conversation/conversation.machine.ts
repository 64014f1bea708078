import { answering } from './answering.state.js';
import { cancelled } from './cancelled.state.js';
import { conversationSetup } from './conversation.setup.js';

/**
 * One conversation of a bot with one user.
 * `idle`: nothing under way. `debouncing`: messages wait until the user has been quiet. `answering`: a turn is under way.
 * `cancelled`: the turn is over, its last call and its agent are waited for. `closed`: the closing record is written, and
 * what waits decides what comes next.
 */
export const conversationMachine = conversationSetup.createMachine({
  id: 'conversation',
  context: ({ input }) => ({
    ...input,
    waiting: [],
    waitingSinceMs: 0,
    lastMessageMs: 0,
    liveEpoch: null,
    current: null,
    draining: false,
  }),
  initial: 'idle',
  on: {
    'message.received': { actions: { type: 'takeMessage', params: ({ event }) => event } },
    'policy.changed': { actions: { type: 'setPolicy', params: ({ event }) => event } },
    drain: { actions: 'startDraining' },
    stop: { actions: { type: 'dropWaiting', params: ({ event }) => event } },
    'piece.settled': [
      {
        guard: { type: 'isCurrent', params: ({ event }) => event.outcome.piece },
        actions: { type: 'rememberOutcome', params: ({ event }) => event },
      },
      { actions: { type: 'reportLateOutcome', params: ({ event }) => event } },
    ],
  },
  states: {
    idle: {
      on: {
        'message.received': [
          {
            guard: 'startsAtOnce',
            target: 'answering',
            actions: { type: 'takeMessage', params: ({ event }) => event },
          },
          { target: 'debouncing', actions: { type: 'takeMessage', params: ({ event }) => event } },
        ],
      },
    },
    debouncing: {
      after: { quiet: { guard: 'mayStart', target: 'answering' } },
      on: {
        'message.received': {
          target: 'debouncing',
          reenter: true,
          actions: { type: 'takeMessage', params: ({ event }) => event },
        },
        stop: {
          guard: { type: 'meansAll', params: ({ event }) => event },
          target: 'idle',
          actions: { type: 'dropWaiting', params: ({ event }) => event },
        },
      },
    },
    answering,
    cancelled,
    closed: {
      entry: ['reportClosed', 'endTurn'],
      always: [{ guard: 'mayStartNext', target: 'debouncing' }, { target: 'idle' }],
    },
  },
});
