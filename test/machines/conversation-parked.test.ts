import { describe, expect, it } from 'vitest';
import { ConversationWalk } from '../support/conversation-chart.js';

const answering = (parked = ''): ConversationWalk => new ConversationWalk({}, 4, parked).message().take('quiet');
const textsOf = (walk: ConversationWalk): string[] =>
  walk.facts('send').map(({ piece }) => (piece.content.kind === 'text' ? piece.content.text : ''));
const closedOf = (walk: ConversationWalk) => walk.facts('turn.closed').at(-1);
const settledOf = (walk: ConversationWalk): string[] =>
  walk.facts('turn.settled').map(({ epoch, outcome }) => `${epoch} ${outcome.status}`);

describe('text that no reply could carry', () => {
  // hermes-agent#43467: an answer that came too late was lost.
  it('goes out first in the next turn, as its own message, and then no more', () => {
    const walk = answering().piece('a').piece('b').ended();
    walk.outcome(0, { status: 'parked' }).outcome(1, { status: 'parked' });
    expect(closedOf(walk)).toMatchObject({ parked: 'a\nb', receipt: { delivered: '', certainty: 'exact' } });
    walk.message().take('quiet').piece('c');
    expect(textsOf(walk).slice(2)).toEqual(['a\nb', 'c']);
    walk.sent(2).sent(3).ended();
    expect(closedOf(walk)).toMatchObject({ parked: '', receipt: { delivered: 'a\nb\nc' } });
  });

  it('comes from the record of a conversation that comes back', () => {
    const walk = answering('left over');
    expect(walk.last).toMatchObject([
      { type: 'turn.started' },
      { type: 'send', piece: { index: 0, anchors: [{ id: 'm1' }] } },
    ]);
    expect(textsOf(walk)).toEqual(['left over']);
  });

  it('waits on where it finds no reply this time either, before what the turn adds', () => {
    const walk = answering('old').piece('new').ended();
    walk.outcome(0, { status: 'parked' }).outcome(1, { status: 'parked' });
    expect(closedOf(walk)).toMatchObject({ parked: 'old\nnew' });
  });

  it('waits on where its turn was cancelled before it was sent', () => {
    const walk = answering('old').piece('new').message();
    walk.outcome(0, { status: 'fenced' }).outcome(1, { status: 'fenced' }).take('agentStopped');
    expect(closedOf(walk)).toMatchObject({ parked: 'old', receipt: { certainty: 'exact' } });
    expect(textsOf(walk.take('quiet'))).toEqual(['old', 'new', 'old']);
  });

  it('waits on where it was let go only after its turn was closed', () => {
    const walk = answering('old').message().take('agentStopped', 'settle');
    expect(closedOf(walk)).toMatchObject({ parked: '', receipt: { certainty: 'maybe-more' } });
    walk.outcome(0, { status: 'fenced' });
    expect(walk.last).toMatchObject([{ type: 'turn.settled', epoch: 5, parked: 'old' }]);
    expect(textsOf(walk.take('quiet'))).toEqual(['old', 'old']);
  });

  it('is not said again where it turns out to have arrived', () => {
    const walk = answering('old').message().take('agentStopped', 'settle').sent(0).take('quiet');
    expect(textsOf(walk)).toEqual(['old']);
  });

  // G1: nothing of a cancelled turn starts after the cancel point, not even a turn later.
  it('of an answer that was cancelled is not said any more', () => {
    const walk = answering().piece('a').outcome(0, { status: 'parked' }).message().take('agentStopped');
    expect(closedOf(walk)).toMatchObject({ parked: '' });
    expect(textsOf(walk.take('quiet'))).toEqual(['a']);
  });

  it('is not said any more where the refusal comes after the cancel', () => {
    const walk = answering().piece('a').message().outcome(0, { status: 'parked' }).take('agentStopped', 'quiet');
    expect(textsOf(walk)).toEqual(['a']);
  });

  it('is bounded', () => {
    const walk = answering('x'.repeat(17_000)).piece('y'.repeat(5_000)).ended();
    walk.outcome(0, { status: 'parked' }).outcome(1, { status: 'parked' });
    expect(closedOf(walk)?.parked).toHaveLength(18_000);
  });
});

describe('outcomes that come after the closing', () => {
  const cut = (): ConversationWalk =>
    new ConversationWalk().message().take('quiet').piece('a').piece('b').piece('c').message();

  // Scenario 10.
  it('settle the call that was in flight, and say nothing of pieces that were only waiting', () => {
    const walk = cut().take('agentStopped', 'settle').sent(0);
    walk.outcome(1, { status: 'fenced' }).outcome(2, { status: 'fenced' });
    expect(settledOf(walk)).toEqual(['1 sent']);
  });

  it.each(['refused', 'unknown', 'arrived', 'fenced'] as const)('settle it also when it was %s', (status) => {
    const walk = cut().take('agentStopped', 'settle').outcome(0, { status });
    expect([settledOf(walk), walk.context.unsettled]).toEqual([[`1 ${status}`], []]);
  });

  it('settle each of two turns that were cut while one call hung', () => {
    const walk = cut().take('agentStopped', 'settle', 'quiet').piece('d').message().take('agentStopped', 'settle');
    expect(walk.facts('turn.closed').map(({ receipt }) => receipt.certainty)).toEqual(['maybe-more', 'maybe-more']);
    walk.sent(0).outcome(1, { status: 'fenced' }).outcome(2, { status: 'fenced' }).outcome(3, { status: 'fenced' });
    expect(settledOf(walk)).toEqual(['1 sent', '2 fenced']);
  });

  it('are none where all was known in time', () => {
    const walk = cut().sent(0).outcome(1, { status: 'fenced' }).outcome(2, { status: 'full' }).take('agentStopped');
    expect([closedOf(walk)?.receipt.certainty, settledOf(walk)]).toEqual(['exact', []]);
  });
});

describe('what the next turn is told of the one that was cut', () => {
  const TOOLS = [
    { id: '1', label: 'pay', state: 'done' },
    { id: '2', label: 'mail', state: 'running' },
  ] as const;
  const told = (walk: ConversationWalk) => walk.take('quiet').context.interrupted;

  it('names the one call of which nobody knows', () => {
    const walk = answering().piece('a').sent(0).piece('b').piece('c').message().take('agentStopped', 'settle');
    expect(told(walk)).toMatchObject({ delivered: 'a', certainty: 'maybe-more', maybe: 'b' });
  });

  it('names it where its result is known to be unknown', () => {
    const walk = answering().piece('a').message().outcome(0, { status: 'unknown' }).take('agentStopped');
    expect(told(walk)).toMatchObject({ delivered: '', certainty: 'maybe-more', maybe: 'a' });
  });

  it('names none where all is known', () => {
    expect(told(answering().message().take('agentStopped'))).not.toHaveProperty('maybe');
  });

  it.each([
    ['left', () => answering().message().take({ type: 'agent.left', epoch: 5, generatedChars: 3, tools: TOOLS })],
    [
      'was done',
      () =>
        answering()
          .piece('a')
          .take({ type: 'agent.ended', epoch: 5, generatedChars: 3, tools: TOOLS, failure: null })
          .message()
          .sent(0),
    ],
  ])('holds what the agent did, when it %s', (_, cut) => {
    expect(told(cut().take('agentStopped'))).toMatchObject({ tools: TOOLS, generatedChars: 3, agent: 'acked' });
  });

  it('has no word of tools where none ran', () => {
    expect(told(answering().message().take('agentStopped'))).not.toHaveProperty('tools');
  });
});
