import { conversationSetup } from './conversation.setup.js';

const letGo = [
  { guard: 'isHeldOff' as const, target: '#conversation.cancelled', actions: 'fenceHeld' as const },
  { target: 'streaming' },
] as const;

/**
 * The agent does what must not be cut in half, a payment or a deletion. What would end the turn is kept until it lets go,
 * for a bounded time; a shutdown alone does not wait. Source: turns §3.2, `hold`.
 */
export const holding = conversationSetup.createStateConfig({
  after: { holdMax: letGo },
  on: {
    'agent.released': letGo,
    'message.received': [
      {
        guard: { type: 'interrupts', params: ({ event }) => event },
        actions: [
          { type: 'takeMessage', params: ({ event }) => event },
          { type: 'holdInterrupt', params: ({ event }) => ({ reason: 'superseded', atMs: event.atMs }) },
        ],
      },
      {
        guard: { type: 'refuses', params: ({ event }) => event },
        actions: { type: 'refuseMessage', params: ({ event }) => event },
      },
      { actions: { type: 'takeMessage', params: ({ event }) => event } },
    ],
    stop: [
      {
        guard: { type: 'cannotWait', params: ({ event }) => event },
        target: '#conversation.cancelled',
        actions: {
          type: 'fence',
          params: ({ event }) => ({ status: 'cancelled', reason: event.reason, atMs: event.atMs }),
        },
      },
      {
        actions: [
          { type: 'dropWaiting', params: ({ event }) => event },
          { type: 'holdInterrupt', params: ({ event }) => event },
        ],
      },
    ],
    'message.recalled': [
      {
        guard: { type: 'isAsked', params: ({ event }) => event },
        actions: { type: 'holdInterrupt', params: ({ event }) => ({ reason: 'recalled', atMs: event.atMs }) },
      },
      { actions: { type: 'dropMessage', params: ({ event }) => ({ id: event.id, why: 'recalled' }) } },
    ],
  },
});
