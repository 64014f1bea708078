import { describe, expect, it } from 'vitest';
import type { ConversationEvent } from '../../machines/conversation/conversation.types.js';
import { type ConversationState, ConversationWalk } from '../support/conversation-chart.js';
import { messageOf, pieceOf, policyOf, START_MS, sentOf } from '../support/samples.js';

type EventType = ConversationEvent['type'];
/** Where it goes, and what it says on the way. */
type Cell = readonly [ConversationState, ...string[]];
type Row = Record<EventType, Cell>;

/** What an agent reports is not heard. */
const leftAlone = (state: ConversationState) =>
  ({
    'agent.spoke': [state],
    'reply.piece': [state],
    'agent.held': [state],
    'agent.released': [state],
    'agent.steered': [state],
    'agent.silent': [state],
    'agent.ended': [state],
    'agent.left': [state],
  }) satisfies Partial<Row>;

/** No turn is under way: what an agent reports is not heard, and an outcome belongs to a turn that is closed. */
const resting = (state: ConversationState): Row => ({
  ...leftAlone(state),
  'message.received': ['debouncing'],
  'message.recalled': [state],
  'message.expired': [state],
  'piece.settled': [state, 'turn.settled'],
  'policy.changed': [state],
  stop: [state],
  drain: [state],
});

/** The agent works: a message or a stop is the cancel point. */
const running = (state: ConversationState): Row => ({
  'message.received': ['cancelled.stopping+settled', 'message.waiting', 'turn.cancelled'],
  'message.recalled': ['cancelled.stopping+settled', 'turn.cancelled'],
  'message.expired': [state],
  'agent.held': ['answering.running.holding'],
  'agent.released': [state],
  'agent.steered': [state],
  'agent.silent': ['cancelled.stopping+settled', 'turn.cancelled'],
  'agent.spoke': ['answering.running.streaming'],
  'reply.piece': ['answering.running.streaming', 'send'],
  'agent.ended': ['idle', 'turn.closed'],
  'agent.left': [state],
  'piece.settled': [state],
  'policy.changed': [state],
  stop: ['cancelled.stopping+settled', 'turn.cancelled'],
  drain: [state],
});

/** After the cancel point nothing the agent reports is heard, and only outcomes move it. */
const cancelled = (state: ConversationState): Row => ({
  ...leftAlone(state),
  'message.received': [state, 'message.waiting'],
  'message.recalled': [state],
  'message.expired': [state],
  'piece.settled': [state],
  'policy.changed': [state],
  stop: [state],
  drain: [state],
});

const NEXT = {
  idle: resting('idle'),
  debouncing: {
    ...resting('debouncing'),
    'message.recalled': ['idle', 'message.dropped'],
    'message.expired': ['idle', 'message.dropped'],
  },
  'answering.running.awaitingText': running('answering.running.awaitingText'),
  'answering.running.streaming': running('answering.running.streaming'),
  'answering.running.holding': {
    ...running('answering.running.holding'),
    'message.received': ['answering.running.holding', 'message.waiting'],
    'message.recalled': ['answering.running.holding'],
    'agent.spoke': ['answering.running.holding'],
    'agent.released': ['answering.running.streaming'],
    'reply.piece': ['answering.running.holding', 'send'],
    stop: ['answering.running.holding'],
  },
  'answering.finishing': {
    ...leftAlone('answering.finishing'),
    'message.received': ['cancelled.stopping+settling', 'message.waiting', 'turn.cancelled'],
    'message.recalled': ['cancelled.stopping+settling', 'turn.cancelled'],
    'message.expired': ['answering.finishing'],
    'piece.settled': ['idle', 'turn.closed'],
    'policy.changed': ['answering.finishing'],
    stop: ['cancelled.stopping+settling', 'turn.cancelled'],
    drain: ['answering.finishing'],
  },
  'cancelled.stopping+settling': {
    ...cancelled('cancelled.stopping+settling'),
    'piece.settled': ['cancelled.stopping+settled'],
  },
  'cancelled.stopping+settled': cancelled('cancelled.stopping+settled'),
  'cancelled.stopping+unknown': cancelled('cancelled.stopping+unknown'),
  'cancelled.stopped+settling': {
    ...cancelled('cancelled.stopped+settling'),
    'piece.settled': ['idle', 'turn.closed'],
  },
  'cancelled.detached+settling': {
    ...cancelled('cancelled.detached+settling'),
    'piece.settled': ['idle', 'turn.closed'],
  },
} satisfies Record<ConversationState, Row>;

const SAMPLE: { [Type in EventType]: Extract<ConversationEvent, { type: Type }> } = {
  'message.received': { type: 'message.received', message: messageOf('m9'), atMs: START_MS },
  'message.recalled': { type: 'message.recalled', id: 'm1', atMs: START_MS },
  'message.expired': { type: 'message.expired', id: 'm1' },
  'agent.spoke': { type: 'agent.spoke', epoch: 1 },
  'reply.piece': { type: 'reply.piece', epoch: 1, content: { kind: 'text', text: 'more', via: 'reply' } },
  'agent.held': { type: 'agent.held', epoch: 1, atMs: START_MS },
  'agent.released': { type: 'agent.released', epoch: 1, atMs: START_MS },
  'agent.steered': { type: 'agent.steered', epoch: 1, id: 'm9' },
  'agent.silent': { type: 'agent.silent', epoch: 1, atMs: START_MS },
  'agent.ended': { type: 'agent.ended', epoch: 1, generatedChars: 4, tools: [], failure: null },
  'agent.left': { type: 'agent.left', epoch: 1, generatedChars: 4, tools: [] },
  'piece.settled': { type: 'piece.settled', outcome: sentOf(pieceOf(0)), atMs: START_MS },
  'policy.changed': { type: 'policy.changed', policy: policyOf({ quietMs: 1 }) },
  stop: { type: 'stop', reason: 'user_stop', atMs: START_MS, all: false, by: null },
  drain: { type: 'drain' },
};

const answering = (): ConversationWalk => new ConversationWalk().message().take('quiet');
const settling = (): ConversationWalk => answering().piece('a').stop();

/** The shortest way to each state, by a user who asked once. */
const WAY_TO: Record<ConversationState, () => ConversationWalk> = {
  idle: () => new ConversationWalk(),
  debouncing: () => new ConversationWalk().message(),
  'answering.running.awaitingText': answering,
  'answering.running.streaming': () => answering().take({ type: 'agent.spoke', epoch: 1 }),
  'answering.running.holding': () => answering().hold(),
  'answering.finishing': () => answering().piece('a').ended(),
  'cancelled.stopping+settling': settling,
  'cancelled.stopping+settled': () => answering().stop(),
  'cancelled.stopping+unknown': () => settling().take('settle'),
  'cancelled.stopped+settling': () => settling().take('agentStopped'),
  'cancelled.detached+settling': () => settling().take('grace'),
};

describe.each(Object.entries(NEXT))('%s', (state, row) => {
  it.each(Object.entries(row))('on %s goes to %s', (type, [target, ...said]) => {
    const walk = WAY_TO[state as ConversationState]();
    expect(walk.state).toBe(state);
    walk.take(SAMPLE[type as EventType]);
    expect([walk.state, ...walk.said]).toEqual([target, ...said]);
  });
});

describe('time', () => {
  it.each([
    ['debouncing', 'quiet', 'answering.running.awaitingText'],
    ['answering.running.awaitingText', 'turnMax', 'cancelled.stopping+settled'],
    ['answering.running.streaming', 'turnMax', 'cancelled.stopping+settled'],
    ['answering.running.holding', 'turnMax', 'cancelled.stopping+settled'],
    ['answering.running.holding', 'holdMax', 'answering.running.streaming'],
    ['cancelled.stopping+settling', 'grace', 'cancelled.detached+settling'],
    ['cancelled.stopping+settling', 'settle', 'cancelled.stopping+unknown'],
    ['cancelled.stopping+settled', 'grace', 'idle'],
    ['cancelled.stopping+unknown', 'grace', 'idle'],
    ['cancelled.stopped+settling', 'settle', 'idle'],
    ['cancelled.detached+settling', 'settle', 'idle'],
    ['cancelled.stopping+settled', 'agentStopped', 'idle'],
  ] as const)('%s, when %s comes, goes to %s', (state, step, target) => {
    expect(WAY_TO[state]().take(step).state).toBe(target);
  });
});

describe('busy', () => {
  it.each(Object.keys(WAY_TO) as ConversationState[])('%s is told by its tag', (state) => {
    expect(WAY_TO[state]().snapshot.hasTag('busy')).toBe(state !== 'idle' && state !== 'debouncing');
  });
});
