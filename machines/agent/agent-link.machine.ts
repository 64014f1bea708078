import { emit, setup } from 'xstate';

export type AgentLinkEvent =
  | { type: 'hello.accepted' }
  /** The router says goodbye; the connection is closed with it. */
  | { type: 'bye' }
  | { type: 'pong' }
  | { type: 'link.closed' };

export type AgentLinkEmitted = { type: 'ping' } | { type: 'lost'; why: 'noHello' | 'noPong' };

/**
 * One connection of an agent.
 * `awaitingHello`: it has not said who it is. `attached`: it speaks for a session, and answers a ping now and then.
 * `closed`: nothing of it counts any more.
 */
export const agentLinkMachine = setup({
  types: { events: {} as AgentLinkEvent, emitted: {} as AgentLinkEmitted, tags: {} as 'attached' },
  actions: {
    ping: emit({ type: 'ping' }),
    giveUp: emit((_, { why }: { why: 'noHello' | 'noPong' }): AgentLinkEmitted => ({ type: 'lost', why })),
  },
  delays: { helloTimeout: 10_000, heartbeat: 15_000 },
}).createMachine({
  id: 'agentLink',
  initial: 'awaitingHello',
  on: { 'link.closed': '.closed', bye: '.closed' },
  states: {
    awaitingHello: {
      on: { 'hello.accepted': 'attached' },
      after: { helloTimeout: { target: 'closed', actions: { type: 'giveUp', params: { why: 'noHello' } } } },
    },
    attached: {
      tags: 'attached',
      initial: 'quiet',
      states: {
        quiet: { after: { heartbeat: 'awaitingPong' } },
        awaitingPong: { entry: 'ping', on: { pong: 'quiet' }, after: { heartbeat: 'missedOne' } },
        missedOne: {
          entry: 'ping',
          on: { pong: 'quiet' },
          after: {
            heartbeat: { target: '#agentLink.closed', actions: { type: 'giveUp', params: { why: 'noPong' } } },
          },
        },
      },
    },
    closed: { type: 'final' },
  },
});
