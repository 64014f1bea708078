import { describe, expect, it } from 'vitest';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { ConversationWalk } from '../support/conversation-chart.js';
import { messageOf } from '../support/samples.js';

const NOTICES = { stopped: 'stopped.', rejected: 'busy', expired: 'too long', failed: 'sorry', blocked: 'blocked' };
const answering = (policy: Partial<ConversationPolicy> = {}): ConversationWalk =>
  new ConversationWalk(policy).message().take('quiet');
const collecting = (policy: Partial<ConversationPolicy> = {}): ConversationWalk =>
  answering({ busy: 'collect', ...policy });
const waitingOf = (walk: ConversationWalk): string[] => walk.context.line.waiting.map(({ id }) => id);
const droppedBy = (walk: ConversationWalk): string[] =>
  walk.facts('message.dropped').map(({ message, why }) => `${message.id} ${why}`);
const turnOf = (walk: ConversationWalk) => walk.facts('turn.started').at(-1)?.turn;

describe('a full line', () => {
  const full = (drop: ConversationPolicy['drop'], more: Partial<ConversationPolicy> = {}): ConversationWalk =>
    collecting({ waitingMax: 2, drop, ...more })
      .message()
      .message(0, { text: '话'.repeat(100) })
      .message()
      .message();

  it.each([
    ['old', ['m4', 'm5'], ['m2 full', 'm3 full']],
    ['summarize', ['m4', 'm5'], ['m2 full', 'm3 full']],
    ['new', ['m2', 'm3'], ['m4 full', 'm5 full']],
  ] as const)('under "%s" keeps %o', (drop, waiting, dropped) => {
    const walk = full(drop);
    expect([waitingOf(walk), droppedBy(walk)]).toEqual([waiting, dropped]);
  });

  it('tells the next turn what was left out, in 80 characters each, and that turn alone', () => {
    const walk = full('summarize').ended().take('quiet');
    expect(turnOf(walk)?.dropped).toEqual({ count: 2, texts: ['text of m2', '话'.repeat(80)] });
    walk.message().ended().take('quiet');
    expect(turnOf(walk)?.inputs.map(({ id }) => id)).toEqual(['m6']);
    expect(turnOf(walk)).not.toHaveProperty('dropped');
  });

  it('counts on where the texts are too many to be told', () => {
    const walk = collecting({ waitingMax: 1, drop: 'summarize' });
    for (let n = 0; n < 31; n += 1) walk.message();
    const { dropped } = turnOf(walk.ended().take('quiet')) ?? {};
    expect([dropped?.count, dropped?.texts.length, dropped?.texts.at(-1)]).toEqual([30, 20, 'text of m31']);
  });

  it.each(['old', 'new'] as const)('tells the turn nothing under "%s"', (drop) => {
    expect(turnOf(full(drop).ended().take('quiet'))).not.toHaveProperty('dropped');
  });

  it('never cuts a character in half', () => {
    const walk = collecting({ waitingMax: 1, drop: 'summarize' })
      .message(0, { text: '🦜'.repeat(90) })
      .message();
    expect(walk.context.line.dropped?.texts).toEqual(['🦜'.repeat(80)]);
  });

  it('lets messages of bots go first', () => {
    const bot = { sender: { id: 'b', bot: true } };
    const walk = collecting({ waitingMax: 2 }).message().message(0, bot).message();
    expect([waitingOf(walk), droppedBy(walk)]).toEqual([['m2', 'm4'], ['m3 full']]);
    expect(waitingOf(walk.message(0, bot))).toEqual(['m2', 'm4']);
  });

  it.each([
    ['old', ['m2']],
    ['new', ['m4']],
    ['summarize', []],
  ] as const)('under "%s" is said once, unless the agent is told: %o', (drop, to) => {
    const walk = full(drop, { notices: NOTICES });
    expect(walk.facts('notice').map((notice) => notice.to.id)).toEqual(to);
  });
});

describe('a message that waited too long', () => {
  const expire = (walk: ConversationWalk, id: string): ConversationWalk => walk.take({ type: 'message.expired', id });

  it('leaves the line, and that is said once in a busy time', () => {
    const walk = expire(collecting({ notices: NOTICES }).message().message(), 'm2');
    expect(walk.last).toMatchObject([
      { type: 'message.dropped', message: { id: 'm2' }, why: 'expired' },
      { type: 'notice', notice: 'expired', to: { id: 'm2' }, text: 'too long' },
    ]);
    expect([expire(walk, 'm3').said, walk.state]).toEqual([['message.dropped'], 'answering.running.awaitingText']);
  });

  it('is said silently where the notice is off', () => {
    expect(expire(collecting().message(), 'm2').said).toEqual(['message.dropped']);
  });

  it('is no longer in the line when its turn has begun', () => {
    expect(expire(collecting().message().ended().take('quiet'), 'm2').said).toEqual([]);
  });
});

describe('recall', () => {
  // Scenario 18.
  it('of the question cancels the turn', () => {
    const walk = answering().piece('a').recall('m1');
    expect(walk.last).toMatchObject([{ type: 'turn.cancelled', reason: 'recalled' }]);
    walk.take('agentStopped').sent(0);
    expect(walk.facts('turn.closed')[0]).toMatchObject({ receipt: { status: 'cancelled', reason: 'recalled' } });
  });

  it('of the question cancels it though the agent is done and only pieces wait', () => {
    expect(answering().piece('a').ended().recall('m1').said).toEqual(['turn.cancelled']);
  });

  it('of a message that waits takes it out of the line and leaves the turn alone', () => {
    const walk = collecting().message().message().recall('m2');
    expect([droppedBy(walk), waitingOf(walk), walk.said]).toEqual([['m2 recalled'], ['m3'], ['message.dropped']]);
  });

  it('of a message nobody knows, or that was answered, does nothing', () => {
    expect(answering().recall('m7').said).toEqual([]);
    expect(answering().ended().recall('m1').said).toEqual([]);
  });

  it('of the only message of a line leaves nothing to wait for', () => {
    const walk = new ConversationWalk().message().recall('m1');
    expect([walk.state, droppedBy(walk)]).toEqual(['idle', ['m1 recalled']]);
  });

  it('during a cancel is of a message that waits', () => {
    const walk = answering().message().message().recall('m2').take('agentStopped', 'quiet');
    expect(turnOf(walk)?.inputs.map(({ id }) => id)).toEqual(['m3']);
  });
});

describe('a stop by its user', () => {
  it('is confirmed, to the message that asked for it', () => {
    const walk = answering({ notices: NOTICES }).stop(false, 'user_stop', messageOf('cmd'));
    expect(walk.facts('notice')).toMatchObject([{ notice: 'stopped', to: { id: 'cmd' }, text: 'stopped.' }]);
  });

  it.each([
    ['where the notice is off', answering().stop(false, 'user_stop', messageOf('cmd'))],
    ['when an operator asked for it', answering({ notices: NOTICES }).stop(false, 'operator_stop')],
    ['where nothing runs', new ConversationWalk({ notices: NOTICES }).stop(false, 'user_stop', messageOf('cmd'))],
  ])('is not confirmed %s', (_, walk) => {
    expect(walk.facts('notice')).toEqual([]);
  });

  it('of all says of each message that it will not be answered', () => {
    const walk = collecting({ notices: NOTICES }).message().message().stop(true);
    expect(droppedBy(walk)).toEqual(['m2 stopped', 'm3 stopped']);
    expect(turnOf(walk.take('agentStopped').message().take('quiet'))?.inputs).toHaveLength(1);
  });

  it('of all also forgets what the next turn was to be told', () => {
    const walk = collecting({ waitingMax: 1, drop: 'summarize' }).message().message().stop(true).take('agentStopped');
    expect(turnOf(walk.message().take('quiet'))).not.toHaveProperty('dropped');
  });
});

describe('the apology', () => {
  it.each([
    ['in time', ['agentStopped']],
    ['never', ['grace']],
  ] as const)('follows a deadline, whether the agent stops %s', (_, steps) => {
    const walk = answering().take('turnMax', ...steps);
    expect(walk.facts('notice')).toMatchObject([{ notice: 'failed', to: { id: 'm1' } }]);
  });

  it.each([
    ['after some text', answering().piece('a').sent(0).take('turnMax', 'agentStopped')],
    ['after an interrupt', answering().message().take('grace')],
    ['after a stop', answering().stop().take('grace')],
    ['after a whole turn that said nothing', answering().ended()],
  ])('does not come %s', (_, walk) => {
    expect([walk.facts('turn.closed').length, walk.facts('notice')]).toEqual([1, []]);
  });
});
