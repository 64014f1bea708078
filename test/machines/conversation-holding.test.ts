import { describe, expect, it } from 'vitest';
import { ConversationWalk } from '../support/conversation-chart.js';
import { messageOf, START_MS } from '../support/samples.js';

const HOLDING = 'answering.running.holding';
const NOTICES = { notices: { stopped: 'stopped.', rejected: '', expired: '', failed: '', blocked: '' } };
const holding = (policy = {}): ConversationWalk => new ConversationWalk(policy).message().take('quiet').hold();
const receiptOf = (walk: ConversationWalk) => walk.facts('turn.closed').at(-1)?.receipt;

describe.each([
  ['released', (walk: ConversationWalk) => walk.release()],
  ['held for its longest time', (walk: ConversationWalk) => walk.take('holdMax')],
  ['ended without a release', (walk: ConversationWalk) => walk.ended()],
])('what came while the agent held, once that is %s', (_, letGo) => {
  it('interrupts, as of when it came', () => {
    const walk = holding().message(7_000);
    expect([walk.state, walk.context.liveEpoch]).toEqual([HOLDING, 1]);
    letGo(walk);
    expect(walk.last).toMatchObject([{ type: 'turn.cancelled', reason: 'superseded' }]);
    expect(walk.context.liveEpoch).toBeNull();
    walk.take('agentStopped', 'quiet');
    expect(walk.context.interrupted).toMatchObject({ reason: 'superseded', atMs: START_MS + 7_000 });
  });

  it('stops, and is confirmed then and not before', () => {
    const walk = holding(NOTICES).stop(false, 'user_stop', messageOf('cmd'));
    expect([walk.state, walk.said]).toEqual([HOLDING, []]);
    letGo(walk);
    expect(walk.last).toMatchObject([
      { type: 'notice', notice: 'stopped', to: { id: 'cmd' } },
      { type: 'turn.cancelled', reason: 'user_stop' },
    ]);
  });

  it('is a recall of the question', () => {
    const walk = holding().recall('m1');
    expect([walk.state, walk.said]).toEqual([HOLDING, []]);
    letGo(walk);
    expect(walk.last).toMatchObject([{ type: 'turn.cancelled', reason: 'recalled' }]);
  });

  it('is the first of several causes', () => {
    const walk = holding(NOTICES).message(1_000).stop(false, 'user_stop', messageOf('cmd')).recall('m1');
    letGo(walk);
    expect(walk.said).toEqual(['notice', 'turn.cancelled']);
    expect(walk.take('agentStopped').facts('turn.closed')[0]?.receipt).toMatchObject({ reason: 'superseded' });
  });
});

describe('a turn that holds', () => {
  it('says what it has to say, and goes on when nothing came', () => {
    const walk = holding().piece('paid').release();
    expect([walk.state, walk.facts('send').length]).toEqual(['answering.running.streaming', 1]);
  });

  it('ends as any other when nothing came', () => {
    expect(receiptOf(holding().ended())).toMatchObject({ status: 'completed' });
  });

  it('may hold again after a release', () => {
    const walk = holding().release().hold().message();
    expect(walk.state).toBe(HOLDING);
  });

  it('is not waited for by a shutdown', () => {
    const walk = holding().stop(false, 'shutdown');
    expect(walk.last).toMatchObject([{ type: 'turn.cancelled', reason: 'shutdown' }]);
  });

  it('is ended by its deadline all the same', () => {
    expect(receiptOf(holding().take('turnMax', 'agentStopped'))).toMatchObject({ reason: 'deadline' });
  });

  it('drops what waits on "stop all" at once', () => {
    const walk = holding({ busy: 'collect' }).message().stop(true);
    expect(walk.last).toMatchObject([{ type: 'message.dropped', message: { id: 'm2' }, why: 'stopped' }]);
  });

  it('forgets what it was held off from when the next turn begins', () => {
    const walk = holding().message().release().take('agentStopped', 'quiet').hold().release();
    expect(walk.state).toBe('answering.running.streaming');
  });

  it('counts an interrupt it held off once', () => {
    const walk = holding().message(1).message(2).message(3).release();
    expect(walk.context.interruptsAtMs).toEqual([START_MS + 1]);
  });
});
