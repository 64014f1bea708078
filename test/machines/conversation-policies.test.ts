import { describe, expect, it } from 'vitest';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import { ConversationWalk } from '../support/conversation-chart.js';
import { policyOf, START_MS } from '../support/samples.js';

const answering = (policy: Partial<ConversationPolicy> = {}): ConversationWalk =>
  new ConversationWalk(policy).message().take('quiet');
const idsOf = (walk: ConversationWalk): string[][] =>
  walk.facts('turn.started').map(({ turn }) => turn.inputs.map(({ id }) => id));
const waitingOf = (walk: ConversationWalk): string[] => walk.context.line.waiting.map(({ id }) => id);
const notices = (on: Partial<ConversationPolicy['notices']>) => ({
  notices: { stopped: '', rejected: '', expired: '', failed: '', blocked: '', ...on },
});
const SHARED = { target: { scene: 'group', groupOpenid: 'g1' }, conversation: 'qq:app:c2c:u1' } as const;
const by = (id: string) => ({ ...SHARED, sender: { id } });

describe('interrupt on a conversation that several share', () => {
  const asked = (interruptScope: 'sender' | 'anyone'): ConversationWalk =>
    new ConversationWalk({ interruptScope }).message(0, by('A')).take('quiet');

  // Scenario 14.
  it('is not for others: their message waits', () => {
    const walk = asked('sender').message(0, by('B'));
    expect([walk.state, walk.said]).toEqual(['answering.running.awaitingText', ['message.waiting']]);
    expect(idsOf(walk.ended())).toEqual([['m1']]);
    expect(idsOf(walk.take('quiet'))).toEqual([['m1'], ['m2']]);
  });

  it('is for who asked all of it, and takes what others said meanwhile along', () => {
    const walk = asked('sender').message(0, by('B')).message(0, by('A')).take('agentStopped', 'quiet');
    expect(idsOf(walk)).toEqual([['m1'], ['m2', 'm3']]);
  });

  it('is for nobody where the turn answers two of them', () => {
    const walk = new ConversationWalk().message(0, by('A')).message(0, by('B')).take('quiet').message(0, by('A'));
    expect(walk.state).toBe('answering.running.awaitingText');
  });

  it('is for everybody where the setting says so', () => {
    expect(asked('anyone').message(0, by('B')).said).toEqual(['message.waiting', 'turn.cancelled']);
  });
});

describe('patience', () => {
  /** Interrupts so often, every so many ms; then one more message. */
  const interrupted = (times: number, everyMs: number): ConversationWalk => {
    const walk = answering();
    for (let n = 1; n <= times; n += 1) walk.message(n * everyMs).take('agentStopped', 'quiet');
    return walk.message((times + 1) * everyMs);
  };

  // Scenario 17.
  it('is lost with the fifth interrupt in 30 s: the sixth message waits', () => {
    expect(interrupted(4, 7_000).said).toEqual(['message.waiting', 'turn.cancelled']);
    const walk = interrupted(5, 7_000);
    expect([walk.said, walk.state]).toEqual([['message.waiting'], 'answering.running.awaitingText']);
  });

  it('is not lost to interrupts that come slowly', () => {
    expect(interrupted(9, 7_500).said).toEqual(['message.waiting', 'turn.cancelled']);
  });

  it('does not come back with time, but with a turn that has run to its end', () => {
    const walk = interrupted(5, 1_000).message(3_600_000);
    expect(walk.state).toBe('answering.running.awaitingText');
    walk.ended().take('quiet').message(3_600_001);
    expect(walk.said).toEqual(['message.waiting', 'turn.cancelled']);
  });

  it('does not come back with a turn that failed', () => {
    const walk = interrupted(5, 1_000).ended('failed').take('quiet').message(7_000);
    expect(walk.said).toEqual(['message.waiting']);
  });

  it('is not lost to stops', () => {
    const walk = answering();
    for (let n = 0; n < 6; n += 1) walk.stop().take('agentStopped').message().take('quiet');
    expect(walk.message().said).toEqual(['message.waiting', 'turn.cancelled']);
  });
});

describe('steer', () => {
  const steered = (): ConversationWalk => answering({ busy: 'steer' }).message();
  const accept = (walk: ConversationWalk): ConversationWalk => walk.take({ type: 'agent.steered', epoch: 1, id: 'm2' });

  it('offers the message to the turn, and keeps it until that has answered', () => {
    const walk = steered();
    expect(walk.last).toMatchObject([{ type: 'message.waiting' }, { type: 'offer', message: { id: 'm2' }, epoch: 1 }]);
    expect(waitingOf(walk)).toEqual(['m2']);
  });

  it('makes what was accepted part of the turn: it waits no more, is answered, and closed with it', () => {
    const walk = accept(steered()).piece('a');
    expect(waitingOf(walk)).toEqual([]);
    expect(walk.last).toMatchObject([{ piece: { anchors: [{ id: 'm2' }, { id: 'm1' }] } }]);
    walk.sent(0).ended();
    expect(walk.facts('turn.closed')[0]?.turn.inputs.map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect(walk.state).toBe('idle');
  });

  it('collects what was not accepted', () => {
    expect(idsOf(steered().message().ended().take('quiet'))).toEqual([['m1'], ['m2', 'm3']]);
  });

  it('offers nothing that the line has no place for', () => {
    const walk = answering({ busy: 'steer', waitingMax: 1, drop: 'new' }).message().message();
    expect(walk.last).toMatchObject([{ type: 'message.dropped', message: { id: 'm3' }, why: 'full' }]);
  });

  it('offers what comes while the agent holds, too', () => {
    expect(answering({ busy: 'steer' }).hold().message().said).toEqual(['message.waiting', 'offer']);
  });
});

describe('enqueue', () => {
  it('answers one message a turn, in order, without a pause between them', () => {
    const walk = new ConversationWalk({ busy: 'enqueue' }).message().message().message();
    expect(walk.state).toBe('answering.running.awaitingText');
    walk.ended();
    expect([walk.state, walk.said]).toEqual(['answering.running.awaitingText', ['turn.closed', 'turn.started']]);
    expect(idsOf(walk.ended())).toEqual([['m1'], ['m2'], ['m3']]);
    expect(walk.ended().state).toBe('idle');
  });

  it('does not merge what waits when a stop comes', () => {
    const walk = new ConversationWalk({ busy: 'enqueue' }).message().message().message().stop().take('agentStopped');
    expect([idsOf(walk), waitingOf(walk)]).toEqual([[['m1'], ['m2']], ['m3']]);
  });
});

describe('reject', () => {
  const busy = (): ConversationWalk => answering({ busy: 'reject', ...notices({ rejected: 'busy' }) });

  it('drops the message and says so once in a busy time', () => {
    const walk = busy().message();
    expect(walk.last).toMatchObject([
      { type: 'message.dropped', message: { id: 'm2' }, why: 'rejected' },
      { type: 'notice', notice: 'rejected', to: { id: 'm2' }, text: 'busy' },
    ]);
    expect(walk.message().said).toEqual(['message.dropped']);
    walk.ended().message().take('quiet').message();
    expect(walk.said).toEqual(['message.dropped', 'notice']);
  });

  it('says nothing where the notice is off', () => {
    expect(answering({ busy: 'reject' }).message().said).toEqual(['message.dropped']);
  });

  it('takes what comes after a stop, though its turn is not closed yet', () => {
    const walk = busy().stop().message().take('agentStopped', 'quiet');
    expect(idsOf(walk)).toEqual([['m1'], ['m2']]);
  });

  it('holds for a turn that holds', () => {
    expect(busy().hold().message().said).toEqual(['message.dropped', 'notice']);
  });
});

describe('a policy that changes while a turn runs', () => {
  it('counts for the very next message', () => {
    const walk = answering().take({ type: 'policy.changed', policy: policyOf({ busy: 'collect' }) });
    expect(walk.message().said).toEqual(['message.waiting']);
    walk.take({ type: 'policy.changed', policy: policyOf({ busy: 'interrupt' }) });
    expect(walk.message().said).toEqual(['message.waiting', 'turn.cancelled']);
  });

  it('does not merge any more what one by one was to be answered, and the other way round', () => {
    const walk = answering({ busy: 'collect' }).message().message();
    walk.take({ type: 'policy.changed', policy: policyOf({ busy: 'enqueue' }) }).ended();
    expect(idsOf(walk)).toEqual([['m1'], ['m2']]);
  });
});

describe('a conversation that drains', () => {
  it('is not interrupted: no other turn could follow', () => {
    const walk = answering().take({ type: 'drain' }).message();
    expect([walk.said, walk.state]).toEqual([['message.waiting'], 'answering.running.awaitingText']);
    expect([walk.ended().state, waitingOf(walk)]).toEqual(['idle', ['m2']]);
  });

  it('starts no waiting turn under enqueue either', () => {
    const walk = answering({ busy: 'enqueue' }).message().take({ type: 'drain' }).ended();
    expect([walk.state, idsOf(walk)]).toEqual(['idle', [['m1']]]);
  });
});

describe('no quiet time', () => {
  const PICTURE = { text: '', attachments: [{ kind: 'image', url: 'https://x/1.png' }] } as const;

  it('still lets a picture wait for its question', () => {
    const walk = new ConversationWalk({ quietMs: 0 }).message(0, PICTURE);
    expect(walk.state).toBe('debouncing');
    expect(idsOf(walk.message(1_000).take('quiet'))).toEqual([['m1', 'm2']]);
  });

  it.each([{ mediaHoldMs: 0, quietMs: 0 }, { busy: 'enqueue' }] as const)('starts at once with %o', (policy) => {
    expect(new ConversationWalk(policy).message(0, PICTURE).state).toBe('answering.running.awaitingText');
  });

  it('counts arrival, not the time a message was written', () => {
    const walk = new ConversationWalk().message(5_000, { atMs: START_MS - 60_000 });
    expect(walk.context.line).toMatchObject({ waitingSinceMs: START_MS + 5_000, lastMessageMs: START_MS + 5_000 });
  });
});
