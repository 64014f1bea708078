import { emit, setup } from 'xstate';

export type AgentSessionEvent = { type: 'link.attached' } | { type: 'link.lost' } | { type: 'dismissed' };

export type AgentSessionEmitted = { type: 'leases.ended' } | { type: 'session.ended' };

/**
 * What an agent is to the router, over all its connections.
 * `attached`: turns may go to it. `lost`: its connection is gone, its turns wait for it. `unheld`: its turns are with
 * others; what it has not acknowledged is kept. `gone`: it is forgotten.
 */
export const agentSessionMachine = setup({
  types: {
    input: {} as { isRestored: boolean },
    context: {} as { isRestored: boolean },
    events: {} as AgentSessionEvent,
    emitted: {} as AgentSessionEmitted,
  },
  actions: { endLeases: emit({ type: 'leases.ended' }), end: emit({ type: 'session.ended' }) },
  guards: { isRestored: ({ context }) => context.isRestored },
  delays: { lease: 15_000, replay: 600_000 },
}).createMachine({
  id: 'agentSession',
  context: ({ input }) => input,
  initial: 'beginning',
  on: { dismissed: '.gone' },
  states: {
    beginning: { always: [{ guard: 'isRestored', target: 'unheld' }, { target: 'attached' }] },
    attached: { on: { 'link.lost': 'lost' } },
    lost: { on: { 'link.attached': 'attached' }, after: { lease: 'unheld' } },
    unheld: { entry: 'endLeases', on: { 'link.attached': 'attached' }, after: { replay: 'gone' } },
    gone: { type: 'final', entry: 'end' },
  },
});
