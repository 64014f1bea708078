import { answering } from './answering.state.js';
import { cancelled } from './cancelled.state.js';
import { conversationSetup } from './conversation.setup.js';
import { EMPTY_LINE } from './waiting-line.js';

/**
 * One conversation of a bot with one user.
 * `idle`: nothing under way. `debouncing`: messages wait until the user has been quiet. `answering`: a turn is under way.
 * `cancelled`: the turn is over, its last call and its agent are waited for. `closed`: the closing record is written, and
 * what waits decides what comes next.
 */
export const conversationMachine = conversationSetup.createMachine({
  id: 'conversation',
  context: ({ input }) => ({
    line: EMPTY_LINE,
    liveEpoch: null,
    current: null,
    interruptsAtMs: [],
    held: null,
    unsettled: [],
    hasNotified: false,
    draining: false,
    ...input,
  }),
  initial: 'idle',
  on: {
    'message.received': { actions: { type: 'takeMessage', params: ({ event }) => event } },
    'policy.changed': { actions: { type: 'setPolicy', params: ({ event }) => event } },
    drain: { actions: 'startDraining' },
    stop: { actions: { type: 'dropWaiting', params: ({ event }) => event } },
    'message.recalled': {
      actions: { type: 'dropMessage', params: ({ event }) => ({ id: event.id, why: 'recalled' }) },
    },
    'message.expired': { actions: { type: 'dropMessage', params: ({ event }) => ({ id: event.id, why: 'expired' }) } },
    'piece.settled': [
      {
        guard: { type: 'isCurrent', params: ({ event }) => event.outcome.piece },
        actions: [
          { type: 'tellBlocked', params: ({ event }) => event },
          { type: 'rememberOutcome', params: ({ event }) => event },
        ],
      },
      { actions: { type: 'settleLate', params: ({ event }) => event } },
    ],
  },
  states: {
    idle: {
      entry: 'rest',
      on: {
        'message.received': [
          {
            guard: { type: 'startsAtOnce', params: ({ event }) => event },
            target: 'answering',
            actions: { type: 'takeMessage', params: ({ event }) => event },
          },
          { target: 'debouncing', actions: { type: 'takeMessage', params: ({ event }) => event } },
        ],
      },
    },
    debouncing: {
      always: { guard: 'hasNothingWaiting', target: 'idle' },
      after: { quiet: { guard: 'mayStart', target: 'answering' } },
      on: {
        'message.received': {
          target: 'debouncing',
          reenter: true,
          actions: { type: 'takeMessage', params: ({ event }) => event },
        },
      },
    },
    answering,
    cancelled,
    closed: {
      entry: ['reportClosed', 'apologise', 'endTurn'],
      always: [
        { guard: 'mayStartNextAtOnce', target: 'answering' },
        { guard: 'mayStartNext', target: 'debouncing' },
        { target: 'idle' },
      ],
    },
  },
});
