import { describe, expect, it } from 'vitest';
import type { AgentReport } from '../../machines/conversation/conversation.types.js';
import { ConversationWalk } from '../support/conversation-chart.js';
import { messageOf, policyOf, START_MS } from '../support/samples.js';

const answering = (policy = {}): ConversationWalk => new ConversationWalk(policy).message().take('quiet');
/** The first turn was interrupted, and what its agent still says comes too late; a message waits. */
const nextTurn = (): ConversationWalk =>
  answering({ interruptScope: 'sender' })
    .message()
    .take('agentStopped', 'quiet')
    .take({ type: 'policy.changed', policy: policyOf({ busy: 'collect' }) });
const receiptOf = (walk: ConversationWalk) => walk.facts('turn.closed').at(-1)?.receipt;
const NO_NOTICES = { stopped: '', rejected: '', expired: '', failed: '', blocked: '' };
const idsOf = (walk: ConversationWalk): string[][] =>
  walk.facts('turn.started').map(({ turn }) => turn.inputs.map(({ id }) => id));

describe('the cancel point', () => {
  it('fences in the very step of its cause', () => {
    const walk = answering().piece('a');
    expect(walk.context.liveEpoch).toBe(1);
    walk.message();
    expect(walk.context.liveEpoch).toBeNull();
    expect(walk.facts('turn.cancelled')).toMatchObject([{ turn: { epoch: 1 }, reason: 'superseded' }]);
  });

  it('fences a turn whose agent is done but whose pieces still wait', () => {
    const walk = answering().piece('a').ended().stop();
    expect(walk.context.liveEpoch).toBeNull();
    expect(walk.last).toMatchObject([{ type: 'turn.cancelled', reason: 'user_stop' }]);
  });

  it('leaves a running turn alone where messages are collected', () => {
    const walk = answering({ busy: 'collect' }).message();
    expect(walk.state).toBe('answering.running.awaitingText');
    expect([walk.context.liveEpoch, walk.said]).toEqual([1, ['message.waiting']]);
  });

  it('ends a turn that lasts too long, by its deadline', () => {
    const walk = answering().take('turnMax', 'agentStopped');
    expect(receiptOf(walk)).toMatchObject({ status: 'timed_out', reason: 'deadline' });
  });

  it('is kept by a second cause: the first reason stands and is said once', () => {
    const walk = answering().message().stop().take('agentStopped');
    expect(walk.facts('turn.cancelled')).toHaveLength(1);
    expect(receiptOf(walk)).toMatchObject({ reason: 'superseded' });
  });
});

describe('reports of another epoch', () => {
  it.each<AgentReport>([
    { type: 'agent.spoke', epoch: 1 },
    { type: 'reply.piece', epoch: 1, content: { kind: 'text', text: 'late', via: 'reply' } },
    { type: 'agent.held', epoch: 1, atMs: START_MS },
    { type: 'agent.released', epoch: 1, atMs: START_MS },
    { type: 'agent.steered', epoch: 1, id: 'm3' },
    { type: 'agent.silent', epoch: 1, atMs: START_MS },
    { type: 'agent.ended', epoch: 1, generatedChars: 4, tools: [], failure: null },
    { type: 'agent.left', epoch: 1, generatedChars: 4, tools: [] },
  ])('$type is refused while the next turn runs, and while it holds', (report) => {
    for (const walk of [nextTurn().message(), nextTurn().message().hold()]) {
      const before = walk.snapshot;
      walk.take(report);
      expect([walk.snapshot.value, walk.context, walk.said]).toEqual([before.value, before.context, []]);
    }
  });

  it('an earlier turn cannot say how much the cancelled one had produced', () => {
    const walk = answering().message().take('agentStopped', 'quiet').stop();
    walk.take({ type: 'agent.left', epoch: 1, generatedChars: 99, tools: [] }, 'agentStopped');
    expect(receiptOf(walk)).toMatchObject({ generatedChars: 0 });
  });
});

describe('the closing record', () => {
  it('of a turn that ran to its end holds what was delivered, in order', () => {
    const walk = answering().piece('one ').piece('two').ended().sent(0);
    expect(walk.facts('turn.closed')).toEqual([]);
    walk.sent(1);
    expect(receiptOf(walk)).toEqual({
      status: 'completed',
      delivered: 'one \ntwo',
      generatedChars: 9,
      certainty: 'exact',
      messageIds: ['s0', 's1'],
    });
    expect(walk.facts('turn.closed')[0]?.interrupted).toBeNull();
  });

  it.each([
    ['arrived', 'shown', 'exact'],
    ['pending', 'shown', 'exact'],
    ['refused', '', 'exact'],
    ['fenced', '', 'exact'],
    ['full', '', 'exact'],
    ['unknown', '', 'maybe-more'],
  ] as const)('counts a piece that was %s as "%s", %s', (status, delivered, certainty) => {
    const walk = answering().piece('shown').ended().outcome(0, { status, code: 'x' });
    expect(receiptOf(walk)).toMatchObject({ delivered, certainty, messageIds: [] });
  });

  it('says maybe-more where the call in flight has no outcome in time, and settles it afterwards', () => {
    const walk = answering().piece('a').stop().take('agentStopped', 'settle');
    expect(receiptOf(walk)).toMatchObject({ status: 'cancelled', delivered: '', certainty: 'maybe-more' });
    walk.sent(0);
    expect(walk.last).toMatchObject([{ type: 'turn.settled', epoch: 1, outcome: { status: 'sent' } }]);
    expect(walk.facts('turn.closed')).toHaveLength(1);
  });

  it('is exact where the outcome comes after the settling time but before the agent has stopped', () => {
    const walk = answering().piece('a').stop().take('settle').sent(0).take('agentStopped');
    expect(receiptOf(walk)).toMatchObject({ delivered: 'a', certainty: 'exact' });
  });

  it('settles a late outcome of an old turn beside the new one, which it does not touch', () => {
    const walk = answering().piece('a').message().take('agentStopped', 'settle', 'quiet').piece('b').sent(0);
    expect(walk.last).toMatchObject([{ type: 'turn.settled', turn: 'qq:app:c2c:u1:t1' }]);
    expect(walk.context.current).toMatchObject({ open: [{ epoch: 2 }], delivered: '' });
  });

  it('names an agent that did not stop in its grace', () => {
    const walk = answering().message().take('grace', 'quiet');
    expect(receiptOf(walk)).toMatchObject({ status: 'killed', reason: 'superseded' });
    expect(walk.context.interrupted).toMatchObject({ agent: 'killed' });
  });

  it('holds how much the agent had produced at the cancel', () => {
    const walk = answering()
      .message()
      .take({ type: 'agent.left', epoch: 1, generatedChars: 42, tools: [] }, 'agentStopped');
    expect(receiptOf(walk)).toMatchObject({ generatedChars: 42 });
    expect(walk.context.interrupted).toMatchObject({ generatedChars: 42, agent: 'acked' });
  });
});

describe('what the next turn is told', () => {
  it('is what was asked, why it ended and exactly what was shown', () => {
    const walk = answering().piece('Hel').sent(0).message(5_000).take('agentStopped', 'quiet');
    expect(walk.context.interrupted).toEqual({
      turn: 'qq:app:c2c:u1:t1',
      epoch: 1,
      reason: 'superseded',
      atMs: START_MS + 5_000,
      inputs: [{ id: 'm1', text: 'text of m1' }],
      delivered: 'Hel',
      generatedChars: 0,
      certainty: 'exact',
      agent: 'acked',
    });
  });

  it('is nothing after a turn that ran to its end', () => {
    const walk = answering().message().take('agentStopped', 'quiet').ended();
    expect(walk.context.interrupted).toBeNull();
  });
});

describe('the waiting line', () => {
  it('merges what waits into one turn, in order of arrival', () => {
    expect(idsOf(new ConversationWalk().message().message().message().take('quiet'))).toEqual([['m1', 'm2', 'm3']]);
  });

  it('is bounded: the oldest leaves, and that is said', () => {
    const walk = new ConversationWalk({ waitingMax: 2 }).message().message().message();
    expect(walk.last).toMatchObject([{ type: 'message.dropped', message: { id: 'm1' } }]);
    expect(idsOf(walk.take('quiet'))).toEqual([['m2', 'm3']]);
  });

  it('is bounded while a turn is cancelled, too', () => {
    const walk = answering({ waitingMax: 2 }).message().message().message();
    expect(walk.facts('message.dropped').map(({ message }) => message.id)).toEqual(['m2']);
  });

  // Scenario 5, openclaw#29532: a stop cleared the queue, and messages were lost.
  it('is kept by a stop', () => {
    const walk = answering({ busy: 'collect' }).message().stop().take('agentStopped');
    expect([walk.state, walk.facts('message.dropped')]).toEqual(['debouncing', []]);
    expect(idsOf(walk.take('quiet'))).toEqual([['m1'], ['m2']]);
  });

  it.each([
    ['debouncing', new ConversationWalk().message()],
    ['answering', answering({ busy: 'collect' }).message()],
    ['cancelled', answering().message()],
  ])('is dropped by "stop all" in %s, each message said once', (_, walk) => {
    const waiting = walk.context.line.waiting.map(({ id }) => id);
    walk.stop(true).take('agentStopped');
    expect(walk.facts('message.dropped').map(({ message }) => message.id)).toEqual(waiting);
    expect([walk.state, walk.context.line.waiting]).toEqual(['idle', []]);
  });

  it('goes on by itself after a turn, and not while the conversation drains', () => {
    expect(answering({ busy: 'collect' }).message().ended().state).toBe('debouncing');
    const draining = answering({ busy: 'collect' }).message().take({ type: 'drain' }).ended();
    expect([draining.state, draining.context.line.waiting.length]).toEqual(['idle', 1]);
  });

  it('starts no turn of a message that arrives while the conversation drains', () => {
    const walk = new ConversationWalk({ quietMs: 0 }).take({ type: 'drain' }).message().take('quiet');
    expect([walk.state, walk.facts('turn.started')]).toEqual(['debouncing', []]);
  });

  it('is skipped where no quiet is asked for', () => {
    expect(new ConversationWalk({ quietMs: 0 }).message().state).toBe('answering.running.awaitingText');
  });
});

describe('notices and typing', () => {
  it.each(['failed', 'timed_out'] as const)('an agent that %s with nothing said is excused once', (failure) => {
    const walk = answering().ended(failure);
    expect(walk.last).toMatchObject([
      { type: 'turn.closed', receipt: { status: failure, delivered: '' } },
      { type: 'notice', notice: 'failed', text: 'sorry', to: { id: 'm1' } },
    ]);
    expect(walk.facts('notice')).toHaveLength(1);
  });

  it.each([
    ['after some text', answering().piece('half').sent(0).ended('failed')],
    ['while text is on its way', answering().piece('half').ended('failed').sent(0)],
    ['after text of which nobody knows', answering().piece('half').ended('failed').outcome(0, { status: 'unknown' })],
    ['where the notice is off', answering({ notices: NO_NOTICES }).ended('failed')],
  ])('an agent that fails %s gets no notice', (_, walk) => {
    expect([walk.facts('turn.closed').length, walk.facts('notice')]).toEqual([1, []]);
  });

  it('shows typing once, in a private chat only', () => {
    const typing = answering({ typing: true });
    expect(typing.last).toMatchObject([
      { type: 'turn.started' },
      { type: 'send', piece: { content: { kind: 'typing', seconds: 60 } } },
    ]);
    const group = messageOf('m1', { target: { scene: 'group', groupOpenid: 'g1' } });
    const walk = new ConversationWalk({ typing: true });
    walk.take({ type: 'message.received', message: group, atMs: START_MS }, 'quiet');
    expect(walk.said).toEqual(['turn.started']);
  });

  it('replies to the newest of the messages it answers, then to the others', () => {
    const walk = new ConversationWalk().message().message().take('quiet').piece('a');
    expect(walk.last).toMatchObject([
      { piece: { anchors: [{ kind: 'message', id: 'm2', atMs: START_MS }, { id: 'm1' }], index: 0 } },
    ]);
  });
});

describe('epochs', () => {
  it('go on from the record of a conversation that comes back', () => {
    const walk = new ConversationWalk({}, 7).message().take('quiet');
    expect(walk.facts('turn.started')[0]?.turn).toMatchObject({ epoch: 8, id: 'qq:app:c2c:u1:t8' });
  });
});
