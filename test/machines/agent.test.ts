import { describe, expect, it } from 'vitest';
import { createActor, type EventFromLogic, transition } from 'xstate';
import { agentLinkMachine } from '../../machines/agent/agent-link.machine.js';
import { agentSessionMachine } from '../../machines/agent/agent-session.machine.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

type LinkEvent = EventFromLogic<typeof agentLinkMachine>['type'];
type SessionEvent = EventFromLogic<typeof agentSessionMachine>['type'];

const nameOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .flat()
        .join('.');

const LINK: Record<string, Record<LinkEvent, string>> = {
  awaitingHello: { 'hello.accepted': 'attached.quiet', pong: 'awaitingHello', bye: 'closed', 'link.closed': 'closed' },
  'attached.quiet': {
    'hello.accepted': 'attached.quiet',
    pong: 'attached.quiet',
    bye: 'closed',
    'link.closed': 'closed',
  },
  'attached.awaitingPong': {
    'hello.accepted': 'attached.awaitingPong',
    pong: 'attached.quiet',
    bye: 'closed',
    'link.closed': 'closed',
  },
  'attached.missedOne': {
    'hello.accepted': 'attached.missedOne',
    pong: 'attached.quiet',
    bye: 'closed',
    'link.closed': 'closed',
  },
};

describe.each(Object.entries(LINK))('a connection that is %s', (state, row) => {
  it.each(Object.entries(row))('on %s is %s', (type, target) => {
    const [outer = '', inner] = state.split('.');
    const value = inner ? { [outer]: inner } : outer;
    const before = agentLinkMachine.resolveState({ value: value as never, context: {} });
    expect(nameOf(transition(agentLinkMachine, before, { type: type as LinkEvent })[0].value)).toBe(target);
  });
});

const SESSION: Record<string, Record<SessionEvent, string>> = {
  attached: { 'link.attached': 'attached', 'link.lost': 'lost', dismissed: 'gone' },
  lost: { 'link.attached': 'attached', 'link.lost': 'lost', dismissed: 'gone' },
  unheld: { 'link.attached': 'attached', 'link.lost': 'unheld', dismissed: 'gone' },
};

describe.each(Object.entries(SESSION))('an agent that is %s', (value, row) => {
  it.each(Object.entries(row))('on %s is %s', (type, target) => {
    const before = agentSessionMachine.resolveState({ value: value as 'lost', context: { isRestored: false } });
    expect(transition(agentSessionMachine, before, { type: type as SessionEvent })[0].value).toBe(target);
  });
});

it('an agent keeps its turns for 15 s, and is remembered for ten minutes more', async () => {
  const clock = new VirtualClock();
  const actor = createActor(agentSessionMachine, { clock, input: { isRestored: false } });
  const said: string[] = [];
  actor.on('*', ({ type }) => said.push(type));
  actor.start();
  actor.send({ type: 'link.lost' });
  await clock.advance(14_999);
  expect(said).toEqual([]);
  await clock.advance(1);
  expect(said).toEqual(['leases.ended']);
  await clock.advance(600_000);
  expect(said).toEqual(['leases.ended', 'session.ended']);
});

it('an agent of an earlier life holds no turns', () => {
  const actor = createActor(agentSessionMachine, { input: { isRestored: true } }).start();
  expect(actor.getSnapshot().value).toBe('unheld');
  actor.stop();
});
