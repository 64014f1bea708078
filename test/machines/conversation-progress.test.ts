import { describe, expect, it } from 'vitest';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { ConversationWalk } from '../support/conversation-chart.js';
import { policyOf, START_MS } from '../support/samples.js';

const NOTICES = { stopped: '', rejected: '', expired: '', failed: 'sorry', blocked: 'not that' };
const answering = (policy: Partial<ConversationPolicy> = {}, parked = ''): ConversationWalk =>
  new ConversationWalk({ notices: NOTICES, ...policy }, 0, parked).message().take('quiet');
const frame = (walk: ConversationWalk, text: string, isLast: boolean): ConversationWalk =>
  walk.take({ type: 'reply.piece', epoch: walk.context.epoch, content: { kind: 'stream', text, isLast } });
const receiptOf = (walk: ConversationWalk) => walk.facts('turn.closed').at(-1)?.receipt;
const noticesOf = (walk: ConversationWalk): string[] => walk.facts('notice').map(({ notice }) => notice);
const blocked = { status: 'refused', code: 'platform.blocked' } as const;

describe('what was delivered', () => {
  it('of one bubble is one text with one id, and of two bubbles stands on lines of its own', () => {
    const walk = answering();
    for (const [text, isLast] of [
      ['a', false],
      ['b', true],
      ['c', false],
      ['d', true],
    ] as const)
      frame(walk, text, isLast);
    for (const [index, sentId] of ['s1', 's1', 's2', 's2'].entries()) walk.outcome(index, { status: 'sent', sentId });
    walk.ended();
    expect(receiptOf(walk)).toMatchObject({ delivered: 'ab\ncd', messageIds: ['s1', 's2'], certainty: 'exact' });
  });

  it('stays doubtful where one piece was, whatever became of those behind it', () => {
    const walk = answering().piece('a').piece('b').ended().outcome(0, { status: 'unknown' }).sent(1);
    expect(receiptOf(walk)).toMatchObject({ delivered: 'b', certainty: 'maybe-more' });
  });
});

describe('an answer that the platform’s review refuses', () => {
  it('is told to its user once a turn, though parts of it are said in between', () => {
    const walk = answering().piece('a').piece('b').piece('c');
    walk.outcome(0, blocked).sent(1).outcome(2, blocked);
    expect(noticesOf(walk)).toEqual(['blocked']);
  });

  it('is not told any more where its turn was cancelled', () => {
    const walk = answering().piece('a').message().outcome(0, blocked);
    expect(noticesOf(walk)).toEqual([]);
  });
});

describe('an agent that took too long', () => {
  it('is not excused while nobody knows whether its words arrive', () => {
    const walk = answering().piece('a').take('turnMax', 'agentStopped', 'settle');
    expect([receiptOf(walk)?.certainty, noticesOf(walk)]).toEqual(['maybe-more', []]);
  });

  it('is not excused where nobody will ever know', () => {
    const walk = answering().piece('a').take('turnMax').outcome(0, { status: 'unknown' }).take('agentStopped');
    expect([receiptOf(walk)?.certainty, noticesOf(walk)]).toEqual(['maybe-more', []]);
  });

  it('is excused where nothing arrived', () => {
    const walk = answering().piece('a').take('turnMax').outcome(0, { status: 'fenced' }).take('agentStopped');
    expect([receiptOf(walk)?.status, noticesOf(walk)]).toEqual(['timed_out', ['failed']]);
  });
});

describe('text of an earlier turn', () => {
  it('is told as waiting no more from the step on that begins the turn which says it', () => {
    const walk = answering({}, 'old').outcome(0, { status: 'parked' }).piece('a').message();
    walk.take('agentStopped', 'settle', 'quiet').sent(1);
    expect(walk.last).toMatchObject([{ type: 'turn.settled', epoch: 1, parked: '' }]);
  });

  it('of two turns waits in the order in which it was said', () => {
    const walk = answering({}, 'oldest').message().take('agentStopped', 'settle', 'quiet');
    walk.piece('newer').ended().outcome(1, { status: 'parked' });
    expect(walk.context.parked).toBe('newer');
    walk.outcome(0, { status: 'fenced' });
    expect(walk.last).toMatchObject([{ type: 'turn.settled', epoch: 1, parked: 'oldest\nnewer' }]);
  });

  it('is not lost where a second turn is cut while its call still hangs', () => {
    const walk = answering({}, 'old').message().take('agentStopped', 'settle', 'quiet');
    walk.piece('b').message().take('agentStopped', 'settle');
    walk.outcome(0, { status: 'fenced' });
    expect(walk.last).toMatchObject([{ type: 'turn.settled', epoch: 1, parked: 'old' }]);
  });

  it('that went out in part is not said again', () => {
    const walk = answering({}, 'old').message();
    const [send] = walk.facts('send');
    if (!send) throw new Error('it was handed on');
    const outcome = { piece: send.piece, status: 'fenced', said: 'o' } as const;
    walk.take({ type: 'piece.settled', outcome, atMs: START_MS }, 'agentStopped');
    expect(walk.facts('turn.closed')[0]).toMatchObject({ parked: '', receipt: { delivered: 'o' } });
  });
});

describe('what is left behind', () => {
  it('by a turn that ran to its end is no epoch that anything could still be said for', () => {
    const walk = answering().piece('a').ended().sent(0);
    expect([walk.state, walk.context.liveEpoch, walk.context.current]).toEqual(['idle', null, null]);
  });

  it('by many interrupts is no more than patience needs', () => {
    const walk = answering({ patience: { interruptsMax: 3, withinMs: 1 } });
    for (let n = 1; n < 9; n += 1) walk.message(n * 1_000).take('agentStopped', 'quiet');
    expect(walk.context.interruptsAtMs).toHaveLength(3);
  });
});

describe('the waiting line', () => {
  it('counts quiet from the last message, also where that one made another leave', () => {
    const walk = new ConversationWalk({ waitingMax: 1, drop: 'old' }).message(0).message(500).message(900);
    expect(walk.context.line).toMatchObject({ waitingSinceMs: START_MS, lastMessageMs: START_MS + 900 });
    expect(walk.take('quiet').facts('turn.started')[0]?.turn.askedAtMs).toBe(START_MS + 900);
  });
});

describe('an agent whose end cannot be awaited', () => {
  it('counts as stopped: the next turn does not wait for it', () => {
    const failed = { type: 'xstate.error.actor.0.conversation.cancelled.agent.stopping', error: new Error('gone') };
    const walk = answering().message();
    walk.take(failed as never);
    expect([walk.state, receiptOf(walk)?.status]).toEqual(['debouncing', 'cancelled']);
  });
});

describe('what was held off', () => {
  it('is not begun by a report of an older turn', () => {
    const walk = answering().message().take('agentStopped', 'quiet').hold().message();
    expect(walk.context.held).toMatchObject({ reason: 'superseded' });
    for (const report of [
      { type: 'agent.released', epoch: 1, atMs: START_MS },
      { type: 'agent.ended', epoch: 1, generatedChars: 0, tools: [], failure: null },
    ] as const) {
      expect(walk.take(report).state).toBe('answering.running.holding');
    }
    expect(walk.take({ type: 'policy.changed', policy: policyOf() }).release().state).toMatch(/^cancelled/);
  });
});
